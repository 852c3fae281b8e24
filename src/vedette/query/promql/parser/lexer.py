"""Cuts a query into tokens, all at once; the first thing that is no token becomes an ERROR token and ends the list.

What a character may mean depends on three flags (inside braces, inside brackets, before the first number there) and never
on the grammar, so that lexing ahead of the parser is safe: the parser raises a lexer's error only when it reaches it.
The states, quirks and messages are those of Prometheus promql/parser/lex.go; regular expressions take the common path.
"""

from __future__ import annotations

import re
from typing import Final

from vedette.query.promql.parser.numbers import Scan, scan_number_or_duration
from vedette.query.promql.parser.quoting import from_byte_text, rune_at, to_byte_text
from vedette.query.promql.parser.strings import BadString, scan_string
from vedette.query.promql.parser.tokens import WORDS, Kind, Token
from vedette.query.shared.quoting import quote, quote_rune

_SPACE: Final = re.compile(r"[ \t\n\r]+")
_COMMENT: Final = re.compile(r"#[^\r\n]*")
_WORD: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL_WORD: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_LETTERS: Final = re.compile(r"[a-zA-Z_]+")
_FOLLOWED_BY_PAREN: Final = re.compile(r"[ \t\n\r]*\(")
_SYMBOL: Final = re.compile(r"==|!=|<=|</|>=|>/|[-+*/%^<>@]")
_BRACE_SYMBOL: Final = re.compile(r"=~|!~|!=")
_DIGITS: Final = frozenset("0123456789")
_DURATION_WORDS: Final = frozenset({"step", "range", "max_of", "min_of"})
_ONLY_BEFORE_PAREN: Final = frozenset({"fill", "fill_left", "fill_right"})


def tokenize(query: str) -> list[Token]:
    """Ends with an EOF or an ERROR token; comments are left out. Offsets are bytes of the query's UTF-8."""
    lexer = _Lexer(to_byte_text(query))
    lexer.run()
    return lexer.tokens


class _Refused(Exception):
    """`start`: where the token began whose text is not allowed."""

    def __init__(self, message: str, start: int) -> None:
        super().__init__(message)
        self.message = message
        self.start = start


