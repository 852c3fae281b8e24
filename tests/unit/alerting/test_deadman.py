"""Dead man's switches: ours is pinged through the whole pipeline and stops with any part of it; theirs are missed in time."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.alerting.test_pipeline import HOUR, MINUTE, T0, S, alert
from tests.unit.alerting.test_shell import Sink, running
from tests.virtual_time import run_virtually
from vedette.alerting.config import load_config
from vedette.alerting.deadman.heartbeats import ALERT, Heartbeats
from vedette.alerting.deadman.sections import HeartbeatSection, read_switches
from vedette.alerting.deadman.switch import CANARY, RECEIVER, Switch, canary_group, canary_route
from vedette.alerting.matchers import MatcherMode
from vedette.alerting.pipeline.building import build_rules
from vedette.alerting.pipeline.core import plain_route_labels
from vedette.alerting.rules.environment import RuleEnvironment
from vedette.alerting.rules.groups import RuleGroup
from vedette.model.errors import ConfigError, NotFound, NotSent
from vedette.ports.principal import SYSTEM
from vedette.query.promql.engine import Engine
from vedette.store.control import open_control
from vedette.store.memory import MemoryStore

CONFIG = "route: {receiver: everybody, group_wait: 1s}\nreceivers: [{name: everybody}]\n"


@pytest.fixture
def control(tmp_path):
    database = open_control(tmp_path)
    yield database
    database.close()


def sections(tmp_path, text):
    file = tmp_path / "vedette.yml"
    file.write_text(text)
    return read_switches(file)


class Clock:
    def __init__(self):
        self.now = T0

    def now_ms(self):
        return self.now

    def monotonic_s(self):
        return self.now / 1000


async def beating(control, clock, section, behave=None, *, rules_work=lambda: True):
    """Rule, sink, pipeline and switch as they are wired, for ten minutes; (times of pings in s, switch)."""
    store = MemoryStore(windows=False)
    environment = RuleEnvironment(store, Engine(store), SYSTEM, clock=clock)
    group = RuleGroup(canary_group(section))
    sink = Sink(clock, 0, behave)
    switch = Switch(sink, clock, section.interval)
    rules = build_rules(
        load_config("test", text=CONFIG),
        MatcherMode.FALLBACK,
        {"everybody": (), RECEIVER: (switch,)},
        plain_route_labels,
        [canary_route(section)],
    )
    async with running(control, clock) as shell:
        await shell.apply(rules)
        for _ in range(20):
            if rules_work():
                await shell.post(SYSTEM, group.evaluate(environment, clock.now_ms()))
            await asyncio.sleep(30)
    return [time_s for time_s, _ in sink.sent], switch, clock.now_ms()


def test_the_url_is_asked_at_every_interval_while_everything_works(control, tmp_path):
    section = sections(tmp_path, "deadman: {url: 'http://x/', interval: 1m}").deadman
    pings, switch, now_ms = run_virtually(lambda clock: beating(control, clock, section), T0)
    assert pings == [60.0 * number for number in range(11)]
    assert switch.is_ok(now_ms)
    assert not switch.is_ok(now_ms + HOUR)


def test_a_rule_that_is_not_evaluated_any_more_stops_the_pings(control, tmp_path):
    section = sections(tmp_path, "deadman: {url: 'http://x/', interval: 1m}").deadman
    rounds = iter(range(100))
    pings, switch, now_ms = run_virtually(
        lambda clock: beating(control, clock, section, rules_work=lambda: next(rounds) < 6), T0
    )
    assert 3 <= len(pings) < 11
    assert not switch.is_ok(now_ms)


def test_a_ping_that_fails_says_so(control, tmp_path):
    section = sections(tmp_path, "deadman: {url: 'http://x/', interval: 1m}").deadman

    async def refuse(notification):
        raise NotSent("gone", retry=False)

    pings, switch, now_ms = run_virtually(lambda clock: beating(control, clock, section, refuse), T0)
    assert (pings, switch.error, switch.is_ok(now_ms)) == ([], "gone", False)


def test_the_canary_goes_to_the_switch_and_other_alerts_where_they_went(tmp_path):
    section = sections(tmp_path, "deadman: {url: 'http://x/'}").deadman
    route = build_rules(
        load_config("test", text=CONFIG), MatcherMode.FALLBACK, {"everybody": (), RECEIVER: ()}, plain_route_labels,
        [canary_route(section)],
    ).pipeline.route  # fmt: skip
    taken = {name: [each.options.receiver for each in route.match({"alertname": name})] for name in (CANARY, "Other")}
    assert taken == {CANARY: [RECEIVER], "Other": ["everybody"]}


HEARTBEAT = HeartbeatSection("backup", 5 * MINUTE, MINUTE, match=('alertname="Watchdog"',))


class Listening:
    """Heartbeats with their rules over a memory store."""

    def __init__(self, section=HEARTBEAT):
        self.clock, self.store = Clock(), MemoryStore(windows=False)
        self.heartbeats = Heartbeats(self.store, SYSTEM, self.clock)
        self.heartbeats.start(self.heartbeats.apply([section]))
        (definition,) = self.heartbeats.groups()
        self.group = RuleGroup(definition)
        self.environment = RuleEnvironment(self.store, Engine(self.store), SYSTEM)

    def run_until(self, end_ms):
        """When the alert began to fire, in s, and the alerts that fire at the end."""
        firing = []
        while self.clock.now < end_ms:
            self.clock.now += 15 * S
            sent = self.group.evaluate(self.environment, self.clock.now)
            firing += [(self.clock.now - T0) // S for one in sent if not one.resolved_at(self.clock.now)]
        return firing


def test_a_heartbeat_that_never_comes_is_missed_after_its_time_and_grace():
    listening = Listening()
    firing = listening.run_until(T0 + 10 * MINUTE)
    assert firing[0] == 360
    (one,) = listening.group.rules[0].states.snapshot()
    assert dict(one.labels) == {"alertname": ALERT, "heartbeat": "backup", "severity": "page"}


def test_a_heartbeat_that_comes_is_not_missed_and_one_that_comes_again_resolves():
    listening = Listening()
    for minute in range(0, 20, 4):
        assert listening.run_until(T0 + minute * MINUTE) == []
        listening.heartbeats.ping("backup")
    assert listening.run_until(T0 + 30 * MINUTE) != []
    listening.heartbeats.ping("backup")
    listening.run_until(T0 + 31 * MINUTE)
    assert listening.group.rules[0].states.snapshot() == []
    assert listening.heartbeats.states() == [(HEARTBEAT, T0 + 30 * MINUTE)]


def test_a_posted_alert_that_matches_is_a_ping_each_time_it_is_posted():
    listening = Listening()
    heartbeats = listening.heartbeats
    watchdog = alert("Watchdog", updated=T0 + S)
    assert heartbeats.look([alert("other", updated=T0 + S)]) == []
    assert heartbeats.look([watchdog]) == ["backup"]
    assert heartbeats.look([watchdog]) == []
    assert heartbeats.look([alert("Watchdog", updated=T0 + 2 * S), alert("Watchdog", updated=T0 + 3 * S, b="2")]) == [
        "backup"
    ]
    listening.clock.now = T0 + HOUR
    assert heartbeats.look([alert("Watchdog", ends=T0 + MINUTE, updated=T0 + 4 * S)]) == []


def test_an_unknown_heartbeat_is_refused():
    with pytest.raises(NotFound):
        Listening().heartbeats.ping("other")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("deadman: {interval: 1m}", "url"),
        ("deadman: {url: 'http://x/', interval: 1s}", "the interval is at least 5 s: 1 s"),
        ("heartbeats: [{name: a b, every: 5m}]", "a heartbeat's name"),
        ("heartbeats: [{name: a}]", "every 5 s or less often: 0 s"),
        ("heartbeats: [{name: a, every: 5m}, {name: a, every: 6m}]", "two heartbeats have one name: a"),
        ("heartbeats: [{name: a, every: 5m, match: ['x']}]", "heartbeats"),
    ],
)
def test_sections_that_are_wrong_are_refused(tmp_path, text, words):
    with pytest.raises(ConfigError) as caught:
        sections(tmp_path, text)
    assert words in str(caught.value)


def test_no_file_and_an_empty_one_declare_nothing(tmp_path):
    assert read_switches(None) == sections(tmp_path, "")
