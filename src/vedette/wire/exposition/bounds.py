"""The values of `le` and `quantile`: one number has one text, so that `le="1"` and `le="1.0"` are one series.

Source: Prometheus labels.FormatOpenMetricsFloat and normalizeFloatsInLabelValues.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Final

import numpy as np

from vedette.kernels.exposition_floats import EXACT, HARD, parse_number
from vedette.kernels.exposition_series import HISTOGRAM, PADDING, SUMMARY, padded

_LABEL_OF_TYPE: Final = {HISTOGRAM: "le", SUMMARY: "quantile"}
_SCIENTIFIC_FROM: Final = 6
_SCIENTIFIC_BELOW: Final = -4


def normalize_bound(metric_type: int, name: str, value: str) -> str:
    """The value of a label as it is stored: rewritten only for `le` of a histogram and `quantile` of a summary."""
    if _LABEL_OF_TYPE.get(metric_type) != name:
        return value
    bound = parse_float(value)
    return value if bound is None else format_bound(bound)


def parse_float(text: str) -> float | None:
    """As pages write numbers (Go's ParseFloat without hexadecimal and underscores); None where it is none or overflows."""
    data = padded(text.encode())
    bits, end, status = parse_number(data, 0)
    if end != len(data) - PADDING - 1:
        return None
    if status == HARD:
        value = float(text)
        return value if math.isfinite(value) else None
    return float(np.uint64(bits).view(np.float64)) if status == EXACT else None


def format_bound(bound: float) -> str:
    """Shortest digits that read back; `1.0`, `0.005`, `1e+06`, `+Inf`."""
    if not math.isfinite(bound):
        return "NaN" if math.isnan(bound) else "+Inf" if bound > 0 else "-Inf"
    if bound == 0:
        return "0.0"
    sign, digit_tuple, exponent = Decimal(repr(bound)).as_tuple()
    digits = "".join(map(str, digit_tuple)).rstrip("0")
    power = len(digit_tuple) + int(exponent) - 1
    minus = "-" if sign else ""
    if power < _SCIENTIFIC_BELOW or power >= _SCIENTIFIC_FROM:
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{minus}{digits[0]}{fraction}e{'-' if power < 0 else '+'}{abs(power):02d}"
    if power < 0:
        return f"{minus}0.{'0' * (-power - 1)}{digits}"
    whole = digits[: power + 1].ljust(power + 1, "0")
    return f"{minus}{whole}.{digits[power + 1 :] or '0'}"
