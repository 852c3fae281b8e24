"""The hidden obligations of an instant query: what it must also answer the same.

Pinned to its time by `@` on every selector, it must not depend on when it is evaluated; and it is the middle step of a range
query. Some functions depend on the time of evaluation by nature, and are left out. Source: promqltest/test.go.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from vedette.query.promql.ast import (
    AggregateExpr,
    BinaryExpr,
    Call,
    Expr,
    MatrixSelector,
    ParenExpr,
    SubqueryExpr,
    UnaryExpr,
    VectorSelector,
    children,
)
from vedette.query.promql.parser import ALL_FEATURES, parse_expr
from vedette.query.promql.printer import print_expr

_DEPENDS_ON_TIME: Final = frozenset(
    {
        *("days_in_month", "day_of_month", "day_of_week", "day_of_year", "hour", "minute", "month", "year"),
        *("start", "end", "range", "step", "time", "predict_linear", "timestamp"),
    }
)
_DEPENDS_ON_RANGE: Final = re.compile(r"(start|end|range|step)\(\)")


def pinned_queries(query: str, time_ms: int) -> list[tuple[str, int]]:
    """The query with `@ time` on its selectors, at other times of evaluation."""
    expr = parse_expr(query, ALL_FEATURES)
    if _depends_on_time(expr):
        return []
    pinned = print_expr(_pin(expr, time_ms))
    times = (-10 * time_ms, 0, time_ms // 5, time_ms, 10 * time_ms) if time_ms else (-1000, 0, 1000)
    return [(pinned, time) for time in times]


def may_run_as_range(query: str) -> bool:
    return not _DEPENDS_ON_RANGE.search(query)


def _depends_on_time(expr: Expr) -> bool:
    """What stands inside a subquery is pinned with it."""
    if isinstance(expr, Call) and expr.function.name in _DEPENDS_ON_TIME:
        return True
    return not isinstance(expr, SubqueryExpr) and any(map(_depends_on_time, children(expr)))


def _pin(expr: Expr, time_ms: int) -> Expr:
    """A subquery gets the time and keeps what is inside it, which runs at its own steps."""
    match expr:
        case VectorSelector() | SubqueryExpr():
            return expr if expr.timestamp_ms is not None else replace(expr, timestamp_ms=time_ms)
        case MatrixSelector():
            selector = expr.selector
            return (
                expr
                if selector.timestamp_ms is not None
                else replace(expr, selector=replace(selector, timestamp_ms=time_ms))
            )
        case Call():
            return replace(expr, args=tuple(_pin(arg, time_ms) for arg in expr.args))
        case AggregateExpr():
            param = _pin(expr.param, time_ms) if expr.param else None
            return replace(expr, expr=_pin(expr.expr, time_ms), param=param)
        case BinaryExpr():
            return replace(expr, lhs=_pin(expr.lhs, time_ms), rhs=_pin(expr.rhs, time_ms))
        case ParenExpr() | UnaryExpr():
            return replace(expr, expr=_pin(expr.expr, time_ms))
    return expr
