"""Bounds of exponential buckets: bucket i of schema s ends at 2^(i * 2^-s), and begins where bucket i - 1 ends.

The reference reads the fractions from a table whose digits are a few units off the correctly rounded ones. Thresholds that it
has moved to a bound, and stored, must meet the same bits here: so the table is computed and then set off by as much.
Source: Prometheus getBoundExponential, https://prometheus.io/docs/specs/native_histograms/#schema.
"""

from __future__ import annotations

import decimal
import math
from typing import Final

import numpy as np

from vedette.kernels.jit import kernel
from vedette.model.blocks import Float64s

_FINEST: Final = 8
_UNITS_BELOW: Final = (
    "1111112111211111112311222222222211211121122211221122102211221122"
    "1111112222332132112111211112111111121011213311221222112121332222"
    "2121223322322122222222323233323311221121223321332233212232332232"
    "2243223233433343333333444455435422322333324422333243223333543344"
)
"""For k in 0..255: 1 + by how many units in the last place the reference's 2^(k/256) / 2 lies below the rounded value."""


def _fractions() -> Float64s:
    """float64[256]: 2^(k/256) / 2."""
    with decimal.localcontext(prec=40):
        root = decimal.Decimal(2)
        for _ in range(_FINEST):
            root = root.sqrt()
        value = decimal.Decimal("0.5")
        rounded = []
        for _ in _UNITS_BELOW:
            rounded.append(float(value))
            value *= root
    below = np.array([int(digit) - 1 for digit in _UNITS_BELOW], np.int64)
    return (np.array(rounded).view(np.int64) - below).view(np.float64)


_FRACTIONS: Final = _fractions()
_LARGEST: Final = float(np.finfo(np.float64).max)
_OVERFLOW_EXPONENT: Final = 1024


@kernel
def exponential_bound(index: int, schema: int) -> float:
    """The upper end of a bucket. The last bucket of finite values ends at the largest float, the one after it at +Inf."""
    if schema < 0:
        exponent = index << -schema
        return _LARGEST if exponent == _OVERFLOW_EXPONENT else math.ldexp(1.0, int(exponent))
    fraction = _FRACTIONS[(index & ((1 << schema) - 1)) << (_FINEST - schema)]
    exponent = (index >> schema) + 1
    if fraction == 0.5 and exponent == _OVERFLOW_EXPONENT + 1:
        return _LARGEST
    return math.ldexp(fraction, int(exponent))


@kernel
def coarser_index(index: int, halvings: int) -> int:
    """The bucket of schema s - halvings that holds bucket `index` of schema s."""
    return ((index - 1) >> halvings) + 1


def warm() -> None:
    exponential_bound(1, 0)
    coarser_index(1, 1)
