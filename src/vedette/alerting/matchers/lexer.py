"""Tokens of the UTF-8 matcher syntax: `{ } , = != =~ !~`, quoted and bare text.

Errors carry columns (characters, from 0), as the reference prints them: `8:9: \\: invalid input`.
Source: alertmanager matcher/parse/lexer.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from vedette.alerting.matchers.matcher import RESERVED, SPACES
from vedette.model.errors import BadInput
from vedette.query.promql.parser.quoting import to_byte_text, unquote
from vedette.query.promql.parser.strings import BadString, scan_string


class Kind(Enum):
    END = "end"
    OPEN_BRACE = "{"
    CLOSE_BRACE = "}"
    COMMA = ","
    EQUAL = "="
    NOT_EQUAL = "!="
    REGEX = "=~"
    NOT_REGEX = "!~"
    QUOTED = "quoted"
    BARE = "bare"


OPERATORS: Final = (Kind.EQUAL, Kind.NOT_EQUAL, Kind.REGEX, Kind.NOT_REGEX)
TEXTS: Final = (Kind.QUOTED, Kind.BARE)
_SINGLE: Final = {"{": Kind.OPEN_BRACE, "}": Kind.CLOSE_BRACE, ",": Kind.COMMA}


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    text: str
    start: int
    end: int

    def value(self) -> str:
        """Raises BadInput where a quoted text has a wrong escape or is not UTF-8."""
        if self.kind is not Kind.QUOTED:
            return self.text
        literal = to_byte_text(self.text)
        try:
            if scan_string(literal, 0) == len(literal):
                return unquote(literal, "strict")
        except (BadString, UnicodeDecodeError):
            pass
        raise BadInput(f"{self.start}:{self.end}: {self.text}: invalid input")


class Lexer:
    """`peek` may be asked again and again; `end` is the column behind the last token taken."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.end = 0
        self._next: Token | None = None

    def peek(self) -> Token:
        """Raises BadInput where the text has no token."""
        if self._next is None:
            self._next = self._scan()
        return self._next

    def take(self) -> Token:
        token = self.peek()
        self._next, self.end = None, token.end
        return token

    def _scan(self) -> Token:
        text, at = self._text, self.end
        while at < len(text) and text[at] in SPACES:
            at += 1
        if at == len(text):
            return Token(Kind.END, "", at, at)
        character = text[at]
        if character in _SINGLE:
            return Token(_SINGLE[character], character, at, at + 1)
        if character in "=!":
            return self._operator(at)
        if character == '"':
            return self._quoted(at)
        if character in RESERVED:
            raise BadInput(f"{at}:{at + 1}: {character}: invalid input")
        end = at
        while end < len(text) and text[end] not in RESERVED:
            end += 1
        return Token(Kind.BARE, text[at:end], at, end)

    def _operator(self, at: int) -> Token:
        pair = self._text[at : at + 2]
        if pair in ("!=", "=~", "!~"):
            return Token(Kind(pair), pair, at, at + 2)
        if pair[0] == "=":
            return Token(Kind.EQUAL, "=", at, at + 1)
        if len(pair) == 1:
            raise BadInput(f"{at}:{at + 1}: unexpected end of input, expected one of '=~'")
        raise BadInput(f"{at}:{at + 1}: !: expected one of '=~'")

    def _quoted(self, at: int) -> Token:
        text, end = self._text, at + 1
        while end < len(text) and text[end] != '"':
            end += 2 if text[end] == "\\" else 1
        if end >= len(text):
            raise BadInput(f'{at}:{len(text)}: {text[at:]}: missing end "')
        return Token(Kind.QUOTED, text[at : end + 1], at, end + 1)
