"""Names beyond the classic character set, in places that cannot take them: URL paths and text pages for older readers.

Source of the schemes: prometheus/common model/metric.go (EscapeName, UnescapeName).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from vedette.model.labels import NAMES_REMEMBERED, is_classic_metric_name

_PREFIX: Final = "U__"
_ESCAPED: Final = re.compile(r"__|_([0-9a-fA-F]{1,5})_|[^_]")


def unescape_name(name: str) -> str:
    """The name behind `U__...`; the text itself where it is not escaped, or not properly."""
    if not name.startswith(_PREFIX):
        return name
    text, at, parts = name[len(_PREFIX) :], 0, []
    while at < len(text):
        piece = _ESCAPED.match(text, at)
        if piece is None:
            return name
        character = _unescape(piece)
        if character is None:
            return name
        parts.append(character)
        at = piece.end()
    return "".join(parts)


def _unescape(piece: re.Match[str]) -> str | None:
    if piece[1] is None:
        return "_" if piece[0] == "__" else piece[0]
    code = int(piece[1], 16)
    return None if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF else chr(code)


@lru_cache(NAMES_REMEMBERED)
def escape_name(name: str, scheme: str) -> str:
    """`scheme`: allow-utf-8, underscores, dots or values. Classic names stay as they are."""
    if not name or is_classic_metric_name(name) or scheme not in _SCHEMES:
        return name
    return _SCHEMES[scheme](name)


def _is_classic(character: str, at: int) -> bool:
    return character.isascii() and (character.isalpha() or character in "_:" or (character.isdigit() and at > 0))


def _with_underscores(name: str) -> str:
    return "".join(character if _is_classic(character, at) else "_" for at, character in enumerate(name))


def _with_dots(name: str) -> str:
    def escaped(at: int, character: str) -> str:
        if character == "_":
            return "__"
        if character == ".":
            return "_dot_"
        return character if _is_classic(character, at) else "__"

    return "".join(escaped(at, character) for at, character in enumerate(name))


def _with_values(name: str) -> str:
    def escaped(at: int, character: str) -> str:
        if character == "_":
            return "__"
        return character if _is_classic(character, at) else f"_{ord(character):x}_"

    return _PREFIX + "".join(escaped(at, character) for at, character in enumerate(name))


_SCHEMES: Final[dict[str, Callable[[str], str]]] = {
    "underscores": _with_underscores,
    "dots": _with_dots,
    "values": _with_values,
}
