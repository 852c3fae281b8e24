"""What a rule's expression compares, and the series that it reads, as far as they concern one alert.

The comparisons are found under `and`, `or`, `unless` and parentheses; each side is asked as a range query. Series are told apart by
labels: one whose label contradicts the alert's concerns another alert. Labels that the rule itself sets say nothing of its series.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from vedette.alerting.alerts import ALERT_NAME
from vedette.model.labels import METRIC_NAME, Labels
from vedette.model.matchers import Matcher, MatchType
from vedette.model.numbers import format_general
from vedette.query.promql.ast import (
    COMPARISONS,
    BinaryExpr,
    Expr,
    NumberLiteral,
    ParenExpr,
    UnaryExpr,
    VectorSelector,
    walk,
)
from vedette.query.promql.printer import print_expr
from vedette.query.promql.values import Matrix, Scalar, Value

LINES_MAX: Final = 20
"""Of one graph."""
SELECTORS_MAX: Final = 10
STEPS: Final = 240
STEP_MIN_MS: Final = 5_000

Point = tuple[float, float | str]
"""Seconds and a value; one that is not finite as text, as the query API has it."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """`op` empty: the expression compares nothing, and `left` is all of it."""

    op: str
    left: Expr
    right: Expr | None


@dataclass(frozen=True, slots=True)
class Line:
    labels: Labels
    points: Sequence[Point]


def comparisons(expr: Expr) -> list[Comparison]:
    return list(_comparisons(expr)) or [Comparison("", expr, None)]


def _comparisons(expr: Expr) -> Iterator[Comparison]:
    match expr:
        case ParenExpr():
            yield from _comparisons(expr.expr)
        case BinaryExpr() if expr.op in COMPARISONS:
            yield Comparison(expr.op, expr.lhs, expr.rhs)
        case BinaryExpr() if expr.op in ("and", "or"):
            yield from (*_comparisons(expr.lhs), *_comparisons(expr.rhs))
        case BinaryExpr() if expr.op == "unless":
            yield from _comparisons(expr.lhs)


def constant_of(expr: Expr) -> float | None:
    """The value of a number literal, signed and in parentheses as it may be."""
    match expr:
        case NumberLiteral():
            return expr.value
        case ParenExpr():
            return constant_of(expr.expr)
        case UnaryExpr():
            value = constant_of(expr.expr)
            return -value if value is not None and expr.op == "-" else value
        case BinaryExpr() if expr.op in ("*", "/", "+", "-"):
            left, right = constant_of(expr.lhs), constant_of(expr.rhs)
            return None if left is None or right is None else _calculate(expr.op, left, right)
        case _:
            return None


def _calculate(op: str, left: float, right: float) -> float | None:
    match op:
        case "*":
            return left * right
        case "/":
            return left / right if right else None
        case "+":
            return left + right
        case _:
            return left - right


def selectors(expr: Expr) -> list[VectorSelector]:
    """Each once, without offset and range: as what they read is drawn over time."""
    found: dict[str, VectorSelector] = {}
    for node in walk(expr):
        if isinstance(node, VectorSelector):
            plain = VectorSelector(node.name, node.matchers, node.start, node.end)
            found.setdefault(print_expr(plain), plain)
    return list(found.values())[:SELECTORS_MAX]


def told_apart_by(alert: Labels, set_by_rule: Mapping[str, str] | Labels) -> dict[str, str]:
    """The alert's labels that come from series."""
    own = {name for name, _ in (set_by_rule.items() if isinstance(set_by_rule, Mapping) else set_by_rule)}
    return {name: value for name, value in alert if name != ALERT_NAME and name not in own}


def restricted(selector: VectorSelector, known: Mapping[str, str]) -> VectorSelector:
    """Only series that do not contradict the labels: each has the value, or has no such label."""
    return _with_matchers(
        selector,
        [Matcher(name, MatchType.REGEX, f"{_escape(value)}|") for name, value in _unasked(selector, known).items()],
    )


def as_read(selector: VectorSelector, known: Mapping[str, str], found: Sequence[Labels]) -> VectorSelector:
    """`restricted` as a reader would write it for the series that it found; the same where they have not the same labels."""
    own = []
    for name, value in _unasked(selector, known).items():
        having = sum(labels.get(name) != "" for labels in found)
        if 0 < having < len(found):
            return restricted(selector, known)
        if having:
            own.append(Matcher(name, MatchType.EQUAL, value))
    return _with_matchers(selector, own)


def _unasked(selector: VectorSelector, known: Mapping[str, str]) -> dict[str, str]:
    asked = {matcher.name for matcher in selector.matchers if matcher.type is MatchType.EQUAL}
    return {name: value for name, value in known.items() if name not in asked}


def _with_matchers(selector: VectorSelector, own: Sequence[Matcher]) -> VectorSelector:
    name = [matcher for matcher in selector.matchers if matcher.name == METRIC_NAME]
    rest = [matcher for matcher in selector.matchers if matcher.name != METRIC_NAME]
    return replace(selector, matchers=(*rest, *own, *name))


def concerns(series: Labels, known: Mapping[str, str]) -> bool:
    return all(known.get(name, value) == value for name, value in series)


def step_ms(start_ms: int, end_ms: int) -> int:
    """Whole seconds."""
    return max(STEP_MIN_MS, math.ceil((end_ms - start_ms) / STEPS / 1000) * 1000)


def lines_of(value: Value, known: Mapping[str, str]) -> list[Line]:
    """Of a range query's answer: the series that concern the alert."""
    match value:
        case Scalar():
            times = (value.grid.times_ms / 1000).tolist()
            return [
                Line(Labels(), [(time, _point(one)) for time, one in zip(times, value.values.tolist(), strict=True)])
            ]
        case Matrix():
            rows = [row for row, labels in enumerate(value.labels) if concerns(labels, known)]
            return [_line(value, row) for row in rows[:LINES_MAX]]
        case _:
            return []


def _line(matrix: Matrix, row: int) -> Line:
    times = (matrix.grid.times_ms / 1000).tolist()
    cells = zip(times, matrix.values[row].tolist(), matrix.present[row].tolist(), strict=True)
    return Line(matrix.labels[row], [(time, _point(value)) for time, value, present in cells if present])


def _point(value: float) -> float | str:
    return value if math.isfinite(value) else format_general(value)


def _escape(value: str) -> str:
    return "".join(f"\\{char}" if char in r"\.+*?()|[]{}^$" else char for char in value)
