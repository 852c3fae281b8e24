"""What a query's text means, and where its parts stand."""

from __future__ import annotations

import dataclasses

import pytest

from vedette.query.promql.ast import (
    AggregateExpr,
    BinaryExpr,
    Call,
    Cardinality,
    DurationExpr,
    Expr,
    MatrixSelector,
    NumberLiteral,
    StringLiteral,
    SubqueryExpr,
    UnaryExpr,
    ValueType,
    VectorSelector,
    walk,
)
from vedette.query.promql.parser import ALL_FEATURES, parse_expr, parse_metric_selector


def parse(query: str) -> Expr:
    return parse_expr(query, ALL_FEATURES)


def shape(expr: Expr) -> str:
    """The tree with every operand in parentheses."""
    match expr:
        case BinaryExpr():
            return f"({shape(expr.lhs)} {expr.op} {shape(expr.rhs)})"
        case UnaryExpr():
            return f"({expr.op}{shape(expr.expr)})"
        case NumberLiteral():
            return f"{expr.value:g}"
        case VectorSelector():
            return f"{expr.name}@{expr.offset_ms}" if expr.offset_ms else expr.name
    raise AssertionError(expr)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("a + b * c", "(a + (b * c))"),
        ("a - b - c", "((a - b) - c)"),
        ("a ^ b ^ c", "(a ^ (b ^ c))"),
        ("-a ^ b", "(-(a ^ b))"),
        ("-a * b", "((-a) * b)"),
        ("-2 ^ 2", "(-(2 ^ 2))"),
        ("a or b and c unless d", "(a or ((b and c) unless d))"),
        ("a == b + c", "(a == (b + c))"),
        ("a atan2 b % c", "((a atan2 b) % c)"),
        ("a </ b + c", "(a </ (b + c))"),
        ("a offset 5m + b", "(a@300000 + b)"),
        ("a offset -2 ^ 2", "(a@-2000 ^ 2)"),
    ],
)
def test_operators_bind_as_in_prometheus(query: str, expected: str) -> None:
    assert shape(parse(query)) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1.0),
        ("0x1F", 31.0),
        ("010", 8.0),
        ("08", 8.0),
        ("1_000.5", 1000.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e-3", 0.001),
        ("-1", -1.0),
        ("+Inf", float("inf")),
        ("-inf", float("-inf")),
        ("5m", 300.0),
        ("1h30m", 5400.0),
        ("1ms", 0.001),
        ("99999999999999999999999", 1e23),
    ],
)
def test_numbers_and_durations_have_their_value(text: str, value: float) -> None:
    literal = parse(text)
    assert isinstance(literal, NumberLiteral)
    assert literal.value == value
    assert literal.is_duration == text.endswith(("m", "s"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"a\tb"', "a\tb"),
        (r"'it\'s'", "it's"),
        (r'"\x41\101\u00e9\U0001F600"', "AAé😀"),
        (r"`raw \n`", r"raw \n"),
        ('"é"', "é"),
        (r'"\xff"', "\udcff"),
    ],
)
def test_string_escapes_are_gos(text: str, value: str) -> None:
    literal = parse(text)
    assert isinstance(literal, StringLiteral)
    assert literal.value == value


def test_modifiers_of_a_range_belong_to_its_selector() -> None:
    expr = parse("rate(foo{a!='b'}[5m] offset -1h @ 17.25)")
    assert isinstance(expr, Call)
    (matrix,) = expr.args
    assert isinstance(matrix, MatrixSelector)
    assert (matrix.range_ms, matrix.selector.offset_ms, matrix.selector.timestamp_ms) == (300_000, -3_600_000, 17_250)
    assert [str(matcher) for matcher in matrix.selector.matchers] == ['a!="b"', '__name__="foo"']
    assert (matrix.start, matrix.end, matrix.selector.end) == (5, 39, 16)


def test_a_subquery_without_step_has_step_zero() -> None:
    expr = parse("foo[1h:] @ start() offset 5m")
    assert isinstance(expr, SubqueryExpr)
    assert (expr.range_ms, expr.step_ms, expr.step_expr) == (3_600_000, 0, None)
    assert (expr.start_or_end, expr.offset_ms) == ("start", 300_000)


