"""The mathematics of burn rates and budgets, as laws."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.alerting.slo.budget import budget_states, exhausted_in_s
from vedette.alerting.slo.burn_rates import DAY_MS, WATCHES, burn_rates
from vedette.alerting.slo.sections import parse_slo
from vedette.model.labels import Labels

WINDOWS = st.integers(1, 90).map(lambda days: days * DAY_MS)
BUDGETS = st.integers(1, 999_999).map(lambda millionths: Decimal(millionths) / 1_000_000)


def test_thirty_days_give_the_factors_of_the_workbook():
    assert [float(rate.factor) for rate in burn_rates(30 * DAY_MS, Decimal("0.001"))] == [14.4, 6, 3, 1]
    assert [float(rate.factor) for rate in burn_rates(28 * DAY_MS, Decimal("0.001"))] == [13.44, 5.6, 2.8, 1]


@given(WINDOWS, BUDGETS)
def test_who_burns_at_a_factor_spends_its_fraction_in_the_long_window_or_just_the_budget(window_ms, budget):
    for rate in burn_rates(window_ms, budget):
        spent = rate.factor * rate.watch.long_ms / window_ms
        assert spent == pytest.approx(rate.watch.fraction) or (rate.factor == 1 and spent > rate.watch.fraction)
        assert rate.factor >= 1
        assert rate.watch.short_ms * 12 == rate.watch.long_ms


@given(WINDOWS, BUDGETS)
def test_no_alert_asks_for_more_errors_than_there_are_events_nor_for_more_time_than_the_window(window_ms, budget):
    kept = burn_rates(window_ms, budget)
    assert all(rate.factor * budget < 1 and rate.watch.long_ms < window_ms for rate in kept)
    assert len(kept) <= len(WATCHES)
    assert [rate.factor for rate in kept] == sorted((rate.factor for rate in kept), reverse=True)


@given(st.floats(0.001, 1), st.floats(0.001, 1000), WINDOWS)
def test_a_forecast_spends_exactly_what_is_left(remaining, burn_rate, window_ms):
    seconds = exhausted_in_s(remaining, burn_rate, window_ms)
    assert seconds is not None
    assert seconds * burn_rate / (window_ms / 1000) == pytest.approx(remaining)
    assert exhausted_in_s(-remaining, burn_rate, window_ms) == 0
    assert exhausted_in_s(remaining, 0.0, window_ms) is None
    assert exhausted_in_s(None, burn_rate, window_ms) is None


def test_states_are_told_apart_by_the_labels_that_the_slo_groups_by():
    slo = parse_slo(
        "{name: a, objective: 99, group_by: [zone], indicator: {events: {total: t, bad: b}}}",
        "test",
    )
    recorded = [
        (Labels.of({"__name__": "slo:error_ratio:rate6h", "slo": "a", "zone": "x"}), 0.02),
        (Labels.of({"__name__": "slo:error_budget_remaining:ratio", "slo": "a", "zone": "x"}), 0.5),
        (Labels.of({"__name__": "slo:error_ratio:rate6h", "slo": "a", "zone": "y"}), float("nan")),
        (Labels.of({"__name__": "slo:error_budget:ratio", "slo": "a"}), 0.01),
    ]
    (state,) = budget_states(slo, recorded)
    assert str(state.labels) == '{zone="x"}'
    assert state.burn_rates == {"6h": 2.0}
    assert state.exhausted_in_s == pytest.approx(0.5 * 30 * 86_400 / 2)
