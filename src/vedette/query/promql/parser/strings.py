"""Where a string literal ends, and what is wrong with one that does not."""

from __future__ import annotations

import re
from typing import Final

from vedette.query.promql.parser.quoting import rune_at, rune_width
from vedette.query.shared.quoting import REPLACEMENT

_PLAIN: Final = {quote: re.compile(rf"[^{quote}\\\n\x80-\xff]*") for quote in "\"'"}
_RAW: Final = re.compile(r"[^`\x80-\xff]*")
_HEX: Final = frozenset("0123456789abcdefABCDEF")
_OCTAL: Final = frozenset("01234567")
_HEX_DIGITS: Final = {"x": 2, "u": 4, "U": 8}
_LIMITS: Final = {"x": 0xFF, "u": 0x10FFFF, "U": 0x10FFFF}


class BadString(Exception):
    pass


def scan_string(text: str, start: int) -> int:
    """The offset behind the literal that starts with a quote at `start` of a byte text. Raises BadString."""
    quote = text[start]
    if quote == "`":
        return _scan_raw(text, start + 1)
    at = start + 1
    while True:
        at = _PLAIN[quote].match(text, at).end()  # type: ignore[union-attr]  # matches the empty string
        rune = rune_at(text, at)
        if rune in ("", "\n"):
            raise BadString("unterminated quoted string")
        if rune == quote:
            return at + 1
        at = _scan_escape(text, at + 1, quote) if rune == "\\" else _scan_rune(text, at)


def _scan_raw(text: str, at: int) -> int:
    while True:
        at = _RAW.match(text, at).end()  # type: ignore[union-attr]  # matches the empty string
        rune = rune_at(text, at)
        if not rune:
            raise BadString("unterminated raw string")
        if rune == "`":
            return at + 1
        at = _scan_rune(text, at)


def _scan_rune(text: str, at: int) -> int:
    if rune_at(text, at) == REPLACEMENT:
        raise BadString("invalid UTF-8 rune")
    return at + rune_width(text, at)


def _scan_escape(text: str, at: int, quote: str) -> int:
    rune = rune_at(text, at)
    if not rune:
        raise BadString("escape sequence not terminated")
    if rune in "abfnrtv\\" or rune == quote:
        return at + 1
    if rune in _OCTAL:
        return _scan_code(text, at, 3, _OCTAL, 8, 0xFF)
    if rune in _HEX_DIGITS:
        return _scan_code(text, at + 1, _HEX_DIGITS[rune], _HEX, 16, _LIMITS[rune])
    raise BadString(f"unknown escape sequence {_named(rune)}")


def _scan_code(text: str, at: int, n_digits: int, digits: frozenset[str], base: int, limit: int) -> int:
    end = at + n_digits
    for offset in range(at, end):
        rune = rune_at(text, offset)
        if not rune:
            raise BadString("escape sequence not terminated")
        if rune not in digits:
            raise BadString(f"illegal character {_named(rune)} in escape sequence")
    code = int(text[at:end], base)
    if code > limit or 0xD800 <= code < 0xE000:
        raise BadString("escape sequence is an invalid Unicode code point")
    return end


def _named(rune: str) -> str:
    """`U+0071 'q'`, as Go's %#U."""
    name = f"U+{ord(rune):04X}"
    return f"{name} '{rune}'" if rune.isprintable() else name
