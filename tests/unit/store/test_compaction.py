"""Compaction, rewriting, retention and deletion on the engine: the answers stay, the place of the rows changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.store.contract import (
    DOWN,
    LOAD,
    MINUTE,
    NOW,
    ONE,
    UP,
    UP_SELECTOR,
    append,
    bits_of,
    equal,
    plan_of,
    read,
)
from vedette.model.blocks import SampleBatch
from vedette.model.staleness import STALE_NAN
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS, block_of
from vedette.ports.scan import Deadline, SampleSources
from vedette.store import feed
from vedette.store.reading import column
from vedette.store.retention import Retention, RetentionRule

DAY_MS = 86_400_000
HOUR = 60 * MINUTE


class Killed(BaseException):
    """Stands for kill -9: no handler of the store may catch it."""


def count(store, table, where="1"):
    return int(column(store._state.engine.query(f"select count() as n from {table} where {where}"), "n")[0])


def fill(store, clock, hours=5):
    """15 s samples of three series; the clock moves along."""
    rows = {}
    for _ in range(hours):
        start = clock.time_ms
        clock.time_ms += HOUR
        for labels, scale in ((UP, 1.0), (DOWN, 0.25), (LOAD, 1e300)):
            some = [(start + i * 15_000, float(i % 7) * scale) for i in range(240)]
            append(store, labels, some)
            rows.setdefault(labels, []).extend(some)
    return {labels: bits_of(some) for labels, some in rows.items()}


ALL = plan_of(equal("job", "node"), samples_max=1_000_000)


def test_finished_blocks_move_to_chunk_rows_and_answers_stay(opened, clock):
    store = opened()
    expected = fill(store, clock)
    store.maintain()
    assert count(store, "samples_recent", f"block < {block_of(clock.time_ms - HOUR)}") == 0
    assert count(store, "chunks") > 0
    assert read(store, ALL) == expected
    store = opened()
    assert read(store, ALL) == expected
    middle = plan_of(equal("job", "node"), start=NOW + HOUR + 1, end=NOW + 3 * HOUR, samples_max=1_000_000)
    wanted = {
        labels: [row for row in rows if NOW + HOUR + 1 <= row[0] <= NOW + 3 * HOUR] for labels, rows in expected.items()
    }
    assert read(store, middle) == wanted


def test_without_the_head_the_engine_answers_the_same(opened, clock):
    store = opened()
    expected = fill(store, clock, hours=3)
    store._head.cover_from(MAX_TIME_MS)
    store._head.forget_before(MAX_TIME_MS)
    assert read(store, ALL) == expected
    store.maintain()
    assert read(store, ALL) == expected


def test_a_read_says_what_came_from_the_engine_and_what_was_kept(opened, clock):
    store = opened()
    fill(store, clock)
    store.maintain()
    store._head.cover_from(MAX_TIME_MS)
    store._head.forget_before(MAX_TIME_MS)

    def sources():
        counted = SampleSources()
        store.select(ONE, replace(plan_of(), sources=counted), Deadline(30))
        return counted

    first, second = sources(), sources()
    assert (first.cache, first.head) == (0, second.head)
    assert second.cache > 0
    assert second.cache + second.engine == first.engine


def test_a_read_beside_the_head_letting_go_misses_nothing(opened, clock, monkeypatch):
    store = opened()
    expected = fill(store, clock, hours=3)
    held = store._head.select

    def let_go_then_select(*args):
        store._head.forget_before(MAX_TIME_MS)
        return held(*args)

    monkeypatch.setattr(store._head, "select", let_go_then_select)
    assert read(store, ALL) == expected


def test_a_read_beside_the_end_of_rebuilding_misses_nothing(opened, clock, monkeypatch):
    store = opened()
    expected = fill(store, clock, hours=3)
    store._head.cover_from(MAX_TIME_MS)
    store._head.forget_before(MAX_TIME_MS)

    def select_then_cover(refs, *bounds):
        monkeypatch.setattr(type(store._head), "covered_from_ms", MIN_TIME_MS)
        return np.zeros(len(refs) + 1, np.int64), np.empty(0, np.int64), np.empty(0), False

    monkeypatch.setattr(store._head, "select", select_then_cover)
    assert read(store, ALL) == expected


def test_a_late_sample_for_a_compacted_block_is_merged(opened, clock):
    store = opened()
    append(store, UP, [(NOW, 1.0), (NOW + 20, 3.0)])
    clock.time_ms += 5 * HOUR
    store.maintain()
    import_rows(store, UP, [(NOW, 9.0), (NOW + 10, 2.0), (NOW + 20, 9.0)])
    assert read(store) == {UP: bits_of([(NOW, 1.0), (NOW + 10, 2.0), (NOW + 20, 3.0)])}
    store = opened()
    assert read(store) == {UP: bits_of([(NOW, 1.0), (NOW + 10, 2.0), (NOW + 20, 3.0)])}


@pytest.mark.parametrize("stop_at", ["slice", "slice written", "spans", "drop", "dropped"])
def test_a_kill_at_any_step_leaves_one_sample_per_time(opened, clock, stop_at):
    def step(name):
        if name == stop_at:
            raise Killed(name)

    store = opened(step=step)
    expected = fill(store, clock)
    with pytest.raises(Killed):
        store.maintain()
    assert read(store, ALL) == expected
    store = opened()
    assert read(store, ALL) == expected
    store.maintain()
    assert read(store, ALL) == expected
    repeated = "select count() as n from chunks group by series, t0 having n > 1"
    assert store._state.engine.query(repeated).num_rows == 0
    store = opened()
    assert read(store, ALL) == expected


def test_a_stale_marker_and_a_gap_survive_compaction(opened, clock):
    store = opened()
    rows = [(NOW - 20 * MINUTE, 1.0), (NOW - 15_000, STALE_NAN), (NOW + 5 * MINUTE, 2.0)]
    append(store, UP, rows)
    clock.time_ms += 5 * HOUR
    store.maintain()
    store = opened()
    assert read(store) == {UP: bits_of(rows)}


def test_a_deletion_covers_recent_rows_and_chunks_and_is_forgotten_when_cleared(opened, clock):
    store = opened()
    expected = fill(store, clock)
    store.maintain()
    assert count(store, "samples_recent") > 0
    low, high = NOW + 30 * MINUTE, NOW + 4 * HOUR + 30 * MINUTE
    result = store.delete(ONE, [UP_SELECTOR], low, high)
    kept = {
        labels: [row for row in rows if labels == LOAD or not low <= row[0] <= high]
        for labels, rows in expected.items()
    }
    assert (result.series, result.samples) == (2, 2 * 961)
    assert read(store, ALL) == kept
    store = opened()
    assert read(store, ALL) == kept
    samples_before = int(column(store._state.engine.query("select sum(samples) as n from chunks"), "n")[0])
    clock.time_ms += 5 * HOUR
    store.maintain()
    assert len(store._state.deletions) == 0
    assert (
        int(column(store._state.engine.query("select sum(samples) as n from chunks"), "n")[0])
        < samples_before + 3 * 480
    )
    store = opened()
    assert len(store._state.deletions) == 0
    assert read(store, ALL) == kept


def test_retention_drops_whole_days_by_class(opened, clock):
    keep_load = RetentionRule(7, (equal("__name__", "load"),), 30 * DAY_MS)
    store = opened(retention=Retention(keep_ms=2 * DAY_MS, rules=(keep_load,)))
    expected = fill(store, clock, hours=1)
    clock.time_ms += 5 * HOUR
    store.maintain()
    assert set(read(store, ALL)) == {UP, DOWN, LOAD}
    clock.time_ms += 4 * DAY_MS
    store.maintain()
    store = opened(retention=Retention(keep_ms=2 * DAY_MS, rules=(keep_load,)))
    assert read(store, ALL) == {LOAD: expected[LOAD]}


def test_retention_by_size_drops_the_oldest_days(opened, clock):
    store = opened()
    rng = np.random.default_rng(1)
    for day in range(3):
        times = NOW - (3 - day) * DAY_MS + np.arange(5_000) * 1_000
        rows = list(zip(times.tolist(), rng.random(5_000).tolist(), strict=True))
        import_rows(store, UP, rows)
    size = store.stats(ONE).disk_bytes
    store.set_retention(Retention(keep_ms=100 * DAY_MS, bytes_max=size - 1_000))
    store.maintain()
    store = opened()
    left = read(store, ALL)[UP]
    assert len(left) == 10_000
    assert left[0][0] >= NOW - 2 * DAY_MS


def import_rows(store, labels, rows):
    times, values = zip(*rows, strict=True)
    refs = np.repeat(store.register(ONE, [labels]), len(times))
    return store.import_samples([SampleBatch(refs, np.array(times, np.int64), np.array(values, np.float64))])


def test_an_import_takes_samples_of_any_age_in_any_order(opened, clock):
    store = opened()
    rows = [(NOW - 400 * DAY_MS + i * 60_000, float(i)) for i in range(500)] + [(-5, 1.5), (0, 2.5)]
    done = import_rows(store, UP, rows[::-1])
    assert (done.samples, done.min_time_ms) == (502, -5)
    assert read(store) == {UP: bits_of(sorted(rows))}
    assert store.series(ONE, [UP_SELECTOR], -5, -5) == [UP]
    store = opened()
    assert read(store) == {UP: bits_of(sorted(rows))}
    assert store.series(ONE, [UP_SELECTOR], -5, -5) == [UP]
    assert store.series(ONE, [UP_SELECTOR], MIN_TIME_MS, -6) == []


def test_importing_a_file_twice_changes_nothing(opened, clock):
    store = opened()
    rows = [(NOW - DAY_MS + i * 15_000, float(i)) for i in range(1_000)]
    import_rows(store, UP, rows)
    import_rows(store, UP, rows)
    assert read(store) == {UP: bits_of(rows)}


def test_imported_samples_of_this_hour_are_seen_beside_scraped_ones(opened, clock):
    store = opened()
    append(store, UP, [(NOW, 1.0)])
    import_rows(store, UP, [(NOW - 10 * MINUTE, 0.5), (NOW, 9.0)])
    import_rows(store, DOWN, [(NOW - 10 * MINUTE, 0.5)])
    expected = {UP: bits_of([(NOW - 10 * MINUTE, 0.5), (NOW, 1.0)]), DOWN: bits_of([(NOW - 10 * MINUTE, 0.5)])}
    assert read(store) == expected
    store = opened()
    assert read(store) == expected


def test_short_chunks_of_an_import_are_rewritten_to_one_per_block(opened, clock):
    store = opened()
    refs = store.register(ONE, [UP])
    start = (NOW // DAY_MS - 3) * DAY_MS
    object.__setattr__(store._state.limits, "compaction_samples_max", 10)
    batches = [
        SampleBatch(np.repeat(refs, 10), start + np.arange(10) * 1_000 + i * 10_000, np.arange(10.0)) for i in range(20)
    ]
    store.import_samples(batches)
    assert count(store, "chunks") == 1
    assert len(read(store)[UP]) == 200


def rows_after(store, after):
    """Number of samples handed on after a commit, and the last commit."""
    n, last = 0, store.committed_sequence()
    while after < last:
        rows = store.committed_since(ONE, "slow", after, 500)
        n, after = n + len(rows), rows.sequence
    return n, last


def test_compaction_waits_for_who_follows_the_commits_and_lags(opened, clock):
    store = opened()
    before = store.committed_sequence()
    n_samples = sum(map(len, fill(store, clock).values()))
    store = opened()
    store.committed_since(ONE, "slow", before, 1)
    store.maintain()
    assert count(store, "samples_recent") == n_samples
    assert rows_after(store, before)[0] == n_samples
    last = store.committed_sequence()
    assert len(store.committed_since(ONE, "slow", last, 1)) == 0
    store.maintain()
    assert count(store, "samples_recent", f"block < {block_of(clock.time_ms - HOUR)}") == 0


def test_compaction_waits_a_day_at_most(opened, clock):
    store = opened()
    before = store.committed_sequence()
    fill(store, clock)
    clock.time_ms += 27 * HOUR
    store.committed_since(ONE, "slow", before, 1)
    store.maintain()
    assert count(store, "samples_recent") == 0
    assert read(store, ALL)


def test_who_has_not_asked_for_long_holds_nothing_back(opened, clock, monkeypatch):
    monkeypatch.setattr(feed, "FOLLOWING_S", 0.0)
    store = opened()
    before = store.committed_sequence()
    store.committed_since(ONE, "gone", before, 1)
    fill(store, clock)
    store.maintain()
    assert count(store, "samples_recent", f"block < {block_of(clock.time_ms - HOUR)}") == 0
