"""Native histograms of remote write (both versions have the same message) to columns: spans and deltas to indexes and counts.

Two passes over a list of messages: `measure` counts each one's buckets and bounds, `read` writes them where the running
sums say. Source: Prometheus prompb/types.proto, codec.go (ToIntHistogram, ToFloatHistogram).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from vedette.kernels.exposition_series import PADDING
from vedette.kernels.jit import borrowing
from vedette.kernels.protobuf import BYTES, FIXED64, VARINT, read_field, read_varint
from vedette.kernels.words import float_of, load_word

# columns of `sizes`
POSITIVE: Final = 0
NEGATIVE: Final = 1
BOUNDS: Final = 2
IS_FLOAT: Final = 3
SIZES: Final = 4

# columns of `heads` int64
SCHEMA: Final = 0
HINT: Final = 1
TIME: Final = 2
START_TIME: Final = 3
FAULT: Final = 4
HEADS: Final = 5

# columns of `numbers` float64
COUNT: Final = 0
SUM: Final = 1
ZERO_COUNT: Final = 2
ZERO_THRESHOLD: Final = 3
NUMBERS: Final = 4

# faults
NONE: Final = 0
SPANS_MISMATCH: Final = 1
NEGATIVE_OFFSET: Final = 2

_ONE = np.uint64(1)
_SPANS = (11, 8)
_DELTAS = (12, 9)
_COUNTS = (13, 10)


@borrowing
def measure(buffer: Any, starts: Any, stops: Any, sizes: Any) -> Any:
    """sizes int64[k, 4]. -1, or the offset of what is no such message."""
    for row in range(len(starts)):
        for column in range(SIZES):
            sizes[row, column] = 0
        i: Any = starts[row]
        while i < stops[row]:
            at = i
            number, wire, _, _, _, i = read_field(buffer, i, stops[row])
            if i < 0 or not _fits(number, wire):
                return at
            if number in (1, 2):
                sizes[row, IS_FLOAT] = 1 if number == 2 else 0
        for side in range(2):
            field = _COUNTS[side] if sizes[row, IS_FLOAT] else _DELTAS[side]
            sizes[row, side] = _count_values(buffer, starts[row], stops[row], field)
        sizes[row, BOUNDS] = _count_values(buffer, starts[row], stops[row], 16)
        if min(sizes[row, POSITIVE], sizes[row, NEGATIVE], sizes[row, BOUNDS]) < 0:
            return starts[row]
    return -1


@borrowing
def _fits(number: Any, wire: Any) -> Any:
    """The wire type of each field; repeated numbers may be packed."""
    if number in (8, 11):
        return wire == BYTES
    if number in (2, 3, 5, 7):
        return wire == FIXED64
    if number in (10, 13, 16):
        return wire in (FIXED64, BYTES)
    if number in (9, 12):
        return wire in (VARINT, BYTES)
    return wire == VARINT if number <= 17 else True


@borrowing
def _count_values(buffer: Any, i: Any, end: Any, field: Any) -> Any:
    """Of a repeated number; -1 where a packed one is cut."""
    n = 0
    while i < end:
        number, wire, _, first, stop, i = read_field(buffer, i, end)
        if number != field:
            continue
        if wire != BYTES:
            n += 1
        elif field in (9, 12):
            while first < stop:
                _, first = read_varint(buffer, first, stop)
                if first < 0:
                    return -1
                n += 1
        elif (stop - first) % 8:
            return -1
        else:
            n += (stop - first) // 8
    return n


@borrowing
def read(buffer: Any, starts: Any, stops: Any, sizes: Any, heads: Any, numbers: Any, sides: Any, bounds: Any) -> Any:
    """What `measure` found sound. sides: (indexes int64, counts float64) of the positive and of the negative side, flat."""
    at_positive: Any = 0
    at_negative: Any = 0
    at_bounds: Any = 0
    for row in range(len(starts)):
        for column in range(HEADS):
            heads[row, column] = 0
        for column in range(NUMBERS):
            numbers[row, column] = 0.0
        _read_head(buffer, starts[row], stops[row], heads[row], numbers[row])
        span = (starts[row], stops[row])
        is_float = sizes[row, IS_FLOAT] == 1
        fault = _read_side(buffer, span, 0, is_float, sides[0], sides[1], at_positive, sizes[row, POSITIVE])
        at_positive += sizes[row, POSITIVE]
        other = _read_side(buffer, span, 1, is_float, sides[2], sides[3], at_negative, sizes[row, NEGATIVE])
        at_negative += sizes[row, NEGATIVE]
        heads[row, FAULT] = fault if fault != NONE else other
        at_bounds = _read_doubles(buffer, span, 16, bounds, at_bounds)


@borrowing
def _read_head(buffer: Any, i: Any, end: Any, head: Any, numbers: Any) -> Any:
    while i < end:
        number, _, value, _, _, i = read_field(buffer, i, end)
        if number == 1:
            numbers[COUNT] = np.float64(value)
        elif number == 2:
            numbers[COUNT] = float_of(value)
        elif number == 3:
            numbers[SUM] = float_of(value)
        elif number == 4:
            head[SCHEMA] = _unzigzag(value)
        elif number == 5:
            numbers[ZERO_THRESHOLD] = float_of(value)
        elif number == 6:
            numbers[ZERO_COUNT] = np.float64(value)
        elif number == 7:
            numbers[ZERO_COUNT] = float_of(value)
        elif number == 14:
            head[HINT] = np.int64(value) if value <= np.uint64(3) else 0
        elif number == 15:
            head[TIME] = np.int64(value)
        elif number == 17:
            head[START_TIME] = np.int64(value)


@borrowing
def _unzigzag(value: Any) -> Any:
    return np.int64(value >> _ONE) ^ -np.int64(value & _ONE)


@borrowing
def _read_side(buffer: Any, span: Any, side: Any, is_float: Any, indexes: Any, counts: Any, at: Any, n: Any) -> Any:
    """Fills indexes[at:at + n] and counts beside them; returns a fault. Buckets that no span names get index 0."""
    if is_float:
        _read_doubles(buffer, span, _COUNTS[side], counts, at)
    else:
        _read_deltas(buffer, span, _DELTAS[side], counts, at)
    for place in range(at, at + n):
        indexes[place] = 0
    placed = 0
    index: Any = 0
    first_span = True
    i: Any = span[0]
    while i < span[1]:
        number, _, _, first, stop, i = read_field(buffer, i, span[1])
        if number != _SPANS[side]:
            continue
        offset: Any = 0
        length: Any = 0
        while first < stop:
            part, wire, value, _, _, first = read_field(buffer, first, stop)
            if first < 0 or wire != VARINT:
                return SPANS_MISMATCH
            if part == 1:
                offset = _unzigzag(value)
            elif part == 2:
                length = np.int64(value)
        if offset < 0 and not first_span:
            return NEGATIVE_OFFSET
        first_span = False
        index += offset
        if length < 0 or length > n - placed:
            return SPANS_MISMATCH
        for place in range(length):
            indexes[at + placed + place] = index + place
        index += length
        placed += length
    return NONE if placed == n else SPANS_MISMATCH


@borrowing
def _read_deltas(buffer: Any, span: Any, field: Any, out: Any, at: Any) -> Any:
    """Running sums of sint64 numbers."""
    total: Any = 0
    i: Any = span[0]
    while i < span[1]:
        number, wire, value, first, stop, i = read_field(buffer, i, span[1])
        if number != field:
            continue
        if wire != BYTES:
            total += _unzigzag(value)
            out[at] = np.float64(total)
            at += 1
            continue
        while first < stop:
            value, first = read_varint(buffer, first, stop)
            total += _unzigzag(value)
            out[at] = np.float64(total)
            at += 1


@borrowing
def _read_doubles(buffer: Any, span: Any, field: Any, out: Any, at: Any) -> Any:
    i: Any = span[0]
    while i < span[1]:
        number, wire, value, first, stop, i = read_field(buffer, i, span[1])
        if number != field:
            continue
        if wire != BYTES:
            out[at] = float_of(value)
            at += 1
            continue
        while first < stop:
            out[at] = float_of(load_word(buffer, first))
            at += 1
            first += 8
    return at


def warm() -> None:
    buffer = np.zeros(PADDING, np.uint8)
    starts, stops, sizes = np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros((1, SIZES), np.int64)
    measure(buffer, starts, stops, sizes)
    sides = (np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64), np.zeros(0))
    read(buffer, starts, stops, sizes, np.zeros((1, HEADS), np.int64), np.zeros((1, NUMBERS)), sides, np.zeros(0))
