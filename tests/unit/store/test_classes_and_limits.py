"""Retention classes keep their numbers and their samples; series beyond a limit are refused, the others stored."""

from __future__ import annotations

import pytest

from tests.unit.store.contract import DOWN, LOAD, NOW, ONE, TWO, UP, append, equal, plan_of, read
from vedette.model.labels import Labels
from vedette.model.limits import SeriesLimits
from vedette.model.matchers import Matcher, MatchType
from vedette.store.retention import Retention, RetentionRule

DAY = 86_400_000
ALL = plan_of(equal("job", "node"), samples_max=1_000_000)
KEEP_LOAD = RetentionRule(0, (equal("__name__", "load"),), 30 * DAY)
KEEP_UP = RetentionRule(0, (Matcher("__name__", MatchType.REGEX, "u.*"),), 60 * DAY)


def class_of(store, labels):
    return int(store._state.facts.classes(store.register(ONE, [labels]))[0])


def test_a_rule_keeps_its_number_whatever_becomes_of_the_others(opened):
    store = opened(retention=Retention(rules=(KEEP_LOAD,)))
    assert class_of(store, LOAD) == 1
    store = opened(retention=Retention(rules=(KEEP_UP, KEEP_LOAD)))
    assert (class_of(store, UP), class_of(store, LOAD)) == (2, 1)
    store = opened(retention=Retention(rules=(KEEP_UP,)))
    assert (class_of(store, UP), class_of(store, LOAD)) == (2, 0)
    store.set_retention(Retention(rules=(KEEP_LOAD,)))
    assert (class_of(store, UP), class_of(store, LOAD)) == (0, 1)


@pytest.mark.parametrize("reopen", [False, True])
def test_samples_stay_in_the_class_they_were_stored_with(opened, clock, reopen):
    """Compaction and the rewriting of a day come after the change; nothing is lost, and nothing moves."""
    store = opened(retention=Retention(keep_ms=2 * DAY))
    append(store, LOAD, [(NOW, 1.0)])
    changed = Retention(keep_ms=2 * DAY, rules=(KEEP_LOAD,))
    if reopen:
        store = opened(retention=changed)
    else:
        store.set_retention(changed)
    append(store, LOAD, [(NOW + 60_000, 2.0)])
    clock.time_ms += 5 * 3_600_000
    store.maintain()
    assert {one.class_ for one in store._state.partitions.chunks} == {0, 1}
    for day in sorted(store._state.partitions.chunks):
        store._state.partitions.note_chunks(day)
    store.delete(ONE, [(equal("__name__", "load"),)], NOW + 1, NOW + 1)
    store.delete(ONE, [(equal("__name__", "load"),)], NOW + 60_000, NOW + 60_000)
    append(store, LOAD, [(clock.time_ms, 3.0)])
    store.clear_deletions()
    assert [time for time, _ in read(store, ALL)[LOAD]] == [NOW, clock.time_ms]
    clock.time_ms += 4 * DAY
    store.maintain()
    assert [time for time, _ in read(store, ALL)[LOAD]] == [clock.time_ms - 4 * DAY]


def test_a_new_series_beyond_the_limit_is_refused_with_a_reason(opened, clock):
    store = opened(series=SeriesLimits(series_per_tenant=2, tenants={"two": 1}, jobs={"noisy": 1}))
    noisy = [Labels.of({"__name__": "n", "job": "noisy", "i": str(i)}) for i in range(3)]
    assert (store.register(ONE, noisy) >= 0).tolist() == [True, False, False]
    assert store.why_refused(ONE, noisy[1]).startswith('series limit exceeded: job "noisy" of tenant')
    assert (store.register(ONE, [UP, DOWN]) >= 0).tolist() == [True, False]
    assert "has 2 active series already, limit series_per_tenant" in store.why_refused(ONE, DOWN)
    assert (store.register(ONE, [UP]) >= 0).all()  # known ones stay
    append(store, UP, [(NOW, 1.0)])
    assert set(read(store)) == {UP}


def test_series_that_fell_silent_make_room(opened, clock):
    store = opened(series=SeriesLimits(series_per_tenant=1))
    append(store, UP, [(NOW, 1.0)])
    store.maintain()
    assert store.register(ONE, [DOWN]).tolist() == [-1]
    assert store.register(TWO, [DOWN])[0] >= 0
    clock.time_ms += 2 * 3_600_000
    store.maintain()
    assert store.register(ONE, [DOWN])[0] >= 0
    store.set_series_limits(SeriesLimits())
    assert store.register(ONE, [LOAD])[0] >= 0
