"""The part of the Store contract that is about native histograms, start timestamps and exemplars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.unit.store.contract import DOWN, LOAD, MINUTE, NOW, ONE, TWO, UP, UP_SELECTOR, append, equal, plan_of
from vedette.model.blocks import ExemplarBatch, HistogramBatch, SampleBatch
from vedette.model.histograms import CUSTOM_BUCKETS, FLOAT, CounterReset, Histograms, NativeHistogram
from vedette.model.labels import Labels
from vedette.model.staleness import STALE_NAN, is_stale
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS
from vedette.ports.principal import Principal
from vedette.ports.scan import Deadline, ScanPlan
from vedette.ports.store import AppendResult, CommitParts, Store

SMALL = NativeHistogram(0, 5.0, 7.25, 1.0, 0.001, {1: 2.0, 3: 1.0}, {-2: 1.0})
LARGER = NativeHistogram(0, 9.0, 9.5, 1.0, 0.001, {1: 4.0, 2: 0.0, 3: 3.0}, {-2: 1.0}, hint=CounterReset.NOT_RESET)
FRACTIONS = NativeHistogram(3, 2.5, -1.0, 0.5, 1e-9, {-100: 2.0}, hint=CounterReset.GAUGE)
CUSTOM = NativeHistogram(CUSTOM_BUCKETS, 6.0, 4.5, 0.0, 0.0, {0: 1.0, 2: 5.0}, bounds=(0.5, 1.0))
OTHER_BOUNDS = replace(CUSTOM, bounds=(0.25, 0.5, 1.0))
EMPTY = NativeHistogram()
HUGE = NativeHistogram(8, 2.0**53 - 1, float("inf"), 0.0, 0.0, dict.fromkeys(range(-300, 300), 2.0**40))
STALE = NativeHistogram(sum=STALE_NAN)

Found = dict[Labels, list[tuple[int, float | NativeHistogram]]]


def append_histograms(
    store: Store,
    labels: Labels,
    rows: Sequence[tuple[int, NativeHistogram]],
    principal: Principal = ONE,
    starts: Sequence[int] | None = None,
) -> AppendResult:
    refs = np.repeat(store.register(principal, [labels]), len(rows))
    times = np.array([time for time, _ in rows], np.int64)
    start_times = None if starts is None else np.array(starts, np.int64)
    batch = HistogramBatch(refs, times, Histograms.of([each for _, each in rows]), start_times)
    result = store.append_histograms(principal, batch)
    assert result.committed.result(timeout=30) >= 0
    return result


def append_exemplars(
    store: Store, labels: Labels, rows: Sequence[tuple[int, float, Labels]], principal: Principal = ONE
) -> AppendResult:
    refs = np.repeat(store.register(principal, [labels]), len(rows))
    times, values = np.array([row[0] for row in rows], np.int64), np.array([row[1] for row in rows], np.float64)
    result = store.append_exemplars(principal, ExemplarBatch(refs, times, values, [row[2] for row in rows]))
    assert result.committed.result(timeout=30) >= 0
    return result


def read_mixed(store: Store, plan: ScanPlan | None = None, principal: Principal = ONE) -> Found:
    """Every series' samples as (time, float or histogram)."""
    found = store.select(principal, plan or plan_of(), Deadline(30))
    cells = found.histograms
    answer: Found = {}
    for labels, start, end in zip(found.labels, found.offsets.tolist(), found.offsets[1:].tolist(), strict=False):
        for place in range(start, end):
            row = FLOAT if cells is None else int(cells.rows[place])
            value = float(found.values[place])
            assert row == FLOAT or np.isnan(value)
            held = value if row == FLOAT or cells is None else cells.table.at(row)
            answer.setdefault(labels, []).append((int(found.times_ms[place]), held))
    return answer


def read_exemplars(store: Store, principal: Principal = ONE) -> dict[Labels, list[tuple[int, float, Labels]]]:
    found = store.exemplars(principal, [UP_SELECTOR], MIN_TIME_MS, MAX_TIME_MS)
    assert [one.series for one in found] == sorted(one.series for one in found)
    return {one.series: list(zip(one.times_ms.tolist(), one.values.tolist(), one.labels, strict=True)) for one in found}


def without_empty(histogram: NativeHistogram) -> NativeHistogram:
    sides = ({i: n for i, n in side.items() if n} for side in (histogram.positive, histogram.negative))
    return replace(histogram, positive=next(sides), negative=next(sides))


