"""Values with the unit that a query's metric names promise: short enough for an axis."""

from __future__ import annotations

import math
import re
from enum import Enum
from typing import Final


class Unit(Enum):
    NONE = ""
    BYTES = "B"
    SECONDS = "s"
    BYTES_PER_SECOND = "B/s"


_NAMES: Final = re.compile(r"[a-zA-Z_:][\w:]*")
_RATES: Final = re.compile(r"\b(rate|irate|deriv)\s*\(")
_COUNTS: Final = re.compile(r"\A\s*(count|count_values|absent|group)\b")
_BINARY: Final = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DECIMAL: Final = ("", "k", "M", "G", "T", "P", "E")
_SECONDS: Final = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "m"), (1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns"))


def unit_of(query: str) -> Unit:
    """A guess: by the first metric whose name ends in a base unit. A rate of seconds is a share and has none."""
    names = [re.sub(r"_(total|sum|bucket)\Z", "", name) for name in _NAMES.findall(query)]
    base = next((name.rpartition("_")[2] for name in names if name.endswith(("_bytes", "_seconds"))), "")
    if not base or _COUNTS.match(query):
        return Unit.NONE
    is_rate = _RATES.search(query) is not None and "histogram_quantile" not in query
    if base == "bytes":
        return Unit.BYTES_PER_SECOND if is_rate else Unit.BYTES
    return Unit.NONE if is_rate else Unit.SECONDS


def format_value(value: float, unit: Unit, digits: int = 3) -> str:
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    if unit is Unit.SECONDS:
        return _format_seconds(value, digits)
    if unit is Unit.NONE:
        return _scaled(value, 1000.0, _DECIMAL, digits)
    return f"{_scaled(value, 1024.0, _BINARY, digits)}{unit.value}"


def _format_seconds(value: float, digits: int) -> str:
    if value == 0:
        return "0s"
    size, name = next((unit for unit in _SECONDS if abs(value) >= unit[0]), _SECONDS[-1])
    return f"{_short(value / size, digits)}{name}"


def _scaled(value: float, base: float, names: tuple[str, ...], digits: int) -> str:
    power, size = 0, abs(value)
    while size >= base * 0.9995 and power < len(names) - 1:
        size /= base
        power += 1
    return f"{_short(math.copysign(size, value), digits)}{names[power]}"


def _short(value: float, digits: int) -> str:
    """All of the whole part; of the rest as many digits as are significant."""
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:.0f}"
    return f"{value:.{digits}g}"
