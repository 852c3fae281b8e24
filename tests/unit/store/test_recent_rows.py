"""Rows of the recent table in any order, against a dict that keeps the first committed of each time."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.store.deletions import Deletion
from vedette.store.reading import recent_columns

rows = st.tuples(st.integers(0, 3), st.integers(0, 12), st.integers(1, 50))
parts = st.lists(st.lists(rows, max_size=12).map(sorted), max_size=6)
deleted = st.tuples(st.integers(1, 50), st.sets(st.integers(0, 3), min_size=1), st.integers(0, 12), st.integers(0, 12))


@settings(max_examples=300, deadline=None)
@given(parts, st.lists(deleted, max_size=2))
def test_each_series_is_whole_ascending_and_of_equal_times_the_first_committed_stays(given_parts, ranges):
    deletions = [Deletion(seq, np.array(sorted(ids), np.uint64), low, high) for seq, ids, low, high in ranges]
    expected = {}
    for series, time, seq in (row for part in given_parts for row in part):
        gone = any(series in ids and low <= time <= high and seq < before for before, ids, low, high in ranges)
        if not gone:
            of_series = expected.setdefault(series, {})
            of_series[time] = min(seq, of_series.get(time, seq))
    every = [row for part in given_parts for row in part]
    table = pa.table(
        {
            "series": pa.array([series for series, _, _ in every], pa.uint64()),
            "time_ms": pa.array([time for _, time, _ in every], pa.int64()),
            "value": pa.array([seq / 2 for _, _, seq in every], pa.float64()),
            "seq": pa.array([seq for _, _, seq in every], pa.uint64()),
        }
    )
    ids, found = recent_columns(table, deletions)
    assert ids.tolist() == sorted(expected)
    for i, series in enumerate(sorted(expected)):
        run = slice(found.offsets[i], found.offsets[i + 1])
        assert found.times_ms[run].tolist() == sorted(expected[series])
        assert found.values[run].tolist() == [expected[series][time] / 2 for time in sorted(expected[series])]
