"""Native histograms, start times and exemplars on the engine: over restarts, compaction, deletion, retention and import."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.store.contract import DOWN, MINUTE, NOW, ONE, UP, UP_SELECTOR, append, plan_of
from tests.unit.store.contract_histograms import (
    CUSTOM,
    EMPTY,
    FRACTIONS,
    HUGE,
    LARGER,
    OTHER_BOUNDS,
    SMALL,
    STALE,
    append_exemplars,
    append_histograms,
    read_exemplars,
    read_mixed,
    without_empty,
)
from tests.unit.store.test_compaction import count
from vedette.model.blocks import HistogramBatch, SampleBatch
from vedette.model.errors import StoreError, StoreUnavailable
from vedette.model.histograms import (
    CUSTOM_BUCKETS,
    FLOAT,
    CounterReset,
    Histograms,
    NativeHistogram,
    join_histograms,
)
from vedette.model.labels import Labels
from vedette.model.staleness import STALE_NAN_BITS
from vedette.ports.scan import Deadline
from vedette.store import recent_histograms
from vedette.store.engine import EngineError
from vedette.store.histogram_marks import are_marks, marks_of
from vedette.store.histogram_rows import from_arrow, to_arrow
from vedette.store.recent_histograms import MarkedHistograms, RecentHistograms, join_marked

DAY_MS = 86_400_000
ALL_KINDS = [SMALL, LARGER, FRACTIONS, CUSTOM, OTHER_BOUNDS, EMPTY, HUGE]
TRACE = Labels.of(trace_id="abc")

counts = st.one_of(st.integers(0, 2**53).map(float), st.floats(allow_nan=False))
sides = st.dictionaries(st.integers(-(2**31), 2**31 - 1), counts, max_size=5).map(
    lambda side: dict(sorted(side.items()))
)
bounds = st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=4, unique=True).map(sorted).map(tuple)
exponential = st.builds(
    NativeHistogram,
    schema=st.integers(-4, 8),
    count=counts,
    sum=st.floats(),
    zero_count=counts,
    zero_threshold=st.floats(0, 1),
    positive=sides,
    negative=sides,
    hint=st.sampled_from(CounterReset),
)
custom = st.builds(
    NativeHistogram, schema=st.just(CUSTOM_BUCKETS), count=counts, sum=counts, positive=sides, bounds=bounds
)
tables = st.lists(st.one_of(exponential, custom), max_size=6)


def spans(rows):
    return [(NOW + i, each) for i, each in enumerate(rows)]


def same(found, rows):
    held = [(time, without_empty(value) if isinstance(value, NativeHistogram) else value) for time, value in found[UP]]
    return held == [
        (time, without_empty(value) if isinstance(value, NativeHistogram) else value) for time, value in rows
    ]


@settings(max_examples=60, deadline=None)
@given(tables)
def test_rows_of_the_table_say_what_the_histograms_said(histograms):
    columns = to_arrow(Histograms.of(histograms))
    found = from_arrow(pa.table(columns))
    assert [repr(found.at(row)) for row in range(len(histograms))] == [repr(one) for one in histograms]


@settings(max_examples=60, deadline=None)
@given(tables, st.integers(0, 5))
def test_a_mark_says_the_same_wherever_the_histogram_stands(histograms, place):
    marks = marks_of(Histograms.of(histograms)).view(np.uint64).tolist()
    alone = [int(marks_of(Histograms.of([one])).view(np.uint64)[0]) for one in histograms]
    assert marks == alone
    rows = np.arange(len(histograms))[::-1] if place % 2 else np.arange(len(histograms))
    joined = join_histograms([Histograms.of(histograms).take(rows), Histograms.of(histograms)])
    assert marks_of(joined).view(np.uint64).tolist() == [*(marks[row] for row in rows), *marks]
    assert are_marks(marks_of(joined)).all()


def test_marks_are_no_stale_markers_and_no_ordinary_nans():
    ordinary = np.array([STALE_NAN_BITS, 0x7FF8000000000001, 0xFFF8000000000000, 0, 0x7FF0000000000000], np.uint64)
    assert not are_marks(ordinary.view(np.float64)).any()
    assert marks_of(Histograms.of([STALE])).view(np.uint64).tolist() == [STALE_NAN_BITS]


def test_rows_that_do_not_fit_each_other_are_refused():
    columns = to_arrow(Histograms.of([SMALL, CUSTOM]))
    columns["positive"] = pa.array([[1], [0]], pa.list_(pa.int32()))
    with pytest.raises(StoreError, match="do not fit"):
        from_arrow(pa.table(columns))


def marked_rows(refs, times, histograms):
    table = Histograms.of(histograms)
    return MarkedHistograms(np.array(refs, np.int64), np.array(times, np.int64), marks_of(table), table)


def test_ram_holds_what_waits_and_the_youngest_of_the_rest(monkeypatch):
    monkeypatch.setattr(recent_histograms, "_JOINED_ROWS_MAX", 4)
    one = marked_rows([0], [0], [SMALL])
    held = RecentHistograms(bytes_max=9 * recent_histograms._bytes_of(one))
    waiting = [marked_rows([0], [time], [SMALL]) for time in range(20)]
    for rows in waiting:
        held.hold(rows)
    slot_of = np.zeros(1, np.int64)
    assert held.within(slot_of, 0, 99).times_ms.tolist() == list(range(20))
    for rows in waiting[:-1]:
        held.committed([rows])
    found = held.within(slot_of, 0, 99)
    assert found.times_ms.tolist()[-1] == 19
    assert 2 <= len(found) <= 12
    assert found.times_ms.tolist() == list(range(20 - len(found), 20))
    assert held.within(slot_of, 100, 200) is None
    assert held.within(np.array([recent_histograms.NO_SLOT]), 0, 99) is None


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.sampled_from(ALL_KINDS)), max_size=12))
def test_rows_are_found_by_slot_time_and_mark(rows):
    table = marked_rows(*(list(zip(*rows, strict=True)) or [[], [], []]))
    wanted = sorted({(slot, time) for slot in range(3) for time in range(3)})
    for histogram in ALL_KINDS:
        mark = marks_of(Histograms.of([histogram]))[0]
        slots, times = (np.array(each, np.int64) for each in zip(*wanted, strict=True))
        found = table.rows_at(slots, times, np.full(len(wanted), mark))
        for (slot, time), row in zip(wanted, found.tolist(), strict=True):
            fitting = [i for i, each in enumerate(rows) if each == (slot, time, histogram)]
            assert row == (fitting[0] if fitting else FLOAT)


def test_joined_rows_are_the_rows():
    parts = [marked_rows([i], [i], [each]) for i, each in enumerate(ALL_KINDS)]
    joined = join_marked(parts)
    assert [joined.histograms.at(i) for i in range(len(ALL_KINDS))] == ALL_KINDS


def test_everything_is_there_after_a_restart_and_after_compaction(opened, clock):
    store = opened()
    rows = [*spans(ALL_KINDS), (NOW + 50, 1.5)]
    append_histograms(store, UP, rows[:-1], starts=[NOW - 1] * len(ALL_KINDS))
    append(store, UP, rows[-1:])
    append_exemplars(store, UP, [(NOW, 1.0, TRACE)])
    assert append_histograms(opened(), UP, rows[:1]).idempotent == 1
    for _ in range(2):
        store = opened()
        assert same(read_mixed(store), rows)
        starts = store.select(ONE, plan_of_starts(), Deadline(30)).start_times_ms
        assert starts.tolist() == [NOW - 1] * len(ALL_KINDS) + [0]
        assert read_exemplars(store) == {UP: [(NOW, 1.0, TRACE)]}
        clock.time_ms += 6 * 60 * MINUTE
        store.maintain()
        assert count(store, "samples_recent") == 0
        assert same(read_mixed(store), rows)


def plan_of_starts():
    plan = plan_of()
    return type(plan)(plan.matchers, plan.min_time_ms, plan.max_time_ms, plan.samples_max, start_times=True)


def test_the_ram_is_a_cache_only(opened):
    store = opened()
    append_histograms(store, UP, spans(ALL_KINDS))
    append_histograms(store, DOWN, [(NOW, SMALL)])
    store._state.histograms.recent._parts.clear()
    assert same(read_mixed(store), spans(ALL_KINDS))
    append_histograms(store, UP, [(NOW + 50, LARGER)])
    assert same(read_mixed(store, plan_of(start=NOW + 4)), [*spans(ALL_KINDS)[4:], (NOW + 50, LARGER)])


def test_content_that_a_damaged_disk_lost_leaves_its_sample_out(opened):
    store = opened()
    append_histograms(store, UP, [(NOW, SMALL), (NOW + 2, CUSTOM)])
    append(store, UP, [(NOW + 1, 2.0)])
    store._state.histograms.recent._parts.clear()
    store._state.engine.execute(f"alter table histograms delete where time_ms = {NOW}")
    assert same(read_mixed(store), [(NOW + 1, 2.0), (NOW + 2, CUSTOM)])


def test_a_histogram_waits_in_ram_while_the_engine_refuses_commits(opened, monkeypatch):
    store = opened()

    def refuse(*args, **kwargs):
        raise EngineError("no space", 243)

    monkeypatch.setattr(store._state.engine, "insert", refuse)
    with pytest.raises(StoreUnavailable, match="no space"):
        append_histograms(store, UP, [(NOW, CUSTOM)])
    assert same(read_mixed(store), [(NOW, CUSTOM)])
    monkeypatch.undo()
    store = opened()  # closing tries once more
    assert same(read_mixed(store), [(NOW, CUSTOM)])


def test_a_kill_between_content_and_mark_leaves_nothing_to_see(opened, monkeypatch):
    store = opened()
    append_histograms(store, UP, [(NOW, SMALL)])
    insert = store._state.engine.insert

    def die(table, *args, **kwargs):
        if table == "samples_recent":
            raise EngineError("killed here", 0)
        insert(table, *args, **kwargs)

    monkeypatch.setattr(store._state.engine, "insert", die)
    with pytest.raises(StoreUnavailable):
        append_histograms(store, UP, [(NOW + 1, CUSTOM)])
    assert count(store, "histograms") == 2
    store = opened()
    assert same(read_mixed(store), [(NOW, SMALL)])
    assert append_histograms(store, UP, [(NOW + 1, LARGER)]).accepted == 1
    assert same(read_mixed(store), [(NOW, SMALL), (NOW + 1, LARGER)])


def test_deleted_histograms_give_their_space_back(opened, clock):
    store = opened()
    append_histograms(store, UP, [(NOW, SMALL), (NOW + 1, CUSTOM)])
    append_histograms(store, DOWN, [(NOW, SMALL)])
    assert store.delete(ONE, [UP_SELECTOR], NOW, NOW).samples == 2
    assert append_histograms(store, DOWN, [(NOW, SMALL)]).accepted == 1
    clock.time_ms += 6 * 60 * MINUTE
    store.maintain()
    store.maintain()
    assert count(store, "histograms") == 2
    assert read_mixed(store) == {UP: [(NOW + 1, CUSTOM)], DOWN: [(NOW, SMALL)]}


def test_retention_drops_their_days_too(opened, clock):
    store = opened()
    append_histograms(store, UP, [(NOW, SMALL)])
    append_exemplars(store, UP, [(NOW, 1.0, TRACE)])
    clock.time_ms += 16 * DAY_MS
    store.maintain()
    assert (count(store, "histograms"), count(store, "exemplars")) == (0, 0)
    assert read_mixed(store) == {}
    assert read_exemplars(store) == {}


def test_imported_histograms_of_any_age_are_read_from_disk(opened):
    store = opened()
    ref = int(store.register(ONE, [UP])[0])
    refs, times = np.full(3, ref), np.array([1000, 3000, NOW])
    batch = HistogramBatch(refs, times, Histograms.of([SMALL, CUSTOM, LARGER]), np.array([500, 500, 0]))
    floats = SampleBatch(np.array([ref, -1]), np.array([2000, 2000]), np.array([1.0, 2.0]), np.array([700, 1]))
    store.import_samples([batch, floats])
    assert same(read_mixed(store), [(1000, SMALL), (2000, 1.0), (3000, CUSTOM), (NOW, LARGER)])
    assert store.select(ONE, plan_of_starts(), Deadline(30)).start_times_ms.tolist() == [500, 700, 500, 0]
    store.import_samples([batch])
    store = opened()
    assert same(read_mixed(store), [(1000, SMALL), (2000, 1.0), (3000, CUSTOM), (NOW, LARGER)])


def test_start_times_are_those_that_were_appended_in_any_order(opened):
    store, random = opened(), np.random.default_rng(4)
    refs = store.register(ONE, [UP, DOWN])
    expected = {}
    for size in (1, 40, 40, 40, 5):
        places = random.permutation(200)[:size]
        starts = NOW - random.choice([NOW, 1, 2, 3], size) if size > 1 else np.zeros(1, np.int64)
        own, times = refs[places % 2], NOW - 100 + places // 2
        store.append(ONE, SampleBatch(own, times, np.ones(size), starts)).committed.result(30)
        for place, start in zip(places.tolist(), starts.tolist(), strict=True):
            expected.setdefault((place % 2, NOW - 100 + place // 2), start)
    found = store.select(ONE, plan_of_starts(), Deadline(30))
    owners = np.repeat([(UP, DOWN).index(labels) for labels in found.labels], np.diff(found.offsets)).tolist()
    rows = zip(owners, found.times_ms.tolist(), found.start_times_ms.tolist(), strict=True)
    assert {(owner, time): start for owner, time, start in rows} == expected


def test_an_exemplar_that_a_restart_made_us_store_twice_is_read_once(opened):
    store = opened()
    append_exemplars(store, UP, [(NOW, 1.0, TRACE)])
    store = opened()
    append_exemplars(store, UP, [(NOW, 1.0, TRACE), (NOW + 1, 2.0, TRACE)])
    assert read_exemplars(store) == {UP: [(NOW, 1.0, TRACE), (NOW + 1, 2.0, TRACE)]}
