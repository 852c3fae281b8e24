"""Types, and what a tree of the right shape may still get wrong. The first error in the reference's order is raised.

Returns the tree with the matching of every binary operator settled: None where a side is a scalar, many-to-many for set
operators. Source: Prometheus promql/parser/parse.go checkAST.
"""

from __future__ import annotations

from dataclasses import replace

from vedette.model.labels import METRIC_NAME
from vedette.query.promql.ast import (
    COMPARISONS,
    SET_OPERATORS,
    AggregateExpr,
    BinaryExpr,
    Call,
    Cardinality,
    Expr,
    MatrixSelector,
    ParenExpr,
    SubqueryExpr,
    UnaryExpr,
    ValueType,
    VectorMatching,
    VectorSelector,
    children,
)
from vedette.query.promql.functions import PARAMETER_TYPES
from vedette.query.promql.parser.cursor import Cursor

_OPERANDS = (ValueType.SCALAR, ValueType.VECTOR)
_GROUPED = (Cardinality.ONE_TO_MANY, Cardinality.MANY_TO_ONE)


def tree_depth(expr: Expr) -> int:
    """Levels of the tree, counted without recursion: this guards what recurses."""
    depth, level = 0, [expr]
    while level:
        depth += 1
        level = [child for node in level for child in children(node)]
    return depth


def check_types(expr: Expr, cursor: Cursor) -> Expr:
    """Raises QueryParseError."""
    match expr:
        case AggregateExpr():
            return _check_aggregation(expr, cursor)
        case BinaryExpr():
            return _check_binary(expr, cursor)
        case Call():
            return _check_call(expr, cursor)
        case ParenExpr():
            return replace(expr, expr=check_types(expr.expr, cursor))
        case UnaryExpr():
            return _check_unary(expr, cursor)
        case SubqueryExpr():
            return _check_subquery(expr, cursor)
        case MatrixSelector():
            _check_selector(expr.selector, cursor)
        case VectorSelector():
            _check_selector(expr, cursor)
    return expr


def _check_aggregation(expr: AggregateExpr, cursor: Cursor) -> AggregateExpr:
    operand = _expect_type(expr.expr, ValueType.VECTOR, "aggregation expression", cursor)
    if expr.param is None:
        return replace(expr, expr=operand)
    param = _expect_type(expr.param, PARAMETER_TYPES[expr.op], "aggregation parameter", cursor)
    return replace(expr, expr=operand, param=param)


def _expect_type(expr: Expr, wanted: ValueType, context: str, cursor: Cursor) -> Expr:
    checked = check_types(expr, cursor)
    if checked.type is not wanted:
        raise cursor.error(
            f"expected type {wanted.documented} in {context}, got {checked.type.documented}", expr.start, expr.end
        )
    return checked


def _check_binary(expr: BinaryExpr, cursor: Cursor) -> BinaryExpr:
    lhs = check_types(expr.lhs, cursor)
    rhs = check_types(expr.rhs, cursor)
    scalars = lhs.type is ValueType.SCALAR and rhs.type is ValueType.SCALAR
    if expr.return_bool and expr.op not in COMPARISONS:
        raise _operator_error(expr, cursor, "bool modifier can only be used on comparison operators")
    if expr.op in COMPARISONS and not expr.return_bool and scalars:
        raise _operator_error(expr, cursor, "comparisons between scalars must use BOOL modifier")
    matching = expr.matching or VectorMatching()
    for label in matching.labels:
        if matching.on and label in matching.include:
            raise _operator_error(expr, cursor, f'label "{label}" must not occur in ON and GROUP clause at once')
    for side in (lhs, rhs):
        if side.type not in _OPERANDS:
            raise cursor.error(
                "binary expression must contain only scalar and instant vector types", side.start, side.end
            )
    vectors = lhs.type is ValueType.VECTOR and rhs.type is ValueType.VECTOR
    settled = _settle_matching(expr, matching, vectors, cursor)
    return replace(expr, lhs=lhs, rhs=rhs, matching=settled)


