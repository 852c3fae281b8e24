"""A query that is asked again and again: its text, its tree, and what planning it once has found."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from vedette.model.time import MIN_TIME_MS
from vedette.query.promql.ast import Expr
from vedette.query.promql.parser import ParserOptions, parse_expr
from vedette.query.promql.plan import Plan, Settings, make_plan, move_plan, moves_with_time
from vedette.query.promql.printer import print_expr
from vedette.query.shared.steps import Grid


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """Equal when the texts are. Places in the tree are places in the text. Thread-safe."""

    text: str
    expr: Expr = field(compare=False, repr=False)
    _plans: dict[Settings, Plan] = field(default_factory=dict, init=False, compare=False, repr=False)
    """The last plan of an instant query, where its plan at any time is the same, moved."""

    def __str__(self) -> str:
        return self.text

    def instant_plan(self, time_ms: int, settings: Settings) -> Plan:
        known = self._plans.get(replace(settings, raw_since_ms=MIN_TIME_MS))
        if known is not None:
            plan = move_plan(known, time_ms - known.grid.start_ms)
            if all(scan.min_time_ms >= settings.raw_since_ms for scan in plan.scans):
                return plan
        plan = make_plan(self.expr, Grid.instant(time_ms), time_ms, 0, settings)
        is_raw = not settings.resolution_max_ms and all(
            scan.min_time_ms >= settings.raw_since_ms for scan in plan.scans
        )
        if known is None and is_raw and moves_with_time(self.expr):
            self._plans.clear()
            self._plans[replace(settings, raw_since_ms=MIN_TIME_MS)] = plan
        return plan


def parse_query(text: str, options: ParserOptions = ParserOptions()) -> ParsedQuery:
    """As it is written. Raises QueryParseError."""
    return ParsedQuery(text, parse_expr(text, options))


def normalized_query(text: str, options: ParserOptions = ParserOptions()) -> ParsedQuery:
    """As the printer writes it: texts that differ in blanks only become one. Raises QueryParseError."""
    return parse_query(print_expr(parse_expr(text, options)), options)
