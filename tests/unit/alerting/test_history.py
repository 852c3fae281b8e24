"""The history of alerts: every turn is noted once, whenever and by whomever it is seen; turns become occurrences."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.alerting.test_pipeline import HOUR, MINUTE, T0, S, alert, matchers
from tests.unit.alerting.test_shell import Sink, running
from tests.virtual_time import run_inline, run_virtually
from vedette.alerting.history.occurrences import median_ms, occurrences
from vedette.alerting.history.pending import PendingAlerts
from vedette.alerting.history.recording import RecordedIntegration
from vedette.alerting.history.watcher import LOOK_S, Watcher
from vedette.alerting.history.watching import Seen, changes
from vedette.alerting.pipeline.silences import Silence
from vedette.model.errors import NotSent
from vedette.model.labels import Labels
from vedette.ports.alert_history import AlertEvent, HistoryQuestion
from vedette.ports.principal import SYSTEM
from vedette.ports.rules import AlertStatus, GroupStatus, NoRules, RuleStatus
from vedette.store.control import open_control
from vedette.store.memory_alert_history import MemoryAlertHistory

LABELS = Labels.of(alertname="a")


@pytest.fixture
def store(tmp_path):
    database = open_control(tmp_path)
    yield database
    database.close()


class PendingRule:
    """Rules with one pending alert while `is_pending`."""

    def __init__(self, labels):
        self.labels, self.is_pending = labels, True

    def groups(self):
        alerts = [AlertStatus(self.labels, Labels(), "pending", T0 + S, 1.0)] if self.is_pending else []
        rule = RuleStatus("alerting", "a", "up == 0", Labels(), "ok", "", 0.0, 0, alerts=alerts)
        return [GroupStatus("g", "f", 1000, 0, [rule], 0.0, 0)]


def watcher_of(shell, history, clock, rules=None):
    return Watcher(shell, PendingAlerts(rules or NoRules()), history, SYSTEM, clock, run_inline)


def told(history):
    """(seconds since the beginning, kind, by), oldest first."""
    events = reversed(history.read(SYSTEM, HistoryQuestion(1000)).events)
    return [((event.time_ms - T0) / S, event.kind, event.by) for event in events]


def test_an_alert_that_begins_is_silenced_heard_again_and_ends_leaves_its_turns(store):
    async def main(clock):
        history = MemoryAlertHistory()
        async with running(store, clock, Sink(clock)) as shell:
            task = asyncio.create_task(watcher_of(shell, history, clock).run())
            await asyncio.sleep(1)
            await shell.post(SYSTEM, [alert("a", updated=clock.now_ms())])
            await asyncio.sleep(LOOK_S)
            sets = (matchers('alertname="a"'),)
            await shell.set_silence(SYSTEM, Silence(sets, clock.now_ms(), T0 + MINUTE, "li"))
            await asyncio.sleep(2 * MINUTE / S)
            await shell.post(SYSTEM, [alert("a", ends=clock.now_ms(), updated=clock.now_ms())])
            end_s = (clock.now_ms() - T0) / S
            await asyncio.sleep(LOOK_S)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        return told(history), end_s

    found, end_s = run_virtually(main, T0)
    assert found == [(0, "firing", ""), (10, "silenced", "id-0"), (60, "unsilenced", "id-0"), (end_s, "resolved", "")]


def test_an_alert_that_nobody_sends_any_more_resolves_at_the_end_it_had(store):
    async def main(clock):
        history = MemoryAlertHistory()
        async with running(store, clock, Sink(clock)) as shell:
            watcher = watcher_of(shell, history, clock)
            await shell.post(SYSTEM, [alert("a", ends=T0 + 7 * S)])
            await watcher.look()
            await asyncio.sleep(HOUR / S)
            await watcher.look()
        return told(history)

    assert run_virtually(main, T0) == [(0, "firing", ""), (7, "resolved", "")]


def test_a_restart_repeats_nothing_in_the_history(store):
    async def main(clock):
        history = MemoryAlertHistory()
        for _ in range(2):
            async with running(store, clock, Sink(clock)) as shell:
                await shell.post(SYSTEM, [alert("a", updated=clock.now_ms())])
                await watcher_of(shell, history, clock).look()
            await asyncio.sleep(5)
        return told(history)

    assert run_virtually(main, T0) == [(0, "firing", "")]


def test_pending_alerts_of_rules_are_noted_and_those_that_never_fire_too(store):
    async def main(clock):
        history, rules = MemoryAlertHistory(), PendingRule(LABELS)
        async with running(store, clock, Sink(clock)) as shell:
            watcher = watcher_of(shell, history, clock, rules)
            await asyncio.sleep(2)
            await watcher.look()
            rules.is_pending = False
            await asyncio.sleep(3)
            await watcher.look()
        return told(history)

    assert run_virtually(main, T0) == [(1, "pending", ""), (5, "inactive", "")]


def test_notifications_are_noted_for_each_alert_and_an_error_once(store):
    async def main(clock):
        history, failures = MemoryAlertHistory(), [NotSent("no route", retry=True)] * 3

        async def fail_first(notification):
            if failures:
                raise failures.pop()

        sink = RecordedIntegration(Sink(clock, 0, fail_first), clock, lambda events: history.record(SYSTEM, events))
        async with running(store, clock, sink) as shell:
            await shell.post(SYSTEM, [alert("a", host="1"), alert("a", host="2")])
            await asyncio.sleep(30)
        return [
            (event.labels.get("host"), event.kind, event.receiver, event.integration, event.text)
            for event in reversed(history.read(SYSTEM, HistoryQuestion(1000)).events)
        ]

    found = run_virtually(main, T0)
    assert sorted(found[:2]) == [(host, "notify_failed", "default", "webhook[0]", "no route") for host in "12"]
    assert sorted(found[2:]) == [(host, "notified", "default", "webhook[0]", "first notification") for host in "12"]


SEEN = st.builds(
    Seen,
    st.just(LABELS),
    st.integers(1, 4).map(lambda number: number * 10),
    st.integers(5, 9).map(lambda number: number * 10),
    st.booleans(),
    st.sampled_from(["", "s1", "s2"]),
    st.sampled_from(["", "f1"]),
)


@given(st.lists(st.none() | SEEN, max_size=8))
def test_whatever_is_seen_begins_and_ends_alternate(looks):
    """Each end follows a beginning; within an occurrence a silence is lifted before the same one is set again."""
    before, events = None, []
    for number, seen in enumerate(looks):
        after = {} if seen is None else {1: seen}
        events += changes(before, after, 100 + number)
        before = after
    kinds = [event.kind for event in events if event.kind in ("firing", "resolved")]
    assert all(first != second for first, second in pairwise(kinds) if first == "resolved")
    assert not kinds or kinds[0] == "firing"
    for on, off in (("silenced", "unsilenced"), ("inhibited", "uninhibited")):
        held = [(event.kind, event.by) for event in events if event.kind in (on, off, "resolved")]
        assert all(first != second for first, second in pairwise(held) if "resolved" not in (*first, *second))


def test_looking_twice_at_the_same_finds_nothing_new():
    seen = Seen(LABELS, 1, 9, is_firing=True, silenced_by="s")
    assert list(changes({1: seen}, {1: replace_seen(seen)}, 5)) == []


def replace_seen(seen):
    return Seen(*seen)


def event(time, kind, starts=0, by=""):
    return AlertEvent(time, 1, kind, LABELS, starts, by)


def test_events_fold_into_occurrences_in_any_order():
    events = [
        event(10, "firing", 10),
        event(12, "notified", 10),
        event(13, "notify_failed", 10),
        event(14, "acknowledged", by="li"),
        event(30, "resolved", 10),
        event(50, "firing", 50),
        event(51, "notified", 50),
    ]
    first, second = occurrences(events)
    assert (first.starts_at_ms, first.ends_at_ms, first.notifications) == (50, None, 1)
    assert (second.starts_at_ms, second.ends_at_ms) == (10, 30)
    assert (second.notifications, second.failures, second.acknowledged_by) == (1, 1, "li")
    assert occurrences(reversed(events)) == [first, second]
    assert (median_ms([first, second], 100), median_ms([first], 100)) == (20, None)
    assert replace(first).lasted_ms(60) == 10
