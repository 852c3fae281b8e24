"""The head against a dict per series, under random batches, loads, deletes and evictions."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.kernels.head_state import PAGE_SAMPLES, SEGMENT_BYTES
from vedette.model import verdicts
from vedette.model.limits import IngestLimits
from vedette.model.staleness import NORMAL_NAN, STALE_NAN, STALE_NAN_BITS
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS
from vedette.store.head import Head

NOW = 1_700_010_000_000
LIMITS = IngestLimits()
WINDOW = LIMITS.out_of_order_window_ms
N_SERIES = 4

SPECIAL = np.array([STALE_NAN, NORMAL_NAN, 0.0, -0.0, 1.5, 0.1 + 0.2, np.inf, 5e-324, 2.0**60])

offset = st.one_of(
    st.integers(0, 200).map(lambda i: i * 1000),  # dense, with repeats
    st.integers(-WINDOW - 5, 700_000),
    st.sampled_from((-WINDOW, -WINDOW - 1, -verdicts.IN_ORDER_WINDOW_MS - 1, 600_000, 600_001)),
)
value_index = st.integers(0, len(SPECIAL) - 1)
row = st.tuples(st.integers(-1, N_SERIES - 1), offset, value_index)
run = st.builds(  # long enough to seal pages
    lambda ref, start, step, n, value: [(ref, start + i * step, (value + i) % len(SPECIAL)) for i in range(n)],
    st.integers(0, N_SERIES - 1),
    st.integers(-1_000_000, 300_000),
    st.integers(1, 2000),
    st.integers(1, 3 * PAGE_SAMPLES),
    value_index,
)
step = st.one_of(
    st.tuples(st.just("append"), st.lists(row, max_size=30)),
    st.tuples(st.just("append"), run),
    st.tuples(st.just("load"), run.map(sorted)),
    st.tuples(st.just("delete"), st.tuples(st.integers(0, N_SERIES - 1), offset, offset)),
)


class Twin:
    """The same rules, a dict a series."""

    def __init__(self) -> None:
        self.held: list[dict[int, int]] = [{} for _ in range(N_SERIES)]
        self.last = [MIN_TIME_MS] * N_SERIES
        self.newest = MIN_TIME_MS

    def append(self, rows: list[tuple[int, int, int]], windows: bool) -> list[int]:
        horizon = min(NOW, self.newest)
        return [self._put(ref, time, bits, horizon, windows) for ref, time, bits in rows]

    def _put(self, ref: int, time: int, bits: int, horizon: int, windows: bool) -> int:
        if ref < 0:
            return verdicts.REFUSED
        if windows and time > NOW + LIMITS.future_window_ms:
            return verdicts.TOO_FAR
        if time in self.held[ref]:
            return verdicts.IDEMPOTENT if self.held[ref][time] == bits else verdicts.DUPLICATE
        late = time <= self.last[ref]
        oldest = horizon - (WINDOW if late else max(WINDOW, verdicts.IN_ORDER_WINDOW_MS))
        if windows and time < oldest:
            return verdicts.TOO_OLD
        self.held[ref][time] = bits
        self.last[ref] = max(self.last[ref], time)
        if not late:
            self.newest = max(self.newest, time)
        return verdicts.OUT_OF_ORDER if late else verdicts.ACCEPTED

    def between(self, ref: int, low: int, high: int) -> list[tuple[int, int]]:
        return sorted((time, bits) for time, bits in self.held[ref].items() if low <= time <= high)


def columns(rows):
    refs, offsets, indexes = (
        (np.array(column, np.int64) for column in zip(*rows, strict=True)) if rows else [np.empty(0, np.int64)] * 3
    )
    return refs, NOW - 200_000 + offsets, SPECIAL[indexes]


def read(head: Head, refs, low: int = MIN_TIME_MS, high: int = MAX_TIME_MS) -> list[list[tuple[int, int]]]:
    offsets, times, values, has_stale = head.select(np.array(refs, np.int64), low, high)
    bits = values.view(np.uint64)
    assert has_stale == (STALE_NAN_BITS in bits.tolist())
    assert offsets[-1] == len(times) == len(values)
    spans = itertools.pairwise(offsets.tolist())
    return [list(zip(times[a:b].tolist(), bits[a:b].tolist(), strict=True)) for a, b in spans]


@settings(max_examples=250, deadline=None)
@given(st.lists(step, max_size=8), st.lists(st.tuples(offset, offset), min_size=1, max_size=3))
def test_the_head_holds_what_a_dict_per_series_holds(steps, ranges):
    head, twin = Head(LIMITS), Twin()
    for action, argument in steps:
        if action == "delete":
            ref, low, high = argument[0], NOW - 200_000 + argument[1], NOW - 200_000 + argument[2]
            gone = twin.between(ref, low, high)
            assert head.delete(np.array([ref]), low, high) == len(gone)
            for time, _ in gone:
                del twin.held[ref][time]
            continue
        refs, times, values = columns(argument)
        rows = list(zip(refs.tolist(), times.tolist(), values.view(np.uint64).tolist(), strict=True))
        expected = twin.append(rows, windows=action == "append")
        if action == "append":
            got, counts = head.append(refs, times, values, NOW)
            assert got.tolist() == expected
            assert counts.tolist() == [expected.count(code) for code in range(verdicts.N_VERDICTS)]
        else:
            head.load(refs, times, values)
    refs = [2, 0, 3, 1]
    for low, high in [(MIN_TIME_MS, MAX_TIME_MS), *((NOW - 200_000 + a, NOW - 200_000 + b) for a, b in ranges)]:
        expected = [twin.between(ref, low, high) for ref in refs]
        assert read(head, refs, low, high) == expected
        assert head.count(np.array(refs), low, high).tolist() == [len(rows) for rows in expected]
    times = [time for held in twin.held for time in held]
    assert head.size().samples == len(times)
    assert head.newest_ms == twin.newest


def fill(head: Head, n_series: int, n_samples: int, start: int = NOW, noise: bool = False) -> np.ndarray:
    """n_samples scrapes, 15 s apart; returns the times."""
    refs = np.arange(n_series)
    random = np.random.default_rng(1)
    times = start + 15_000 * np.arange(n_samples)
    for time in times.tolist():
        values = random.random(n_series) if noise else np.full(n_series, float(time % 7))
        head.append(refs, np.full(n_series, time), values, time)
    return times


def test_the_oldest_samples_go_when_the_limit_is_reached_and_the_head_says_so():
    limits = IngestLimits(head_bytes_max=8 * SEGMENT_BYTES)
    head = Head(limits)
    times = fill(head, n_series=200, n_samples=800, noise=True)
    size = head.size()
    assert size.bytes <= limits.head_bytes_max
    assert 200 * PAGE_SAMPLES < size.samples < 200 * 800
    covered = head.covered_from_ms
    assert times[0] < covered < times[-PAGE_SAMPLES]
    assert [[time for time, _ in rows] for rows in read(head, range(200), covered)] == [
        times[times >= covered].tolist()
    ] * 200
    assert size.min_time_ms <= covered
    assert size.max_time_ms == times[-1]
    everything = head.select(np.arange(200), MIN_TIME_MS, MAX_TIME_MS)
    assert len(everything[1]) == size.samples


def test_more_series_leave_less_room_for_sealed_pages():
    limits = IngestLimits(head_bytes_max=64 * SEGMENT_BYTES)
    few, many = Head(limits), Head(limits)
    fill(few, 100, 2000, noise=True)
    fill(many, 8000, 40, noise=True)
    assert few.size().bytes <= limits.head_bytes_max
    assert many.size().bytes <= limits.head_bytes_max
    assert many.covered_from_ms > NOW


def test_samples_take_few_bytes():
    head = Head(LIMITS)
    fill(head, 4000, 10 * PAGE_SAMPLES)
    size = head.size()
    assert size.bytes / size.samples < 6


def test_a_head_that_is_rebuilt_covers_nothing_until_it_is_told():
    head = Head(LIMITS, rebuilding=True)
    assert head.covered_from_ms == MAX_TIME_MS
    fill(head, 2, 3)
    assert head.covered_from_ms == MAX_TIME_MS
    head.cover_from(NOW - 5)
    assert head.covered_from_ms == NOW - 5


def test_loaded_rows_stand_before_live_ones_and_never_replace_them():
    head = Head(LIMITS, rebuilding=True)
    live = fill(head, 3, 40)
    old = NOW - 15_000 * np.arange(100, -1, -1)  # the last one is held already
    refs = np.repeat(np.arange(3), len(old))
    head.load(refs, np.tile(old, 3), np.full(len(refs), 9.0))
    rows = read(head, [1])[0]
    assert [time for time, _ in rows] == [*old[:-1].tolist(), *live.tolist()]
    assert np.array([bits for _, bits in rows[100:]], np.uint64).view(np.float64)[0] == float(NOW % 7)


def test_restored_rows_were_committed_first_and_replace_what_was_appended_meanwhile():
    head = Head(LIMITS, rebuilding=True)
    live = fill(head, 3, 40)
    old = live[5:9]
    refs = np.repeat(np.arange(2), len(old))
    head.restore(refs, np.tile(old, 2), np.full(len(refs), 9.0))
    for ref, replaced in ((0, True), (1, True), (2, False)):
        times, bits = zip(*read(head, [ref])[0], strict=True)
        values = np.array(bits, np.uint64).view(np.float64)
        assert list(times) == live.tolist()
        assert (values[5:9] == 9.0).all() == replaced
        assert (values[np.r_[:5, 9:40]] != 9.0).all()


def test_forgetting_frees_pages_and_raises_what_is_covered():
    head = Head(LIMITS)
    fill(head, 50, PAGE_SAMPLES + 8)
    fill(head, 10, 1, start=NOW + 3_600_000)
    before = head.size()
    head.forget_before(NOW + 3_600_000)
    assert head.covered_from_ms == NOW + 3_600_000
    assert head.size().samples == before.samples - 40 * 8
    assert [len(rows) for rows in read(head, range(50), NOW + 3_600_000)] == [1] * 10 + [0] * 40
    fill(head, 50, 1, start=NOW + 3_615_000)  # freed pages are taken again
    assert head.size().bytes == before.bytes


def test_a_forgotten_series_still_knows_its_newest_time():
    head = Head(LIMITS)
    one = np.array([0])
    head.append(one, np.array([NOW]), np.ones(1), NOW)
    head.forget_before(NOW + 1)
    verdict, _ = head.append(one, np.array([NOW]), np.ones(1), NOW)
    assert verdict.tolist() == [verdicts.OUT_OF_ORDER]


def test_single_rows_can_be_taken_back():
    head = Head(LIMITS)
    refs, times = np.array([0, 1, 0]), np.array([NOW, NOW, NOW + 1])
    head.append(refs, times, np.ones(3), NOW)
    assert head.delete(refs[:2], times[:2], times[:2]) == 2
    assert [[time for time, _ in rows] for rows in read(head, [0, 1])] == [[NOW + 1], []]
    got, _ = head.append(refs[:1], times[:1], np.ones(1), NOW)
    assert got.tolist() == [verdicts.OUT_OF_ORDER]


def test_series_that_were_never_appended_to_are_empty():
    head = Head(LIMITS)
    assert read(head, []) == []
    assert read(head, [100_000]) == [[]]
    assert head.has_data(np.array([5, 1_000_000]), MIN_TIME_MS, MAX_TIME_MS).tolist() == [False, False]
    assert head.delete(np.array([2_000_000]), 0, MAX_TIME_MS) == 0
    assert head.size().samples == 0
    assert (head.size().min_time_ms, head.size().max_time_ms) == (MAX_TIME_MS, MIN_TIME_MS)


def test_data_in_a_range_is_found_in_sealed_and_open_pages():
    head = Head(LIMITS)
    fill(head, 3, 100)
    head.append(np.array([7]), np.array([NOW]), np.ones(1), NOW)
    refs = np.array([0, 7, 2])
    assert head.has_data(refs, NOW + 1, NOW + 15_000).tolist() == [True, False, True]
    assert head.has_data(refs, NOW + 1, NOW + 14_999).tolist() == [False, False, False]
    assert head.has_data(refs, NOW, NOW).tolist() == [True, True, True]


def test_a_clock_that_jumped_ahead_does_not_shut_out_the_others():
    head = Head(LIMITS)
    ahead = NOW + 86_400_000
    head.append(np.array([0]), np.array([ahead]), np.ones(1), ahead)
    verdict, _ = head.append(np.array([1, 0]), np.array([NOW, NOW]), np.ones(2), NOW)
    assert verdict.tolist() == [verdicts.ACCEPTED, verdicts.OUT_OF_ORDER]


@pytest.mark.parametrize("gap", [1 << 31, 1 << 33, 1 << 45])
def test_times_far_apart_fit(gap):
    head = Head(LIMITS)
    times = np.array([NOW - gap, NOW, NOW + 1])
    head.load(np.zeros(3, np.int64), times, np.arange(3.0))
    head.load(np.zeros(1, np.int64), np.array([NOW - 2 * gap]), np.ones(1))
    assert [time for time, _ in read(head, [0])[0]] == [NOW - 2 * gap, *times.tolist()]


def test_large_selects_are_read_in_slices_of_series():
    head = Head(LIMITS)
    fill(head, 10_000, 2)
    offsets, times, values, has_stale = head.select(np.arange(10_000)[::-1], NOW, NOW)
    assert offsets.tolist() == list(range(10_001))
    assert set(times.tolist()) == {NOW}
    assert set(values.tolist()) == {float(NOW % 7)}
    assert not has_stale
