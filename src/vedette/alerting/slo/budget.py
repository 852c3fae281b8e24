"""What is left of a budget, and how long it lasts: from the series that the compiled rules record.

    burn rate        error ratio / budget            1: the budget is spent in exactly the window
    remaining        1 - error ratio of the window / budget       below 0: overspent
    exhausted in     remaining * window / burn rate  if errors go on as in the last 6 h, and nothing old is forgiven

The forecast is on the safe side: as the window moves on, old errors leave it and give their part of the budget back.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from vedette.alerting.slo.compiling import RATIO, REMAINING, WINDOW_RATIO
from vedette.alerting.slo.sections import SLO_LABEL, SloSection
from vedette.model.labels import EMPTY_LABELS, METRIC_NAME, Labels

FORECAST_WINDOW: Final = "6h"
FRESH: Final = "15m"
"""Recorded ratios that are older say nothing of now; the slow group records every five minutes."""


@dataclass(frozen=True, slots=True)
class BudgetState:
    """Of one group of an SLO. None where there were no events to judge by."""

    labels: Labels
    error_ratios: Mapping[str, float]
    """By window: `5m` to `3d`."""
    window_error_ratio: float | None = None
    remaining: float | None = None
    burn_rates: Mapping[str, float] = field(default_factory=dict)
    exhausted_in_s: float | None = None
    """Seconds; 0: it is spent; None: at the rate of the last hours it lasts for ever, or there is none."""


def state_query(slo: SloSection) -> str:
    """An instant query for all that `budget_states` takes."""
    return f'last_over_time({{__name__=~"slo:error_.+",{SLO_LABEL}="{slo.name}"}}[{FRESH}])'


def budget_states(slo: SloSection, recorded: Iterable[tuple[Labels, float]]) -> list[BudgetState]:
    """From the answer of `state_query`; in the order of the labels."""
    groups: dict[Labels, dict[str, float]] = {}
    for series, value in recorded:
        if not math.isnan(value):
            name = series.get(METRIC_NAME)
            groups.setdefault(series.only(frozenset(slo.group_by)), {})[name] = value
    return [_state(slo, labels, groups[labels]) for labels in sorted(groups) if labels or not slo.group_by]


def _state(slo: SloSection, labels: Labels, values: Mapping[str, float]) -> BudgetState:
    budget = float(slo.budget)
    ratios = {name.removeprefix(RATIO): value for name, value in values.items() if name.startswith(RATIO)}
    rates = {window: ratio / budget for window, ratio in ratios.items()}
    remaining = values.get(REMAINING)
    return BudgetState(
        labels or EMPTY_LABELS,
        ratios,
        values.get(WINDOW_RATIO),
        remaining,
        rates,
        exhausted_in_s(remaining, rates.get(FORECAST_WINDOW), slo.window),
    )


def exhausted_in_s(remaining: float | None, burn_rate: float | None, window_ms: int) -> float | None:
    if remaining is None:
        return None
    if remaining <= 0:
        return 0.0
    return remaining * window_ms / 1000 / burn_rate if burn_rate else None
