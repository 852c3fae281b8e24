"""The shortest decimal that reads back as the same float64, and the closest of the shortest.

Schubfach: for a float c * 2^q the candidates are multiples of a power of ten 10^k inside the rounding interval; one
128-bit approximation of 10^-k and three "round to odd" products decide which candidate is inside, without big integers
and without a loop over digits. Arrow's cast and `repr` are not used: they make one text per number, several times slower.

Source: Raffaello Giulietti, "The Schubfach way to render doubles" (2020). Same digits as `repr` and Go's strconv 'f' -1.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from vedette.kernels.jit import inlined, kernel

POWER_MIN: Final = -292
POWER_MAX: Final = 324
"""Every power of ten that a float64 needs."""

_SIGNIFICAND_BITS: Final = 52
_SIGNIFICAND_MASK: Final = np.uint64((1 << _SIGNIFICAND_BITS) - 1)
_HIDDEN_BIT: Final = np.uint64(1 << _SIGNIFICAND_BITS)
_EXPONENT_MASK: Final = np.uint64(0x7FF)
_EXPONENT_BIAS: Final = 1075
_LOW_HALF: Final = np.uint64(0xFFFFFFFF)
_U0: Final = np.uint64(0)
_U1: Final = np.uint64(1)
_U2: Final = np.uint64(2)
_U4: Final = np.uint64(4)
_U10: Final = np.uint64(10)
_U32: Final = np.uint64(32)
_U40: Final = np.uint64(40)


def _powers_of_ten() -> NDArray[np.uint64]:
    """uint64[n, 2]: high and low half of 10^k scaled into [2^127, 2^128), rounded up, for k from POWER_MIN."""
    halves = []
    for power in range(POWER_MIN, POWER_MAX + 1):
        numerator, denominator = (10**power, 1) if power >= 0 else (1, 10**-power)
        shift = 127 - (numerator.bit_length() - denominator.bit_length())
        scaled = _shifted_quotient(numerator, denominator, shift)
        if scaled.bit_length() > 128:
            scaled = _shifted_quotient(numerator, denominator, shift - 1)
        elif scaled.bit_length() < 128:
            scaled = _shifted_quotient(numerator, denominator, shift + 1)
        halves.append((scaled >> 64, scaled & ((1 << 64) - 1)))
    return np.array(halves, np.uint64)


def _shifted_quotient(numerator: int, denominator: int, shift: int) -> int:
    """ceil(numerator / denominator * 2^shift)."""
    if shift >= 0:
        numerator <<= shift
    else:
        denominator <<= -shift
    return -(-numerator // denominator)


_POWERS: Final = _powers_of_ten()


@kernel
def shortest_decimal(bits: Any) -> Any:
    """(digits, exponent) with value = digits * 10^exponent, of the bits of a positive finite float64 (sign cleared).

    Digits may end in zeros.
    """
    significand = bits & _SIGNIFICAND_MASK
    biased = np.int64((bits >> np.uint64(_SIGNIFICAND_BITS)) & _EXPONENT_MASK)
    if biased != 0:
        c = significand | _HIDDEN_BIT
        q = biased - _EXPONENT_BIAS
        if 0 <= -q <= _SIGNIFICAND_BITS and (c & ((_U1 << np.uint64(-q)) - _U1)) == _U0:
            return c >> np.uint64(-q), np.int64(0)
    else:
        c = significand
        q = np.int64(1 - _EXPONENT_BIAS)
    closer = np.int64(1) if significand == _U0 and biased > 1 else np.int64(0)
    k = (q * 1262611 - 524031 * closer) >> 22
    shift = np.uint64(q + ((-k * 1741647) >> 19) + 1)
    high = _POWERS[-k - POWER_MIN, 0]
    low = _POWERS[-k - POWER_MIN, 1]
    lower = _round_to_odd(high, low, (_U4 * c - _U2 + np.uint64(closer)) << shift)
    middle = _round_to_odd(high, low, (_U4 * c) << shift)
    upper = _round_to_odd(high, low, (_U4 * c + _U2) << shift)
    odd = c & _U1
    return _closest_inside(lower + odd, middle, upper - odd, k)


@inlined
def _closest_inside(lower: Any, middle: Any, upper: Any, k: Any) -> Any:
    """The shortest multiple of 10^k or 10^(k+1) in [lower, upper] (all in quarters of 10^k), closest to middle."""
    s = middle >> _U2
    if s >= _U10:
        tens = s // _U10
        below = lower <= _U40 * tens
        above = _U40 * tens + _U40 <= upper
        if below != above:
            return tens + (_U1 if above else _U0), k + 1
    below = lower <= _U4 * s
    above = _U4 * s + _U4 <= upper
    if below != above:
        return s + (_U1 if above else _U0), k
    half = _U4 * s + _U2
    up = middle > half or (middle == half and (s & _U1) != _U0)
    return s + (_U1 if up else _U0), k


@inlined
def _round_to_odd(high: Any, low: Any, c: Any) -> Any:
    """The upper 64 bits of (high, low) * c, with the last bit set when anything was cut off."""
    carry = _high_product(low, c)
    middle = high * c + carry
    top = _high_product(high, c)
    if middle < carry:
        top += _U1
    return top | (_U1 if middle > _U1 else _U0)


@inlined
def _high_product(a: Any, b: Any) -> Any:
    """The upper 64 bits of a * b (no 128-bit integers in numba)."""
    a0, a1 = a & _LOW_HALF, a >> _U32
    b0, b1 = b & _LOW_HALF, b >> _U32
    cross = a1 * b0 + ((a0 * b0) >> _U32)
    other = a0 * b1 + (cross & _LOW_HALF)
    return a1 * b1 + (cross >> _U32) + (other >> _U32)
