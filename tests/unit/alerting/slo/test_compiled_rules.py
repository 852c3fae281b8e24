"""Compiled rules against a brute-force count of made-up events; what is recorded, what fires, and when it ends."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

from tests.unit.alerting.slo.events import SCRAPE_MS, Traffic, error_ratio, put_counter, put_histogram
from vedette.alerting.rules.environment import RuleEnvironment
from vedette.alerting.rules.groups import RuleGroup
from vedette.alerting.rules.testing.running import TestRun, run_test_file
from vedette.alerting.slo.budget import budget_states, state_query
from vedette.alerting.slo.compiling import ALERT, BAD_EVENTS, EVENTS, TILE_MS, compile_slo, define_slo_groups
from vedette.alerting.slo.sections import parse_slo
from vedette.intake.config.codec import write_section
from vedette.model.time import parse_duration_ms
from vedette.ports.principal import SYSTEM
from vedette.query.promql.engine import Engine
from vedette.store.memory import MemoryStore

HOUR_MS = 3600_000
AVAILABILITY = """
name: shop
objective: {objective}
window: 1d
group_by: [region]
indicator: {{events: {{total: 'requests_total{{app="shop"}}', {kind}: 'requests_total{{app="shop",code{matcher}"500"}}'}}}}
"""


def slo_of(kind="bad", matcher="=", objective=99):
    return parse_slo(AVAILABILITY.format(kind=kind, matcher=matcher, objective=objective), "test")


class Bench:
    """A store in which compiled groups are evaluated at the times that their loops would choose."""

    def __init__(self, slo):
        self.store = MemoryStore(windows=False)
        self.environment = RuleEnvironment(self.store, Engine(self.store), SYSTEM)
        self.groups = [RuleGroup(definition) for definition in define_slo_groups(slo, "slos")]

    def evaluate(self, place, now_ms):
        alerts = self.groups[place].evaluate(self.environment, now_ms)
        assert [rule.health.last_error for rule in self.groups[place].rules if rule.health.last_error] == []
        return alerts

    def ask(self, query, now_ms):
        return {str(labels): value for labels, value in self.environment.ask(query, now_ms).pairs()}


@pytest.fixture(scope="module")
def day():
    """A day and two hours of two regions, three replicas; every tile evaluated."""
    slo = slo_of()
    bench = Bench(slo)
    minutes = 26 * 60
    regions = {
        "north": [Traffic.random(seed, minutes, app="shop", region="north", pod=str(seed)) for seed in (1, 2)],
        "south": [Traffic.random(3, minutes, app="shop", region="south", pod="3")],
    }
    for traffics in regions.values():
        for traffic in traffics:
            traffic.put(bench.store)
    end_ms = minutes * SCRAPE_MS
    for now_ms in range(TILE_MS, end_ms + 1, TILE_MS):
        bench.evaluate(1, now_ms)
    bench.evaluate(0, end_ms)
    return slo, bench, regions, end_ms


@pytest.mark.parametrize("window", ["5m", "30m", "1h", "2h"])
def test_short_windows_are_the_counted_ratio_exactly(day, window):
    _, bench, regions, end_ms = day
    for region, traffics in regions.items():
        found = bench.ask(f'slo:error_ratio:rate{window}{{region="{region}"}}', end_ms)
        assert list(found.values()) == pytest.approx(
            [error_ratio(traffics, end_ms, parse_duration_ms(window))], rel=1e-9
        )


@pytest.mark.parametrize("window", ["6h", "1d", "window"])
def test_tiled_windows_are_the_counted_ratio_but_for_the_minutes_between_tiles(day, window):
    """A tile of five minutes has four minutes between its scrapes and stands for all five of them."""
    _, bench, regions, end_ms = day
    window_ms = parse_duration_ms("1d" if window == "window" else window)
    name = "slo:error_ratio:window" if window == "window" else f"slo:error_ratio:rate{window}"
    for region, traffics in regions.items():
        sampled = [tile_ratio(traffics, end_ms, window_ms), error_ratio(traffics, end_ms, window_ms)]
        (found,) = bench.ask(f'{name}{{region="{region}"}}', end_ms).values()
        assert found == pytest.approx(sampled[0], rel=1e-2)
        assert found == pytest.approx(sampled[1], rel=0.15)


def tile_ratio(traffics, end_ms, window_ms):
    """Bad of all events that lie between two scrapes of one tile."""
    minutes = np.arange((end_ms - window_ms) // SCRAPE_MS, end_ms // SCRAPE_MS)
    within = minutes[minutes % (TILE_MS // SCRAPE_MS) != 0]
    return sum(int(t.bad[within].sum()) for t in traffics) / sum(int(t.total[within].sum()) for t in traffics)


def test_the_budget_that_is_left_follows_from_the_counted_ratio(day):
    slo, bench, regions, end_ms = day
    states = budget_states(slo, bench.environment.ask(state_query(slo), end_ms).pairs())
    assert [state.labels.get("region") for state in states] == ["north", "south"]
    for state in states:
        ratio = tile_ratio(regions[state.labels.get("region")], end_ms, 24 * HOUR_MS)
        assert state.window_error_ratio == pytest.approx(ratio, rel=1e-2)
        assert state.remaining == pytest.approx(1 - state.window_error_ratio / 0.01)
        assert set(state.error_ratios) == {"5m", "30m", "1h", "2h", "6h", "1d", "3d"}
        six = tile_ratio(regions[state.labels.get("region")], end_ms, 6 * HOUR_MS)
        assert state.burn_rates["6h"] == pytest.approx(six / 0.01, rel=1e-2)
        if state.remaining > 0:
            assert state.exhausted_in_s == pytest.approx(state.remaining * 86_400 / state.burn_rates["6h"])
        else:
            assert state.exhausted_in_s == 0


def test_an_indicator_of_good_events_counts_the_others():
    bench, traffic = Bench(slo_of("good", "!=")), Traffic.random(4, 180, app="shop", region="north")
    traffic.put(bench.store)
    end_ms = 180 * SCRAPE_MS
    bench.evaluate(0, end_ms)
    for window_ms in (HOUR_MS // 12, HOUR_MS):
        (found,) = bench.ask(f"slo:error_ratio:rate{window_ms // 60_000}m".replace("60m", "1h"), end_ms).values()
        assert found == pytest.approx(error_ratio([traffic], end_ms, window_ms), rel=1e-3)


def test_without_traffic_nothing_is_recorded_and_without_errors_the_ratio_is_zero():
    bench = Bench(slo_of())
    bench.evaluate(0, HOUR_MS)
    assert bench.ask('{__name__=~"slo:.+"}', HOUR_MS) == {}
    calm = Traffic({"app": "shop", "region": "north"}, np.full(60, 10), np.zeros(60, np.int64))
    calm.put(bench.store)
    bench.evaluate(0, HOUR_MS)
    assert set(bench.ask('{__name__=~"slo:error_ratio.+"}', HOUR_MS).values()) == {0.0}


@pytest.mark.parametrize(("percent_bad", "fires"), [(20, True), (13, False)])
def test_the_fast_alert_fires_just_above_its_factor_and_ends_soon_after_the_burning(percent_bad, fires):
    """99 % over 1 day: 2 % of the budget in an hour is a factor of 0.48, raised to 1; with 99 % over 30 d it is 14.4."""
    slo = parse_slo(AVAILABILITY.format(kind="bad", matcher="=", objective=99).replace("1d", "30d"), "test")
    bench = Bench(slo)
    total = np.full(180, 1000)
    bad = np.where(np.arange(180) < 120, 10 * percent_bad, 0)
    Traffic({"app": "shop", "region": "north"}, total, bad).put(bench.store)
    firing = [
        minute
        for minute in range(5, 180)
        if any(
            alert.name == ALERT and not alert.resolved_at(minute * SCRAPE_MS)
            for alert in bench.evaluate(0, minute * SCRAPE_MS)
        )
    ]
    if not fires:
        assert firing == []
        return
    assert firing[0] == 5
    assert 120 <= firing[-1] <= 125


def test_latency_of_a_classic_histogram_counts_what_is_above_the_bucket():
    slo = parse_slo(
        "{name: fast, objective: 90, indicator: {latency: {histogram: 'd_seconds{a=\"b\"}', threshold: 1}}}", "t"
    )
    bench = Bench(slo)
    for name, le, per_minute in (
        ("d_seconds_bucket", "1.0", 70),
        ("d_seconds_bucket", "+Inf", 100),
        ("d_seconds_count", "", 100),
    ):
        put_counter(bench.store, {"__name__": name, "a": "b"} | ({"le": le} if le else {}), per_minute)
    bench.evaluate(0, HOUR_MS)
    assert list(bench.ask("slo:error_ratio:rate1h", HOUR_MS).values()) == [pytest.approx(0.3)]


def test_latency_without_a_bucket_at_the_threshold_records_nothing():
    slo = parse_slo("{name: fast, objective: 90, indicator: {latency: {histogram: d_seconds, threshold: 2}}}", "t")
    bench = Bench(slo)
    put_counter(bench.store, {"__name__": "d_seconds_count"}, 100)
    put_counter(bench.store, {"__name__": "d_seconds_bucket", "le": "1"}, 70)
    bench.evaluate(0, HOUR_MS)
    assert bench.ask('{__name__=~"slo:error_ratio.+"}', HOUR_MS) == {}


def test_latency_of_a_native_histogram_is_read_from_its_fraction():
    slo = parse_slo(
        "{name: fast, objective: 90, indicator: {latency: {histogram: d_seconds, threshold: 1, native: true}}}", "t"
    )
    bench = Bench(slo)
    put_histogram(bench.store, {"__name__": "d_seconds"}, {0: 70, 1: 30})
    bench.evaluate(0, HOUR_MS)
    bench.evaluate(1, HOUR_MS)
    assert list(bench.ask("slo:error_ratio:rate1h", HOUR_MS).values()) == [pytest.approx(0.3)]
    events, bad = (list(bench.ask(name, HOUR_MS).values()) for name in (EVENTS, BAD_EVENTS))
    assert events == [pytest.approx(500)]
    assert bad == [pytest.approx(150)]


def test_compiled_rules_pass_promtools_unit_tests(tmp_path):
    """The file is what `./vedette test rules` runs."""
    slo = parse_slo(AVAILABILITY.format(kind="bad", matcher="=", objective=99).replace("1d", "30d"), "test")
    rules = {"groups": [write_section(group) for group in compile_slo(slo)]}
    (tmp_path / "slo.yml").write_text(yaml.safe_dump(rules, sort_keys=False, allow_unicode=True))
    labels = {"slo": "shop", "region": "north", "severity": "page", "long_window": "1h"}
    expected = {
        "exp_labels": labels,
        "exp_annotations": {
            "summary": "SLO shop, region north: the error budget burns over 14.4 times too fast",
            "summary_zh": "SLO shop, region north：错误预算的消耗速度超过允许值的 14.4 倍",
            "description": "20% of the events of the last 1h were bad; the objective of 99% over 30d allows 1%.",
        },
    }
    both = [expected, {"exp_labels": labels | {"long_window": "6h"}}]
    both[1]["exp_annotations"] = {
        "summary": "SLO shop, region north: the error budget burns over 6 times too fast",
        "summary_zh": "SLO shop, region north：错误预算的消耗速度超过允许值的 6 倍",
        "description": "20% of the events of the last 6h were bad; the objective of 99% over 30d allows 1%.",
    }
    tickets = [
        {
            "exp_labels": labels | {"severity": "ticket", "long_window": window},
            "exp_annotations": {
                "summary": f"SLO shop, region north: the error budget burns over {factor} times too fast",
                "summary_zh": f"SLO shop, region north：错误预算的消耗速度超过允许值的 {factor} 倍",
                "description": f"20% of the events of the last {window} were bad; "
                "the objective of 99% over 30d allows 1%.",
            },
        }
        for window, factor in (("1d", 3), ("3d", 1))
    ]
    test = {
        "interval": "1m",
        "input_series": [
            {"series": 'requests_total{app="shop",region="north",code="200"}', "values": "100000+80x90"},
            {"series": 'requests_total{app="shop",region="north",code="500"}', "values": "100000+20x90"},
        ],
        "alert_rule_test": [
            {"eval_time": "0m", "alertname": ALERT, "exp_alerts": []},
            {"eval_time": "90m", "alertname": ALERT, "exp_alerts": [*both, *tickets]},
        ],
        "promql_expr_test": [
            {
                "expr": "slo:error_budget_remaining:ratio",
                "eval_time": "90m",
                "exp_samples": [
                    {"labels": 'slo:error_budget_remaining:ratio{region="north",slo="shop"}', "value": -19}
                ],
            }
        ],
    }
    file = tmp_path / "test.yml"
    file.write_text(
        yaml.safe_dump({"rule_files": ["slo.yml"], "evaluation_interval": "1m", "fuzzy_compare": True, "tests": [test]})
    )
    outcome = run_test_file(file, TestRun(lambda: MemoryStore(windows=False)))
    assert outcome.problems == ()
    assert [each.problems for each in outcome.tests] == [()]
