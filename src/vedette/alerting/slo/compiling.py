"""An SLO to two rule groups, like any others: they can be read, tested with promtool's unit tests, and run elsewhere.

    slo:NAME          every minute: error ratios of up to 2 h from the samples themselves, the fastest alert
    slo:NAME:budget   every 5 minutes: events counted in tiles of 5 minutes, all longer ratios from these, the budget, slower alerts

A window of 30 days is 8,640 tiles for each budget, whatever number of series the indicator has, and needs raw samples of two hours
only. Tiles weigh by traffic: an average of ratios would count a quiet night as much as a busy noon.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from vedette.alerting.rules.definitions import GroupDefinition, define_group
from vedette.alerting.rules.file_format import GroupSection, RuleSection
from vedette.alerting.slo.burn_rates import DAY_MS, HOUR_MS, MINUTE_MS, BurnRate, burn_rates
from vedette.alerting.slo.expressions import Indicator, indicator_of
from vedette.alerting.slo.sections import SLO_LABEL, SloSection
from vedette.intake.config.values import DurationMs
from vedette.model.time import format_duration
from vedette.query.promql.parser import ParserOptions

ALERT: Final = "SLOErrorBudgetBurn"
EVENTS: Final = "slo:events:increase5m"
BAD_EVENTS: Final = "slo:bad_events:increase5m"
RATIO: Final = "slo:error_ratio:rate"
"""The window follows; that of the SLO itself is `slo:error_ratio:window`."""
WINDOW_RATIO: Final = "slo:error_ratio:window"
BUDGET: Final = "slo:error_budget:ratio"
REMAINING: Final = "slo:error_budget_remaining:ratio"

TILE_MS: Final = 5 * MINUTE_MS
FAST_INTERVAL: Final = DurationMs(MINUTE_MS)
TILE_INTERVAL: Final = DurationMs(TILE_MS)
RAW_WINDOWS_MS: Final = (5 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS, 2 * HOUR_MS)
TILED_WINDOWS_MS: Final = (6 * HOUR_MS, DAY_MS, 3 * DAY_MS)


def compile_slo(slo: SloSection) -> tuple[GroupSection, GroupSection]:
    """Of a section that was checked."""
    assert slo.indicator is not None
    indicator = indicator_of(slo.indicator, slo.group_by)
    rates = burn_rates(slo.window, slo.budget) if slo.alerting else []
    fast = [rate for rate in rates if rate.watch.long_ms in RAW_WINDOWS_MS]
    slow = [rate for rate in rates if rate.watch.long_ms not in RAW_WINDOWS_MS]
    return (
        _group(f"slo:{slo.name}", FAST_INTERVAL, [*_raw_ratios(slo, indicator), *(_alert(slo, rate) for rate in fast)]),
        _group(
            f"slo:{slo.name}:budget",
            TILE_INTERVAL,
            [*_tiles(slo, indicator), *_tiled_ratios(slo), *_budget(slo), *(_alert(slo, rate) for rate in slow)],
        ),
    )


def define_slo_groups(slo: SloSection, file: str, parser: ParserOptions = ParserOptions()) -> list[GroupDefinition]:
    """`file` stands where that of other groups does."""
    return [define_group(section, file, section.interval, parser) for section in compile_slo(slo)]


def _group(name: str, interval: DurationMs, rules: list[RuleSection]) -> GroupSection:
    return GroupSection(name, interval, rules=tuple(rules))


def _raw_ratios(slo: SloSection, indicator: Indicator) -> Iterator[RuleSection]:
    for window_ms in RAW_WINDOWS_MS:
        window = format_duration(window_ms)
        ratio = f"({indicator.bad('rate', window)}) / ({indicator.total('rate', window)} > 0)"
        yield _record(slo, RATIO + window, ratio)


def _tiles(slo: SloSection, indicator: Indicator) -> Iterator[RuleSection]:
    tile = format_duration(TILE_MS)
    yield _record(slo, EVENTS, indicator.total("increase", tile))
    yield _record(slo, BAD_EVENTS, indicator.bad("increase", tile))


def _tiled_ratios(slo: SloSection) -> Iterator[RuleSection]:
    named = {RATIO + format_duration(window_ms): window_ms for window_ms in TILED_WINDOWS_MS}
    for name, window_ms in {**named, WINDOW_RATIO: slo.window}.items():
        window = format_duration(window_ms)
        bad, events = (f"sum_over_time({_series(slo, tiles)}[{window}])" for tiles in (BAD_EVENTS, EVENTS))
        yield _record(slo, name, f"{bad} / ({events} > 0)")


def _budget(slo: SloSection) -> Iterator[RuleSection]:
    yield _record(slo, BUDGET, f"vector({slo.budget})")
    yield _record(slo, REMAINING, f"1 - {_series(slo, WINDOW_RATIO)} / {slo.budget}")


def _alert(slo: SloSection, rate: BurnRate) -> RuleSection:
    long, short = format_duration(rate.watch.long_ms), format_duration(rate.watch.short_ms)
    limit = f"{_plain(rate.factor)} * {slo.budget}"
    factor = f"{float(rate.factor):.3g}"
    places = "".join(f", {name} {{{{ $labels.{name} }}}}" for name in slo.group_by)
    return RuleSection(
        alert=ALERT,
        expr=f"{_series(slo, RATIO + long)} > {limit} and {_series(slo, RATIO + short)} > {limit}",
        labels={
            "severity": slo.page_severity if rate.watch.pages else slo.ticket_severity,
            "long_window": long,
            **slo.labels,
        },
        annotations={
            "summary": f"SLO {slo.name}{places}: the error budget burns over {factor} times too fast",
            "summary_zh": f"SLO {slo.name}{places}：错误预算的消耗速度超过允许值的 {factor} 倍",
            "description": (
                f"{{{{ $value | humanizePercentage }}}} of the events of the last {long} were bad; "
                f"the objective of {slo.objective:g}% over {format_duration(slo.window)} allows {_percent(slo.budget)}."
            ),
            **slo.annotations,
        },
    )


def _record(slo: SloSection, name: str, expr: str) -> RuleSection:
    return RuleSection(record=name, expr=expr, labels={SLO_LABEL: slo.name})


def _series(slo: SloSection, metric: str) -> str:
    return f'{metric}{{{SLO_LABEL}="{slo.name}"}}'


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _percent(ratio: Decimal) -> str:
    return f"{_plain(ratio * 100)}%"
