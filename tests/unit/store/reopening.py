"""The part of the contract for adapters that keep their data over a restart."""

from __future__ import annotations

from tests.clocks import SetClock
from tests.unit.store.contract import (
    LOAD,
    NOW,
    ONE,
    TWO,
    UP,
    UP_SELECTOR,
    Build,
    append,
    bits_of,
    committed,
    read,
)
from tests.unit.store.contract_histograms import fill_commits, handed_on
from vedette.model.blocks import MetricMetadata
from vedette.model.staleness import STALE_NAN
from vedette.model.time import BLOCK_MS


def test_everything_acknowledged_is_there_after_reopening(build: Build, clock: SetClock) -> None:
    rows = [(NOW - BLOCK_MS // 4 + i * 1000, float(i)) for i in range(20)] + [(NOW, STALE_NAN)]
    store = build(clock)
    append(store, UP, rows)
    append(store, UP, [(NOW, 7.0)], TWO)
    store.put_metadata(ONE, [MetricMetadata("up", "gauge", "text")])
    store.close()
    store = build(clock)
    try:
        assert read(store) == {UP: bits_of(rows)}
        assert read(store, principal=TWO) == {UP: bits_of([(NOW, 7.0)])}
        assert store.series(ONE, [UP_SELECTOR], NOW, NOW) == [UP]
        assert [entry.metric for entry in store.metadata(ONE)] == ["up"]
        result = append(store, UP, [(NOW, 1.0), (NOW + 1, 2.0)])
        assert (result.accepted, result.duplicates) == (1, 1)
    finally:
        store.close()


def test_commits_are_handed_on_after_reopening_as_before(build: Build, clock: SetClock) -> None:
    store = build(clock)
    before = store.committed_sequence()
    for i in range(5):
        append(store, UP, [(NOW + i, float(i))])
        append(store, LOAD, [(NOW - i, float(i)), (NOW - i - 100, float(i))])
    first = committed(store, before, 4)
    rest = committed(store, first[0], 1000)
    last = store.committed_sequence()
    store.close()
    store = build(clock)
    assert store.committed_sequence() >= last
    assert committed(store, before, 1000, up_to=first[0]) == first
    assert committed(store, first[0], 1000)[1] == rest[1]
    append(store, UP, [(NOW + 10, 10.0)])
    assert committed(store, first[0], 1000)[1] == rest[1]
    assert committed(store, last, 1000)[1] == [(UP, NOW + 10, 10.0)]
    store.close()


def test_commits_hand_on_the_same_after_reopening(build: Build, clock: SetClock) -> None:
    store = build(clock)
    before = store.committed_sequence()
    expected = fill_commits(store)
    store.close()
    store = build(clock)
    try:
        assert handed_on(store, before) == expected
    finally:
        store.close()
