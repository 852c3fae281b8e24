"""Printing: what is printed parses to the same tree, and looks as Prometheus formats it."""

from __future__ import annotations

import dataclasses
import random
import re
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.differential.promql_generator import Metric, QueryGenerator
from vedette.model.errors import QueryParseError
from vedette.query.promql.ast import Expr
from vedette.query.promql.parser import ALL_FEATURES, parse_expr
from vedette.query.promql.printer import format_query, print_expr
from vedette.query.promql.to_json import expr_to_json

_METRICS = (
    Metric("requests_total", {"job": ("a", "b"), "code": ("200", "500")}, is_counter=True),
    Metric("latency_bucket", {"job": ("a", "b"), "le": ("1", "+Inf")}, is_counter=True),
    Metric("temperature", {"room": ("x", "y")}),
)


def without_places(node: Any) -> Any:
    """The tree as plain data, matchers in any order, positions left out."""
    if not dataclasses.is_dataclass(node):
        return node
    fields = {}
    for field in dataclasses.fields(node):
        value = getattr(node, field.name)
        if field.name == "matchers":
            fields[field.name] = sorted(map(str, value))
        elif field.name not in ("start", "end"):
            fields[field.name] = (
                [without_places(item) for item in value] if isinstance(value, tuple) else without_places(value)
            )
    return type(node).__name__, fields


def parse(query: str) -> Expr:
    return parse_expr(query, ALL_FEATURES)


# the reference's own output does not read back here: `+Inf ^ x` starts with a sign, and `offset (1m * 2) + x` goes on
# computing the offset; we print the same
_AMBIGUOUS = re.compile(r"Inf \^|offset \([^{]*\) [-+*/%^] ")


@given(st.randoms(use_true_random=False))
def test_what_is_printed_parses_to_the_same_tree(rng: random.Random) -> None:
    query = QueryGenerator(rng, _METRICS, 0, 10_000).query()
    try:
        expr = parse(query)
    except QueryParseError:
        return
    assume(not _AMBIGUOUS.search(print_expr(expr)))
    for text in (print_expr(expr), format_query(expr)):
        assert repr(without_places(parse(text))) == repr(without_places(expr))
    assert print_expr(parse(print_expr(expr))) == print_expr(expr)


@pytest.mark.parametrize(
    ("query", "printed"),
    [
        ("sum by(a,b)(foo)", "sum by (a, b) (foo)"),
        ("sum(foo)without()", "sum without () (foo)"),
        ("sum by() (foo)", "sum(foo)"),
        ('foo{b="1",a=~"x"}', 'foo{a=~"x",b="1"}'),
        ('{"my.metric","x.y"="z"}', '{"x.y"="z",__name__="my.metric"}'),
        ("a+on(b)group_left c", "a + on (b) group_left () c"),
        ("a+ignoring()b", "a + b"),
        ("a==bool 1e3", "a == bool 1000"),
        ("1e-7+0.1", "0.0000001 + 0.1"),
        ("Inf+NaN", "+Inf + NaN"),
        ("a[60s]offset-90s@1.5", "a[1m] @ 1.500 offset -1m30s"),
        ("a[1h:]@start()", "a[1h:] @ start()"),
        ("a[(step()+1m)*2]", "a[(step() + 1m) * 2]"),
        ("a offset -max_of(1m,range())", "a offset -max_of(1m, range())"),
        ("a[5m]anchored@3", "a[5m] anchored @ 3.000"),
        ("a@3 anchored", "a @ 3.000 anchored"),
        ("a+fill(1e21)b", "a + fill (1e+21) b"),
        ("a+fill_right(0.5)fill_left(0)b", "a + fill_left (0) fill_right (0.5) b"),
        ("`a\nb`", '"a\\nb"'),
        (r"'\xff'", r'"\xff"'),
        ("-(-1h)", "-(-1h)"),
    ],
)
def test_one_line_is_written_as_the_reference_writes_it(query: str, printed: str) -> None:
    assert print_expr(parse(query)) == printed
    assert format_query(parse(query)) == printed


def test_a_long_query_is_broken_over_lines() -> None:
    name = "a_metric_with_quite_a_long_name_total"
    query = f"sum by (job) (rate({name}[5m])) / on (job) group_left () (topk(5, max({name}) or -{name}))"
    assert format_query(parse(query)) == (
        f"  sum by (job) (rate({name}[5m]))\n/ on (job) group_left ()\n  (topk(5, max({name}) or -{name}))"
    )
    long_call = (
        f'label_replace(sum by (job, instance, code, path) (rate({name}[5m])), "destination", "$1", "job", "(.*)")'
    )
    assert format_query(parse(long_call)) == (
        "label_replace(\n"
        f"  sum by (job, instance, code, path) (rate({name}[5m])),\n"
        '  "destination",\n  "$1",\n  "job",\n  "(.*)"\n)'
    )


def test_the_tree_as_json_has_the_references_keys() -> None:
    assert expr_to_json(parse('sum by (a) (rate(foo{x="y"}[5m] offset 1m))')) == {
        "type": "aggregation",
        "op": "sum",
        "grouping": ["a"],
        "without": False,
        "param": None,
        "expr": {
            "type": "call",
            "func": {"name": "rate", "argTypes": ["matrix"], "variadic": 0, "returnType": "vector"},
            "args": [
                {
                    "type": "matrixSelector",
                    "name": "foo",
                    "matchers": [
                        {"name": "x", "value": "y", "type": "="},
                        {"name": "__name__", "value": "foo", "type": "="},
                    ],
                    "range": 300_000,
                    "rangeExpr": None,
                    "offset": 60_000,
                    "offsetExpr": None,
                    "timestamp": None,
                    "startOrEnd": None,
                    "anchored": False,
                    "smoothed": False,
                }
            ],
        },
    }


def test_operators_durations_and_literals_as_json() -> None:
    tree = expr_to_json(parse("-a > bool on(x) group_right() b"))
    assert tree["op"] == ">"
    assert tree["matching"] == {
        "card": "one-to-many",
        "labels": ["x"],
        "on": True,
        "include": [],
        "fillValues": {"lhs": None, "rhs": None},
    }
    assert tree["lhs"] == {"type": "unaryExpr", "op": "-", "expr": expr_to_json(parse("a"))}
    subquery = expr_to_json(parse("(a)[step() * 5m:1m]"))
    assert (subquery["range"], subquery["step"], subquery["stepExpr"]) == (0, 60_000, None)
    assert subquery["rangeExpr"]["rhs"] == {"type": "numberLiteral", "val": "300", "duration": True}
    assert expr_to_json(parse("1e21")) == {"type": "numberLiteral", "val": "1000000000000000000000"}
    assert expr_to_json(parse(r'"\xff"')) == {"type": "stringLiteral", "val": "\ufffd"}
