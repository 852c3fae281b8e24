"""The scalar types of the configuration file: durations, sizes, secrets, paths."""

from __future__ import annotations

import re
from typing import Final, NewType

from vedette.model.errors import BadInput

DurationMs = NewType("DurationMs", int)
ByteSize = NewType("ByteSize", int)
FilePath = NewType("FilePath", str)
"""Absolute once loaded: the file joins a relative path with its own directory."""

NO_DURATION: Final = DurationMs(0)
NO_SIZE: Final = ByteSize(0)
NO_PATH: Final = FilePath("")

HIDDEN: Final = "<secret>"


class Secret:
    """A text that no log line, error, repr or rendered config ever shows; `reveal` is for the request that needs it."""

    __slots__ = ("_text",)

    def __init__(self, text: str = "") -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __repr__(self) -> str:
        return HIDDEN if self._text else ""


NO_SECRET: Final = Secret()

_UNITS: Final = ("B", "KB", "MB", "GB", "TB", "PB", "EB")
_SIZE_PART = re.compile(r"([0-9]*\.?[0-9]+)\s*([KMGTPE]?i?B)")


def parse_size(text: str) -> ByteSize:
    """`15MB`, `1GiB`, `512KB`, `0`: every unit is a power of 1,024, and one is required. Raises BadInput."""
    if text in ("", "0"):
        return ByteSize(0)
    sign, rest = (-1, text[1:]) if text.startswith("-") else (1, text)
    total = 0.0
    position = 0
    while position < len(rest):
        part = _SIZE_PART.match(rest, position)
        if part is None:
            raise BadInput(
                f"units: unknown unit {_unit(rest, position)} in {text}", hint="write for example 10MB or 512KB"
            )
        total += float(part[1]) * 1024 ** _UNITS.index(part[2].replace("i", ""))
        position = part.end()
    return ByteSize(sign * int(total))


def _unit(text: str, position: int) -> str:
    return text[position:].lstrip("0123456789.")


def format_size(size: ByteSize) -> str:
    """The largest units first, as the reference prints sizes: `1GiB512MiB`."""
    if size == 0:
        return "0B"
    parts = []
    rest = abs(size)
    for power in range(len(_UNITS) - 1, -1, -1):
        count, rest = divmod(rest, 1024**power)
        if count:
            unit = _UNITS[power]
            parts.append(f"{count}{unit[0]}iB" if power else f"{count}B")
    return ("-" if size < 0 else "") + "".join(parts)
