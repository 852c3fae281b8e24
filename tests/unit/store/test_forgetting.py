"""Series whose samples are all gone leave the table of series when the store opens; every other one stays."""

from __future__ import annotations

import pytest

from tests.unit.store.contract import DOWN, LOAD, NOW, UP, append, bits_of, committed, equal, plan_of, read
from tests.unit.store.test_compaction import HOUR
from vedette.model.labels import Labels
from vedette.store.partitions import DAY_MS
from vedette.store.reading import column
from vedette.store.retention import Retention, RetentionRule

ALL = plan_of(equal("job", "node"))
SHORT = Retention(keep_ms=2 * DAY_MS)


def stored(store, table="series", name="id"):
    return len(set(column(store._state.engine.query(f"select {name} from {table}"), name).tolist()))


def compacted(store, clock):
    clock.time_ms += 5 * HOUR
    store.maintain()


@pytest.fixture
def aged(opened, clock):
    """UP and DOWN were seen once, nine days ago; LOAD since then too."""
    store = opened(retention=SHORT)
    for labels in (UP, DOWN, LOAD):
        append(store, labels, [(NOW, 1.0)])
    compacted(store, clock)
    clock.time_ms += 9 * DAY_MS
    append(store, LOAD, [(clock.time_ms, 2.0)])
    compacted(store, clock)
    assert stored(store) == 3
    return store


def test_series_without_samples_are_forgotten_at_the_next_start(aged, opened, clock):
    expected = read(aged, ALL)
    store = opened(retention=SHORT)
    assert stored(store) == stored(store, "spans", "series") == 1
    assert len(store._state.index) == 1
    assert read(store, ALL) == expected
    assert set(expected) == {LOAD}


def test_one_that_comes_back_is_known_again_and_stays(aged, opened, clock):
    before = aged.committed_sequence()
    store = opened(retention=SHORT)
    assert store.committed_sequence() >= before
    append(store, UP, [(clock.time_ms, 3.0)])
    assert committed(store, before, 100)[1] == [(UP, clock.time_ms, 3.0)]
    store = opened(retention=SHORT)
    assert read(store, ALL)[UP] == bits_of([(clock.time_ms, 3.0)])


def test_one_with_samples_that_are_not_compacted_yet_stays(aged, opened, clock):
    append(aged, DOWN, [(clock.time_ms, 4.0)])
    store = opened(retention=SHORT)
    assert set(read(store, ALL)) == {LOAD, DOWN}


def test_one_that_a_rule_keeps_stays(opened, clock):
    retention = Retention(keep_ms=2 * DAY_MS, rules=(RetentionRule(7, (equal("instance", "b:9100"),), 30 * DAY_MS),))
    store = opened(retention=retention)
    for labels in (UP, DOWN):
        append(store, labels, [(NOW, 1.0)])
    compacted(store, clock)
    clock.time_ms += 20 * DAY_MS
    append(store, LOAD, [(clock.time_ms, 2.0)])
    compacted(store, clock)
    store = opened(retention=retention)
    assert stored(store) == 2
    assert set(read(store, ALL)) == {DOWN, LOAD}


def test_a_few_among_many_are_left_alone(opened, clock):
    store = opened(retention=SHORT)
    append(store, UP, [(NOW, 1.0)])
    compacted(store, clock)
    clock.time_ms += 9 * DAY_MS
    for i in range(30):
        append(store, Labels.of(__name__="many", i=str(i)), [(clock.time_ms, 1.0)])
    compacted(store, clock)
    assert stored(opened(retention=SHORT)) == 31


def test_what_a_killed_start_left_does_not_disturb(aged, opened, clock):
    engine = aged._state.engine
    for statement in (
        "create table series_to_forget engine = Memory as select series from spans",
        "create table series_that_stay as series",
    ):
        engine.execute(statement)
    store = opened(retention=SHORT)
    assert stored(store) == 1
    assert set(read(store, ALL)) == {LOAD}
