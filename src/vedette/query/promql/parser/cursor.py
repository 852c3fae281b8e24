"""The token at hand, and the one way to refuse a query.

A lexer's error is raised when the parser first looks at it, not before: what the grammar refuses earlier goes first.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Final

from vedette.model.errors import QueryParseError
from vedette.query.promql.parser.lexer import tokenize
from vedette.query.promql.parser.quoting import from_byte_text, to_byte_text
from vedette.query.promql.parser.tokens import Kind, Token, describe

NESTING_MAX: Final = 500
"""Levels of a tree: a chain of 500 `or` still parses."""

_FRAMES_MAX: Final = 10_000
"""Every walk over a tree is recursive, with some five to ten frames a level. They are not on the C stack since Python 3.11."""

sys.setrecursionlimit(max(sys.getrecursionlimit(), _FRAMES_MAX))


@dataclass(frozen=True, slots=True)
class ParserOptions:
    """The defaults are the reference's without feature flags."""

    experimental_functions: bool = False
    duration_expressions: bool = True
    extended_range_selectors: bool = False
    binop_fill_modifiers: bool = False


class Cursor:
    def __init__(self, query: str, options: ParserOptions) -> None:
        self.options = options
        self.text = to_byte_text(query)
        self.open_aggregations = 0
        """Inside an aggregation, what nothing more specific refuses is "unexpected ... in aggregation"."""
        self.depth = 0
        self._tokens = tokenize(query)
        self._index = 0

    def peek(self) -> Token:
        """The next token; raises the lexer's error if there is one instead."""
        token = self._tokens[self._index]
        if token.kind is Kind.ERROR:
            raise self.error(from_byte_text(token.text), token.start, len(self.text))
        return token

    def peek_second(self) -> Token:
        """The token after the next one, or the next one at the end. May be an ERROR."""
        return self._tokens[min(self._index + 1, len(self._tokens) - 1)]

    def take(self) -> Token:
        token = self.peek()
        if token.kind is not Kind.EOF:
            self._index += 1
        return token

    @property
    def previous_end(self) -> int:
        """The offset behind the token taken last."""
        return self._tokens[self._index - 1].end

    def at(self, *words: str) -> bool:
        """Whether the next token is one of these operators, keywords or signs (a string never is)."""
        token = self.peek()
        return token.word in words and token.kind is not Kind.STRING

    def take_if(self, *words: str) -> Token | None:
        return self.take() if self.at(*words) else None

    def expect(self, word: str, context: str = "", expected: str = "") -> Token:
        if not self.at(word):
            raise self.unexpected(context, expected)
        return self.take()

    def unexpected(self, context: str = "", expected: str = "") -> QueryParseError:
        """About the next token. Without a context, the innermost open aggregation is the context."""
        token = self.peek()
        if not context and self.open_aggregations:
            context = "aggregation"
        message = f"unexpected {describe(token)}"
        message += f" in {context}" if context else ""
        message += f", expected {expected}" if expected else ""
        return self.error(message, token.start, token.end)

    def too_deep(self, position: int) -> QueryParseError:
        return self.error(f"expression is nested deeper than {NESTING_MAX} levels", position)

    def error(self, message: str, start: int, end: int | None = None) -> QueryParseError:
        """`start` and `end` are byte offsets; the message gets its place, line and column in bytes, in front."""
        place = "unknown position"
        if self.text:
            line = self.text.count("\n", 0, start) + 1
            place = f"{line}:{start - self.text.rfind(chr(10), 0, start)}"
        return QueryParseError(f"{place}: parse error: {message}", position=start, end=start if end is None else end)
