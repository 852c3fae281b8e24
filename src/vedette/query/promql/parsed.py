"""A query that is asked again and again: its text and its tree, parsed once."""

from __future__ import annotations

from dataclasses import dataclass, field

from vedette.query.promql.ast import Expr
from vedette.query.promql.parser import ParserOptions, parse_expr
from vedette.query.promql.printer import print_expr


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """Equal when the texts are. Places in the tree are places in the text."""

    text: str
    expr: Expr = field(compare=False, repr=False)

    def __str__(self) -> str:
        return self.text


def parse_query(text: str, options: ParserOptions = ParserOptions()) -> ParsedQuery:
    """As it is written. Raises QueryParseError."""
    return ParsedQuery(text, parse_expr(text, options))


def normalized_query(text: str, options: ParserOptions = ParserOptions()) -> ParsedQuery:
    """As the printer writes it: texts that differ in blanks only become one. Raises QueryParseError."""
    return parse_query(print_expr(parse_expr(text, options)), options)
