"""Dry runs: the past is played as it was; what would have been sent is counted by receiver and group."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.alerting.test_pipeline import DAY, HOUR, MINUTE, T0, Driver, S, alert, matchers
from vedette.alerting.pipeline.core import IntegrationName, PipelineConfig
from vedette.alerting.pipeline.muting import Stage
from vedette.alerting.pipeline.silences import Silence, SilenceId
from vedette.alerting.rehearsal import playing
from vedette.alerting.rehearsal.counting import count_by_receiver, count_over_time
from vedette.alerting.rehearsal.past import postings
from vedette.alerting.rehearsal.playing import play
from vedette.alerting.routing.routes import RouteSpec, build_routes
from vedette.model.errors import QueryTooLarge
from vedette.ports.alert_history import AlertEvent
from vedette.ports.scan import Deadline

HOOK = (IntegrationName("webhook", 0, True),)
ROOT = RouteSpec(
    "default",
    group_by=("alertname",),
    group_wait_ms=30 * S,
    group_interval_ms=5 * MINUTE,
    repeat_interval_ms=4 * HOUR,
    routes=(RouteSpec("db", matchers('team="db"')),),
)


def config(root=ROOT):
    return PipelineConfig(build_routes(root), {"default": HOOK, "db": HOOK})


def fired(name, begin, end=None, **labels):
    one = alert(name, **labels)
    events = [AlertEvent(T0 + begin, one.fingerprint, "firing", one.labels, T0 + begin)]
    if end is not None:
        events.append(AlertEvent(T0 + end, one.fingerprint, "resolved", one.labels, T0 + begin))
    return events


def played(events, start=0, end=DAY, silences=(), root=ROOT):
    past = postings(events, T0 + start, T0 + end)
    return play(config(root), past, silences, T0 + start, T0 + end, Deadline(30))


def test_each_notification_is_counted_with_its_time_and_reason():
    result = played([*fired("a", HOUR, 2 * HOUR), *fired("b", HOUR, 11 * HOUR, team="db")])
    told = [((sent.time_ms - T0) / MINUTE, sent.receiver, sent.reason) for sent in result.sent]
    assert told == [
        (60.5, "default", "first notification"),
        (60.5, "db", "first notification"),
        (120.5, "default", "all alerts resolved"),
        (305.5, "db", "repeat interval elapsed"),
        (550.5, "db", "repeat interval elapsed"),
        (660.5, "db", "all alerts resolved"),
    ]
    busiest, other = count_by_receiver(result.sent)
    assert (busiest.receiver, busiest.notifications, busiest.alerts) == ("db", 4, 1)
    assert busiest.integrations == {"webhook[0]": 4}
    assert count_over_time(result.sent, T0, T0 + 12 * HOUR, 12) == [0, 2, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1]
    (group,) = other.groups.values()
    assert (group.notifications, group.first_ms, group.last_ms) == (2, T0 + 60.5 * MINUTE, T0 + 120.5 * MINUTE)


def test_silences_of_that_time_count():
    silence = Silence((matchers('alertname="a"'),), T0, T0 + 2 * HOUR, id=SilenceId("s"))
    result = played(fired("a", HOUR, 3 * HOUR), silences=[silence])
    assert [sent.reason for sent in result.sent] == ["first notification", "all alerts resolved"]
    assert result.sent[0].time_ms >= T0 + 2 * HOUR
    assert result.suppressed[Stage.SILENCE] == 12


def test_what_fired_before_the_time_is_there_at_its_beginning_and_what_had_ended_is_not():
    events = [*fired("old", -HOUR, HOUR), *fired("gone", -HOUR, -MINUTE), *fired("late", 2 * DAY)]
    result = played(events)
    assert [(sent.time_ms - T0, sent.reason) for sent in result.sent] == [
        (0, "first notification"), (HOUR + 5 * MINUTE, "all alerts resolved"),
    ]  # fmt: skip


def test_a_dry_run_that_would_never_end_is_refused(monkeypatch):
    monkeypatch.setattr(playing, "FLUSHES_MAX", 10)
    with pytest.raises(QueryTooLarge):
        played(fired("a", 0))


STRETCHES = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 600), st.integers(1, 600)),
    max_size=6,
    unique_by=lambda one: one[0],
)


@given(STRETCHES)
def test_a_dry_run_sends_what_the_pipeline_sends(stretches):
    """The same alerts, posted to a pipeline that is driven step by step."""
    events = [one for name, begin, lasts in stretches for one in fired(name, begin * MINUTE, (begin + lasts) * MINUTE)]
    driver = Driver(ROOT, {"default": HOOK, "db": HOOK})
    for time_ms, one in postings(events, T0, T0 + DAY):
        driver.run_until(time_ms)
        driver.post(one)
    driver.run_until(T0 + DAY)
    expected = [(time_ms, attempt.reason.value, attempt.key.group_key) for time_ms, attempt in driver.sent]
    found = [(sent.time_ms, sent.reason, sent.group_key) for sent in played(events).sent]
    assert sorted(found) == sorted(expected)
