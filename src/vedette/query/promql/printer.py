"""A tree back to text: `print_expr` on one line, `format_query` broken over lines where it is longer than 100 bytes.

Both give byte for byte what Prometheus gives (its /api/v1/format_query; promtool promql format), and what is printed
parses to the same tree. Source: Prometheus promql/parser/printer.go and prettier.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from vedette.model.labels import METRIC_NAME, is_classic_label_name
from vedette.model.matchers import Matcher, MatchType
from vedette.model.numbers import format_fixed, format_general
from vedette.model.time import format_duration
from vedette.query.promql.ast import (
    AggregateExpr,
    BinaryExpr,
    Call,
    Cardinality,
    Duration,
    DurationExpr,
    Expr,
    MatrixSelector,
    NumberLiteral,
    ParenExpr,
    StringLiteral,
    SubqueryExpr,
    UnaryExpr,
    VectorMatching,
    VectorSelector,
)
from vedette.query.shared.quoting import quote

LINE_BYTES_MAX: Final = 100
_INDENT: Final = "  "
_GROUP_WORDS: Final = {Cardinality.MANY_TO_ONE: "group_left", Cardinality.ONE_TO_MANY: "group_right"}


def format_query(expr: Expr) -> str:
    """On several lines where one would be too long."""
    return _pretty(expr, 0)


def print_expr(expr: Expr) -> str:
    match expr:
        case NumberLiteral():
            return _print_number(expr)
        case StringLiteral():
            return quote(expr.value)
        case VectorSelector():
            extension = _extension(expr)
            return f"{_print_name_and_matchers(expr)}{_print_at(expr)}{extension}{_print_offset(expr)}"
        case MatrixSelector():
            return _print_matrix(expr)
        case SubqueryExpr():
            return print_expr(expr.expr) + _print_subquery_suffix(expr)
        case Call():
            return f"{expr.function.name}({', '.join(map(print_expr, expr.args))})"
        case AggregateExpr():
            param = f"{print_expr(expr.param)}, " if expr.param else ""
            return f"{_print_aggregation(expr)}({param}{print_expr(expr.expr)})"
        case BinaryExpr():
            return f"{print_expr(expr.lhs)} {_print_operator(expr)} {print_expr(expr.rhs)}"
        case UnaryExpr():
            return expr.op + print_expr(expr.expr)
        case ParenExpr():
            return f"({print_expr(expr.expr)})"


def print_head(expr: Expr) -> str:
    """What a node does, without its operands: a line of a tree. A selector is all of it."""
    match expr:
        case Call():
            return f"{expr.function.name}()"
        case AggregateExpr():
            return _print_aggregation(expr).strip()
        case BinaryExpr():
            return _print_operator(expr)
        case UnaryExpr():
            return expr.op
        case SubqueryExpr():
            return _print_subquery_suffix(expr)
        case _:
            return print_expr(expr)


def _pretty(expr: Expr, level: int) -> str:
    indent = _INDENT * level
    if isinstance(expr, UnaryExpr):
        return f"{indent}{expr.op}{_pretty(expr.expr, level).strip(' ')}"
    line = print_expr(expr)
    fits = len(line.encode()) <= LINE_BYTES_MAX
    match expr:
        case SubqueryExpr():
            # the reference does not indent a subquery that fits; its output is the contract
            return line if fits else _pretty(expr.expr, level) + _print_subquery_suffix(expr)
        case Call() if not fits:
            args = ",\n".join(_pretty(arg, level + 1) for arg in expr.args)
            return f"{indent}{expr.function.name}(\n{args}\n{indent})"
        case AggregateExpr() if not fits:
            param = f"{_pretty(expr.param, level + 1)},\n" if expr.param else ""
            return f"{indent}{_print_aggregation(expr)}(\n{param}{_pretty(expr.expr, level + 1)}\n{indent})"
        case BinaryExpr() if not fits:
            left, right = _pretty(expr.lhs, level + 1), _pretty(expr.rhs, level + 1)
            return f"{left}\n{indent}{_print_operator(expr)}\n{right}"
        case ParenExpr() if not fits:
            return f"{indent}(\n{_pretty(expr.expr, level + 1)}\n{indent})"
    return indent + line


def _print_number(number: NumberLiteral) -> str:
    if not number.is_duration:
        return format_fixed(number.value)
    sign = "-" if number.value < 0 else ""
    return sign + format_duration(int(abs(number.value) * 1e9) // 1_000_000)


def print_duration(duration: Duration) -> str:
    """A part of a duration expression."""
    if isinstance(duration, NumberLiteral):
        return _print_number(duration)
    text = _print_duration_expr(duration)
    return f"({text})" if duration.wrapped else text


def _print_duration_expr(duration: DurationExpr) -> str:
    left = print_duration(duration.lhs) if duration.lhs else ""
    right = print_duration(duration.rhs) if duration.rhs else ""
    if duration.op in ("step", "range"):
        return f"{duration.op}()"
    if duration.op in ("max_of", "min_of"):
        return f"{duration.op}({left}, {right})"
    if duration.lhs is None:
        return right if duration.op == "+" else f"-{right}"
    return f"{left} {duration.op} {right}"


def _print_span(milliseconds: int, expr: DurationExpr | None) -> str:
    return print_duration(expr) if expr else format_duration(milliseconds)


def _print_name_and_matchers(selector: VectorSelector) -> str:
    matchers = sorted(_print_matcher(m) for m in selector.matchers if not _is_name_matcher(m, selector.name))
    return selector.name + (f"{{{','.join(matchers)}}}" if matchers else "")


def _is_name_matcher(matcher: Matcher, name: str) -> bool:
    is_name = matcher.name == METRIC_NAME and matcher.type is MatchType.EQUAL
    return is_name and matcher.value == name and name != ""


def _print_matcher(matcher: Matcher) -> str:
    return f"{_print_label(matcher.name)}{matcher.type.value}{quote(matcher.value)}"


def _print_label(name: str) -> str:
    return name if is_classic_label_name(name) else quote(name)


def _print_labels(names: Iterable[str]) -> str:
    return f"({', '.join(map(_print_label, names))})"


def _print_at(expr: VectorSelector | SubqueryExpr) -> str:
    if expr.timestamp_ms is not None:
        return f" @ {expr.timestamp_ms / 1000:.3f}"
    return f" @ {expr.start_or_end}()" if expr.start_or_end else ""


def _print_offset(expr: VectorSelector | SubqueryExpr) -> str:
    offset = _print_span(expr.offset_ms, expr.offset_expr)
    return f" offset {offset}" if expr.offset_ms or expr.offset_expr else ""


def _extension(selector: VectorSelector) -> str:
    return " anchored" if selector.anchored else " smoothed" if selector.smoothed else ""


def _print_matrix(expr: MatrixSelector) -> str:
    selector = expr.selector
    span = _print_span(expr.range_ms, expr.range_expr)
    modifiers = f"{_extension(selector)}{_print_at(selector)}{_print_offset(selector)}"
    return f"{_print_name_and_matchers(selector)}[{span}]{modifiers}"


def _print_subquery_suffix(expr: SubqueryExpr) -> str:
    span = _print_span(expr.range_ms, expr.range_expr)
    step = _print_span(expr.step_ms, expr.step_expr) if expr.step_ms or expr.step_expr else ""
    return f"[{span}:{step}]{_print_at(expr)}{_print_offset(expr)}"


def _print_aggregation(expr: AggregateExpr) -> str:
    if expr.without:
        return f"{expr.op} without {_print_labels(expr.grouping)} "
    return f"{expr.op} by {_print_labels(expr.grouping)} " if expr.grouping else expr.op


def _print_operator(expr: BinaryExpr) -> str:
    return_bool = " bool" if expr.return_bool else ""
    return f"{expr.op}{return_bool}{_print_matching(expr.matching) if expr.matching else ''}"


def _print_matching(matching: VectorMatching) -> str:
    text = ""
    group = _GROUP_WORDS.get(matching.cardinality)
    if matching.labels or matching.on or group:
        text = f" {'on' if matching.on else 'ignoring'} {_print_labels(matching.labels)}"
    if group:
        text += f" {group} {_print_labels(matching.include)}"
    left, right = matching.fill_left, matching.fill_right
    if left is not None and left == right:
        return f"{text} fill ({format_general(left)})"
    if left is not None:
        text += f" fill_left ({format_general(left)})"
    if right is not None:
        text += f" fill_right ({format_general(right)})"
    return text
