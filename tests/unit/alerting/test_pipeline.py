"""The pure pipeline, driven in virtual time: grouping, timing, deduplication, muting, and a month within a second."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from vedette.alerting.alerts import Alert
from vedette.alerting.matchers import MatcherMode
from vedette.alerting.pipeline.core import IntegrationName, Pipeline, PipelineConfig
from vedette.alerting.pipeline.inhibition import InhibitRule
from vedette.alerting.pipeline.moments import Moment
from vedette.alerting.pipeline.muting import Stage
from vedette.alerting.pipeline.notification_log import LogKey, NotificationLog
from vedette.alerting.pipeline.silences import Silence, SilenceRules, Silences
from vedette.alerting.routing.routes import RouteSpec, build_routes
from vedette.alerting.routing.time_intervals import TimeInterval, read_time_range
from vedette.model.labels import Labels

S, MINUTE, HOUR, DAY = 1000, 60_000, 3600_000, 24 * 3600_000
T0 = 1_700_000_000_000 // DAY * DAY


def matchers(*texts):
    return tuple(MatcherMode.FALLBACK.matcher(text, "test") for text in texts)


def alert(name, starts=T0, ends=T0 + 365 * DAY, updated=None, timeout=False, annotations=None, **labels):
    return Alert(
        Labels.of(alertname=name, **labels),
        starts,
        ends,
        Labels.of(annotations or {}),
        updated_at_ms=starts if updated is None else updated,
        timeout=timeout,
    )


class Driver:
    """Carries out what the pipeline says, at once; remembers what was sent."""

    def __init__(self, root, receivers=None, rules=(), intervals=None, now=T0):
        receivers = receivers or {"default": (IntegrationName("webhook", 0, True),)}
        self.now, self.sent, self.taken, self.failing = now, [], [], set()
        ids = iter(range(1000))
        self.silences = Silences(SilenceRules(lambda: f"silence-{next(ids)}"))
        config = PipelineConfig(build_routes(root), receivers, rules, intervals or {})
        self.pipeline = Pipeline(config, self.silences, NotificationLog(), self.moment)

    @property
    def moment(self):
        return Moment(self.now, self.now)

    def post(self, *alerts):
        return self.pipeline.post([replace(each, updated_at_ms=self.now) for each in alerts], self.moment)

    def silence(self, silence):
        for part in self.silences.propose(silence, self.now):
            self.silences.apply(part)
        return part.id

    def reload(self):
        self.pipeline = self.pipeline.renewed(self.pipeline.config, self.moment)

    def run_until(self, until):
        while (due := self.pipeline.next_due_ms()) is not None and due <= until:
            self.now = max(self.now, due)
            for flush in self.pipeline.due(self.moment):
                self.taken.append(dict(flush.taken))
                results = [self._attempt(attempt) for attempt in flush.attempts]
                self.pipeline.finished(flush, succeeded=all(results))
        self.now = until

    def _attempt(self, attempt):
        if attempt.key.place in self.failing:
            return False
        if attempt.notification:
            self.sent.append((self.now, attempt))
        self.pipeline.log.apply(self.pipeline.logged(attempt, {}, self.now))
        return True

    def told(self):
        """(seconds since T0, receiver, names of the alerts, reason)"""
        return [
            (
                (at - T0) / S,
                attempt.key.receiver,
                [("-" if one.resolved_at(at) else "") + one.name for one in attempt.notification.alerts],
                attempt.notification.reason,
            )
            for at, attempt in self.sent
        ]


ROOT = RouteSpec("default", group_by=(), group_wait_ms=10 * S, group_interval_ms=MINUTE, repeat_interval_ms=HOUR)


def test_a_group_waits_then_tells_of_new_alerts_after_its_interval():
    driver = Driver(ROOT)
    driver.post(alert("a"))
    driver.run_until(T0 + 20 * S)
    driver.post(alert("b", starts=T0 + 20 * S))
    driver.run_until(T0 + 10 * MINUTE)
    assert driver.told() == [
        (10.0, "default", ["a"], "first notification"),
        (70.0, "default", ["a", "b"], "new alerts added"),
    ]


def test_an_alert_that_began_long_ago_is_told_of_at_once():
    driver = Driver(ROOT)
    driver.post(alert("a", starts=T0 - MINUTE))
    driver.run_until(T0)
    assert [at for at, *_ in driver.told()] == [0.0]


def test_what_goes_on_is_repeated_and_its_end_is_told_once():
    driver = Driver(ROOT)
    driver.post(alert("a"))
    driver.run_until(T0 + 90 * MINUTE)
    driver.post(alert("a", ends=T0 + 90 * MINUTE))
    driver.run_until(T0 + 5 * HOUR)
    assert [(at, names, reason) for at, _, names, reason in driver.told()] == [
        (10.0, ["a"], "first notification"),
        (3670.0, ["a"], "repeat interval elapsed"),
        (5410.0, ["-a"], "all alerts resolved"),
    ]
    assert driver.pipeline.group_count() == 0


def test_a_receiver_that_wants_no_ends_hears_of_a_new_beginning():
    driver = Driver(ROOT, {"default": (IntegrationName("webhook", 0, False),)})
    driver.post(alert("a"))
    driver.run_until(T0 + 20 * S)
    driver.post(alert("a", ends=T0 + 20 * S))
    driver.run_until(T0 + 5 * MINUTE)
    driver.post(alert("a", starts=T0 + 5 * MINUTE))
    driver.run_until(T0 + 10 * MINUTE)
    assert [names for _, _, names, _ in driver.told()] == [["a"], ["a"]]
    assert driver.told()[1][3] == "first notification"


def test_some_resolved_is_told_only_to_those_who_want_it():
    two = {"default": (IntegrationName("webhook", 0, True), IntegrationName("webhook", 1, False))}
    driver = Driver(ROOT, two)
    driver.post(alert("a"), alert("b"))
    driver.run_until(T0 + 20 * S)
    driver.post(alert("a", ends=T0 + 20 * S))
    driver.run_until(T0 + 2 * MINUTE)
    later = [(attempt.key.place, attempt.reason.value) for at, attempt in driver.sent if at > T0 + 20 * S]
    assert later == [(0, "some alerts resolved")]


def test_a_failed_attempt_is_made_again_and_its_sibling_is_not_repeated():
    two = {"default": (IntegrationName("webhook", 0, True), IntegrationName("webhook", 1, True))}
    driver = Driver(ROOT, two)
    driver.failing = {1}
    driver.post(alert("a"))
    driver.run_until(T0 + 90 * S)
    driver.failing = set()
    driver.run_until(T0 + 3 * MINUTE)
    assert [((at - T0) // S, attempt.key.place) for at, attempt in driver.sent] == [(10, 0), (130, 1)]


def test_an_end_that_could_not_be_told_is_kept_until_it_is():
    driver = Driver(ROOT)
    driver.post(alert("a"))
    driver.run_until(T0 + 20 * S)
    driver.failing = {0}
    driver.post(alert("a", ends=T0 + 20 * S))
    driver.run_until(T0 + 3 * MINUTE)
    assert driver.pipeline.collect_garbage(driver.now) == []
    driver.failing = set()
    driver.run_until(T0 + 5 * MINUTE)
    assert driver.told()[-1][2] == ["-a"]
    assert len(driver.pipeline.collect_garbage(driver.now)) == 1
    assert len(driver.pipeline.alerts) == 0


def test_a_reload_repeats_nothing_and_starts_the_intervals_anew():
    driver = Driver(ROOT)
    driver.post(alert("a"))
    driver.run_until(T0 + 30 * S)
    driver.reload()
    driver.post(alert("b", starts=T0 + 30 * S))
    driver.run_until(T0 + 30 * S)
    assert driver.told()[-1][:3] == (30.0, "default", ["a", "b"])
    driver.reload()
    driver.run_until(T0 + 10 * MINUTE)
    assert len(driver.told()) == 2


INHIBIT = InhibitRule(matchers("severity=critical"), matchers("severity=warning"), ("job",))


def test_a_source_keeps_targets_with_equal_labels_quiet_until_it_ends():
    driver = Driver(ROOT, rules=(INHIBIT,))
    driver.post(
        alert("down", severity="critical", job="x", ends=T0 + 2 * MINUTE),
        alert("slow", severity="warning", job="x"),
        alert("other", severity="warning", job="y"),
    )
    driver.run_until(T0 + 20 * S)
    assert driver.told()[0][2] == ["down", "other"]
    assert driver.taken[0] == {Stage.INHIBITION: 1}
    driver.run_until(T0 + 4 * MINUTE)
    assert driver.told()[1][2] == ["-down", "slow", "other"]


def test_an_inhibition_outlives_one_of_two_sources():
    driver = Driver(ROOT, rules=(INHIBIT,))
    one = alert("one", severity="critical", job="x")
    driver.post(one, alert("two", severity="critical", job="x", ends=T0 + S))
    driver.now += 2 * S
    target = alert("target", severity="warning", job="x")
    assert driver.pipeline.muting.inhibitor.inhibitor(target, driver.now) == one.fingerprint


def test_an_alert_on_both_sides_is_inhibited_by_none_like_it():
    rule = InhibitRule(matchers("a=~.+"), matchers("b=~.+"), ())
    driver = Driver(ROOT, rules=(rule,))
    driver.post(alert("both", a="1", b="1"))
    inhibitor = driver.pipeline.muting.inhibitor.inhibitor
    assert inhibitor(alert("other", a="2", b="2"), T0) is None
    assert inhibitor(alert("target", b="2"), T0) is not None


def test_silences_mute_from_their_start_to_their_end():
    driver = Driver(replace(ROOT, repeat_interval_ms=1))
    driver.post(alert("a"), alert("b"))
    driver.run_until(T0 + 15 * S)
    driver.silence(Silence((matchers("alertname=a"),), T0 + MINUTE, T0 + 3 * MINUTE))
    driver.run_until(T0 + 4 * MINUTE)
    assert [names for _, _, names, _ in driver.told()] == [["a", "b"], ["b"], ["b"], ["a", "b"]]


def test_a_silence_of_several_matcher_sets_mutes_what_one_of_them_matches():
    driver = Driver(ROOT)
    driver.silence(Silence((matchers("alertname=a", "x=1"), matchers("alertname=b")), T0, T0 + HOUR))
    driver.post(alert("a"), alert("a", x="1"), alert("b"))
    driver.run_until(T0 + 20 * S)
    assert driver.told()[0][2] == ["a"]
    assert driver.taken[0] == {Stage.SILENCE: 2}


def test_a_silence_made_later_reaches_alerts_that_were_tried_before():
    driver = Driver(replace(ROOT, repeat_interval_ms=1))
    driver.post(alert("a"))
    driver.run_until(T0 + 15 * S)
    key = driver.silence(Silence((matchers("alertname=a"),), T0 + 15 * S, T0 + HOUR))
    driver.run_until(T0 + 5 * MINUTE)
    for part in driver.silences.propose_end(key, driver.now):
        driver.silences.apply(part)
    driver.run_until(T0 + 6 * MINUTE)
    assert [at for at, *_ in driver.told()] == [10.0, 310.0]


def test_mute_and_active_intervals_hold_groups_back():
    night = {"night": (TimeInterval(times=(read_time_range("00:00", "01:00"),)),)}
    for fields, stage in (({"mute_intervals": ("night",)}, Stage.MUTE_INTERVAL), ({}, None)):
        driver = Driver(replace(ROOT, **fields), intervals=night)
        driver.post(alert("a"))
        driver.run_until(T0 + 2 * HOUR)
        assert driver.taken[0] == ({stage: 1} if stage else {})
        assert driver.told()[0][0] == (3610.0 if stage else 10.0)
    active = Driver(replace(ROOT, active_intervals=("night",)), intervals=night, now=T0 + 2 * HOUR)
    active.post(alert("a", starts=T0 + 2 * HOUR))
    active.run_until(T0 + 3 * HOUR)
    assert active.told() == []
    assert [group.muted_by for group in active.pipeline.groups()] == [["night"]]
    active.run_until(T0 + 25 * HOUR)
    assert active.told()[0][0] == 24 * 3600 + 10


def test_a_clock_that_is_turned_back_does_not_stop_the_timers():
    driver = Driver(ROOT)
    driver.post(alert("a"))
    turned = Moment(T0 - HOUR, T0 + 10 * S)
    assert len(driver.pipeline.due(turned)) == 1


def test_reports_that_overlap_are_merged():
    driver = Driver(ROOT)
    driver.post(alert("a", starts=T0, ends=T0 + HOUR))
    driver.now += MINUTE
    (second,) = driver.post(alert("a", starts=T0 + MINUTE, ends=T0 + 2 * HOUR, annotations={"x": "y"}))
    assert (second.starts_at_ms, second.ends_at_ms) == (T0, T0 + 2 * HOUR)
    assert second.annotations == Labels.of(x="y")
    (apart,) = driver.post(alert("a", starts=T0 + 3 * HOUR, ends=T0 + 4 * HOUR))
    assert apart.starts_at_ms == T0 + 3 * HOUR


@pytest.mark.parametrize(("timeout", "ends"), [(True, T0 + 30 * MINUTE), (False, T0 + HOUR)])
def test_an_end_that_was_said_beats_one_that_was_assumed(timeout, ends):
    driver = Driver(ROOT)
    driver.post(alert("a", ends=T0 + HOUR, timeout=timeout))
    driver.now += S
    (merged,) = driver.post(alert("a", starts=T0 + S, ends=T0 + 30 * MINUTE, timeout=True))
    assert merged.ends_at_ms == ends


def test_the_log_of_another_group_or_receiver_does_not_count():
    root = replace(ROOT, group_by=("alertname",), routes=(RouteSpec("second", matchers("x=1"), continues=True),))
    two = {name: (IntegrationName("webhook", 0, True),) for name in ("default", "second")}
    driver = Driver(root, two)
    driver.post(alert("a"), alert("b"), alert("a", x="1"))
    driver.run_until(T0 + 20 * S)
    keys = {attempt.key for _, attempt in driver.sent}
    assert keys == {
        LogKey('{}:{alertname="a"}', "default", "webhook", 0),
        LogKey('{}:{alertname="b"}', "default", "webhook", 0),
        LogKey('{}/{x="1"}:{alertname="a"}', "second", "webhook", 0),
    }


def test_alerts_are_sent_by_job_then_instance_then_labels():
    driver = Driver(ROOT)
    driver.post(
        alert("z"), alert("y", job="b"), alert("x", job="a", instance="2"), alert("w", job="a", instance="1"),
        alert("v", job="a"), alert("u", a="1"), alert("t", zz="1"),
    )  # fmt: skip
    driver.run_until(T0 + 20 * S)
    assert driver.told()[0][2] == ["w", "x", "v", "y", "z", "t", "u"]


def test_a_month_of_alerts_takes_about_a_second():
    """30 days, an alert each 6 minutes that lasts 20, in 40 groups: 7,200 alerts, 14,000 notifications."""
    root = replace(ROOT, group_by=("cluster",), group_interval_ms=5 * MINUTE, repeat_interval_ms=4 * HOUR)
    driver = Driver(root, rules=(INHIBIT,))
    driver.silence(Silence((matchers("alertname=~a1.*"),), T0 + DAY, T0 + 2 * DAY))
    started = time.process_time()
    for number in range(30 * 24 * 10):
        begin = T0 + number * 6 * MINUTE
        driver.run_until(begin)
        driver.post(alert(f"a{number % 97}", starts=begin, ends=begin + 20 * MINUTE, cluster=f"c{number % 40}"))
    driver.run_until(T0 + 31 * DAY)
    assert time.process_time() - started < 3
    assert len(driver.sent) > 14_000
    assert driver.pipeline.group_count() == 0