@pytest.mark.parametrize("histogram", [SMALL, LARGER, FRACTIONS, CUSTOM, EMPTY, HUGE])
def test_a_histogram_comes_back_as_it_was(store: Store, histogram: NativeHistogram) -> None:
    assert append_histograms(store, UP, [(NOW, histogram)]).accepted == 1
    [(time, found)] = read_mixed(store)[UP]
    assert time == NOW
    assert without_empty(found) == without_empty(histogram)


def test_histograms_and_floats_of_a_series_are_one_row_of_times(store: Store) -> None:
    append_histograms(store, UP, [(NOW, SMALL), (NOW + 2, CUSTOM)])
    append(store, UP, [(NOW + 1, 1.5), (NOW + 3, 2.5)])
    append_histograms(store, UP, [(NOW + 4, OTHER_BOUNDS)])
    rows = [(NOW, SMALL), (NOW + 1, 1.5), (NOW + 2, CUSTOM), (NOW + 3, 2.5), (NOW + 4, OTHER_BOUNDS)]
    assert read_mixed(store) == {UP: rows}
    assert read_mixed(store, plan_of(start=NOW + 1, end=NOW + 2)) == {UP: rows[1:3]}


def test_a_scan_of_floats_alone_has_no_histograms(store: Store) -> None:
    append_histograms(store, LOAD, [(NOW, SMALL)])
    append(store, UP, [(NOW, 1.0)])
    assert store.select(ONE, plan_of(), Deadline(30)).histograms is None


def test_a_stale_histogram_is_a_stale_float(store: Store) -> None:
    append_histograms(store, UP, [(NOW, SMALL), (NOW + 1, STALE)])
    found = store.select(ONE, plan_of(), Deadline(30))
    assert found.has_stale
    assert found.histograms is not None
    assert found.histograms.rows[1] == FLOAT
    assert is_stale(float(found.values[1]))
    assert append(store, UP, [(NOW + 1, STALE_NAN)]).idempotent == 1


def test_the_same_histogram_again_is_idempotent(store: Store) -> None:
    append_histograms(store, UP, [(NOW, LARGER), (NOW + 1, CUSTOM)])
    again = replace(LARGER, positive={1: 4.0, 3: 3.0}, hint=CounterReset.UNKNOWN)
    result = append_histograms(store, UP, [(NOW, again), (NOW + 1, CUSTOM)])
    assert (result.accepted, result.idempotent, result.duplicates) == (0, 2, 0)


@pytest.mark.parametrize(
    "other",
    [
        replace(LARGER, sum=9.75),
        replace(LARGER, count=10.0),
        replace(LARGER, schema=1),
        replace(LARGER, zero_count=2.0),
        replace(LARGER, zero_threshold=0.002),
        replace(LARGER, positive={1: 4.0, 4: 3.0}),
        replace(LARGER, positive={1: 3.0, 3: 4.0}),
        replace(LARGER, negative={-3: 1.0}),
        replace(LARGER, negative={}),
        CUSTOM,
    ],
)
def test_another_histogram_at_a_held_time_is_counted_and_the_first_stays(store: Store, other: NativeHistogram) -> None:
    append_histograms(store, UP, [(NOW, LARGER)])
    assert append_histograms(store, UP, [(NOW, other)]).duplicates == 1
    assert without_empty(read_mixed(store)[UP][0][1]) == without_empty(LARGER)


def test_a_float_and_a_histogram_at_one_time_conflict(store: Store) -> None:
    append_histograms(store, UP, [(NOW, SMALL)])
    append(store, DOWN, [(NOW, 1.0)])
    assert append(store, UP, [(NOW, 1.0)]).duplicates == 1
    assert append_histograms(store, DOWN, [(NOW, SMALL)]).duplicates == 1
    assert read_mixed(store) == {UP: [(NOW, SMALL)], DOWN: [(NOW, 1.0)]}


def test_late_old_and_future_histograms_get_the_verdicts_of_floats(store: Store) -> None:
    append(store, UP, [(NOW, 3.0)])
    late = append_histograms(store, UP, [(NOW - 10 * MINUTE, SMALL), (NOW - 31 * MINUTE, SMALL)])
    assert (late.accepted, late.out_of_order, late.too_old) == (1, 1, 1)
    assert append_histograms(store, UP, [(NOW + 11 * MINUTE, SMALL)]).too_far == 1
    assert read_mixed(store) == {UP: [(NOW - 10 * MINUTE, SMALL), (NOW, 3.0)]}