def _settle_matching(
    expr: BinaryExpr, matching: VectorMatching, vectors: bool, cursor: Cursor
) -> VectorMatching | None:
    def refuse(message: str) -> None:
        raise cursor.error(message, expr.start, expr.end)

    fills = matching.fill_left is not None or matching.fill_right is not None
    is_set = expr.op in SET_OPERATORS
    if not vectors:
        if matching.labels:
            refuse("vector matching only allowed between instant vectors")
        if fills:
            refuse("filling in missing series only allowed between instant vectors")
        if is_set:
            refuse(f'set operator "{expr.op}" not allowed in binary scalar expression')
        return None
    if not is_set:
        return matching
    if matching.cardinality in _GROUPED:
        refuse(f'no grouping allowed for "{expr.op}" operation')
    if fills:
        refuse("filling in missing series not allowed for set operators")
    return replace(matching, cardinality=Cardinality.MANY_TO_MANY)


def _operator_error(expr: BinaryExpr, cursor: Cursor, message: str) -> Exception:
    """About the operator: the place is the first character behind the left side that is no space."""
    start = expr.lhs.end
    while cursor.text[start] in " \t\n\r":
        start += 1
    return cursor.error(message, start, expr.rhs.start)


def _check_call(expr: Call, cursor: Cursor) -> Call:
    _check_argument_count(expr, cursor)
    if expr.function.name == "info" and len(expr.args) > 1:
        _check_info_selector(expr, cursor)
    types = expr.function.arg_types
    args = []
    for index, arg in enumerate(expr.args):
        wanted = types[min(index, len(types) - 1)]
        args.append(_check_argument(arg, wanted, expr, cursor))
    return replace(expr, args=tuple(args))


def _check_argument_count(expr: Call, cursor: Cursor) -> None:
    function, n_args = expr.function, len(expr.args)
    n_types = len(function.arg_types)
    wanted = ""
    if function.variadic == 0:
        if n_args != n_types:
            wanted = f"{n_types}"
    elif n_args < n_types - 1:
        wanted = f"at least {n_types - 1}"
    elif 0 < function.variadic < n_args - (n_types - 1):
        wanted = f"at most {n_types - 1 + function.variadic}"
    if wanted:
        raise cursor.error(
            f'expected {wanted} argument(s) in call to "{function.name}", got {n_args}', expr.start, expr.end
        )


def _check_info_selector(expr: Call, cursor: Cursor) -> None:
    """The second argument of info() is written as a selector but only carries matchers, possibly none."""
    selector = expr.args[1]
    if selector.type is not ValueType.VECTOR:
        raise cursor.error(
            f'expected type instant vector in call to function "info", got {selector.type.documented}',
            expr.start,
            expr.end,
        )
    if not isinstance(selector, VectorSelector):
        raise cursor.error("expected label selectors only", selector.start, selector.end)
    if selector.name:
        raise cursor.error("expected label selectors only, got vector selector instead", selector.start, selector.end)


def _check_argument(arg: Expr, wanted: ValueType, call: Call, cursor: Cursor) -> Expr:
    matchers_only = call.function.name == "info" and arg is not call.args[0] and isinstance(arg, VectorSelector)
    return arg if matchers_only else _expect_type(arg, wanted, f'call to function "{call.function.name}"', cursor)


def _check_unary(expr: UnaryExpr, cursor: Cursor) -> UnaryExpr:
    operand = check_types(expr.expr, cursor)
    if operand.type not in _OPERANDS:
        raise cursor.error(
            "unary expression only allowed on expressions of type scalar or instant vector,"
            f' got "{operand.type.documented}"',
            expr.start,
            expr.end,
        )
    return replace(expr, expr=operand)


def _check_subquery(expr: SubqueryExpr, cursor: Cursor) -> SubqueryExpr:
    operand = check_types(expr.expr, cursor)
    if operand.type is not ValueType.VECTOR:
        raise cursor.error(
            f"subquery is only allowed on instant vector, got {operand.type.value} instead", expr.start, expr.end
        )
    return replace(expr, expr=operand)


def _check_selector(selector: VectorSelector, cursor: Cursor) -> None:
    if selector.name:
        for matcher in selector.matchers[:-1]:
            if matcher.name == METRIC_NAME:
                raise cursor.error(
                    f'metric name must not be set twice: "{selector.name}" or "{matcher.value}"',
                    selector.start,
                    selector.end,
                )
    elif all(matcher.matches("") for matcher in selector.matchers):
        raise cursor.error("vector selector must contain at least one non-empty matcher", selector.start, selector.end)
