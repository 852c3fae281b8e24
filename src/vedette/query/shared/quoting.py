"""Strings as Go's `%q` prints them: they are part of error texts and of formatted queries."""

from __future__ import annotations

from typing import Final

_SHORT_ESCAPES: Final = {7: "\\a", 8: "\\b", 12: "\\f", 10: "\\n", 13: "\\r", 9: "\\t", 11: "\\v", 92: "\\\\"}
REPLACEMENT: Final = "\ufffd"


def quote(text: str) -> str:
    """Go's strconv.Quote of a text; PEP 383 surrogates are the bytes they stand for."""
    return '"' + "".join('\\"' if rune == '"' else _escaped(rune) for rune in text) + '"'


def quote_rune(rune: str) -> str:
    """Go's `%q` of one character; the empty string stands for the end of input."""
    return "'" + ("\\'" if rune == "'" else _escaped(rune or REPLACEMENT)) + "'"


def _escaped(rune: str) -> str:
    code = ord(rune)
    if code in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[code]
    if rune.isprintable():
        return rune
    if code < 0x80:
        return f"\\x{code:02x}"
    if 0xDC80 <= code < 0xDD00:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
