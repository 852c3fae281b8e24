"""FNV-1a, 64 bits, of many texts at once: fingerprints of alerts. In Python it takes 10 us for one label set, here 0.2.

Source: http://www.isthe.com/chongo/tech/comp/fnv/
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from vedette.kernels.borrowing import borrowed
from vedette.kernels.jit import kernel

_OFFSET: Final = np.uint64(14695981039346656037)
_PRIME: Final = np.uint64(1099511628211)


@kernel
def fnv1a_rows(texts: Any, ends: Any, out: Any) -> None:
    """texts: uint8[bytes]; ends: int64[n], ascending, where each text ends in it; out: uint64[n]."""
    at = 0
    for row in range(len(ends)):
        value = _OFFSET
        while at < ends[row]:
            value = (value ^ np.uint64(texts[at])) * _PRIME
            at += 1
        out[row] = value


def warm() -> None:
    fnv1a_rows(borrowed(np.zeros(2, np.uint8), np.uint8), borrowed(np.array([2]), np.int64), np.zeros(1, np.uint64))
