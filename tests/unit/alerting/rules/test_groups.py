"""A group's evaluation: what it writes, what it sends, what ends, and what a reload carries over."""

from __future__ import annotations

import pytest

from tests.unit.alerting.rules.rule_groups import Bench, definition_of
from vedette.alerting.rules.alert_states import AlertState
from vedette.alerting.rules.alerting import AlertingRule
from vedette.alerting.rules.dependencies import evaluation_order
from vedette.alerting.rules.groups import RuleGroup

ONE_ALERT = """
groups:
- name: g
  rules:
  - alert: Down
    expr: up == 0
    for: 30s
    labels: {severity: page, of: "{{ $labels.job }}"}
    annotations: {summary: "{{ $labels.instance }} has {{ $value }}"}
"""


def rule_of(bench: Bench) -> AlertingRule:
    rule = bench.group.rules[0]
    assert isinstance(rule, AlertingRule)
    return rule


def test_an_alert_is_pending_for_its_time_then_fires_and_is_written_as_series() -> None:
    bench = Bench(ONE_ALERT)
    sent = []
    for time_ms in (0, 15_000, 30_000):
        bench.put(time_ms, {'up{job="a",instance="i"}': 0})
        sent.append(bench.evaluate(time_ms))
    assert sent == [[], [], ['{alertname="Down", instance="i", job="a", of="a", severity="page"} firing']]
    labels = 'alertname="Down", {}instance="i", job="a", of="a", severity="page"'
    assert bench.stored("ALERTS") == {
        "ALERTS{" + labels.format('alertstate="pending", ') + "}": [(0, 1.0), (15_000, 1.0), (30_000, "stale")],
        "ALERTS{" + labels.format('alertstate="firing", ') + "}": [(30_000, 1.0)],
    }
    assert list(bench.stored("ALERTS_FOR_STATE").values()) == [[(0, 0.0), (15_000, 0.0), (30_000, 0.0)]]
    (alert,) = rule_of(bench).states.snapshot()
    assert dict(alert.annotations) == {"summary": "i has 0"}
    assert (alert.active_at_ms, alert.fired_at_ms) == (0, 30_000)


def test_a_resolved_alert_is_sent_again_for_fifteen_minutes_and_then_forgotten() -> None:
    bench = Bench(ONE_ALERT.replace("for: 30s", "for: 0s"))
    bench.put(0, {"up": 0})
    assert len(bench.evaluate(0)) == 1
    bench.put(15_000, {"up": 1})
    assert bench.evaluate(15_000) == ['{alertname="Down", severity="page"} resolved']
    assert rule_of(bench).state is AlertState.INACTIVE
    assert rule_of(bench).states.snapshot() == []
    again = [time_ms for time_ms in range(30_000, 1_200_000, 15_000) if bench.evaluate(time_ms)]
    assert again[0] == 90_000
    assert again[-1] <= 15_000 + 15 * 60_000 + 15_000
    assert rule_of(bench).states.active == {}


def test_keep_firing_for_holds_an_alert_that_is_no_longer_found() -> None:
    bench = Bench(ONE_ALERT.replace("for: 30s", "keep_firing_for: 30s"))
    bench.put(0, {"up": 0})
    bench.evaluate(0)
    states = []
    for time_ms in (15_000, 30_000, 45_000):
        bench.put(time_ms, {"up": 1})
        bench.evaluate(time_ms)
        states.append(rule_of(bench).state)
    assert states == [AlertState.FIRING, AlertState.FIRING, AlertState.INACTIVE]


def test_a_recorded_series_that_vanishes_ends_with_a_marker() -> None:
    bench = Bench("groups: [{name: g, rules: [{record: 'x:y', expr: sum by (a) (m) > 2, labels: {l: v}}]}]")
    bench.put(0, {'m{a="1"}': 3, 'm{a="2"}': 3})
    bench.evaluate(0)
    bench.put(15_000, {'m{a="1"}': 4, 'm{a="2"}': 1})
    bench.evaluate(15_000)
    assert bench.stored('{__name__="x:y"}') == {
        'x:y{a="1", l="v"}': [(0, 3.0), (15_000, 4.0)],
        'x:y{a="2", l="v"}': [(0, 3.0), (15_000, "stale")],
    }


def test_a_dependent_rule_sees_the_result_of_this_evaluation() -> None:
    text = """
groups:
- name: g
  rules:
  - {record: a, expr: m + 1}
  - {record: b, expr: a + 1}
  - {record: c, expr: other}
"""
    bench = Bench(text)
    bench.put(0, {"m": 1})
    bench.evaluate(0)
    assert bench.stored("b") == {"b": [(0, 3.0)]}
    assert evaluation_order(definition_of(text).rules) == [[0, 2], [1]]