class _Lexer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.tokens: list[Token] = []
        self.open_parens = 0
        self.in_braces = False
        self.in_brackets = False
        self.before_duration = False
        """In brackets, before their first number: only duration expressions may stand there."""
        self.seen_duration = False
        self.seen_colon = False

    def run(self) -> None:
        try:
            while self._skip_to_token():
                if self.in_braces:
                    self._lex_in_braces()
                elif self.in_brackets and self.before_duration:
                    self._lex_before_duration()
                else:
                    self._lex_statement()
            self._check_closed()
            self._emit(Kind.EOF, self.at)
        except _Refused as refusal:
            self.tokens.append(Token(Kind.ERROR, refusal.start, to_byte_text(refusal.message), ""))

    def _skip_to_token(self) -> bool:
        """Past spaces and comments; False at the end of the query."""
        pending = True
        while pending:
            pending = False
            for pattern in (_SPACE, _COMMENT):
                if pattern is _COMMENT and self.in_brackets and self.before_duration:
                    continue
                if found := pattern.match(self.text, self.at):
                    self.at = found.end()
                    pending = True
        return self.at < len(self.text)

    def _check_closed(self) -> None:
        if self.in_braces:
            raise _Refused("unexpected end of input inside braces", self.at)
        if self.in_brackets and self.before_duration:
            raise _Refused("unexpected end of input in duration expression", self.at)
        if self.open_parens:
            raise _Refused("unclosed left parenthesis", self.at)
        if self.in_brackets:
            raise _Refused("unclosed left bracket", self.at)

    def _emit(self, kind: Kind, end: int) -> None:
        text = self.text[self.at : end]
        self.tokens.append(Token(kind, self.at, text, text.lower()))
        self.at = end

    def _lex_statement(self) -> None:
        first = self.text[self.at]
        if word := _WORD.match(self.text, self.at):
            if self.in_brackets:
                self._lex_word_in_brackets(first)
            else:
                self._emit_word(word.group(), word.end())
        elif symbol := _SYMBOL.match(self.text, self.at):
            self._emit(Kind.OPERATOR, symbol.end())
        elif first in _DIGITS or (first == "." and self.text[self.at + 1 : self.at + 2] in _DIGITS):
            self._lex_number()
        elif first in "\"'`":
            self._lex_string()
        elif first in "(){}[],=":
            self._lex_punctuation(first)
        elif first == "!":
            raise _Refused(f"unexpected character after '!': {self._quoted(self.at + 1)}", self.at)
        else:
            raise _Refused(f"unexpected character: {self._quoted(self.at)}", self.at)

    def _emit_word(self, word: str, end: int) -> None:
        kind = WORDS.get(word.lower())
        if kind is None:
            kind = Kind.METRIC_IDENTIFIER if ":" in word else Kind.IDENTIFIER
        if word.lower() in _ONLY_BEFORE_PAREN and not _FOLLOWED_BY_PAREN.match(self.text, end):
            kind = Kind.IDENTIFIER
        self._emit(kind, end)

    def _lex_word_in_brackets(self, first: str) -> None:
        if first == ":":
            if self.seen_colon:
                raise _Refused("unexpected colon ':'", self.at)
            self._emit(Kind.PUNCTUATION, self.at + 1)
            self.seen_colon = True
        elif not self._emit_duration_word():
            raise _Refused(f"unexpected character: '{first}', expected ':'", self.at)

    def _emit_duration_word(self) -> bool:
        letters = _LETTERS.match(self.text, self.at)
        if letters is None or letters.group().lower() not in _DURATION_WORDS:
            return False
        self._emit(Kind.TIME_WORD, letters.end())
        return True

    def _lex_number(self) -> None:
        scan, end = scan_number_or_duration(self.text, self.at)
        if scan is Scan.BAD:
            raise _Refused(f"bad number or duration syntax: {quote(from_byte_text(self.text[self.at : end]))}", self.at)
        self._emit(Kind.NUMBER if scan is Scan.NUMBER else Kind.DURATION, end)

    def _lex_string(self) -> None:
        try:
            end = scan_string(self.text, self.at)
        except BadString as error:
            raise _Refused(str(error), self.at) from None
        self._emit(Kind.STRING, end)

    def _lex_punctuation(self, first: str) -> None:
        if first == "=" and self.text.startswith("~", self.at + 1):
            raise _Refused("unexpected character after '=': '~'", self.at)
        if first == "[" and self.in_brackets:
            raise _Refused("unexpected left bracket '['", self.at)
        if first == "]" and not self.in_brackets:
            raise _Refused("unexpected right bracket ']'", self.at)
        if first == "}":
            raise _Refused("unexpected character: '}'", self.at)
        self._emit(Kind.PUNCTUATION, self.at + 1)
        if first in "()":
            self._count_paren(first)
        elif first == "{":
            self.in_braces = True
        elif first == "[":
            self.in_brackets = self.before_duration = True
            self.seen_colon = False
        elif first == "]":
            self.in_brackets = False

    def _count_paren(self, paren: str) -> None:
        self.open_parens += 1 if paren == "(" else -1
        if self.open_parens < 0:
            # the reference reports the place behind the parenthesis
            self.tokens.pop()
            raise _Refused("unexpected right parenthesis ')'", self.at)

    def _lex_in_braces(self) -> None:
        first = self.text[self.at]
        if word := _LABEL_WORD.match(self.text, self.at):
            self._emit(Kind.IDENTIFIER, word.end())
        elif first in "\"'`":
            self._lex_string()
        elif symbol := _BRACE_SYMBOL.match(self.text, self.at):
            self._emit(Kind.OPERATOR, symbol.end())
        elif first in ",=}":
            self._emit(Kind.PUNCTUATION, self.at + 1)
            self.in_braces = first != "}"
        elif first == "!":
            raise _Refused(f"unexpected character after '!' inside braces: {self._quoted(self.at + 1)}", self.at)
        elif first == "{":
            raise _Refused("unexpected left brace '{'", self.at)
        else:
            raise _Refused(f"unexpected character inside braces: {self._quoted(self.at)}", self.at)

    def _lex_before_duration(self) -> None:
        first = self.text[self.at]
        if first in _DIGITS or (first == "." and self.text[self.at + 1 : self.at + 2] in _DIGITS):
            self.seen_duration = True
            self.before_duration = False
            self._lex_number()
        elif first == "]":
            self._emit(Kind.PUNCTUATION, self.at + 1)
            self.in_brackets = self.seen_colon = False
        elif first == ":":
            self._lex_colon_before_duration()
        elif first in "(),":
            self._emit(Kind.PUNCTUATION, self.at + 1)
            if first != ",":
                self._count_paren(first)
        elif first in "+-*/%^":
            self._emit(Kind.OPERATOR, self.at + 1)
        elif not self._emit_duration_word():
            raise _Refused(f"unexpected character in duration expression: {self._quoted(self.at)}", self.at)

    def _lex_colon_before_duration(self) -> None:
        """The reference never forgets that it saw a duration in some earlier brackets; neither do we."""
        if not self.seen_duration:
            raise _Refused("unexpected colon before duration in duration expression", self.at + 1)
        if self.seen_colon:
            raise _Refused("unexpected repeated colon in duration expression", self.at + 1)
        self._emit(Kind.PUNCTUATION, self.at + 1)
        self.seen_colon = True

    def _quoted(self, offset: int) -> str:
        return quote_rune(rune_at(self.text, offset))
