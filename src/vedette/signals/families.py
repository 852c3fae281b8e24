"""Which metric family a series may belong to: its name, or its name without what a family adds to those of its series."""

from __future__ import annotations

from typing import Final

_SUFFIXES: Final = ("_bucket", "_count", "_sum", "_gcount", "_gsum", "_total", "_created", "_info")


def possible_families(name: str) -> list[str]:
    """The likeliest first."""
    return [name, *(name.removesuffix(suffix) for suffix in _SUFFIXES if name.endswith(suffix))]
