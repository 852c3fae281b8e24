"""String literals as PromQL writes them and as Go's `%q` prints them; both are part of error texts and of formatted queries.

Text is handled as *byte text*: a str with one character (0-255) per UTF-8 byte, so that an index is a byte offset.
"""

from __future__ import annotations

import re
from typing import Final

from vedette.query.shared.quoting import REPLACEMENT

_UNESCAPES: Final = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, "'": 39, '"': 34}
_ESCAPE: Final = re.compile(
    r"\\(?:x(?P<byte>[0-9a-fA-F]{2})|(?P<octal>[0-7]{3})|u(?P<short>[0-9a-fA-F]{4})|U(?P<long>[0-9a-fA-F]{8})|(?P<plain>.))",
    re.DOTALL,
)


def to_byte_text(text: str) -> str:
    """Lone surrogates become bytes that are not UTF-8, which the lexer then refuses where it must."""
    return text if text.isascii() else text.encode("utf-8", "surrogatepass").decode("latin-1")


def from_byte_text(byte_text: str, errors: str = "replace") -> str:
    """Bytes that are not UTF-8 become U+FFFD, as they do in every JSON answer, or what `errors` says."""
    return byte_text if byte_text.isascii() else byte_text.encode("latin-1").decode("utf-8", errors)


def rune_at(byte_text: str, offset: int) -> str:
    """The character that starts at the byte, U+FFFD where the bytes are not UTF-8; empty at the end."""
    first = byte_text[offset : offset + 1]
    if first.isascii():
        return first
    size = 2 if first < "\xe0" else 3 if first < "\xf0" else 4
    try:
        return byte_text[offset : offset + size].encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return REPLACEMENT


def rune_width(byte_text: str, offset: int) -> int:
    """Bytes of `rune_at`: 1 where the bytes are not UTF-8, 0 at the end."""
    rune = rune_at(byte_text, offset)
    if rune == REPLACEMENT and not byte_text.startswith("\xef\xbf\xbd", offset):
        return 1
    return len(rune.encode())


def unquote(literal: str, errors: str = "replace") -> str:
    """The value of a quoted literal in byte text that the lexer has accepted; a backquoted one has no escapes.

    `errors="surrogateescape"` keeps bytes that are not UTF-8.
    """
    body = literal[1:-1]
    if literal[0] != "`" and "\\" in body:
        body = _ESCAPE.sub(_unescape, body)
    return from_byte_text(body, errors)


def _unescape(match: re.Match[str]) -> str:
    if match["byte"]:
        return chr(int(match["byte"], 16))
    if match["octal"]:
        return chr(int(match["octal"], 8))
    if match["plain"]:
        return chr(_UNESCAPES[match["plain"]])
    return chr(int(match["short"] or match["long"], 16)).encode().decode("latin-1")


def without_invalid(text: str) -> str:
    """Bytes that are not UTF-8 (PEP 383 surrogates) become U+FFFD."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
