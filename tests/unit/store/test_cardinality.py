"""What a label costs is counted by hashes of the sets without it: the count must be that of the sets themselves."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.model.labels import Labels
from vedette.ports.cardinality import CardinalityQuestion
from vedette.store.cardinality_report import report_cardinality
from vedette.store.index import SeriesIndex


@given(st.lists(st.tuples(*[st.sampled_from(["", "1", "2", "3"])] * 3), max_size=30, unique=True))
@settings(max_examples=30, deadline=None)
def test_dropping_a_label_leaves_as_many_series_as_label_sets_without_it(rows):
    index = SeriesIndex()
    labels = [Labels.of({"__name__": f"m{a}", "b": b, "c": c}) for a, b, c in rows]
    refs = index.add_all("one", labels)
    spans = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    for name in ("b", "c", "__name__"):
        report = report_cardinality(index, np.sort(refs), CardinalityQuestion(99, name), spans, 0, 0)
        assert report.drop.series_after == len({one.without({name}) for one in labels})
