"""Decimal text to float64, correctly rounded: Clinger's exact fast path, then Eisel-Lemire.

A number with more than 19 digits that Eisel-Lemire cannot settle is reported as HARD and read again by the caller with
Python's own `float` (about never on real pages). The grammar is Go's `strconv.ParseFloat` without hexadecimal and
underscores, as Prometheus reads pages: `inf`, `infinity` and unsigned `nan` in any case, and overflow is an error.
Spec: Lemire, "Number Parsing at a Gigabyte per Second" (2021); Mushtak and Lemire (2023) prove that no fallback is needed
for up to 19 digits.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from vedette.kernels.jit import borrowing, inlined
from vedette.kernels.words import bits_of, leading_zeros, multiply_high
from vedette.model.staleness import NORMAL_NAN_BITS

EXACT: Final = 0
HARD: Final = 1
INVALID: Final = 2
OVERFLOW: Final = 3

_Q_MIN: Final = -342
_Q_MAX: Final = 308
_SIGN = np.uint64(1 << 63)
_INFINITY = np.uint64(0x7FF0000000000000)
_NAN = np.uint64(NORMAL_NAN_BITS)
_ZERO = np.uint64(0)
_ONE = np.uint64(1)
_TEN = np.uint64(10)
_EXACT_BELOW = np.uint64(1 << 53)
_IMPLICIT = np.uint64(1 << 52)
_TIE = np.uint64(3)
_LOW_BITS = np.uint64((1 << 9) - 1)
_DIGITS_MAX: Final = 19
_EXPONENT_MAX: Final = 100_000


def _power_of_five(q: int) -> Any:
    """5**q scaled into [2**127, 2**128), truncated (rounded up for negative q): the table of the paper."""
    if q >= 0:
        power = 5**q
        shift = 128 - power.bit_length()
        return power << shift if shift >= 0 else power >> -shift
    power = 5**-q
    z = (power - 1).bit_length()
    reciprocal = (1 << (z + 127 if q >= -27 else 2 * z + 128)) // power + 1
    return reciprocal >> max(0, reciprocal.bit_length() - 128)


_FIVES = [_power_of_five(q) for q in range(_Q_MIN, _Q_MAX + 1)]
_FIVES_HIGH = np.array([five >> 64 for five in _FIVES], np.uint64)
_FIVES_LOW = np.array([five & ((1 << 64) - 1) for five in _FIVES], np.uint64)
_TENS = np.array([10.0**e for e in range(23)], np.float64)


@borrowing
def eisel_lemire(mantissa: Any, exponent: Any) -> Any:
    """Bits of mantissa * 10**exponent, rounded to nearest even; mantissa uint64 > 0, exponent int64."""
    if exponent < _Q_MIN:
        return _ZERO
    if exponent > _Q_MAX:
        return _INFINITY
    zeros = leading_zeros(mantissa)
    word = mantissa << zeros
    five = _FIVES_HIGH[exponent - _Q_MIN]
    high = multiply_high(word, five)
    low = word * five
    if high & _LOW_BITS == _LOW_BITS:
        more = multiply_high(word, _FIVES_LOW[exponent - _Q_MIN])
        low = low + more
        if low < more:
            high += _ONE
    upper = high >> np.uint64(63)
    shift = upper + np.uint64(9)
    digits = high >> shift
    power = ((217706 * exponent) >> 16) + 63 + np.int64(upper) - np.int64(zeros) + 1023
    if power <= 0:
        return _subnormal(digits, power)
    # exactly between two doubles: the even one wins
    if low <= _ONE and -4 <= exponent <= 23 and digits & _TIE == _ONE and digits << shift == high:
        digits -= _ONE
    digits = (digits + (digits & _ONE)) >> _ONE
    if digits >= _EXACT_BELOW:
        digits = _IMPLICIT
        power += 1
    if power >= 0x7FF:
        return _INFINITY
    return (digits & ~_IMPLICIT) | (np.uint64(power) << np.uint64(52))


@borrowing
def _subnormal(digits: Any, power: Any) -> Any:
    if 1 - power >= 64:
        return _ZERO
    digits = digits >> np.uint64(1 - power)
    # a carry into bit 52 is the exponent 1 by itself
    return (digits + (digits & _ONE)) >> _ONE


@inlined
def _is_digit(c: Any) -> Any:
    return 48 <= c <= 57


@borrowing
def _matches(buffer: Any, i: Any, word: Any) -> Any:
    """Whether the lower-case `word` stands at i, in any case; the caller's buffer ends with a byte that no word has."""
    k = 0
    while k < len(word) and buffer[i + k] | 32 == word[k]:
        k += 1
    return k == len(word)


