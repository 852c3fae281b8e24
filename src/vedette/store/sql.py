"""The one place where a value becomes SQL text.

Bound parameters once leaked between parallel chDB connections (peers research 5.3), so values are written into the
statement, and only by `literal`. A string that is not plain ASCII letters, digits and a few marks is written as the
hex of its bytes: no escaping rule of the engine is relied on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_PLAIN: Final = re.compile(r"[A-Za-z0-9_:./@ -]*\Z")


def literal(value: str | int) -> str:
    """SQL for a string or an integer. bool is refused: the engine has no use for it here."""
    if isinstance(value, bool):
        raise TypeError("a bool is not a value of any column")
    if isinstance(value, int):
        return str(int(value))
    if _PLAIN.match(value):
        return f"'{value}'"
    return f"unhex('{value.encode('utf-8', 'surrogateescape').hex()}')"


def literals(values: Iterable[str | int]) -> str:
    """`(a, b, c)`; an empty list matches nothing."""
    inside = ", ".join(literal(value) for value in values)
    return f"({inside})" if inside else "(NULL)"
