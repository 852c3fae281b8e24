"""Numbers as Prometheus' JSON has them, written into a byte buffer.

A value is plain decimal from 1e-6 up to 1e21, else `1e-07` or `1.5e+21`; NaN, +Inf, -Inf (strconv.AppendFloat, 'f' or 'e', -1).
A time is seconds with the milliseconds behind the point where there are any: `1435781451`, `1435781451.780`.

Source of the formats: prometheus util/jsonutil (MarshalFloat, MarshalTimestamp).
"""

from __future__ import annotations

import itertools
from typing import Any, Final

import numpy as np

from vedette.kernels.borrowing import borrowed
from vedette.kernels.float_digits import shortest_decimal
from vedette.kernels.jit import inlined, kernel

FLOAT_BYTES_MAX: Final = 25
"""`-0.0000012345678901234567`: sign, `0.`, five zeros, 17 digits."""

TIME_BYTES_MAX: Final = 21

_SIGN: Final = np.uint64(1 << 63)
_INFINITY: Final = np.uint64(0x7FF << 52)
_U0: Final = np.uint64(0)
_U10: Final = np.uint64(10)
_U100: Final = np.uint64(100)
_EXACT_PLACES_MAX: Final = 16
"""Exact integers are plain digits, zeros at the end or not, where a form has no exponent for this many places."""
_DIGITS_MAX: Final = 20
_JSON_PLACES: Final = (-5, 21)
_GENERAL_PLACES: Final = (-3, 6)
"""Places of the decimal point, for 0.ddd * 10^place, that are still written without an exponent: JSON, Go's 'g'."""

_ZERO: Final = 48
_POINT: Final = 46
_MINUS: Final = 45
_PLUS: Final = 43
_E: Final = 101


@inlined
def put_float(bits: Any, out: Any, at: Any) -> Any:
    """Writes the float64 with these bits at out[at:] and returns the end. `out` has FLOAT_BYTES_MAX bytes of room."""
    return _put_float(bits, _JSON_PLACES[0], _JSON_PLACES[1], out, at)


@inlined
def _put_float(bits: Any, place_min: Any, place_max: Any, out: Any, at: Any) -> Any:
    magnitude = bits & ~_SIGN
    if magnitude > _INFINITY:
        out[at], out[at + 1], out[at + 2] = 78, 97, 78
        end = at + 3
    elif magnitude == _INFINITY:
        out[at] = _MINUS if bits & _SIGN else _PLUS
        out[at + 1], out[at + 2], out[at + 3] = 73, 110, 102
        end = at + 4
    else:
        start = at
        if bits & _SIGN:
            out[at] = _MINUS
            start = at + 1
        digits, exponent = shortest_decimal(magnitude) if magnitude else (_U0, np.int64(0))
        if exponent != 0 or (place_max < _EXACT_PLACES_MAX and magnitude):
            while digits % _U10 == _U0:
                digits //= _U10
                exponent += 1
        end = _put_decimal(digits, exponent, place_min, place_max, out, start)
    return end


@inlined
def _put_decimal(digits: Any, exponent: Any, place_min: Any, place_max: Any, out: Any, at: Any) -> Any:
    """digits * 10^exponent in one of four forms; the digits are written once, where the form has most of them."""
    n = _count_digits(digits)
    place = n + exponent
    has_exponent = place > place_max or place < place_min
    whole = 1 if has_exponent else place
    first = at + (2 - whole if whole <= 0 else 1 if whole < n else 0)
    _put_digits(digits, n, out, first)
    end = first + n
    if whole <= 0:  # 0.00ddd
        for position in range(at, first):
            out[position] = _ZERO
        out[at + 1] = _POINT
    elif whole < n:  # dd.ddd
        for position in range(at, at + whole):
            out[position] = out[position + 1]
        out[at + whole] = _POINT
    elif not has_exponent:  # ddd000
        for position in range(end, at + place):
            out[position] = _ZERO
        end = at + place
    if has_exponent:  # d.ddde-07
        end = _put_exponent(place - 1, out, end)
    return end


@inlined
def _put_exponent(exponent: Any, out: Any, at: Any) -> Any:
    """e-07, e+21, e+300: at least two digits."""
    out[at] = _E
    out[at + 1] = _MINUS if exponent < 0 else _PLUS
    magnitude = abs(exponent)
    if magnitude >= 100:
        out[at + 2] = _ZERO + magnitude // 100
        at += 1
    out[at + 2] = _ZERO + magnitude // 10 % 10
    out[at + 3] = _ZERO + magnitude % 10
    return at + 4


@inlined
def put_time(time_ms: Any, out: Any, at: Any) -> Any:
    """Writes milliseconds as seconds at out[at:] and returns the end."""
    start = at
    if time_ms < 0:
        out[at] = _MINUS
        start = at + 1
    magnitude = abs(time_ms)
    seconds = magnitude // 1000
    rest = magnitude - seconds * 1000
    n = _count_digits(np.uint64(seconds))
    _put_digits(np.uint64(seconds), n, out, start)
    end = start + n
    if rest:
        out[end] = _POINT
        out[end + 1] = _ZERO + rest // 100
        out[end + 2] = _ZERO + rest // 10 % 10
        out[end + 3] = _ZERO + rest % 10
        end += 4
    return end


@inlined
def put_integer(value: Any, out: Any, at: Any) -> Any:
    """Writes an int64 at out[at:] and returns the end: 20 bytes at most."""
    start = at
    if value < 0:
        out[at] = _MINUS
        start = at + 1
    magnitude = np.uint64(abs(value))
    n = _count_digits(magnitude)
    _put_digits(magnitude, n, out, start)
    return start + n


@inlined
def _count_digits(digits: Any) -> Any:
    n = 1
    bound = _U10
    while n < _DIGITS_MAX - 1 and digits >= bound:
        n += 1
        bound *= _U10
    return n


@inlined
def _put_digits(digits: Any, n: Any, out: Any, at: Any) -> None:
    """The n lowest digits at out[at:at + n], two at a time."""
    end = at + n
    while end - at >= 2:
        rest = digits // _U100
        pair = np.int64(digits - rest * _U100)
        tens = (pair * 103) >> 10
        out[end - 2] = _ZERO + tens
        out[end - 1] = _ZERO + pair - 10 * tens
        digits = rest
        end -= 2
    if end > at:
        out[at] = _ZERO + np.int64(digits % _U10)


@kernel
def _put_floats(bits: Any, place_min: Any, place_max: Any, ends: Any, out: Any) -> None:
    at = 0
    for i in range(len(bits)):
        at = _put_float(bits[i], place_min, place_max, out, at)
        ends[i] = at


def format_floats(values: Any) -> list[str]:
    """The texts of float64[n]; for short lists (one point at a time belongs into a rows kernel)."""
    return _format(values, _JSON_PLACES)


def format_general(values: Any) -> list[str]:
    """As Go's strconv 'g' -1 and thus the text format has them: an exponent below 1e-4 and from 1e6 (`1.5e+06`)."""
    return _format(values, _GENERAL_PLACES)


def _format(values: Any, places: tuple[int, int]) -> list[str]:
    bits = borrowed(values, np.float64).view(np.uint64)
    ends, out = np.empty(len(bits), np.int64), np.empty(len(bits) * FLOAT_BYTES_MAX, np.uint8)
    _put_floats(bits, *places, ends, out)
    text = out.tobytes().decode("latin-1")
    return [text[start:end] for start, end in itertools.pairwise([0, *ends.tolist()])]


def warm() -> None:
    format_floats(np.ones(1))
