"""The history of alerts, on the engine and in memory: what was recorded is found, by time, alert, kind and labels."""

from __future__ import annotations

import pytest

from tests.unit.store.contract import NOW
from vedette.model.labels import Labels
from vedette.model.limits import IngestLimits
from vedette.model.matchers import Matcher, MatchType
from vedette.ports.alert_history import AlertEvent, HistoryQuestion
from vedette.ports.principal import SYSTEM, Principal
from vedette.store.alert_history import WEEK_MS
from vedette.store.memory_alert_history import MemoryAlertHistory

OTHER = Principal("other", "u")


def event(number, kind="firing", fingerprint=1, **labels):
    return AlertEvent(
        NOW + number, fingerprint, kind, Labels.of(alertname=f"a{fingerprint}", **labels), NOW, text=f"n{number}"
    )


@pytest.fixture(params=["engine", "memory"])
def history(request):
    if request.param == "memory":
        return MemoryAlertHistory()
    return request.getfixturevalue("opened")().alert_history


def read(history, limit=100, principal=SYSTEM, **question):
    answer = history.read(principal, HistoryQuestion(limit, **question))
    return [found.time_ms - NOW for found in answer.events]


def test_what_is_recorded_is_read_at_once_newest_first(history):
    events = [event(1), event(3, "resolved"), event(2, fingerprint=2**64 - 1, job="ünïcode\n'")]
    history.record(SYSTEM, events)
    assert list(history.read(SYSTEM, HistoryQuestion(10)).events) == [events[1], events[2], events[0]]


def test_each_bound_narrows_the_answer(history):
    history.record(SYSTEM, [event(1), event(2, "resolved"), event(3, fingerprint=2, job="b"), event(4, fingerprint=2)])
    history.record(OTHER, [event(5)])
    matches = lambda kind, value: ((Matcher("job", kind, value),),)  # noqa: E731
    assert read(history) == [4, 3, 2, 1]
    assert read(history, min_time_ms=NOW + 2, max_time_ms=NOW + 3) == [3, 2]
    assert read(history, fingerprint=1) == [2, 1]
    assert read(history, kinds=frozenset({"resolved"})) == [2]
    assert read(history, selectors=matches(MatchType.EQUAL, "b")) == [3]
    assert read(history, selectors=matches(MatchType.EQUAL, "")) == [4, 2, 1]
    assert read(history, selectors=matches(MatchType.REGEX, "b|c")) == [3]
    assert read(
        history, selectors=(*matches(MatchType.EQUAL, "b"), (Matcher("alertname", MatchType.EQUAL, "a1"),))
    ) == [3, 2, 1]
    assert read(history, principal=OTHER) == [5]


def test_the_newest_are_kept_when_there_are_more_than_the_limit(history):
    history.record(SYSTEM, [event(number) for number in range(10)])
    answer = history.read(SYSTEM, HistoryQuestion(3))
    assert ([found.time_ms - NOW for found in answer.events], answer.truncated) == ([9, 8, 7], True)
    assert not history.read(SYSTEM, HistoryQuestion(10)).truncated


def test_weeks_are_forgotten_as_a_whole(history):
    old = event(-2 * WEEK_MS)
    history.record(SYSTEM, [old, event(0)])
    history.forget_before(NOW - 3 * WEEK_MS)
    assert len(history.read(SYSTEM, HistoryQuestion(10)).events) == 2


def test_history_survives_a_restart_and_an_event_told_twice_is_one(opened):
    history = opened().alert_history
    history.record(SYSTEM, [event(1), event(-2 * WEEK_MS)])
    history.record(SYSTEM, [event(1)])
    again = opened().alert_history
    assert read(again) == [1, -2 * WEEK_MS]
    again.record(SYSTEM, [event(1)])
    assert read(again) == [1, -2 * WEEK_MS]
    again.forget_before(NOW - WEEK_MS)
    assert read(again) == [1]


def test_more_rows_than_one_portion_are_read_on(opened, monkeypatch):
    monkeypatch.setattr("vedette.store.alert_history.ROWS_AT_ONCE", 7)
    history = opened().alert_history
    history.record(SYSTEM, [event(number, job=str(number % 10)) for number in range(50)])
    again = opened().alert_history
    only = ((Matcher("job", MatchType.REGEX, "3"),),)
    assert read(again, selectors=only) == [43, 33, 23, 13, 3]
    assert read(again, limit=2, selectors=only) == [43, 33]


def test_what_the_queue_does_not_take_is_dropped_and_counted(opened):
    history = opened(ingest=IngestLimits(pending_alert_events_max=2)).alert_history
    history.record(SYSTEM, [event(1), event(2), event(3)])
    assert history.dropped == 3
    assert read(history) == []


def test_memory_refuses_beyond_its_limit():
    history = MemoryAlertHistory(events_max=1)
    history.record(SYSTEM, [event(1), event(2)])
    assert (history.dropped, read(history)) == (2, [])
