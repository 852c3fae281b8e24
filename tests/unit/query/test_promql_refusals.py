"""Refused queries, in the words and with the places of Prometheus 3.14; and that nothing else ever comes out."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.model.errors import QueryParseError
from vedette.query.promql.parser import ALL_FEATURES, ParserOptions, parse_expr, parse_metric_selector
from vedette.query.promql.parser.lexer import tokenize
from vedette.query.promql.parser.tokens import Kind

# query, place, message: each as the reference answers it
_SYNTAX = [
    ("", "unknown position", "no expression found in input"),
    (" ", "1:1", "no expression found in input"),
    ("1 +", "1:4", "unexpected end of input"),
    ("foo bar", "1:5", 'unexpected identifier "bar"'),
    ("foo)", "1:5", "unexpected right parenthesis ')'"),
    ("(foo", "1:5", "unclosed left parenthesis"),
    ("foo[5m", "1:7", "unclosed left bracket"),
    ("foo{", "1:5", "unexpected end of input inside braces"),
    ("foo{a=b}", "1:7", 'unexpected identifier "b" in label matching, expected string'),
    ('foo{a>"b"}', "1:6", "unexpected character inside braces: '>'"),
    ('foo{a="b" c="d"}', "1:11", 'unexpected identifier "c" in label matching, expected "," or "}"'),
    ("sum(foo bar)", "1:9", 'unexpected identifier "bar" in aggregation'),
    ("sum by foo (bar)", "1:8", 'unexpected identifier "foo" in grouping opts, expected "("'),
    ("sum by (1) (foo)", "1:9", 'unexpected number "1" in grouping opts, expected label'),
    ("a + on (b", "1:10", "unclosed left parenthesis"),
    ("a * on(b) group_left on c", "1:22", 'unexpected <on> in grouping opts, expected "("'),
    ("rate(foo[5m],)", "1:13", "trailing commas not allowed in function call args"),
    ("foo offset", "1:11", "unexpected end of input in offset, expected number, duration, step(), or range()"),
    ("foo @", "1:6", "unexpected end of input in @, expected timestamp"),
    ("foo[5m 1m]", "1:8", 'unexpected duration "1m" in subquery or range, expected ":" or "]"'),
    ("foo[]", "1:5", 'unexpected "]" in subquery or range selector, expected number, duration, step(), or range()'),
    ("foo[5m:1m 1]", "1:11", 'unexpected number "1" in subquery selector, expected "]"'),
    ("foo[0]", "1:5", "duration must be greater than 0"),
    ("foo[5m / 0]", "1:8", "division by zero"),
    ("foo[5hs]", "1:5", 'unknown unit "hs" in duration "5hs"'),
    ("foo[1m1h]", "1:5", 'not a valid duration string: "1m1h"'),
    ("0xee", "1:1", 'bad number or duration syntax: "0xee"'),
    ("1__0", "1:1", 'bad number or duration syntax: "1__"'),
    ('"abc', "1:1", "unterminated quoted string"),
    (r'"\q"', "1:1", "unknown escape sequence U+0071 'q'"),
    (r'"\ud800"', "1:1", "escape sequence is an invalid Unicode code point"),
    ("a\n+ $", "2:3", "unexpected character: '$'"),
    ("é", "1:1", "unexpected character: 'é'"),
    ("a !! b", "1:3", "unexpected character after '!': '!'"),
    ('foo{a=~"("}', "1:5", "error parsing regexp: missing closing ): `(`"),
    ("nope(foo)", "1:1", 'unknown function with name "nope"'),
    ("sum()", "1:1", "no arguments for aggregate expression provided"),
    ("topk(foo)", "1:1", "wrong number of arguments for aggregate expression provided, expected 2, got 1"),
    ("foo offset 1m offset 2m", "1:1", "offset may not be set multiple times"),
    ("foo @ 1 @ 2", "1:1", "@ <timestamp> may not be set multiple times"),
    ("foo @ Inf", "1:1", "timestamp out of bounds for @ modifier: +Inf"),
    ("(foo)[5m]", "1:6", "ranges only allowed for vector selectors"),
    ("foo offset 1m [5m]", "1:15", "no offset modifiers allowed before range"),
    (
        "1 offset 1m",
        "1:1",
        "offset modifier must be preceded by an instant vector selector or range vector selector or a subquery",
    ),
]
_TYPES = [
    ("rate(foo)", "1:6", 'expected type range vector in call to function "rate", got instant vector'),
    ("sum(foo[5m])", "1:5", "expected type instant vector in aggregation expression, got range vector"),
    ("topk(foo, bar)", "1:6", "expected type scalar in aggregation parameter, got instant vector"),
    ("abs()", "1:1", 'expected 1 argument(s) in call to "abs", got 0'),
    ("round(a, 1, 2)", "1:1", 'expected at most 2 argument(s) in call to "round", got 3'),
    ("label_join(a)", "1:1", 'expected at least 3 argument(s) in call to "label_join", got 1'),
    ("1 == 1", "1:3", "comparisons between scalars must use BOOL modifier"),
    ("a + bool b", "1:3", "bool modifier can only be used on comparison operators"),
    ("a and 1", "1:1", 'set operator "and" not allowed in binary scalar expression'),
    ("a and on(x) group_left(y) b", "1:1", 'no grouping allowed for "and" operation'),
    ("a + on(x) 1", "1:1", "vector matching only allowed between instant vectors"),
    ("a + on(x) group_left(x) b", "1:3", 'label "x" must not occur in ON and GROUP clause at once'),
    ("a[5m] + 1", "1:1", "binary expression must contain only scalar and instant vector types"),
    (
        "-a[5m]",
        "1:1",
        'unary expression only allowed on expressions of type scalar or instant vector, got "range vector"',
    ),
    ("1[5m:1m]", "1:1", "subquery is only allowed on instant vector, got scalar instead"),
    ("{}", "1:1", "vector selector must contain at least one non-empty matcher"),
    ('foo{__name__="bar"}', "1:1", 'metric name must not be set twice: "foo" or "bar"'),
    ("info(a, b)", "1:9", "expected label selectors only, got vector selector instead"),
]
_FLAGS = [
    (
        "limitk(1, a)",
        "1:1",
        "limitk() is experimental and must be enabled with --enable-feature=promql-experimental-functions",
    ),
    ("mad_over_time(a[5m])", "1:1", 'function "mad_over_time" is not enabled'),
    ("a[5m] smoothed", "1:1", "smoothed modifier is experimental and not enabled"),
    ("a + fill(1) b", "1:1", "binop fill modifiers are experimental and not enabled"),
]


@pytest.mark.parametrize(("query", "place", "message"), _SYNTAX + _TYPES)
def test_a_refusal_says_where_and_why(query: str, place: str, message: str) -> None:
    with pytest.raises(QueryParseError) as refusal:
        parse_expr(query, ALL_FEATURES)
    assert refusal.value.message == f"{place}: parse error: {message}"


@pytest.mark.parametrize(("query", "place", "message"), _FLAGS)
def test_experimental_syntax_needs_its_flag(query: str, place: str, message: str) -> None:
    parse_expr(query, ALL_FEATURES)
    with pytest.raises(QueryParseError) as refusal:
        parse_expr(query)
    assert refusal.value.message == f"{place}: parse error: {message}"


def test_duration_expressions_can_be_switched_off() -> None:
    with pytest.raises(QueryParseError, match="experimental duration expression is not enabled"):
        parse_expr("foo[5m * 2]", ParserOptions(duration_expressions=False))


@pytest.mark.parametrize(
    "nested", ["(" * 5000 + "a", "-" * 5000 + "a", "sum(" * 5000, "a[" + "(" * 5000, "a+" * 5000 + "a"]
)
def test_deep_nesting_is_refused_and_does_not_exhaust_the_stack(nested: str) -> None:
    with pytest.raises(QueryParseError):
        parse_expr(nested, ALL_FEATURES)


_FRAGMENTS = st.sampled_from(
    [
        *(
            "foo",
            "sum",
            "by",
            "without",
            "on",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            ",",
            ":",
            "@",
            "offset",
            "5m",
            "5",
            "-",
            "+",
        ),
        *(
            "==",
            "=~",
            "!",
            '"a"',
            "'b",
            "`",
            "\\",
            "#",
            "\n",
            "rate(",
            "start()",
            "fill(",
            "bool",
            "group_left",
            "é",
            "=",
        ),
        *("1e", "0x", "_", ".", "inf", "{a=", "anchored", "</", "max_of(", "[5m:", "\ud800", "\x00", "\udcff"),
    ]
)


@given(st.lists(_FRAGMENTS, max_size=12).map("".join) | st.text(max_size=20))
def test_any_text_is_parsed_or_refused_with_a_parse_error(query: str) -> None:
    for parse in (parse_expr, parse_metric_selector):
        try:
            parse(query, ALL_FEATURES)
        except QueryParseError as refusal:
            assert "parse error: " in refusal.message
            assert 0 <= refusal.position <= len(query.encode("utf-8", "surrogatepass"))


@given(st.text(max_size=30))
def test_tokens_follow_each_other_and_the_last_one_ends_the_query(query: str) -> None:
    tokens = tokenize(query)
    assert tokens[-1].kind in (Kind.EOF, Kind.ERROR)
    assert all(token.kind not in (Kind.EOF, Kind.ERROR) for token in tokens[:-1])
    assert all(before.end <= after.start for before, after in pairwise(tokens))


@given(st.randoms(use_true_random=False), st.integers(0, 400))
def test_a_query_cut_or_mutated_anywhere_never_crashes_the_parser(rng: random.Random, cut: int) -> None:
    query = (
        'sum by (a, "b.c") (rate(foo{x=~"y|z", q!="\\n"}[5m:30s] offset -1h @ end())) > bool on() group_left() -1.5e3'
    )
    mutated = list(query[:cut])
    if mutated:
        mutated[rng.randrange(len(mutated))] = rng.choice("(){}[]\"'`\\#@:!=~ 0a")
    try:
        parse_expr("".join(mutated), ALL_FEATURES)
    except QueryParseError as refusal:
        assert refusal.message
