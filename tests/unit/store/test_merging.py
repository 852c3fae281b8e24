"""Merging runs against a dict that keeps the first value of each time."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.kernels.merging import merge_runs

run = st.tuples(st.integers(0, 3), st.sets(st.integers(-5, 30), max_size=12).map(sorted))
disjoint_run = st.builds(
    lambda series, start, length: (series, [start * 20 + i for i in range(length)]),
    st.integers(0, 3), st.integers(0, 9), st.integers(0, 19),
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(run | disjoint_run, max_size=12))
def test_the_first_run_wins_and_times_ascend(runs):
    offsets = np.cumsum([0, *(len(times) for _, times in runs)])
    values = np.arange(offsets[-1], dtype=np.float64)
    expected: list[dict[int, float]] = [{} for _ in range(4)]
    at = 0
    for series, times in runs:
        for time in times:
            expected[series].setdefault(time, values[at])
            at += 1
    series = np.array([owner for owner, _ in runs], np.int64)
    times = np.array([time for _, times in runs for time in times], np.int64)
    got_offsets, got_times, got_values = merge_runs(4, series, offsets, times, values)
    for i, held in enumerate(expected):
        span = slice(got_offsets[i], got_offsets[i + 1])
        assert got_times[span].tolist() == sorted(held)
        assert got_values[span].tolist() == [held[time] for time in sorted(held)]
    assert len(got_times) == got_offsets[-1]


def test_the_bits_of_a_value_survive():
    bits = np.array([0x7FF0000000000002, 0x7FF0000000000001], np.uint64)
    zero = np.zeros(2, np.int64)
    _, _, values = merge_runs(1, zero, np.array([0, 1, 2]), np.array([2, 1]), bits.view(np.float64))
    assert values.view(np.uint64).tolist() == bits.tolist()[::-1]
