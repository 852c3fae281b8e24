"""Merging runs against a dict that keeps, for each time, the sample of the lowest rank."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.store.runs import Columns, Runs, merge, one_run_per_slot

N_SLOTS = 4

scattered = st.sets(st.integers(-5, 40), min_size=1, max_size=12).map(sorted)
adjacent = st.builds(lambda start, n: [start * 10 + i for i in range(n)], st.integers(0, 4), st.integers(1, 10))
run = st.tuples(st.integers(0, N_SLOTS - 1), scattered | adjacent)


def runs_of(part, first_rank):
    ends = np.cumsum([len(times) for _, times in part])
    starts = ends - [len(times) for _, times in part]
    times = np.array([time for _, some in part for time in some], np.int64)
    ranks = np.arange(first_rank, first_rank + len(part))
    values = np.concatenate(
        [np.empty(0), *(rank * 1000.0 + np.array(some) for rank, (_, some) in zip(ranks, part, strict=True))]
    )
    return Runs(np.array([slot for slot, _ in part]), starts, ends, ranks, times, values)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.lists(run, min_size=1, max_size=8), min_size=1, max_size=3), st.integers(-10, 20), st.integers(20, 50)
)
def test_one_sample_per_time_and_the_lowest_rank_wins(parts, low, high):
    expected = [{} for _ in range(N_SLOTS)]
    for rank, (slot, times) in enumerate(one for part in parts for one in part):
        for time in times:
            if low <= time <= high:
                expected[slot].setdefault(time, rank * 1000.0 + time)
    rank, given_parts = 0, []
    for part in parts:
        given_parts.append(runs_of(part, rank))
        rank += len(part)
    found = merge(given_parts, N_SLOTS, low, high)
    assert found.offsets.tolist() == np.cumsum([0, *(len(one) for one in expected)]).tolist()
    assert found.times_ms.tolist() == [time for one in expected for time in sorted(one)]
    assert found.values.tolist() == [one[time] for one in expected for time in sorted(one)]


def test_rows_that_stand_in_order_are_not_copied():
    columns = Columns(np.array([0, 2, 2, 5]), np.array([1, 2, 1, 5, 9]), np.arange(5.0))
    found = merge([one_run_per_slot(columns, 0)], 3, 0, 10)
    assert np.shares_memory(found.times_ms, columns.times_ms)
    assert found.offsets.tolist() == [0, 2, 2, 5]


def test_the_bits_of_a_value_survive():
    bits = np.array([0x7FF0000000000002, 0x7FF0000000000001], np.uint64)
    late = Columns(np.array([0, 1]), np.array([2]), bits[:1].view(np.float64))
    early = Columns(np.array([0, 1]), np.array([1]), bits[1:].view(np.float64))
    found = merge([one_run_per_slot(late, 0), one_run_per_slot(early, 1)], 1, 0, 9)
    assert found.values.view(np.uint64).tolist() == bits.tolist()[::-1]


def test_nothing_merges_to_nothing():
    empty = Columns(np.zeros(3, np.int64), np.empty(0, np.int64), np.empty(0))
    found = merge([one_run_per_slot(empty, 0)], 2, 0, 9)
    assert (found.offsets.tolist(), len(found.times_ms)) == ([0, 0, 0], 0)
