"""Numbers as Go reads and writes them, where texts of the reference hold them."""

from __future__ import annotations

import math
import re
from decimal import Decimal

_FLOAT = re.compile(r"[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)\Z", re.ASCII)
_HEX = re.compile(r"[+-]?0[xX][0-9a-fA-F]*\.?[0-9a-fA-F]*[pP][+-]?\d+\Z", re.ASCII)
_SPECIAL = {"inf": math.inf, "infinity": math.inf, "nan": math.nan}


def parse_float(text: str) -> float | None:
    """As strconv.ParseFloat; None where it reports a syntax error. (A range error gives infinity there, with an error.)"""
    if _FLOAT.match(text):
        value = float(text)
        return None if math.isinf(value) else value
    if _HEX.match(text):
        try:
            return float.fromhex(text)
        except (ValueError, OverflowError):
            return None
    unsigned = text[1:] if text[:1] in ("+", "-") else text
    special = _SPECIAL.get(unsigned.lower())
    return -special if special is not None and text.startswith("-") else special


def format_general(value: float, precision: int = -1) -> str:
    """As %g (precision -1: the shortest that reads back; with an exponent below 1e-4 and from 1e6 on) or %.Ng."""
    special = _format_special(value)
    if special:
        return special
    if precision >= 0:
        return f"{value:.{precision}g}"
    _, exponent = _shortest(value)
    return format_exponent(value) if exponent < -4 or exponent >= 6 else format_fixed(value)


def format_exponent(value: float) -> str:
    """As strconv.FormatFloat(value, 'e', -1, 64): the shortest digits that read back, with an exponent."""
    special = _format_special(value)
    if special:
        return special
    digits, exponent = _shortest(value)
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def format_fixed(value: float) -> str:
    """As strconv.FormatFloat(value, 'f', -1, 64): the shortest digits that read back, never an exponent."""
    special = _format_special(value)
    if special:
        return special
    digits, exponent = _shortest(value)
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    fraction = digits[exponent + 1 :]
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def format_openmetrics(value: float) -> str:
    """A float as OpenMetrics writes it in labels: always with a point or an exponent (`1.0`)."""
    special = _format_special(value)
    if special:
        return special
    text = format_general(value)
    return text if "e" in text or "." in text else f"{text}.0"


def _format_special(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return ""


def _shortest(value: float) -> tuple[str, int]:
    """The shortest digits that read back, without trailing zeros, and the decimal exponent of the first one."""
    _, digits, exponent = Decimal(repr(abs(value))).normalize().as_tuple()
    return "".join(map(str, digits)), len(digits) - 1 + int(exponent)