def test_histograms_of_many_series_come_in_one_batch_in_any_order(store: Store) -> None:
    up, down = store.register(ONE, [UP, DOWN]).tolist()
    refs, times = np.array([down, -1, up, down]), np.array([NOW, NOW, NOW, NOW + 1])
    batch = HistogramBatch(refs, times, Histograms.of([SMALL, SMALL, CUSTOM, FRACTIONS]))
    result = store.append_histograms(ONE, batch)
    result.committed.result(timeout=30)
    assert result.accepted == 3
    assert read_mixed(store) == {UP: [(NOW, CUSTOM)], DOWN: [(NOW, SMALL), (NOW + 1, FRACTIONS)]}


def test_histograms_are_of_their_tenant_and_are_listed_and_deleted_as_samples(store: Store) -> None:
    append_histograms(store, UP, [(NOW, SMALL), (NOW + 1, CUSTOM)])
    append_histograms(store, UP, [(NOW, FRACTIONS)], TWO)
    assert store.series(ONE, [UP_SELECTOR], NOW, NOW) == [UP]
    assert store.delete(ONE, [UP_SELECTOR], NOW, NOW).samples == 1
    assert read_mixed(store) == {UP: [(NOW + 1, CUSTOM)]}
    assert read_mixed(store, principal=TWO) == {UP: [(NOW, FRACTIONS)]}
    assert append_histograms(store, UP, [(NOW, LARGER)]).accepted == 1
    assert [value.count for _, value in read_mixed(store)[UP]] == [9.0, 6.0]


def test_start_times_are_those_of_each_sample_and_only_on_request(store: Store) -> None:
    refs = np.repeat(store.register(ONE, [UP]), 4)
    times, starts = NOW + np.arange(4), np.array([0, NOW - 500, NOW - 500, NOW + 2])
    store.append(ONE, SampleBatch(refs, times, np.arange(4.0), starts)).committed.result(timeout=30)
    append(store, UP, [(NOW + 4, 4.0)])
    append_histograms(store, UP, [(NOW + 5, SMALL), (NOW - 1, SMALL)], starts=[NOW + 2, NOW - 900])
    assert store.select(ONE, plan_of(), Deadline(30)).start_times_ms is None
    found = store.select(ONE, replace(plan_of(), start_times=True), Deadline(30))
    assert found.start_times_ms is not None
    assert found.start_times_ms.tolist() == [NOW - 900, 0, NOW - 500, NOW - 500, NOW + 2, 0, NOW + 2]
    late = store.select(ONE, replace(plan_of(start=NOW + 2), start_times=True), Deadline(30))
    assert late.start_times_ms is not None
    assert late.start_times_ms.tolist() == [NOW - 500, NOW + 2, 0, NOW + 2]


def test_exemplars_come_back_sorted_and_of_the_time_range(store: Store) -> None:
    one, two = Labels.of(trace_id="1"), Labels.of(trace_id="2", span_id="é")
    append_exemplars(store, DOWN, [(NOW, 1.0, one)])
    append_exemplars(store, UP, [(NOW, 1.5, one), (NOW + 5, 2.5, two)])
    append_exemplars(store, UP, [(NOW, 9.0, one)], TWO)
    append_exemplars(store, LOAD, [(NOW, 9.0, one)])
    assert read_exemplars(store) == {UP: [(NOW, 1.5, one), (NOW + 5, 2.5, two)], DOWN: [(NOW, 1.0, one)]}
    [found] = store.exemplars(ONE, [UP_SELECTOR, (equal("instance", "a:9100"),)], NOW + 5, NOW + 5)
    assert (found.series, found.times_ms.tolist(), list(found.labels)) == (UP, [NOW + 5], [two])
    assert store.exemplars(ONE, [], MIN_TIME_MS, MAX_TIME_MS) == []


def test_an_exemplar_that_repeats_its_series_last_one_is_not_stored_again(store: Store) -> None:
    one, two = Labels.of(trace_id="1"), Labels.of(trace_id="2")
    assert append_exemplars(store, UP, [(NOW, 1.0, one), (NOW, 1.0, one)]).accepted == 1
    again = append_exemplars(store, UP, [(NOW, 1.0, one), (NOW, 1.0, two), (NOW - 1, 5.0, one), (NOW, 0.5, one)])
    assert (again.accepted, again.idempotent, again.too_old) == (1, 1, 2)
    assert read_exemplars(store) == {UP: [(NOW, 1.0, one), (NOW, 1.0, two)]}


