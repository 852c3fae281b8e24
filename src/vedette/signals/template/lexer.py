"""A template's text to tokens: text outside the delimiters, and inside them words, literals and punctuation with positions.

Trim markers and comments are dealt with here, so that the parser never sees them. Source of semantics: Go
text/template/parse (lex.go) as documented at https://pkg.go.dev/text/template.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from vedette.model.quoting import quote
from vedette.signals.template.errors import TemplateError

LEFT: Final = "{{"
RIGHT: Final = "}}"
_TRIMMED: Final = " \t\r\n"
_COMMENT_END: Final = "*/"

KEYWORDS: Final = frozenset({"block", "break", "continue", "define", "else", "end", "if", "range", "template", "with"})


class Kind(Enum):
    TEXT = auto()
    LEFT = auto()
    RIGHT = auto()
    SPACE = auto()
    KEYWORD = auto()
    IDENTIFIER = auto()
    BOOL = auto()
    NIL = auto()
    DOT = auto()
    FIELD = auto()
    VARIABLE = auto()
    NUMBER = auto()
    CHAR = auto()
    STRING = auto()
    RAW_STRING = auto()
    PIPE = auto()
    DECLARE = auto()
    ASSIGN = auto()
    COMMA = auto()
    OPEN = auto()
    CLOSE = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """`at` is an offset into the template's text."""

    kind: Kind
    text: str
    at: int


_TOKENS: Final = (
    (Kind.SPACE, r"[ \t\r\n]+"),
    (Kind.DECLARE, r":="),
    (Kind.ASSIGN, r"="),
    (Kind.PIPE, r"\|"),
    (Kind.COMMA, r","),
    (Kind.OPEN, r"\("),
    (Kind.CLOSE, r"\)"),
    (Kind.STRING, r'"(?:[^"\\\n]|\\[^\n])*"'),
    (Kind.RAW_STRING, r"`[^`]*`"),
    (Kind.CHAR, r"'(?:[^'\\\n]|\\[^\n])+'"),
    (Kind.VARIABLE, r"\$\w*"),
    (
        Kind.NUMBER,
        r"[+-]?(?:0[xX][0-9a-fA-F_.]+(?:[pP][+-]?\d+)?|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?|0[bBoO]\w+)\w*",
    ),
    (Kind.FIELD, r"\.\w+"),
    (Kind.DOT, r"\."),
    (Kind.IDENTIFIER, r"[^\W\d]\w*"),
)
_PATTERN: Final = re.compile("|".join(f"(?P<{kind.name}>{pattern})" for kind, pattern in _TOKENS))
_WORDS: Final = {"true": Kind.BOOL, "false": Kind.BOOL, "nil": Kind.NIL}
_NEEDS_END: Final = frozenset({Kind.FIELD, Kind.VARIABLE, Kind.IDENTIFIER, Kind.DOT})
_TERMINATORS: Final = frozenset(" \t\r\n.,|:=()")


class Lexer:
    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._text = text

    def tokens(self) -> Iterator[Token]:
        """Ends with END. Raises TemplateError."""
        at, trim = 0, False
        while True:
            start = self._text.find(LEFT, at)
            content = self._text[at:] if start < 0 else self._text[at:start]
            first = at
            if trim:
                first += len(content) - len(content.lstrip(_TRIMMED))
                content = content.lstrip(_TRIMMED)
            inside = start + len(LEFT)
            if start >= 0 and self._trims_before(inside):
                content = content.rstrip(_TRIMMED)
                inside += 2
            if content:
                yield Token(Kind.TEXT, content, first)
            if start < 0:
                yield Token(Kind.END, "", len(self._text))
                return
            if self._text.startswith("/*", inside):
                at, trim = self._skip_comment(inside)
                continue
            yield Token(Kind.LEFT, LEFT, start)
            at = inside
            while True:
                token = self._next(at)
                if token.kind is Kind.RIGHT:
                    break
                yield token
                at = token.at + len(token.text)
            yield token
            trim = token.text.startswith(" ") or token.text[0] in _TRIMMED
            at = token.at + len(token.text)

    def _trims_before(self, at: int) -> bool:
        """Whether `- ` stands behind the left delimiter."""
        return self._text[at : at + 1] == "-" and self._text[at + 1 : at + 2] in tuple(_TRIMMED)

    def _skip_comment(self, at: int) -> tuple[int, bool]:
        """Where the text goes on, and whether its front is trimmed."""
        end = self._text.find(_COMMENT_END, at)
        if end < 0:
            raise self.error("unclosed comment", at)
        end += len(_COMMENT_END)
        if self._text.startswith(RIGHT, end):
            return end + len(RIGHT), False
        if self._text[end : end + 1] in tuple(_TRIMMED) and self._text.startswith("-" + RIGHT, end + 1):
            return end + 2 + len(RIGHT), True
        raise self.error("comment ends before closing delimiter", end)

    def _next(self, at: int) -> Token:
        """The token there; a right delimiter's text includes its trim marker and the space before that."""
        text = self._text
        if text.startswith(RIGHT, at):
            return Token(Kind.RIGHT, RIGHT, at)
        if text[at : at + 1] in tuple(_TRIMMED) and at < len(text):
            end = at + 1
            if text.startswith("-" + RIGHT, end):
                return Token(Kind.RIGHT, text[at : end + 1 + len(RIGHT)], at)
            while text[end : end + 1] in tuple(_TRIMMED) and end < len(text):
                if text.startswith("-" + RIGHT, end + 1):
                    break
                end += 1
            return Token(Kind.SPACE, text[at:end], at)
        match = _PATTERN.match(text, at)
        if match is None or match.lastgroup is None:
            raise self._unexpected(at)
        token = Token(Kind[match.lastgroup], match[0], at)
        if token.kind is Kind.IDENTIFIER:
            token = _word(token)
        after = text[match.end() : match.end() + 1]
        if token.kind in _NEEDS_END and after and after not in _TERMINATORS and not text.startswith(RIGHT, match.end()):
            raise self.error(f"bad character {_described(after)}", match.end())
        return token

    def _unexpected(self, at: int) -> TemplateError:
        rest = self._text[at : at + 1]
        if not rest:
            return self.error("unclosed action", at)
        if rest == '"':
            return self.error("unterminated quoted string", at)
        if rest == "`":
            return self.error("unterminated raw quoted string", at)
        if rest == "'":
            return self.error("unterminated character constant", at)
        return self.error(f"unexpected {quote(rest)} in operand", at)

    def error(self, message: str, at: int) -> TemplateError:
        return TemplateError(message, name=self._name, line=self._text.count("\n", 0, at) + 1)


def _word(token: Token) -> Token:
    if token.text in KEYWORDS:
        return Token(Kind.KEYWORD, token.text, token.at)
    return Token(_WORDS.get(token.text, Kind.IDENTIFIER), token.text, token.at)


def _described(character: str) -> str:
    """As Go's %#U."""
    return f"U+{ord(character):04X} '{character}'"