def test_a_selector_without_a_name_makes_rules_go_one_after_another() -> None:
    text = "groups: [{name: g, rules: [{record: a, expr: m}, {record: b, expr: 'count({job=\"x\"})'}, {record: c, expr: m}]}]"
    assert evaluation_order(definition_of(text).rules) == [[0], [1], [2]]


def test_rules_that_read_alerts_depend_on_those_that_raise_them() -> None:
    text = """
groups:
- name: g
  rules:
  - {alert: A, expr: m}
  - {alert: B, expr: m}
  - {record: r, expr: 'ALERTS{alertname="A"}'}
"""
    assert evaluation_order(definition_of(text).rules) == [[0, 1], [2]]


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        (
            'record: r, expr: \'label_replace(m, "a", "", "a", ".*")\'',
            "vector contains metrics with the same labelset after applying rule labels",
        ),
        (
            "alert: r, expr: m, labels: {a: same}",
            "vector contains metrics with the same labelset after applying alert labels",
        ),
    ],
)
def test_two_results_with_the_same_labels_are_an_error(rule: str, problem: str) -> None:
    bench = Bench(f"groups: [{{name: g, rules: [{{{rule}}}]}}]")
    bench.put(0, {'m{a="1"}': 1, 'm{a="2"}': 1})
    assert bench.evaluate(0) == []
    health = bench.group.rules[0].health
    assert health.state == "err"
    assert problem in health.last_error or "same labelset" in health.last_error


@pytest.mark.parametrize(
    ("rule", "problem"),
    [("record: r", "exceeded limit of 1 with 2 series"), ("alert: r", "exceeded limit of 1 with 2 alerts")],
)
def test_a_rule_over_the_groups_limit_fails(rule: str, problem: str) -> None:
    bench = Bench(f"groups: [{{name: g, limit: 1, rules: [{{{rule}, expr: m}}]}}]")
    bench.put(0, {'m{a="1"}': 1, 'm{a="2"}': 1})
    bench.evaluate(0)
    assert bench.group.rules[0].health.last_error == problem
    assert bench.stored('{__name__=~"r|ALERTS"}') == {}


def test_a_query_offset_moves_both_what_is_read_and_what_is_written() -> None:
    bench = Bench("groups: [{name: g, query_offset: 1m, rules: [{record: r, expr: m}]}]")
    bench.put(0, {"m": 1})
    bench.put(60_000, {"m": 2})
    bench.evaluate(60_000)
    assert bench.stored("r") == {"r": [(0, 1.0)]}


def test_a_template_that_fails_becomes_its_error_and_the_alert_is_raised() -> None:
    bench = Bench(ONE_ALERT.replace("for: 30s", "for: 0s").replace("{{ $value }}", "{{ query `bad(` }}"))
    bench.put(0, {"up": 0})
    assert len(bench.evaluate(0)) == 1
    (alert,) = rule_of(bench).states.snapshot()
    text = alert.annotations.get("summary")
    assert text.startswith(
        "<error expanding template: error executing template __alert_Down: template: __alert_Down:1:"
    )
    assert text.endswith(">")


def test_templates_ask_queries_at_the_time_of_the_evaluation() -> None:
    bench = Bench(ONE_ALERT.replace("for: 30s", "for: 0s").replace("{{ $value }}", "{{ query `m` | first | value }}"))
    for time_ms, value in ((0, 5), (15_000, 6)):
        bench.put(time_ms, {"up": 0, "m": value})
        bench.evaluate(time_ms)
        (alert,) = rule_of(bench).states.snapshot()
        assert alert.annotations.get("summary") == f" has {value}"


def test_a_changed_group_keeps_the_state_of_rules_that_are_still_there() -> None:
    bench = Bench(ONE_ALERT)
    bench.put(0, {"up": 0})
    bench.evaluate(0)
    changed = ONE_ALERT.replace("for: 30s", "for: 15s") + "  - {record: new, expr: up}\n"
    bench.group = RuleGroup(definition_of(changed), bench.group)
    assert len(bench.evaluate(15_000)) == 1


def test_series_of_a_rule_that_is_gone_end_with_the_next_evaluation() -> None:
    bench = Bench("groups: [{name: g, rules: [{record: a, expr: m}, {record: b, expr: m}]}]")
    bench.put(0, {"m": 1})
    bench.evaluate(0)
    bench.group = RuleGroup(definition_of("groups: [{name: g, rules: [{record: b, expr: m}]}]"), bench.group)
    bench.evaluate(15_000)
    assert bench.stored("a") == {"a": [(0, 1.0), (15_000, "stale")]}
    assert bench.stored("b") == {"b": [(0, 1.0), (15_000, 1.0)]}
