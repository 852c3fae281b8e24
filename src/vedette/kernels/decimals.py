"""Which float64 are short decimal numbers, bit for bit: value == integer / 10**exponent, |integer| <= 2**53.

Division is correctly rounded, so a value that is such a quotient for one exponent is the same quotient for a larger one,
as long as the integer stays exact. That makes one upward walk over a run of values enough to find their common exponent.
-0.0, NaN and infinities are no decimals (their bits would be lost); stale markers are skipped, they travel beside.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from vedette.kernels.jit import inlined, kernel
from vedette.model.staleness import STALE_NAN_BITS

EXPONENT_MAX: Final = 15
"""Powers of ten up to 1e22 are exact; with 16 digits most doubles would pass as decimals whose deltas save nothing."""

POWERS_OF_TEN: Final = 10.0 ** np.arange(EXPONENT_MAX + 1)

INTEGER_MAX: Final = float(1 << 53)

NOT_DECIMAL: Final = -1

_STALE: Final = np.uint64(STALE_NAN_BITS)


@inlined
def is_decimal(value: float, power: float) -> Any:
    scaled = np.rint(value * power)
    if not (abs(scaled) <= INTEGER_MAX and scaled / power == value):
        return False
    return value != 0.0 or math.copysign(1.0, value) > 0.0


@kernel
def decimal_exponent(values: Any, start: int, end: int) -> Any:
    """The smallest exponent for which all of values[start:end] are decimals, or NOT_DECIMAL; 0 for an empty run."""
    bits = values.view(np.uint64)
    exponent = 0
    raised = False
    for i in range(start, end):
        if bits[i] == _STALE:
            continue
        while not is_decimal(values[i], POWERS_OF_TEN[exponent]):
            exponent += 1
            if exponent > EXPONENT_MAX:
                return NOT_DECIMAL
            raised = True
    if raised:  # earlier values passed a smaller exponent; their integers may have grown too large
        for i in range(start, end):
            if bits[i] != _STALE and not is_decimal(values[i], POWERS_OF_TEN[exponent]):
                return NOT_DECIMAL
    return exponent


def warm() -> None:
    decimal_exponent(np.ones(2), 0, 2)
