"""The UTF-8 matcher syntax: `{foo="bar", "a b"=~"c.*"}`, braces optional, names and values quoted or bare.

Errors are the reference's texts, which amtool and the API show. Source: alertmanager matcher/parse/parse.go.
"""

from __future__ import annotations

from typing import Final

from vedette.alerting.matchers.lexer import OPERATORS, TEXTS, Kind, Lexer, Token
from vedette.alerting.matchers.matcher import AlertMatcher, Matchers
from vedette.model.errors import BadInput
from vedette.model.matchers import MatchType

_END: Final = "end of input"


def parse_matchers(text: str) -> Matchers:
    """Raises BadInput."""
    return _Parser(text).parse()


def parse_matcher(text: str) -> AlertMatcher:
    """Exactly one. Raises BadInput."""
    found = parse_matchers(text)
    if len(found) == 1:
        return found[0]
    raise BadInput(f"expected 1 matcher, found {len(found)}" if found else "no matchers")


class _Parser:
    def __init__(self, text: str) -> None:
        self._lexer = Lexer(text)
        self._found: list[AlertMatcher] = []

    def parse(self) -> Matchers:
        first = self._lexer.peek()
        has_brace = first.kind is Kind.OPEN_BRACE
        if has_brace:
            self._lexer.take()
        elif first.kind is Kind.END:
            return ()
        if self._lexer.peek().kind not in (Kind.CLOSE_BRACE, Kind.END):
            self._matchers()
        self._close(has_brace=has_brace)
        self._end()
        return tuple(self._found)

    def _end(self) -> None:
        try:
            rest = self._lexer.take()
        except BadInput as error:
            raise BadInput(f"{error.message}: expected end of input") from None
        if rest.kind is not Kind.END:
            raise BadInput(f"{rest.start}:{rest.end}: {rest.text}: expected end of input")

    def _matchers(self) -> None:
        while True:
            self._matcher()
            following = self._expect((Kind.COMMA, Kind.CLOSE_BRACE, Kind.END), "expected a comma or close brace")
            if following.kind is not Kind.COMMA:
                return
            self._lexer.take()
            wanted = (Kind.CLOSE_BRACE, Kind.END, *TEXTS)
            if self._expect(wanted, "expected a matcher or close brace after comma").kind not in TEXTS:
                return

    def _matcher(self) -> None:
        name = self._take(TEXTS, "expected label name").value()
        operator = self._take(OPERATORS, "expected an operator such as '=', '!=', '=~' or '!~'")
        value = self._take(TEXTS, "expected label value").value()
        try:
            self._found.append(AlertMatcher(name, MatchType(operator.kind.value), value))
        except BadInput as error:
            raise BadInput(f"failed to create matcher: {error.message}") from None

    def _take(self, kinds: tuple[Kind, ...], otherwise: str) -> Token:
        self._expect(kinds, otherwise)
        return self._lexer.take()

    def _expect(self, kinds: tuple[Kind, ...], otherwise: str) -> Token:
        try:
            token = self._lexer.peek()
        except BadInput as error:
            raise BadInput(f"{error.message}: {otherwise}") from None
        if token.kind in kinds:
            return token
        what = _END if token.kind is Kind.END else f"{token.start}:{token.end}: unexpected {token.text}"
        raise BadInput(f"{what}: {otherwise}")

    def _close(self, *, has_brace: bool) -> None:
        if has_brace:
            try:
                self._take((Kind.CLOSE_BRACE,), "expected close brace")
            except BadInput as error:
                raise BadInput(f"0:{self._lexer.end}: {error.message}") from None
        elif self._lexer.peek().kind is Kind.CLOSE_BRACE:
            raise BadInput(f"0:{self._lexer.take().end}: }}: expected opening brace")
