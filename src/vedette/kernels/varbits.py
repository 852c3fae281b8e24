"""Numbers in as many bits as they are worth: the integers of Prometheus' histogram chunks.

    0            0 and nothing more
    1...10 bits  as many ones as the form's number, a zero, the value's lowest 3, 6, 9, 12, 18, 25 or 56 bits
    11111111     64 bits

A form of n bits holds what is signed from 1 - 2^(n-1) to 2^(n-1), one further up than two's complement.
Source: prometheus tsdb/chunkenc/varbit.go.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from vedette.kernels.bits import put_bits, take_bits
from vedette.kernels.jit import borrowing
from vedette.kernels.words import leading_zeros

_U0 = np.uint64(0)
_FORMS: Final = (3, 6, 9, 12, 18, 25, 56)
_ONES_MAX: Final = len(_FORMS) + 1


@borrowing
def put_varbit(out: Any, position: Any, value: Any) -> Any:
    """An int64; returns the position behind it."""
    if value == 0:
        return put_bits(out, position, _U0, 1)
    for form in range(len(_FORMS)):
        limit = np.int64(1) << (_FORMS[form] - 1)
        if 1 - limit <= value <= limit:
            return _put_form(out, position, form, np.uint64(value))
    return _put_form(out, position, len(_FORMS), np.uint64(value))


@borrowing
def put_unsigned_varbit(out: Any, position: Any, value: Any) -> Any:
    """A uint64."""
    if value == _U0:
        return put_bits(out, position, _U0, 1)
    for form in range(len(_FORMS)):
        if leading_zeros(value) >= np.uint64(64 - _FORMS[form]):
            return _put_form(out, position, form, value)
    return _put_form(out, position, len(_FORMS), value)


@borrowing
def _put_form(out: Any, position: Any, form: Any, word: Any) -> Any:
    if form == len(_FORMS):
        return put_bits(out, put_bits(out, position, np.uint64(0xFF), 8), word, 64)
    prefix = (np.uint64(1) << np.uint64(form + 2)) - np.uint64(2)
    return put_bits(out, put_bits(out, position, prefix, form + 2), word, _FORMS[form])


@borrowing
def take_varbit(buffer: Any, position: Any, limit: Any) -> Any:
    """(int64, position behind it; -1 where the bits end early)."""
    word, size, position = _take_form(buffer, position, limit)
    value = np.int64(word)
    if 0 < size < 64 and value > np.int64(1) << (size - 1):
        value -= np.int64(1) << size
    return value, position


@borrowing
def take_unsigned_varbit(buffer: Any, position: Any, limit: Any) -> Any:
    """(uint64, position behind it; -1 where the bits end early)."""
    word, _, position = _take_form(buffer, position, limit)
    return word, position


@borrowing
def _take_form(buffer: Any, position: Any, limit: Any) -> Any:
    """(the form's bits, how many, position or -1)"""
    ones = 0
    while ones < _ONES_MAX:
        if position >= limit:
            return _U0, 0, -1
        bit = take_bits(buffer, position, 1)
        position += 1
        if bit == _U0:
            break
        ones += 1
    size = 0 if ones == 0 else 64 if ones == _ONES_MAX else _FORMS[ones - 1]
    if position + size > limit:
        return _U0, 0, -1
    return take_bits(buffer, position, size), size, position + size


def warm() -> None:
    out = np.zeros(32, np.uint8)
    put_varbit(out, 0, 1)
    put_unsigned_varbit(out, 0, np.uint64(1))
    take_varbit(out, 0, 1)
    take_unsigned_varbit(out, 0, 1)
