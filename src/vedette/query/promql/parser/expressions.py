"""Operators, calls and aggregations: a Pratt parser over one table of binding strengths."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal, cast

from vedette.query.promql.ast import (
    AggregateExpr,
    BinaryExpr,
    Call,
    Cardinality,
    Expr,
    NumberLiteral,
    ParenExpr,
    StringLiteral,
    UnaryExpr,
    VectorMatching,
)
from vedette.query.promql.functions import EXPERIMENTAL_AGGREGATORS, FUNCTIONS, PARAMETER_TYPES
from vedette.query.promql.parser.cursor import NESTING_MAX, Cursor
from vedette.query.promql.parser.durations import parse_literal
from vedette.query.promql.parser.modifiers import parse_modifiers
from vedette.query.promql.parser.quoting import from_byte_text, unquote
from vedette.query.promql.parser.selectors import parse_selector
from vedette.query.promql.parser.tokens import Kind, Token, can_name_label, can_name_metric

_BINDING: Final = {
    "or": 1,
    **dict.fromkeys(("and", "unless"), 2),
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "</", ">/"), 3),
    **dict.fromkeys(("+", "-"), 4),
    **dict.fromkeys(("*", "/", "%", "atan2"), 5),
    "^": 6,
}
_LOOSEST: Final = 1
_SIGN_BINDING: Final = 5
"""A sign binds as `*` does: -2 ^ 2 is -(2 ^ 2)."""
_GROUPING: Final = "grouping opts"
_FILLS: Final = ("fill", "fill_left", "fill_right")


def parse_expression(cursor: Cursor, binding: int = _LOOSEST) -> Expr:
    """Operators that bind at least as tightly as `binding`; `^` groups to the right, the others to the left."""
    cursor.depth += 1
    if cursor.depth > NESTING_MAX:
        raise cursor.too_deep(cursor.peek().start)
    left = _parse_signed(cursor)
    while (operator := cursor.peek()).kind is Kind.OPERATOR and _BINDING.get(operator.word, 0) >= binding:
        cursor.take()
        return_bool, matching = _parse_matching(cursor)
        right = parse_expression(cursor, _BINDING[operator.word] + (operator.word != "^"))
        if not cursor.options.binop_fill_modifiers and _fills(matching):
            cursor.peek()
            raise cursor.error("binop fill modifiers are experimental and not enabled", left.start, right.end)
        left = BinaryExpr(operator.word, left, right, matching, return_bool)
    cursor.depth -= 1
    return left


def _fills(matching: VectorMatching) -> bool:
    return matching.fill_left is not None or matching.fill_right is not None


def _parse_signed(cursor: Cursor) -> Expr:
    if not cursor.at("+", "-"):
        return parse_modifiers(cursor, _parse_operand(cursor))
    sign = cursor.take()
    operand = parse_expression(cursor, _SIGN_BINDING + 1)
    if isinstance(operand, NumberLiteral):
        value = -operand.value if sign.text == "-" else operand.value
        return replace(operand, value=value, start=sign.start)
    return UnaryExpr(cast(Literal["+", "-"], sign.text), operand, sign.start)


def _parse_operand(cursor: Cursor) -> Expr:
    token = cursor.peek()
    following = cursor.peek_second()
    if token.kind is Kind.STRING:
        cursor.take()
        return StringLiteral(unquote(token.text, "surrogateescape"), token.start, token.end)
    if token.kind in (Kind.NUMBER, Kind.DURATION):
        return parse_literal(cursor)
    if token.word == "(":
        return _parse_parenthesised(cursor)
    if token.kind is Kind.AGGREGATOR and following.word in ("(", "by", "without"):
        return _parse_aggregation(cursor)
    if token.kind in (Kind.IDENTIFIER, Kind.TIME_WORD) and following.word == "(":
        return _parse_call(cursor)
    if token.word == "{" or can_name_metric(token):
        return parse_selector(cursor)
    raise cursor.unexpected()


def _parse_parenthesised(cursor: Cursor) -> ParenExpr:
    opening = cursor.take()
    inner = parse_expression(cursor)
    closing = cursor.expect(")")
    return ParenExpr(inner, opening.start, closing.end)


def _parse_call(cursor: Cursor) -> Call:
    name = cursor.take()
    args = _parse_arguments(cursor)
    function = FUNCTIONS.get(name.text)
    if function is None:
        raise cursor.error(f'unknown function with name "{name.text}"', name.start, name.end)
    if function.experimental and not cursor.options.experimental_functions:
        raise cursor.error(f'function "{name.text}" is not enabled', name.start, name.end)
    return Call(function, args, name.start, cursor.previous_end)


def _parse_arguments(cursor: Cursor) -> tuple[Expr, ...]:
    cursor.expect("(")
    args: list[Expr] = []
    while not cursor.at(")"):
        args.append(parse_expression(cursor))
        if cursor.at(")"):
            break
        comma = cursor.expect(",")
        if not _starts_expression(cursor.peek()):
            raise cursor.error("trailing commas not allowed in function call args", comma.start, comma.end)
    cursor.take()
    return tuple(args)


def _starts_expression(token: Token) -> bool:
    if token.kind in (Kind.STRING, Kind.NUMBER, Kind.DURATION):
        return True
    return token.word in ("(", "{", "+", "-") or can_name_metric(token)


def _parse_aggregation(cursor: Cursor) -> AggregateExpr:
    operator = cursor.take()
    cursor.open_aggregations += 1
    clause = _parse_by_or_without(cursor)
    args = _parse_arguments(cursor)
    cursor.open_aggregations -= 1
    end = cursor.previous_end
    if clause is None and (clause := _parse_by_or_without(cursor)):
        end = cursor.previous_end
    without, grouping = clause or (False, ())
    expr, param = _check_arguments(cursor, operator, args, end)
    return AggregateExpr(operator.word, expr, param, grouping, without, operator.start, end)


def _parse_by_or_without(cursor: Cursor) -> tuple[bool, tuple[str, ...]] | None:
    if clause := cursor.take_if("by", "without"):
        return clause.word == "without", _parse_grouping(cursor)
    return None


def _check_arguments(cursor: Cursor, operator: Token, args: tuple[Expr, ...], end: int) -> tuple[Expr, Expr | None]:
    """The vector and the parameter of an aggregation."""
    if not args:
        raise cursor.error("no arguments for aggregate expression provided", operator.start, end)
    if operator.word in EXPERIMENTAL_AGGREGATORS and not cursor.options.experimental_functions:
        raise cursor.error(
            f"{operator.word}() is experimental and must be enabled"
            " with --enable-feature=promql-experimental-functions",
            operator.start,
            end,
        )
    n_wanted = 2 if operator.word in PARAMETER_TYPES else 1
    if len(args) != n_wanted:
        raise cursor.error(
            f"wrong number of arguments for aggregate expression provided, expected {n_wanted}, got {len(args)}",
            operator.start,
            end,
        )
    return args[-1], args[0] if n_wanted == 2 else None


def _parse_grouping(cursor: Cursor) -> tuple[str, ...]:
    cursor.expect("(", _GROUPING, '"("')
    labels: list[str] = []
    while not cursor.at(")"):
        labels.append(_parse_label(cursor))
        if not cursor.at(")") and not cursor.take_if(","):
            raise cursor.unexpected(_GROUPING, '"," or ")"')
    cursor.take()
    return tuple(labels)


def _parse_label(cursor: Cursor) -> str:
    token = cursor.peek()
    if token.kind is Kind.STRING:
        name = unquote(token.text)
    elif can_name_label(token):
        name = from_byte_text(token.text)
    else:
        raise cursor.unexpected(_GROUPING, "label")
    cursor.take()
    if not name:
        raise cursor.error('invalid label name for grouping: ""', token.start, token.end)
    return name


def _parse_matching(cursor: Cursor) -> tuple[bool, VectorMatching]:
    """What stands between a binary operator and its right side: bool, on or ignoring, group_left or group_right, fill."""
    return_bool = cursor.take_if("bool") is not None
    matching = VectorMatching()
    if clause := cursor.take_if("on", "ignoring"):
        labels = _parse_grouping(cursor)
        cardinality = Cardinality.ONE_TO_ONE
        include: tuple[str, ...] = ()
        if group := cursor.take_if("group_left", "group_right"):
            many_left = group.word == "group_left"
            cardinality = Cardinality.MANY_TO_ONE if many_left else Cardinality.ONE_TO_MANY
            include = _parse_included(cursor)
        matching = VectorMatching(cardinality, clause.word == "on", labels, include)
    return return_bool, _parse_fill(cursor, matching)


def _parse_included(cursor: Cursor) -> tuple[str, ...]:
    """The labels behind group_left or group_right; the list may be missing, and a parenthesis always starts it."""
    following = cursor.peek()
    if following.word != "(" and (_starts_expression(following) or following.word in _FILLS):
        return ()
    return _parse_grouping(cursor)


def _parse_fill(cursor: Cursor, matching: VectorMatching) -> VectorMatching:
    """`fill` alone, or `fill_left` and `fill_right` in either order, each at most once."""
    first = cursor.peek()
    if first.kind is not Kind.KEYWORD or first.word not in _FILLS:
        return matching
    cursor.take()
    value = _parse_fill_value(cursor)
    if first.word == "fill":
        return replace(matching, fill_left=value, fill_right=value)
    other = "fill_right" if first.word == "fill_left" else "fill_left"
    values = {first.word: value}
    if cursor.peek().kind is Kind.KEYWORD and cursor.take_if(other):
        values[other] = _parse_fill_value(cursor)
    return replace(matching, fill_left=values.get("fill_left"), fill_right=values.get("fill_right"))


def _parse_fill_value(cursor: Cursor) -> float:
    cursor.expect("(")
    sign = cursor.take_if("+", "-")
    if cursor.peek().kind not in (Kind.NUMBER, Kind.DURATION):
        raise cursor.unexpected()
    value = parse_literal(cursor).value
    cursor.expect(")")
    return -value if sign and sign.text == "-" else value
