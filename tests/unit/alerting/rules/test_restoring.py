"""After a restart `for` goes on exactly where that can be known, and does not count what nobody saw."""

from __future__ import annotations

import pytest

from tests.unit.alerting.rules.rule_groups import Bench
from vedette.alerting.rules.alert_states import ActiveAlert, AlertState
from vedette.alerting.rules.alerting import AlertingRule
from vedette.alerting.rules.restoring import restore_group

RULE = """
groups:
- name: g
  interval: 15s
  rules:
  - {alert: Down, expr: up == 0, for: 5m}
"""
STEP_MS = 15_000
START_MS = 1_000_000_123
MINUTE_MS = 60_000


def run(bench: Bench, first_ms: int, last_ms: int, value: float = 0.0) -> None:
    """Evaluates at every step, with a sample just before it."""
    for time_ms in range(first_ms, last_ms + 1, STEP_MS):
        bench.put(time_ms, {"up": value})
        bench.evaluate(time_ms)


def restarted(bench: Bench, time_ms: int) -> Bench:
    again = Bench(RULE, bench.store)
    restore_group(again.group, again.environment, time_ms)
    return again


def alert_of(bench: Bench) -> ActiveAlert:
    rule = bench.group.rules[0]
    assert isinstance(rule, AlertingRule)
    (alert,) = rule.states.snapshot()
    return alert


def test_a_short_gap_counts_and_the_alert_fires_as_if_nothing_had_been() -> None:
    bench = Bench(RULE)
    run(bench, START_MS, START_MS + 2 * MINUTE_MS)
    again = restarted(bench, START_MS + 4 * MINUTE_MS)
    again.evaluate(START_MS + 4 * MINUTE_MS)
    assert alert_of(again).active_at_ms == START_MS, "to the millisecond, although the series holds seconds"
    run(again, START_MS + 4 * MINUTE_MS + STEP_MS, START_MS + 5 * MINUTE_MS - STEP_MS)
    assert alert_of(again).state is AlertState.PENDING
    run(again, START_MS + 5 * MINUTE_MS, START_MS + 5 * MINUTE_MS)
    assert alert_of(again).state is AlertState.FIRING


def test_a_gap_longer_than_samples_stay_valid_does_not_count() -> None:
    bench = Bench(RULE)
    run(bench, START_MS, START_MS + 2 * MINUTE_MS)
    back_ms = START_MS + 22 * MINUTE_MS
    again = restarted(bench, back_ms)
    run(again, back_ms, back_ms)
    assert alert_of(again).active_at_ms == START_MS + 20 * MINUTE_MS
    run(again, back_ms + STEP_MS, back_ms + 3 * MINUTE_MS)
    assert alert_of(again).state is AlertState.FIRING


def test_a_gap_in_which_the_condition_was_false_does_not_count() -> None:
    bench = Bench(RULE)
    run(bench, START_MS, START_MS + 2 * MINUTE_MS)
    bench.put(START_MS + 3 * MINUTE_MS, {"up": 1})
    bench.put(START_MS + 4 * MINUTE_MS, {"up": 0})
    again = restarted(bench, START_MS + 4 * MINUTE_MS)
    again.evaluate(START_MS + 4 * MINUTE_MS)
    assert alert_of(again).active_at_ms == START_MS + 2 * MINUTE_MS


def test_an_alert_that_had_fired_goes_on_firing_since_it_did() -> None:
    bench = Bench(RULE)
    run(bench, START_MS, START_MS + 7 * MINUTE_MS)
    back_ms = START_MS + 20 * MINUTE_MS
    again = restarted(bench, back_ms)
    run(again, back_ms, back_ms)
    alert = alert_of(again)
    assert (alert.state, alert.active_at_ms, alert.fired_at_ms) == (
        AlertState.FIRING,
        START_MS,
        START_MS + 5 * MINUTE_MS,
    )


@pytest.mark.parametrize("value", [1.0])
def test_an_alert_that_had_ended_begins_anew(value: float) -> None:
    bench = Bench(RULE)
    run(bench, START_MS, START_MS + 2 * MINUTE_MS)
    run(bench, START_MS + 2 * MINUTE_MS + STEP_MS, START_MS + 3 * MINUTE_MS, value)
    back_ms = START_MS + 4 * MINUTE_MS
    again = restarted(bench, back_ms)
    run(again, back_ms, back_ms)
    assert alert_of(again).active_at_ms == back_ms


def test_after_an_outage_longer_than_the_tolerance_alerts_begin_anew() -> None:
    bench = Bench(RULE)
    run(bench, START_MS, START_MS + 7 * MINUTE_MS)
    back_ms = START_MS + 70 * MINUTE_MS
    again = restarted(bench, back_ms)
    run(again, back_ms, back_ms)
    assert alert_of(again).active_at_ms == back_ms


def test_an_alert_first_found_later_than_the_first_evaluation_does_not_count_the_gap() -> None:
    bench = Bench(RULE)
    run(bench, START_MS, START_MS + 2 * MINUTE_MS)
    back_ms = START_MS + 12 * MINUTE_MS
    again = restarted(bench, back_ms)
    again.evaluate(back_ms)
    run(again, back_ms + STEP_MS, back_ms + STEP_MS)
    assert alert_of(again).active_at_ms == START_MS + 10 * MINUTE_MS + STEP_MS