def test_an_exemplar_with_long_labels_or_of_a_refused_series_is_left_out(store: Store) -> None:
    long = Labels.of(trace_id="é" * 121)
    assert append_exemplars(store, UP, [(NOW, 1.0, long)]).accepted == 0
    batch = ExemplarBatch(np.array([-1]), np.array([NOW]), np.array([1.0]), [Labels()])
    assert store.append_exemplars(ONE, batch).accepted == 0
    assert append_exemplars(store, UP, [(NOW, 1.0, Labels.of(trace_id="é" * 120))]).accepted == 1


def test_histograms_are_not_handed_on_as_floats(build, clock):
    store = build(clock)
    before = store.committed_sequence()
    append_histograms(store, UP, [(NOW, SMALL)])
    append(store, UP, [(NOW + 1, 1.0)])
    rows = store.committed_since(ONE, "test", before, 1000)
    assert (rows.times_ms.tolist(), rows.values.tolist()) == ([NOW + 1], [1.0])
    assert rows.sequence == store.committed_sequence()
    store.close()


EVERYTHING = CommitParts(histograms=True, exemplars=True, start_times=True)
Handed = list[tuple[Labels | None, int, float | NativeHistogram, int]]


def handed_on(
    store: Store, after: int, principal: Principal = ONE
) -> tuple[Handed, list[tuple[Labels | None, int, float, Labels]]]:
    """Samples with their start times, and exemplars, of the commits after `after`."""
    rows = store.committed_since(principal, "test", after, 1000, parts=EVERYTHING)
    assert rows.sequence == store.committed_sequence()
    starts = np.zeros(len(rows), np.int64) if rows.start_times_ms is None else rows.start_times_ms
    cells = np.full(len(rows), FLOAT) if rows.histograms is None else rows.histograms.rows
    values = [
        float(value) if row == FLOAT or rows.histograms is None else without_empty(rows.histograms.table.at(row))
        for value, row in zip(rows.values.tolist(), cells.tolist(), strict=True)
    ]
    labels, said = store.labels_of_ids(rows.ids), rows.exemplars
    exemplars = zip(
        store.labels_of_ids(said.ids), said.times_ms.tolist(), said.values.tolist(), said.labels, strict=True
    )
    return list(zip(labels, rows.times_ms.tolist(), values, starts.tolist(), strict=True)), list(exemplars)


def fill_commits(store: Store) -> tuple[Handed, list[tuple[Labels | None, int, float, Labels]]]:
    """What is handed on of it afterwards."""
    trace = Labels.of(trace_id="abc")
    append_exemplars(store, UP, [(NOW, 0.5, trace)])
    append_histograms(store, UP, [(NOW, SMALL), (NOW + MINUTE, LARGER)], starts=[NOW - 7, NOW - 7])
    append_histograms(store, DOWN, [(NOW, FRACTIONS)], TWO)
    append_exemplars(store, DOWN, [(NOW, 0.5, trace)], TWO)
    append(store, UP, [(NOW + 2 * MINUTE, 1.0)])
    append_histograms(store, LOAD, [(NOW, CUSTOM)])
    samples: Handed = [
        (UP, NOW, SMALL, NOW - 7),
        (UP, NOW + MINUTE, without_empty(LARGER), NOW - 7),
        (UP, NOW + 2 * MINUTE, 1.0, 0),
        (LOAD, NOW, CUSTOM, 0),
    ]
    return samples, [(UP, NOW, 0.5, trace)]


def test_commits_hand_on_histograms_exemplars_and_start_times_to_who_wants_them(build, clock):
    store = build(clock)
    before = store.committed_sequence()
    store.committed_since(ONE, "test", before, 1)  # follows from here on
    expected = fill_commits(store)
    assert handed_on(store, before) == expected
    assert handed_on(store, store.committed_sequence()) == ([], [])
    assert [row[0] for row in handed_on(store, before, TWO)[0]] == [DOWN]
    plain = store.committed_since(ONE, "test", before, 1000)
    assert (plain.values.tolist(), plain.histograms, len(plain.exemplars)) == ([1.0], None, 0)
    store.close()
