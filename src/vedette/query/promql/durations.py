"""Duration expressions (`foo[step() * 2]`) computed, now that the query's step and range are known.

Source of semantics and error texts: Prometheus promql/durations.go.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from vedette.model.errors import BadInput
from vedette.query.promql.ast import Duration, DurationExpr, NumberLiteral
from vedette.query.promql.go_math import go_max, go_min, go_power

_DURATION_SECONDS_MAX = (1 << 63) / 1e9


@dataclass(frozen=True, slots=True)
class DurationContext:
    """`step` and `range` of the query, in seconds; step is 0 for an instant query."""

    step_s: float
    range_s: float

    def resolve_ms(self, expr: DurationExpr, *, may_be_negative: bool) -> int:
        """Whole ms, rounded towards zero. Raises BadInput where the result is no usable duration."""
        seconds = self._evaluate(expr)
        place = f"{expr.start}:{expr.end}"
        if not math.isfinite(seconds):
            raise BadInput(f"{place}: duration is NaN or infinite")
        if seconds <= 0 and not may_be_negative:
            raise BadInput(f"{place}: duration must be greater than 0")
        if abs(seconds) > _DURATION_SECONDS_MAX:
            raise BadInput(f"{place}: duration is out of range")
        return int(seconds * 1000)

    def _evaluate(self, expr: Duration) -> float:
        if isinstance(expr, NumberLiteral):
            return expr.value
        if expr.op == "step":
            return self.step_s
        if expr.op == "range":
            return self.range_s
        right = 0.0 if expr.rhs is None else self._evaluate(expr.rhs)
        if expr.lhs is None:
            return -right if expr.op == "-" else right
        return self._combine(expr, self._evaluate(expr.lhs), right)

    def _combine(self, expr: DurationExpr, left: float, right: float) -> float:
        match expr.op:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "/" | "%" if right == 0:
                problem = "division by zero" if expr.op == "/" else "modulo by zero"
                raise BadInput(f"{expr.start}:{expr.end}: {problem}")
            case "/":
                return left / right
            case "%":
                return math.fmod(left, right)
            case "^":
                return float(go_power(left, right))
            case "max_of":
                return float(go_max(left, right))
            case _:
                return float(go_min(left, right))
