"""What follows an operand and changes it: `[5m]`, `[1h:5m]`, `offset 1m`, `@ 123`, `anchored`, `smoothed`."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final, Literal, cast

from vedette.query.promql.ast import Duration, DurationExpr, Expr, MatrixSelector, SubqueryExpr, VectorSelector
from vedette.query.promql.parser.cursor import Cursor
from vedette.query.promql.parser.durations import (
    Expected,
    parse_literal,
    parse_offset_duration,
    parse_positive_duration,
)
from vedette.query.promql.parser.numbers import duration_ms
from vedette.query.promql.parser.tokens import Kind

_IN_RANGE: Final[Expected] = ("subquery or range selector", "number, duration, step(), or range()")
_AFTER_RANGE: Final[Expected] = ("subquery or range", '":" or "]"')
_IN_STEP: Final[Expected] = ("subquery selector", 'number, duration, step(), range(), or "]"')
_AFTER_STEP: Final[Expected] = ("subquery selector", '"]"')
_IN_OFFSET: Final[Expected] = ("offset", "number, duration, step(), or range()")
_IN_AT: Final[Expected] = ("@", "timestamp")

_MUST_SELECT: Final = "must be preceded by an instant vector selector or range vector selector or a subquery"

Selecting = VectorSelector | MatrixSelector | SubqueryExpr


def parse_modifiers(cursor: Cursor, expr: Expr) -> Expr:
    """The operand with all that follows it, left to right."""
    while True:
        token = cursor.peek()
        if token.kind is Kind.STRING or token.word not in _MODIFIERS:
            return expr
        expr = _MODIFIERS[token.word](cursor, expr)


def _parse_brackets(cursor: Cursor, expr: Expr) -> Expr:
    opening = cursor.take()
    range_ = parse_positive_duration(cursor, _IN_RANGE)
    if cursor.take_if(":"):
        return _parse_subquery_step(cursor, expr, range_)
    closing = cursor.expect("]", *_AFTER_RANGE)
    if not isinstance(expr, VectorSelector):
        raise cursor.error("ranges only allowed for vector selectors", opening.start, closing.end)
    if expr.offset_ms:
        raise cursor.error("no offset modifiers allowed before range", opening.start, closing.end)
    if expr.timestamp_ms is not None:
        raise cursor.error("no @ modifiers allowed before range", opening.start, closing.end)
    return MatrixSelector(expr, *_split(range_), closing.end)


def _parse_subquery_step(cursor: Cursor, expr: Expr, range_: Duration) -> SubqueryExpr:
    if closing := cursor.take_if("]"):
        return SubqueryExpr(expr, *_split(range_), 0, None, closing.end)
    step = parse_positive_duration(cursor, _IN_STEP)
    closing = cursor.expect("]", *_AFTER_STEP)
    return SubqueryExpr(expr, *_split(range_), *_split(step), closing.end)


def _split(duration: Duration) -> tuple[int, DurationExpr | None]:
    if isinstance(duration, DurationExpr):
        return 0, duration
    return duration_ms(duration.value), None


def _parse_offset(cursor: Cursor, expr: Expr) -> Expr:
    cursor.take()
    offset_ms, offset_expr = _split(parse_offset_duration(cursor, _IN_OFFSET))
    target = _selecting(cursor, expr, f"offset modifier {_MUST_SELECT}")
    selector = _modified(target)
    if selector.offset_ms or selector.offset_expr:
        raise cursor.error("offset may not be set multiple times", expr.start, expr.end)
    end = cursor.previous_end
    return _with(target, replace(selector, offset_ms=offset_ms, offset_expr=offset_expr), end)


def _parse_at(cursor: Cursor, expr: Expr) -> Expr:
    cursor.take()
    if cursor.at("start", "end"):
        word = cast(Literal["start", "end"], cursor.take().word)
        cursor.expect("(", *_IN_AT)
        cursor.expect(")", *_IN_AT)
        target, selector = _free_for_at(cursor, expr)
        return _with(target, replace(selector, start_or_end=word), cursor.previous_end)
    sign = cursor.take_if("+", "-")
    if cursor.peek().kind not in (Kind.NUMBER, Kind.DURATION):
        raise cursor.unexpected(*_IN_AT)
    seconds = parse_literal(cursor).value
    seconds = -seconds if sign and sign.text == "-" else seconds
    if not abs(seconds) < 1 << 63:
        shown = "NaN" if math.isnan(seconds) else f"{seconds:+f}".replace("inf", "Inf")
        shown = shown.removeprefix("+") if math.isfinite(seconds) else shown
        raise cursor.error(f"timestamp out of bounds for @ modifier: {shown}", expr.start, expr.end)
    target, selector = _free_for_at(cursor, expr)
    return _with(target, replace(selector, timestamp_ms=_round_half_away(seconds * 1000)), cursor.previous_end)


def _round_half_away(value: float) -> int:
    """Half goes away from zero (Go's math.Round), where Python's round goes to even."""
    floor = math.floor(abs(value))
    rounded = floor + 1 if abs(value) - floor >= 0.5 else floor
    return int(math.copysign(1, value)) * rounded


def _free_for_at(cursor: Cursor, expr: Expr) -> tuple[Selecting, VectorSelector | SubqueryExpr]:
    target = _selecting(cursor, expr, f"@ modifier {_MUST_SELECT}")
    selector = _modified(target)
    if selector.timestamp_ms is not None or selector.start_or_end:
        raise cursor.error("@ <timestamp> may not be set multiple times", expr.start, expr.end)
    return target, selector


def _selecting(cursor: Cursor, expr: Expr, message: str) -> Selecting:
    if isinstance(expr, (VectorSelector, MatrixSelector, SubqueryExpr)):
        return expr
    raise cursor.error(message, expr.start, expr.end)


def _modified(expr: Selecting) -> VectorSelector | SubqueryExpr:
    """The node that carries offset and @."""
    return expr.selector if isinstance(expr, MatrixSelector) else expr


def _with(expr: Selecting, modified: VectorSelector | SubqueryExpr, end: int) -> Expr:
    if isinstance(expr, MatrixSelector) and isinstance(modified, VectorSelector):
        return replace(expr, selector=modified, end=end)
    return replace(modified, end=end)


def _parse_extension(cursor: Cursor, expr: Expr) -> Expr:
    word = cursor.take().word
    if not cursor.options.extended_range_selectors:
        raise cursor.error(f"{word} modifier is experimental and not enabled", expr.start, expr.end)
    if isinstance(expr, SubqueryExpr):
        raise cursor.error(f"{word} modifier is not supported for subqueries", expr.start, expr.end)
    if not isinstance(expr, (VectorSelector, MatrixSelector)):
        raise cursor.error(f"{word} modifier not implemented", expr.start, expr.end)
    selector = expr if isinstance(expr, VectorSelector) else expr.selector
    if selector.smoothed if word == "anchored" else selector.anchored:
        raise cursor.error("anchored and smoothed modifiers cannot be used together", expr.start, expr.end)
    extended = replace(selector, anchored=True) if word == "anchored" else replace(selector, smoothed=True)
    return extended if isinstance(expr, VectorSelector) else replace(expr, selector=extended)


_MODIFIERS: Final = {
    "[": _parse_brackets,
    "offset": _parse_offset,
    "@": _parse_at,
    "anchored": _parse_extension,
    "smoothed": _parse_extension,
}