def test_computed_durations_keep_their_tree() -> None:
    expr = parse("foo[step() * 2 + 1m] offset max_of(5m, range())")
    assert isinstance(expr, MatrixSelector)
    assert expr.range_ms == 0
    assert isinstance(expr.range_expr, DurationExpr)
    assert expr.range_expr.op == "+"
    assert isinstance(expr.range_expr.lhs, DurationExpr)
    assert expr.range_expr.lhs.op == "*"
    assert expr.selector.offset_expr is not None
    assert expr.selector.offset_expr.op == "max_of"


@pytest.mark.parametrize("flag", ["anchored", "smoothed"])
def test_extended_range_selectors_mark_their_selector(flag: str) -> None:
    expr = parse(f"foo[5m] {flag}")
    assert isinstance(expr, MatrixSelector)
    assert getattr(expr.selector, flag) is True


def test_matching_is_settled_by_the_types_of_the_sides() -> None:
    grouped = parse("a * on(x, y) group_left(z) b")
    assert isinstance(grouped, BinaryExpr)
    assert grouped.matching is not None
    assert grouped.matching.cardinality is Cardinality.MANY_TO_ONE
    assert (grouped.matching.on, grouped.matching.labels, grouped.matching.include) == (True, ("x", "y"), ("z",))
    set_operation = parse("a and b")
    assert isinstance(set_operation, BinaryExpr)
    assert set_operation.matching is not None
    assert set_operation.matching.cardinality is Cardinality.MANY_TO_MANY
    with_scalar = parse("a > bool 1")
    assert isinstance(with_scalar, BinaryExpr)
    assert (with_scalar.matching, with_scalar.return_bool, with_scalar.type) == (None, True, ValueType.VECTOR)


def test_fill_values_may_come_in_either_order() -> None:
    expr = parse("a + fill_right(2) fill_left(-1) b")
    assert isinstance(expr, BinaryExpr)
    assert expr.matching is not None
    assert (expr.matching.fill_left, expr.matching.fill_right) == (-1.0, 2.0)


def test_the_clause_of_an_aggregation_stands_before_or_behind_its_arguments() -> None:
    before, behind = parse("topk by (a, le) (5, foo)"), parse("topk(5, foo) by (a, le)")
    assert isinstance(before, AggregateExpr)
    assert isinstance(behind, AggregateExpr)
    assert before.grouping == behind.grouping == ("a", "le")
    assert isinstance(before.param, NumberLiteral)


@pytest.mark.parametrize(
    "word", ["sum", "by", "offset", "and", "start", "step", "fill", "anchored", "max_of", "without"]
)
def test_keywords_may_name_metrics_and_labels(word: str) -> None:
    expr = parse(f'{word}{{{word}="x"}}')
    assert isinstance(expr, VectorSelector)
    assert expr.name == word


def test_names_that_need_quotes_stand_inside_the_braces() -> None:
    expr = parse('sum by ("a.b") ({"my.metric", "label.x"="y"})')
    assert isinstance(expr, AggregateExpr)
    assert expr.grouping == ("a.b",)
    assert isinstance(expr.expr, VectorSelector)
    assert [str(matcher) for matcher in expr.expr.matchers] == ['__name__="my.metric"', '"label.x"="y"']


def test_positions_are_bytes_of_the_query() -> None:
    query = '{"é"="ü"} + foo'
    expr = parse(query)
    assert isinstance(expr, BinaryExpr)
    assert query.encode()[expr.rhs.start : expr.rhs.end] == b"foo"


@pytest.mark.parametrize(
    "query",
    ["sum by (a) (rate(foo[5m]))", "-(a + b) * 3", "foo @ end() offset 5m", "(a)[5m:1m]", 'label_join(a, "b", "c")'],
)
def test_every_node_lies_within_its_parent(query: str) -> None:
    for node in walk(parse(query)):
        assert 0 <= node.start < node.end <= len(query)
        for child in walk(node):
            assert node.start <= child.start
            assert child.end <= node.end


def test_comments_and_line_breaks_are_space() -> None:
    assert shape(parse("a # first\n+ # then\n b")) == "(a + b)"


def test_a_metric_selector_gives_its_matchers() -> None:
    assert [str(matcher) for matcher in parse_metric_selector('up{job=~"a|b"}')] == ['job=~"a|b"', '__name__="up"']


def test_nodes_are_values() -> None:
    first, second = parse("sum(foo)"), parse("sum(foo)")
    assert first == second
    assert hash(first) == hash(second)
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.start = 5  # type: ignore[misc]