_NAN_WORD = np.frombuffer(b"nan", np.uint8)
_INF_WORD = np.frombuffer(b"inf", np.uint8)
_INITY_WORD = np.frombuffer(b"inity", np.uint8)


@borrowing
def _parse_word(buffer: Any, i: Any, signed: Any, sign: Any) -> Any:
    if _matches(buffer, i, _INF_WORD):
        return sign | _INFINITY, i + 8 if _matches(buffer, i + 3, _INITY_WORD) else i + 3, EXACT
    if not signed and _matches(buffer, i, _NAN_WORD):
        return _NAN, i + 3, EXACT
    return _ZERO, i, INVALID


@borrowing
def _parse_exponent(buffer: Any, i: Any) -> Any:
    """From behind the `e`: (exponent, end); end is -1 where no digit follows."""
    negative = buffer[i] == 45
    if negative or buffer[i] == 43:
        i += 1
    if not _is_digit(buffer[i]):
        return 0, -1
    exponent: Any = 0
    while _is_digit(buffer[i]):
        if exponent < _EXPONENT_MAX:
            exponent = exponent * 10 + np.int64(buffer[i]) - 48
        i += 1
    return -exponent if negative else exponent, i


@borrowing
def parse_number(buffer: Any, i: Any) -> Any:
    """The number at i: (bits uint64, end, EXACT | HARD | INVALID | OVERFLOW). The longest match; the caller judges what follows.

    `buffer` must end with a byte that no number contains. For HARD the caller reads buffer[i:end] again, exactly.
    """
    sign = _ZERO
    signed = buffer[i] == 45 or buffer[i] == 43
    if signed:
        if buffer[i] == 45:
            sign = _SIGN
        i += 1
    if buffer[i] > 57:
        return _parse_word(buffer, i, signed, sign)
    mantissa = _ZERO
    kept = 0
    exponent: Any = 0
    first = i
    truncated = False
    while _is_digit(buffer[i]):
        if kept < _DIGITS_MAX:
            mantissa = mantissa * _TEN + np.uint64(buffer[i] - 48)
            kept += mantissa != _ZERO
        else:
            exponent += 1
            truncated |= buffer[i] != 48
        i += 1
    n_digits = i - first
    if buffer[i] == 46:
        i += 1
        first = i
        while _is_digit(buffer[i]):
            if kept < _DIGITS_MAX:
                mantissa = mantissa * _TEN + np.uint64(buffer[i] - 48)
                kept += mantissa != _ZERO
                exponent -= 1
            else:
                truncated |= buffer[i] != 48
            i += 1
        n_digits += i - first
    if n_digits == 0:
        return _ZERO, i, INVALID
    if buffer[i] | 32 == 101:
        power, i = _parse_exponent(buffer, i + 1)
        exponent += power
        if i < 0:
            return _ZERO, i, INVALID
    bits, status = _round(mantissa, exponent, truncated)
    return sign | bits, i, status


@borrowing
def _round(mantissa: Any, exponent: Any, truncated: Any) -> Any:
    if mantissa == _ZERO:
        return _ZERO, EXACT
    if not truncated and mantissa < _EXACT_BELOW and -22 <= exponent <= 22:
        value = np.float64(mantissa)
        return bits_of(value * _TENS[exponent] if exponent >= 0 else value / _TENS[-exponent]), EXACT
    bits = eisel_lemire(mantissa, exponent)
    if truncated and eisel_lemire(mantissa + _ONE, exponent) != bits:
        return bits, HARD
    return bits, OVERFLOW if bits == _INFINITY else EXACT


def warm() -> None:
    for text in (b"-1.5e-300 ", b"+Infinity ", b"123456789012345678901.5 ", b"4.9e-324 "):
        parse_number(np.frombuffer(text + b"\0" * 8, np.uint8).copy(), 0)
