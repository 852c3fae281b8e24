"""Why: every stage says whether it lets an alert pass and why; graphs are those of the alert; what began beside it is found."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from tests.unit.alerting.test_pipeline import HOUR, MINUTE, T0, Driver, S, alert, matchers
from tests.unit.alerting.test_shell import Sink, running
from tests.virtual_time import run_inline, run_virtually
from vedette.alerting.alerts import Fingerprint
from vedette.alerting.history.pending import PendingAlerts
from vedette.alerting.pipeline.core import IntegrationName
from vedette.alerting.pipeline.inhibition import InhibitRule
from vedette.alerting.pipeline.notification_log import Reason
from vedette.alerting.pipeline.silences import Silence
from vedette.alerting.routing.routes import RouteSpec
from vedette.alerting.routing.time_intervals import TimeInterval
from vedette.alerting.why.beside import began_beside
from vedette.alerting.why.explaining import Bounds, Explainer
from vedette.alerting.why.expression import as_read, comparisons, constant_of, restricted, selectors
from vedette.alerting.why.routes import explain_routes
from vedette.alerting.why.wording import REASONS, TEXTS, say, tell
from vedette.model.blocks import SampleBatch
from vedette.model.errors import BadInput, NotFound
from vedette.model.labels import Labels
from vedette.ports.alert_history import AlertEvent
from vedette.ports.principal import SYSTEM
from vedette.ports.rules import AlertStatus, GroupStatus, NoRules, RuleStatus
from vedette.ports.scan import Deadline
from vedette.query.promql.engine import Engine
from vedette.query.promql.parser import parse_expr
from vedette.query.promql.printer import print_expr
from vedette.store.control import open_control
from vedette.store.memory import MemoryStore
from vedette.store.memory_alert_history import MemoryAlertHistory

WAIT = {"group_wait_ms": 30 * S, "group_interval_ms": 5 * MINUTE, "repeat_interval_ms": 4 * HOUR}
ALWAYS, NEVER = (TimeInterval(),), (TimeInterval(years=((1990, 1990),)),)


def codes(report):
    return {(step.step, step.integration): (step.code, step.passes) for step in report.steps}


def explain(driver, one):
    return explain_routes(driver.pipeline, one, driver.moment)


def test_a_new_alert_waits_for_its_group_and_is_sent():
    driver = Driver(RouteSpec("default", group_by=("alertname",), **WAIT))
    driver.post(alert("a"))
    (report,) = explain(driver, alert("a"))
    assert (report.next_flush_ms, report.sent) == (T0 + 30 * S, True)
    assert report.group_key == '{}:{alertname="a"}'
    found = codes(report)
    assert [step for step, _ in found] == [
        "inhibit",
        "active",
        "mute",
        "silence",
        "dedup",
        "acknowledge",
        "retry",
        "set",
    ]
    assert found["dedup", "webhook[0]"] == ("due", True)
    assert found["set", "webhook[0]"] == ("not_told", True)


def test_what_was_told_is_not_told_again_before_its_time():
    driver = Driver(RouteSpec("default", **WAIT))
    driver.post(alert("a"))
    driver.run_until(T0 + MINUTE)
    (report,) = explain(driver, alert("a"))
    found = codes(report)
    assert (found["dedup", "webhook[0]"], report.sent) == (("already_told", False), False)
    assert found["set", "webhook[0]"] == ("told_firing", True)
    (step,) = [step for step in report.steps if step.step == "dedup"]
    assert (
        say(tell(step, "en"))
        == "told at 2023-11-14 00:00:30Z; unless the group changes, again after 2023-11-14 04:00:30Z"
    )
    assert tell(step, "zh-CN") == [
        "已于 ", T0 + 30 * S, " 通知；若该组没有变化，", T0 + 30 * S + 4 * HOUR, " 之后再次通知"
    ]  # fmt: skip
    assert say(tell(step, "zh-CN")).startswith("已于 2023-11-14 00:00:30Z 通知")


def test_each_stage_that_takes_the_alert_says_by_what():
    rule = InhibitRule(matchers('alertname="big"'), matchers('alertname="a"'), name="small ones")
    root = RouteSpec(
        "default",
        routes=(RouteSpec("night", matchers('team="x"'), mute_intervals=("always",), active_intervals=("never",)),),
        **WAIT,
    )
    receivers = {name: (IntegrationName("webhook", 0, True),) for name in ("default", "night")}
    driver = Driver(root, receivers, [rule], {"always": ALWAYS, "never": NEVER})
    driver.post(alert("a", team="x"), alert("big"))
    driver.silence(Silence((matchers('team="x"'),), T0, T0 + HOUR))
    (report,) = explain(driver, alert("a", team="x"))
    assert [route.options.receiver for route in report.path] == ["default", "night"]
    steps = {step.step: step for step in report.steps}
    assert [(name, steps[name].code) for name in ("inhibit", "active", "mute", "silence")] == [
        ("inhibit", "inhibited"), ("active", "not_active"), ("mute", "muted"), ("silence", "silenced"),
    ]  # fmt: skip
    assert not report.sent
    assert 'inhibited by {alertname="big"}' in say(tell(steps["inhibit"], "en"))
    assert "small ones" in say(tell(steps["inhibit"], "zh-CN"))
    assert say(tell(steps["silence"], "en")) == "silenced by silence-0"


def test_a_group_of_which_nothing_is_audible_is_not_due_though_it_was_told_before():
    driver = Driver(RouteSpec("default", **WAIT))
    driver.post(alert("a"), alert("b"))
    driver.run_until(T0 + MINUTE)
    driver.silence(Silence((matchers('alertname="a"'),), T0, T0 + HOUR))
    assert codes(explain(driver, alert("a"))[0])["dedup", "webhook[0]"] == ("already_told", False)
    driver.silence(Silence((matchers('alertname="b"'),), T0, T0 + HOUR))
    assert codes(explain(driver, alert("a"))[0])["dedup", "webhook[0]"] == ("nothing_audible", False)


def test_an_alert_that_continues_takes_several_routes_and_one_that_is_not_there_is_explained_too():
    root = RouteSpec(
        "default",
        routes=(RouteSpec("one", matchers('a="1"'), continues=True), RouteSpec("two", matchers('a="1"'))),
        **WAIT,
    )
    driver = Driver(root, dict.fromkeys(("default", "one", "two"), ()))
    reports = explain(driver, alert("x", a="1"))
    assert [report.route.options.receiver for report in reports] == ["one", "two"]
    assert [report.next_flush_ms for report in reports] == [None, None]
    assert codes(reports[0])["dedup", ""] == ("no_integrations", False)
    assert not reports[0].sent


@pytest.mark.parametrize(("acknowledged", "minutes", "code"), [
    ({"a", "b"}, 300, "repeats_held"), ({"a"}, 1, "acknowledged_with_others"), (set(), 1, "not_acknowledged"),
])  # fmt: skip
def test_acknowledgement_is_a_stage(acknowledged, minutes, code):
    driver = Driver(RouteSpec("default", **WAIT))
    object.__setattr__(driver.pipeline.config, "is_acknowledged", lambda one, now_ms: one.name in acknowledged)
    driver.post(alert("a"), alert("b"))
    driver.run_until(T0 + minutes * MINUTE)
    (report,) = explain(driver, alert("a"))
    assert codes(report)["acknowledge", "webhook[0]"][0] == code


def test_every_code_has_words_in_both_languages():
    assert all(english and chinese for english, chinese in TEXTS.values())
    assert set(REASONS) == {reason.value for reason in Reason}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("up == 0", [("up", "==", "0")]),
        ("(a / b > 0.5) and on(x) (c < 3)", [("a / b", ">", "0.5"), ("c", "<", "3")]),
        ("a > b unless c > 1", [("a", ">", "b")]),
        ("absent(up)", [("absent(up)", "", None)]),
        ("sum(a > 3)", [("sum(a > 3)", "", None)]),
        ("a > bool 1 or b != 2", [("a", ">", "1"), ("b", "!=", "2")]),
    ],
)
def test_comparisons_are_found_under_set_operators_and_parentheses(text, found):
    read = [
        (print_expr(each.left), each.op, print_expr(each.right) if each.right else None)
        for each in comparisons(parse_expr(text))
    ]
    assert read == found


@pytest.mark.parametrize(
    ("text", "value"), [("-(3)", -3.0), ("14.4 * 0.001", 14.4 * 0.001), ("4 / 0", None), ("up", None)]
)
def test_constants_are_worked_out(text, value):
    assert constant_of(parse_expr(text)) == value


def test_selectors_are_restricted_to_what_the_alert_knows():
    (one, other) = selectors(parse_expr('rate(a{job="j"}[5m] offset 1h) / b > rate(a{job="j"}[1m])'))
    known = {"job": "k", "path": "a.b|c"}
    assert print_expr(restricted(one, known)) == 'a{job="j",path=~"a\\\\.b\\\\|c|"}'
    assert print_expr(restricted(other, known)) == 'b{job=~"k|",path=~"a\\\\.b\\\\|c|"}'


def test_a_selector_is_shown_with_the_labels_that_its_series_have():
    (one,) = selectors(parse_expr("b > 1"))
    known = {"job": "k", "path": "a.b|c"}
    both = Labels.of(__name__="b", job="k", path="a.b|c")
    bare = Labels.of(__name__="b", job="k")
    assert print_expr(as_read(one, known, [both])) == 'b{job="k",path="a.b|c"}'
    assert print_expr(as_read(one, known, [bare, bare])) == 'b{job="k"}'
    assert as_read(one, known, [both, bare]) == restricted(one, known)
    assert as_read(one, {}, [both]) == one


def event(fingerprint, starts, kind="firing", time=None, **labels):
    return AlertEvent(starts if time is None else time, fingerprint, kind, Labels.of(labels), starts)


def test_what_shares_most_and_began_closest_comes_first():
    events = [
        event(2, T0 + MINUTE, alertname="b", node="n", zone="z"),
        event(3, T0 - 10 * S, alertname="c", node="n"),
        event(3, T0 - 10 * S, "resolved", T0 + HOUR, alertname="c", node="n"),
        event(4, T0, alertname="a", severity="page", node="other"),
        event(5, T0 + 11 * MINUTE, alertname="b", node="n"),
        event(1, T0, alertname="a", node="n", zone="z"),
    ]
    own = Labels.of(alertname="a", severity="page", node="n", zone="z")
    found = began_beside(Fingerprint(1), own, T0, events)
    assert [(one.fingerprint, one.shared, one.after_ms, one.ends_at_ms) for one in found] == [
        (2, ("node", "zone"), MINUTE, None), (3, ("node",), -10 * S, T0 + HOUR),
    ]  # fmt: skip


class OneRule:
    def __init__(self, query, *alerts):
        rule = RuleStatus(
            "alerting", "Hot", query, Labels.of(severity="page"), "ok", "", 0.0, T0, "firing", alerts=alerts
        )
        self.found = [GroupStatus("g", "rules.yml", 15_000, 0, [rule], 0.0, T0)]

    def groups(self):
        return self.found


def filled_store():
    store = MemoryStore(windows=False)
    for node, base in (("n1", 50.0), ("n2", 90.0)):
        times = np.arange(T0 - HOUR, T0 + HOUR, 15_000)
        refs = store.register(SYSTEM, [Labels.of({"__name__": "heat", "node": node})]).repeat(len(times))
        store.append(SYSTEM, SampleBatch(refs, times, np.full(len(times), base)))
    return store


@pytest.fixture
def control(tmp_path):
    database = open_control(tmp_path)
    yield database
    database.close()


def explained(control, rules, one, history=None, key=None, bounds=None):
    async def main(clock):
        async with running(control, clock, Sink(clock)) as shell:
            if one is not None:
                await shell.post(SYSTEM, [one])
            await asyncio.sleep(60)
            past = history or MemoryAlertHistory()
            explainer = Explainer(shell, PendingAlerts(rules), past, Engine(filled_store()), clock, run_inline)
            located = await explainer.locate(SYSTEM, key or one.fingerprint)
            return explainer.report(SYSTEM, located, bounds, Deadline(10))

    return run_virtually(main, T0)


def test_the_value_and_the_threshold_are_those_of_the_alert_alone(control):
    one = alert("Hot", node="n2", severity="page")
    report = explained(control, OneRule("heat > 80 * 1"), one)
    (compared,) = report.compared
    assert (compared.op, compared.right.constant, compared.right.lines) == (">", 80.0, ())
    assert [line.labels.get("node") for line in compared.left.lines] == ["n2"]
    assert {value for _, value in compared.left.lines[0].points} == {90.0}
    assert compared.left.lines[0].points[0][0] == (T0 - HOUR) / 1000
    (series,) = report.series
    assert (series.selector, series.matched) == ('heat{node="n2"}', 1)
    assert (report.located.state, report.located.group.file) == ("firing", "rules.yml")
    assert report.problems == []


def test_a_pending_alert_is_explained_as_if_it_fired(control):
    pending = AlertStatus(Labels.of(alertname="Hot", node="n1", severity="page"), Labels(), "pending", T0, 50.0)
    key = alert("Hot", node="n1", severity="page").fingerprint
    report = explained(control, OneRule("heat > 40", pending), None, key=key)
    assert (report.located.state, report.routes[0].route.options.receiver) == ("pending", "default")


def test_an_alert_of_the_past_is_known_by_its_history_and_one_that_never_was_is_not(control):
    one = alert("Hot", node="n1", severity="page")
    history = MemoryAlertHistory()
    for kind, time in (("firing", T0 - HOUR), ("resolved", T0 - 30 * MINUTE)):
        history.record(SYSTEM, [AlertEvent(time, one.fingerprint, kind, one.labels, T0 - HOUR)])
    report = explained(control, OneRule("heat > 40"), None, history, one.fingerprint)
    assert report.located.state == "resolved"
    assert [(past.starts_at_ms, past.ends_at_ms) for past in report.occurrences] == [(T0 - HOUR, T0 - 30 * MINUTE)]
    with pytest.raises(NotFound):
        explained(control, NoRules(), None, key=Fingerprint(7))


def test_a_receiver_that_failed_last_is_told_of(control):
    one, history = alert("Hot", node="n2"), MemoryAlertHistory()
    history.record(
        SYSTEM,
        [AlertEvent(T0, one.fingerprint, "notify_failed", one.labels, T0, "", "default", "webhook[0]", "no route")],
    )
    report = explained(control, NoRules(), one, history)
    (step,) = [step for step in report.routes[0].steps if step.step == "retry"]
    assert (step.passes, say(tell(step, "en"))) == (False, "the last try failed: no route")


def test_a_query_that_fails_leaves_the_rest_of_the_report(control):
    report = explained(control, OneRule('label_replace(heat, "node", "x", "", "") > 1'), alert("Hot", severity="page"))
    assert len(report.problems) == 1
    assert report.routes
    with pytest.raises(BadInput):
        explained(control, NoRules(), alert("Hot"), bounds=Bounds(T0, T0))
