"""`--enable-feature`: upstream's names. What is on by default or not built says so instead of being refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from vedette.alerting.matchers import MatcherMode
from vedette.intake.receiving.otlp.settings import CONVERT_DELTA, NATIVE_DELTA
from vedette.model.errors import BadInput
from vedette.query.promql.options import EngineOptions
from vedette.query.promql.parser import ParserOptions
from vedette.signals.type_and_unit import FEATURE as TYPE_AND_UNIT

FUNCTIONS: Final = "promql-experimental-functions"
EXTENDED: Final = "promql-extended-range-selectors"
FILL: Final = "promql-binop-fill-modifiers"
DELAYED: Final = "promql-delayed-name-removal"
PER_STEP_STATS: Final = "promql-per-step-stats"
SEARCH: Final = "search-api"
START_TIMES: Final = "st-storage"
USE_START_TIMES: Final = "use-start-timestamps"
CLASSIC_MATCHERS: Final = MatcherMode.CLASSIC.value
STRICT_MATCHERS: Final = MatcherMode.UTF8_STRICT.value
ALWAYS_ON: Final = frozenset(
    {
        *("exemplar-storage", "histograms-st-encoding", "metadata-wal-records", "native-histograms"),
        *("ooo-native-histograms", "promql-duration-expr"),
    }
)
"""What these turn on upstream is on here: exemplars and metadata are stored, histograms have start times where anything has."""
BUILT: Final = ALWAYS_ON | {
    *(SEARCH, FUNCTIONS, EXTENDED, FILL, DELAYED, TYPE_AND_UNIT, CONVERT_DELTA, NATIVE_DELTA),
    *(START_TIMES, USE_START_TIMES, PER_STEP_STATS),
    *(CLASSIC_MATCHERS, STRICT_MATCHERS),
}


def engine_options(names: Iterable[str], subquery_step_ms: int) -> EngineOptions:
    chosen = frozenset(names)
    parser = ParserOptions(
        experimental_functions=FUNCTIONS in chosen,
        extended_range_selectors=EXTENDED in chosen,
        binop_fill_modifiers=FILL in chosen,
    )
    return EngineOptions(
        parser=parser,
        delayed_name_removal=DELAYED in chosen,
        type_and_unit_labels=TYPE_AND_UNIT in chosen,
        use_start_timestamps=USE_START_TIMES in chosen,
        subquery_step_ms=subquery_step_ms,
    )


def matcher_mode(names: Iterable[str]) -> MatcherMode:
    """How matchers of alerts are read. Raises BadInput."""
    chosen = [MatcherMode(name) for name in names if name in (CLASSIC_MATCHERS, STRICT_MATCHERS)]
    if len(chosen) > 1:
        raise BadInput(f"--enable-feature: {CLASSIC_MATCHERS} and {STRICT_MATCHERS} exclude each other")
    return chosen[0] if chosen else MatcherMode.FALLBACK


def feature_warnings(names: Iterable[str]) -> list[str]:
    return [f"--enable-feature: `{name}` is not built yet and is ignored" for name in sorted(set(names) - BUILT)]
