"""Arithmetic on durations, inside brackets and behind `offset`: `[5m * 2]`, `[step()]`, `offset -(1h + range())`."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from vedette.model.errors import BadInput
from vedette.query.promql.ast import Duration, DurationExpr, NumberLiteral
from vedette.query.promql.parser.cursor import NESTING_MAX, Cursor
from vedette.query.promql.parser.numbers import BadNumber, duration_seconds, number_value
from vedette.query.promql.parser.tokens import Kind, Token

_BINDING: Final = {"+": 1, "-": 1, "*": 2, "/": 2, "%": 2, "^": 3}
_SIGN_BINDING: Final = 2
_ZERO_DIVISOR: Final = {"/": "division by zero", "%": "modulo by zero"}
_SECONDS_MAX: Final = (1 << 63) / 1e9
"""What fits the reference's int64 nanoseconds."""
_TOO_BIG: Final = "duration out of range"

Expected = tuple[str, str]
"""Context and expectation for the error when something else stands there."""


def parse_literal(cursor: Cursor) -> NumberLiteral:
    """The cursor is at a NUMBER or a DURATION."""
    token = cursor.take()
    try:
        if token.kind is Kind.NUMBER:
            return NumberLiteral(number_value(token.text), token.start, token.end)
        return NumberLiteral(duration_seconds(token.text), token.start, token.end, is_duration=True)
    except (BadNumber, BadInput) as error:
        raise cursor.error(str(error.args[0]), token.start, token.end) from None


def parse_positive_duration(cursor: Cursor, expected: Expected) -> Duration:
    """A range or a step."""
    duration = _parse_duration(cursor, expected, 1)
    cursor.peek()
    if isinstance(duration, NumberLiteral) and duration.value <= 0:
        raise cursor.error("duration must be greater than 0", duration.start, duration.end)
    return duration


def parse_offset_duration(cursor: Cursor, expected: Expected) -> Duration:
    """What follows `offset`: a single signed operand, so that `foo offset -2 ^ 2` means `(foo offset -2) ^ 2`.

    Only where it starts with a parenthesis or with two signs does the duration go on over operators, as the reference's
    grammar resolves it.
    """
    sign = cursor.peek() if cursor.at("+", "-") else None
    operand = cursor.peek_second() if sign else cursor.peek()
    if operand.word == "(" and not sign:
        return _parse_duration(cursor, expected, 1)
    if operand.word in ("+", "-"):
        return _parse_duration(cursor, expected, 1)
    if sign is None:
        return _parse_operand(cursor, expected)
    cursor.take()
    if operand.word == "(":
        return _signed(sign, _parse_parenthesised(cursor, expected, needs_flag=False))
    if operand.kind in (Kind.NUMBER, Kind.DURATION):
        return _parse_literal_in_range(cursor, sign)
    choice = _parse_operand(cursor, expected)
    return DurationExpr(sign.text, None, choice, sign.start, choice.end)


def _parse_duration(cursor: Cursor, expected: Expected, binding: int) -> Duration:
    """Operators that bind at least as tightly as `binding`; `^` groups to the right."""
    left = _parse_unary(cursor, expected)
    while (operator := cursor.peek()).word in _BINDING and _BINDING[operator.word] >= binding:
        cursor.take()
        right = _parse_duration(cursor, expected, _BINDING[operator.word] + (operator.word != "^"))
        cursor.peek()
        _require_flag(cursor, left)
        if operator.word in _ZERO_DIVISOR and isinstance(right, NumberLiteral) and right.value == 0:
            raise cursor.error(_ZERO_DIVISOR[operator.word], operator.start, operator.end)
        left = DurationExpr(operator.word, left, right, left.start, right.end)
    return left


def _parse_unary(cursor: Cursor, expected: Expected) -> Duration:
    if not cursor.at("+", "-"):
        return _parse_operand(cursor, expected)
    sign = cursor.take()
    cursor.depth += 1
    if cursor.depth > NESTING_MAX:
        raise cursor.too_deep(sign.start)
    operand = _parse_duration(cursor, expected, _SIGN_BINDING + 1)
    cursor.depth -= 1
    return _signed(sign, operand)


def _signed(sign: Token, operand: Duration) -> Duration:
    if isinstance(operand, NumberLiteral):
        return _signed_literal(sign, operand)
    return DurationExpr("-", None, operand, sign.start, operand.end) if sign.text == "-" else operand


def _signed_literal(sign: Token, literal: NumberLiteral) -> NumberLiteral:
    return replace(literal, value=-literal.value if sign.text == "-" else literal.value, start=sign.start)


def _parse_operand(cursor: Cursor, expected: Expected) -> Duration:
    token = cursor.peek()
    if token.kind in (Kind.NUMBER, Kind.DURATION):
        return _parse_literal_in_range(cursor, None)
    if cursor.at("step", "range"):
        cursor.take()
        cursor.expect("(", *expected)
        closing = cursor.expect(")", *expected)
        return _require_flag(cursor, DurationExpr(token.word, None, None, token.start, closing.end))
    if cursor.at("max_of", "min_of"):
        return _parse_choice(cursor, expected)
    if cursor.at("("):
        return _parse_parenthesised(cursor, expected, needs_flag=True)
    raise cursor.unexpected(*expected)


def _parse_literal_in_range(cursor: Cursor, sign: Token | None) -> NumberLiteral:
    """What is too long is reported at the sign, if there is one."""
    literal = parse_literal(cursor)
    signed = _signed_literal(sign, literal) if sign else literal
    if abs(signed.value) > _SECONDS_MAX:
        raise cursor.error(_TOO_BIG, signed.start, signed.end)
    return signed


def _parse_choice(cursor: Cursor, expected: Expected) -> Duration:
    name = cursor.take()
    _enter(cursor, name)
    cursor.expect("(", *expected)
    first = _parse_duration(cursor, expected, 1)
    cursor.expect(",", *expected)
    second = _parse_duration(cursor, expected, 1)
    closing = cursor.expect(")", *expected)
    cursor.depth -= 1
    return _require_flag(cursor, DurationExpr(name.word, first, second, name.start, closing.end))


def _parse_parenthesised(cursor: Cursor, expected: Expected, *, needs_flag: bool) -> Duration:
    """Parentheses around a mere literal leave no trace."""
    _enter(cursor, cursor.take())
    inner = _parse_duration(cursor, expected, 1)
    cursor.expect(")", *expected)
    cursor.depth -= 1
    if needs_flag:
        _require_flag(cursor, inner)
    return replace(inner, wrapped=True) if isinstance(inner, DurationExpr) else inner


def _enter(cursor: Cursor, token: Token) -> None:
    cursor.depth += 1
    if cursor.depth > NESTING_MAX:
        raise cursor.too_deep(token.start)


def _require_flag(cursor: Cursor, duration: Duration) -> Duration:
    if not cursor.options.duration_expressions:
        raise cursor.error("experimental duration expression is not enabled", duration.start, duration.end)
    return duration
