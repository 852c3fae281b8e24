"""The tree as the objects of /api/v1/parse_query. Keys and values are Prometheus' (web/api/v1/translate_ast.go)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from vedette.model.numbers import format_fixed
from vedette.query.promql.ast import (
    AggregateExpr,
    BinaryExpr,
    Call,
    Duration,
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
from vedette.query.promql.parser.quoting import without_invalid

Json = dict[str, Any]

KINDS: Final[Mapping[type, str]] = {
    NumberLiteral: "numberLiteral",
    StringLiteral: "stringLiteral",
    VectorSelector: "vectorSelector",
    MatrixSelector: "matrixSelector",
    SubqueryExpr: "subquery",
    Call: "call",
    AggregateExpr: "aggregation",
    BinaryExpr: "binaryExpr",
    UnaryExpr: "unaryExpr",
    ParenExpr: "parenExpr",
}


def expr_to_json(expr: Expr) -> Json:
    """Durations and timestamps are ints of milliseconds; numbers are strings, because JSON has no NaN."""
    return {"type": KINDS[type(expr)], **_fields(expr)}


def _fields(expr: Expr) -> Json:
    match expr:
        case NumberLiteral():
            return {"val": format_fixed(expr.value)}
        case StringLiteral():
            return {"val": without_invalid(expr.value)}
        case VectorSelector():
            return _selector(expr)
        case MatrixSelector():
            return {**_selector(expr.selector), "range": expr.range_ms, "rangeExpr": _duration(expr.range_expr)}
        case SubqueryExpr():
            return _subquery(expr)
        case Call():
            return {"func": _function(expr), "args": [expr_to_json(arg) for arg in expr.args]}
        case AggregateExpr():
            return _aggregation(expr)
        case BinaryExpr():
            return _binary(expr)
        case UnaryExpr():
            return {"op": expr.op, "expr": expr_to_json(expr.expr)}
        case ParenExpr():
            return {"expr": expr_to_json(expr.expr)}


def _selector(selector: VectorSelector) -> Json:
    matchers = [{"name": m.name, "value": m.value, "type": m.type.value} for m in selector.matchers]
    extension = {"anchored": selector.anchored, "smoothed": selector.smoothed}
    return {"name": selector.name, "matchers": matchers, **_placement(selector), **extension}


def _placement(expr: VectorSelector | SubqueryExpr) -> Json:
    return {
        "offset": expr.offset_ms,
        "offsetExpr": _duration(expr.offset_expr),
        "timestamp": expr.timestamp_ms,
        "startOrEnd": expr.start_or_end,
    }


def _subquery(expr: SubqueryExpr) -> Json:
    return {
        "expr": expr_to_json(expr.expr),
        "range": expr.range_ms,
        "rangeExpr": _duration(expr.range_expr),
        "step": expr.step_ms,
        "stepExpr": _duration(expr.step_expr),
        **_placement(expr),
    }


def _function(call: Call) -> Json:
    function = call.function
    return {
        "name": function.name,
        "argTypes": [arg_type.value for arg_type in function.arg_types],
        "variadic": function.variadic,
        "returnType": function.return_type.value,
    }


def _aggregation(expr: AggregateExpr) -> Json:
    return {
        "op": expr.op,
        "expr": expr_to_json(expr.expr),
        "param": expr_to_json(expr.param) if expr.param else None,
        "grouping": list(expr.grouping),
        "without": expr.without,
    }


def _binary(expr: BinaryExpr) -> Json:
    return {
        "op": expr.op,
        "lhs": expr_to_json(expr.lhs),
        "rhs": expr_to_json(expr.rhs),
        "matching": _matching(expr.matching) if expr.matching else None,
        "bool": expr.return_bool,
    }


def _matching(matching: VectorMatching) -> Json:
    return {
        "card": matching.cardinality.value,
        "labels": list(matching.labels),
        "on": matching.on,
        "include": list(matching.include),
        "fillValues": {"lhs": matching.fill_left, "rhs": matching.fill_right},
    }


def _duration(duration: Duration | None) -> Json | None:
    if duration is None:
        return None
    if isinstance(duration, NumberLiteral):
        value = format_fixed(duration.value)
        return {"type": "numberLiteral", "val": value, "duration": duration.is_duration}
    return {
        "type": "durationExpr",
        "op": duration.op,
        "lhs": _duration(duration.lhs),
        "rhs": _duration(duration.rhs),
        "wrapped": duration.wrapped,
    }
