"""PromQL 3.14's grammar, by hand: text -> tokens -> tree -> types checked. Experimental parts need their flag.

    lexer        text to tokens                    cursor      the token at hand; errors with their place
    expressions  operators, calls, aggregations    selectors   `name{matchers}`
    modifiers    what follows an operand: [5m] [5m:1m] offset @ anchored smoothed
    durations    arithmetic inside [] and offset   typecheck   types, and what a tree of the right shape may still get wrong

Only the first error is reported, in the words and with the place of Prometheus 3.14 (they are interface). The reference's
parser is generated from a grammar with error productions; which of them speaks depends on the innermost construct that
is open, so each of our functions names the construct it is in. A generator would give the same answers from 3,000 lines
of tables that nobody reads. Spec: Prometheus promql/parser/generated_parser.y.
"""

from __future__ import annotations

from vedette.model.matchers import Matcher
from vedette.query.promql.ast import Expr
from vedette.query.promql.parser.cursor import NESTING_MAX, Cursor, ParserOptions
from vedette.query.promql.parser.expressions import parse_expression
from vedette.query.promql.parser.selectors import parse_selector
from vedette.query.promql.parser.tokens import Kind
from vedette.query.promql.parser.typecheck import check_types, tree_depth

__all__ = ["ALL_FEATURES", "ParserOptions", "parse_expr", "parse_metric_selector"]

ALL_FEATURES = ParserOptions(
    experimental_functions=True, extended_range_selectors=True, duration_expressions=True, binop_fill_modifiers=True
)


def parse_expr(query: str, options: ParserOptions = ParserOptions()) -> Expr:
    """The checked tree of a query. Raises QueryParseError, and nothing else, for any text."""
    cursor = Cursor(query, options)
    if cursor.peek().kind is Kind.EOF:
        raise cursor.error("no expression found in input", 0)
    expr = parse_expression(cursor)
    if cursor.peek().kind is not Kind.EOF:
        raise cursor.unexpected()
    if tree_depth(expr) > NESTING_MAX:
        raise cursor.too_deep(0)
    return check_types(expr, cursor)


def parse_metric_selector(text: str, options: ParserOptions = ParserOptions()) -> tuple[Matcher, ...]:
    """The matchers of a series selector, as in `match[]`. Raises QueryParseError."""
    cursor = Cursor(text, options)
    selector = parse_selector(cursor)
    if cursor.peek().kind is not Kind.EOF:
        raise cursor.unexpected()
    return selector.matchers
