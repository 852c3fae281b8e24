"""Numbers as Prometheus' JSON has them, written into a byte buffer.

A value is plain decimal from 1e-6 up to 1e21, else `1e-07` or `1.5e+21`; NaN, +Inf, -Inf (strconv.AppendFloat, 'f' or 'e', -1).
A time is seconds with the milliseconds behind the point where there are any: `1435781451`, `1435781451.780`.

Source of the formats: prometheus util/jsonutil (MarshalFloat, MarshalTimestamp).
"""

from __future__ import annotations

import itertools
from typing import Any, Final

import numpy as np

from vedette.kernels.float_digits import shortest_decimal
from vedette.kernels.jit import inlined, kernel

FLOAT_BYTES_MAX: Final = 25
"""`-0.0000012345678901234567`: sign, `0.`, five zeros, 17 digits."""

TIME_BYTES_MAX: Final = 21

_PAIRS: Final = np.frombuffer(b"".join(b"%02d" % number for number in range(100)), np.uint8)
_SIGN: Final = np.uint64(1 << 63)
_INFINITY: Final = np.uint64(0x7FF << 52)
_U0: Final = np.uint64(0)
_U10: Final = np.uint64(10)
_U100: Final = np.uint64(100)
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


@kernel
def _put_float(bits: Any, place_min: Any, place_max: Any, out: Any, at: Any) -> Any:
    magnitude = bits & ~_SIGN
    if magnitude > _INFINITY:
        out[at], out[at + 1], out[at + 2] = 78, 97, 78
        return at + 3
    if magnitude == _INFINITY:
        out[at] = _MINUS if bits & _SIGN else _PLUS
        out[at + 1], out[at + 2], out[at + 3] = 73, 110, 102
        return at + 4
    if bits & _SIGN:
        out[at] = _MINUS
        at += 1
    if magnitude == _U0:
        out[at] = _ZERO
        return at + 1
    digits, exponent = shortest_decimal(magnitude)
    if exponent == 0 and place_max == _JSON_PLACES[1]:
        return _put_integer(digits, out, at)
    while digits % _U10 == _U0:
        digits //= _U10
        exponent += 1
    n = _count_digits(digits)
    place = n + exponent
    if place > place_max or place < place_min:
        return _put_exponent_form(digits, n, place - 1, out, at)
    if place <= 0:
        return _put_fraction(digits, n, place, out, at)
    if place >= n:
        return _put_padded(digits, n, place, out, at)
    return _put_pointed(digits, n, place, out, at)


@kernel
def put_time(time_ms: Any, out: Any, at: Any) -> Any:
    """Writes milliseconds as seconds at out[at:] and returns the end."""
    if time_ms < 0:
        out[at] = _MINUS
        at += 1
        time_ms = -time_ms
    seconds = time_ms // 1000
    at = _put_integer(np.uint64(seconds), out, at)
    rest = time_ms - seconds * 1000
    if rest:
        out[at] = _POINT
        out[at + 1] = _ZERO + rest // 100
        out[at + 2] = _PAIRS[2 * (rest % 100)]
        out[at + 3] = _PAIRS[2 * (rest % 100) + 1]
        at += 4
    return at


@inlined
def _count_digits(digits: Any) -> Any:
    n = 1
    bound = _U10
    while n < _DIGITS_MAX - 1 and digits >= bound:
        n += 1
        bound *= _U10
    return n


@kernel
def _put_digits(digits: Any, n: Any, out: Any, at: Any) -> Any:
    """The n lowest digits at out[at:at + n]; returns what is left above them."""
    end = at + n
    while end - at >= 2:
        rest = digits // _U100
        pair = 2 * np.int64(digits - rest * _U100)
        out[end - 2] = _PAIRS[pair]
        out[end - 1] = _PAIRS[pair + 1]
        digits = rest
        end -= 2
    if end > at:
        rest = digits // _U10
        out[at] = _ZERO + np.int64(digits - rest * _U10)
        digits = rest
    return digits


@kernel
def _put_integer(digits: Any, out: Any, at: Any) -> Any:
    n = _count_digits(digits)
    _put_digits(digits, n, out, at)
    return at + n


@inlined
def _put_fraction(digits: Any, n: Any, place: Any, out: Any, at: Any) -> Any:
    """0.00ddd"""
    out[at], out[at + 1] = _ZERO, _POINT
    at += 2
    for _ in range(-place):
        out[at] = _ZERO
        at += 1
    _put_digits(digits, n, out, at)
    return at + n


@inlined
def _put_padded(digits: Any, n: Any, place: Any, out: Any, at: Any) -> Any:
    """ddd000"""
    _put_digits(digits, n, out, at)
    for position in range(at + n, at + place):
        out[position] = _ZERO
    return at + place


@inlined
def _put_pointed(digits: Any, n: Any, place: Any, out: Any, at: Any) -> Any:
    """dd.ddd"""
    whole = _put_digits(digits, n - place, out, at + place + 1)
    out[at + place] = _POINT
    _put_digits(whole, place, out, at)
    return at + n + 1


@inlined
def _put_exponent_form(digits: Any, n: Any, exponent: Any, out: Any, at: Any) -> Any:
    """d.ddde-07: at least two digits of exponent"""
    if n > 1:
        first = _put_digits(digits, n - 1, out, at + 2)
        out[at + 1] = _POINT
        _put_digits(first, 1, out, at)
        at += n + 1
    else:
        _put_digits(digits, 1, out, at)
        at += 1
    out[at] = _E
    out[at + 1] = _MINUS if exponent < 0 else _PLUS
    magnitude = np.uint64(abs(exponent))
    width = 3 if magnitude >= _U100 else 2
    _put_digits(magnitude, width, out, at + 2)
    return at + 2 + width


@kernel
def _put_floats(bits: Any, place_min: Any, place_max: Any, ends: Any, out: Any) -> None:
    at = 0
    for i in range(len(bits)):
        at = _put_float(bits[i], place_min, place_max, out, at)
        ends[i] = at


@kernel
def _put_times(times_ms: Any, ends: Any, out: Any) -> None:
    at = 0
    for i in range(len(times_ms)):
        at = put_time(times_ms[i], out, at)
        ends[i] = at


def format_floats(values: Any) -> list[str]:
    """The texts of float64[n]; for short lists (one point at a time belongs into a rows kernel)."""
    return _format(values, _JSON_PLACES)


def format_general(values: Any) -> list[str]:
    """As Go's strconv 'g' -1 and thus the text format has them: an exponent below 1e-4 and from 1e6 (`1.5e+06`)."""
    return _format(values, _GENERAL_PLACES)


def _format(values: Any, places: tuple[int, int]) -> list[str]:
    bits = np.ascontiguousarray(values, np.float64).view(np.uint64)
    ends, out = np.empty(len(bits), np.int64), np.empty(len(bits) * FLOAT_BYTES_MAX, np.uint8)
    _put_floats(bits, *places, ends, out)
    return _split(ends, out)


def format_times(times_ms: Any) -> list[str]:
    """The texts of int64[n]."""
    ends, out = np.empty(len(times_ms), np.int64), np.empty(len(times_ms) * TIME_BYTES_MAX, np.uint8)
    _put_times(np.ascontiguousarray(times_ms, np.int64), ends, out)
    return _split(ends, out)


def _split(ends: Any, out: Any) -> list[str]:
    text = out.tobytes().decode("latin-1")
    starts = [0, *ends.tolist()]
    return [text[start:end] for start, end in itertools.pairwise(starts)]


def warm() -> None:
    format_floats(np.ones(1))
    format_times(np.ones(1, np.int64))
