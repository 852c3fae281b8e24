"""Series that a start brings as columns are the series that were added one by one."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.model.errors import StoreError
from vedette.model.labels import Labels, series_id
from vedette.model.matchers import Matcher, MatchType
from vedette.store import label_table
from vedette.store.index import SeriesIndex
from vedette.store.label_table import LabelTable
from vedette.store.retention import Retention, RetentionRule

NAMES = ("__name__", "job", "zone", "é")
label_sets = st.builds(Labels.of, st.dictionaries(st.sampled_from(NAMES), st.sampled_from(("a", "b", "ab", ""))))
stored_series = st.lists(st.tuples(st.sampled_from(("one", "two")), label_sets), max_size=30, unique=True)


def table_of(labels):
    maps = pa.array([list(one.pairs) for one in labels], pa.map_(pa.string(), pa.string()))
    return LabelTable.from_arrow(maps)


def filled(series):
    index = SeriesIndex()
    tenants = sorted({tenant for tenant, _ in series})
    ids = np.array([series_id(tenant, labels) for tenant, labels in series], np.uint64)
    places = np.array([tenants.index(tenant) for tenant, _ in series], np.int32)
    index.fill(tenants, places, ids, table_of([labels for _, labels in series]))
    return index


def added(series):
    index = SeriesIndex()
    for tenant, labels in series:
        index.add(tenant, labels)
    return index


@settings(max_examples=150, deadline=None)
@given(
    stored_series, st.lists(label_sets, max_size=10), st.sampled_from(NAMES), st.sampled_from(("a", "a|b", ".*", ""))
)
def test_a_filled_index_answers_as_one_that_was_added_to(series, later, name, pattern):
    index, twin = filled(series), added(series)
    for _ in range(2):
        every = np.arange(len(twin))
        assert len(index) == len(twin)
        assert index.ids.tolist() == twin.ids.tolist()
        assert sorted(index.tenants) == sorted(twin.tenants)
        assert [index.tenant_of(ref) for ref in every] == [twin.tenant_of(ref) for ref in every]
        for tenant in ("one", "two"):
            for kind in MatchType:
                asked = [(Matcher(name, kind, pattern),)]
                assert index.select(tenant, asked).tolist() == twin.select(tenant, asked).tolist()
        assert index.labels_of(every) == twin.labels_of(every)
        assert {name: sorted(counts) for name, counts in index.pair_counts(every).items()} == {
            name: sorted(counts) for name, counts in twin.pair_counts(every).items()
        }
        assert index.add_all("two", later).tolist() == twin.add_all("two", later).tolist()


def test_a_stored_id_that_is_not_ours_is_refused():
    series = [Labels.of(__name__="m", i=str(i)) for i in range(3)]
    with pytest.raises(StoreError, match=r"foreign id for m\{i=\"0\"\}: 7"):
        SeriesIndex().fill(["one"], np.zeros(3, np.int32), np.array([7, 8, 9], np.uint64), table_of(series))


def test_the_first_retention_rule_that_matches_gives_the_class():
    series = [("one", Labels.of(__name__="m", job=job)) for job in ("a", "ab", "b", "c")]
    rules = [
        RetentionRule(number, (Matcher("job", MatchType.REGEX, pattern),), 1)
        for number, pattern in ((3, "a.*"), (2, ".*b"))
    ]
    retention = Retention(rules=rules)
    classes = retention.classes_of(filled(series)).tolist()
    assert classes == [retention.class_of(labels) for _, labels in series] == [3, 3, 2, 0]


def test_a_table_of_many_names_and_values_is_numbered_by_sorting(monkeypatch):
    labels = [Labels.of(__name__=f"m{i % 3}", **{f"label{i % 5}": str(i)}) for i in range(40)]
    marked = table_of(labels)
    monkeypatch.setattr(label_table, "_KEYS_MARKED_MAX", 0)
    ordered = table_of(labels)
    assert ordered.pairs == marked.pairs
    assert ordered.numbers.tolist() == marked.numbers.tolist()
    assert [ordered.labels(i) for i in range(40)] == labels
