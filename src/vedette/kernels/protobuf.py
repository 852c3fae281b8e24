"""The protobuf wire format, one field at a time, without generated classes: what the scanners of binary pages walk with.

Offsets are int64; an offset of -1 says that the bytes are no protobuf (truncated, a group, a varint of more than 64 bits).
Spec: protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from vedette.kernels.jit import borrowing
from vedette.kernels.words import load_word

VARINT: Final = 0
FIXED64: Final = 1
BYTES: Final = 2
FIXED32: Final = 5

PADDING: Final = 8
"""Bytes that a buffer must have behind its end: fixed fields are read as whole words."""

_ZERO = np.uint64(0)
_LOW_HALF = np.uint64(0xFFFFFFFF)


@borrowing
def read_varint(buffer: Any, i: Any, end: Any) -> Any:
    """(value uint64, behind it)."""
    value = _ZERO
    shift = 0
    while i < end and shift < 64:
        byte = np.uint64(buffer[i])
        value |= (byte & np.uint64(0x7F)) << np.uint64(shift)
        i += 1
        if byte < np.uint64(0x80):
            return value, i
        shift += 7
    return value, -1


@borrowing
def read_field(buffer: Any, i: Any, end: Any) -> Any:
    """One field of the message that ends at `end`: (number, wire type, value, start, stop, behind it).

    value: uint64, the varint or the fixed bits; start and stop: the bytes of a length-delimited field.
    """
    tag, i = read_varint(buffer, i, end)
    number = np.int64(tag >> np.uint64(3))
    wire = np.int64(tag & np.uint64(7))
    if i < 0 or number <= 0 or number >= 1 << 29:
        return number, wire, _ZERO, i, i, -1
    if wire == VARINT:
        value, after = read_varint(buffer, i, end)
        return number, wire, value, i, after, after
    if wire == BYTES:
        length, start = read_varint(buffer, i, end)
        if start < 0 or length > np.uint64(end - start):
            return number, wire, _ZERO, i, i, -1
        stop = start + np.int64(length)
        return number, wire, _ZERO, start, stop, stop
    size = 8 if wire == FIXED64 else 4
    if (wire != FIXED64 and wire != FIXED32) or i + size > end:
        return number, wire, _ZERO, i, i, -1
    word = load_word(buffer, i)
    return number, wire, word if size == 8 else word & _LOW_HALF, i, i + size, i + size


def warm() -> None:
    buffer = np.zeros(16, np.uint8)
    buffer[0] = 8
    read_field(buffer, 0, 2)
