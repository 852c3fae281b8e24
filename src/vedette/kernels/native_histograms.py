"""Native histograms out of protobuf messages (io.prometheus.client.Histogram): spans and deltas to bucket indexes and counts.

Two passes over a list of messages: `measure_natives` says how much room each needs and whether it is consistent,
`read_natives` writes. Spec: https://prometheus.io/docs/specs/native_histograms/, client_model metrics.proto.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from vedette.kernels.exposition_series import padded
from vedette.kernels.jit import borrowing
from vedette.kernels.protobuf import BYTES, FIXED64, VARINT, read_field, read_varint
from vedette.kernels.words import float_of, load_word

# columns that measure_natives writes; those of a side are POSITIVE or NEGATIVE + one of SPANNED, BUCKETS
FIRST: Final = 0
"""Start and stop of the Histogram message."""
STOP: Final = 1
IS_FLOAT: Final = 2
POSITIVE: Final = 3
NEGATIVE: Final = 5
SPANNED: Final = 0
"""Buckets that the spans name."""
BUCKETS: Final = 1
"""Buckets that have a count."""
SOUND: Final = 7
"""0 where the bytes are no such message."""
MEASURES: Final = 8

# rows of the numbers that read_natives writes
COUNT: Final = 0
SUM: Final = 1
ZERO_COUNT: Final = 2
ZERO_THRESHOLD: Final = 3

_HISTOGRAM_FIELD: Final = 7
_ZERO = np.uint64(0)
_ONE = np.uint64(1)
_SPAN_FIELDS = (12, 9)
_DELTA_FIELDS = (13, 10)
_COUNT_FIELDS = (14, 11)


@borrowing
def measure_natives(buffer: Any, starts: Any, stops: Any, out: Any) -> Any:
    """starts, stops: int64[k], spans of Metric messages. out: int64[k, MEASURES]."""
    for row in range(len(starts)):
        for column in range(MEASURES):
            out[row, column] = 0
        first, stop = _find_histogram(buffer, starts[row], stops[row])
        out[row, FIRST] = first
        out[row, STOP] = stop
        out[row, SOUND] = first >= 0
        i = first
        while 0 <= i < stop:
            number, wire, value, _, _, i = read_field(buffer, i, stop)
            if i < 0:
                out[row, SOUND] = 0
            elif (number == 4 or number == 8) and wire == FIXED64:
                out[row, IS_FLOAT] |= float_of(value) > 0
        if out[row, SOUND]:
            for side in range(2):
                base = POSITIVE if side == 0 else NEGATIVE
                _measure_side(buffer, side, base, out, row)


@borrowing
def _find_histogram(buffer: Any, i: Any, end: Any) -> Any:
    """The span of the last Histogram in the metric; (-1, -1) where there is none."""
    first, stop = -1, -1
    while 0 <= i < end:
        number, wire, _, begin, behind, i = read_field(buffer, i, end)
        if number == _HISTOGRAM_FIELD and wire == BYTES and i >= 0:
            first, stop = begin, behind
    return first, stop


@borrowing
def _measure_side(buffer: Any, side: Any, base: Any, out: Any, row: Any) -> Any:
    counts_field = _COUNT_FIELDS[side] if out[row, IS_FLOAT] else _DELTA_FIELDS[side]
    i = out[row, FIRST]
    while i < out[row, STOP]:
        number, wire, _, begin, end, i = read_field(buffer, i, out[row, STOP])
        if number == _SPAN_FIELDS[side]:
            _, length, ok = _read_span(buffer, begin, end)
            if not ok or wire != BYTES:
                out[row, SOUND] = 0
                return
            out[row, base + SPANNED] += length
        elif number == counts_field:
            n = _count_items(buffer, wire, begin, end, out[row, IS_FLOAT] != 0)
            if n < 0:
                out[row, SOUND] = 0
                return
            out[row, base + BUCKETS] += n


@borrowing
def _read_span(buffer: Any, i: Any, end: Any) -> Any:
    """A BucketSpan: (offset, length, whether it is well formed)."""
    offset: Any = 0
    length: Any = 0
    while i < end:
        number, wire, value, _, _, i = read_field(buffer, i, end)
        if i < 0 or (number <= 2 and wire != VARINT):
            return offset, length, False
        if number == 1:
            offset = _unzigzag(value)
        elif number == 2:
            length = np.int64(value & np.uint64(0xFFFFFFFF))
    return offset, length, True


@borrowing
def _unzigzag(value: Any) -> Any:
    return np.int64(value >> _ONE) ^ -np.int64(value & _ONE)


@borrowing
def _count_items(buffer: Any, wire: Any, begin: Any, end: Any, is_float: Any) -> Any:
    """Items of a repeated field's one occurrence, packed or not; -1 where it is neither."""
    single = FIXED64 if is_float else VARINT
    if wire == single:
        return 1
    if wire != BYTES:
        return -1
    if is_float:
        return (end - begin) // 8 if (end - begin) % 8 == 0 else -1
    n: Any = 0
    for i in range(begin, end):
        n += buffer[i] < 0x80
    return n


@borrowing
def read_natives(buffer: Any, measures: Any, schemas: Any, numbers: Any, positive: Any, negative: Any) -> Any:
    """Writes what measure_natives found sound and consistent. Returns whether all varints were well formed.

    schemas: int64[k]. numbers: float64[4, k]. positive, negative: (offsets int64[k+1], indexes int64[m], counts float64[m]).
    """
    sound = True
    for row in range(len(measures)):
        _read_numbers(buffer, measures, row, schemas, numbers)
        for side in range(2):
            offsets, indexes, counts = positive if side == 0 else negative
            _read_indexes(buffer, measures, row, _SPAN_FIELDS[side], indexes, offsets[row])
            sound &= _read_counts(buffer, measures, row, side, counts, offsets[row])
    return sound


@borrowing
def _read_numbers(buffer: Any, measures: Any, row: Any, schemas: Any, numbers: Any) -> Any:
    is_float = measures[row, IS_FLOAT] != 0
    schemas[row] = 0
    for which in range(4):
        numbers[which, row] = 0.0
    i = measures[row, FIRST]
    while i < measures[row, STOP]:
        number, _, value, _, _, i = read_field(buffer, i, measures[row, STOP])
        if number == 5:
            schemas[row] = _unzigzag(value)
        elif number == 2:
            numbers[SUM, row] = float_of(value)
        elif number == 6:
            numbers[ZERO_THRESHOLD, row] = float_of(value)
        elif number == 1 and not is_float:
            numbers[COUNT, row] = np.float64(value)
        elif number == 7 and not is_float:
            numbers[ZERO_COUNT, row] = np.float64(value)
        elif number == 4 and is_float:
            numbers[COUNT, row] = float_of(value)
        elif number == 8 and is_float:
            numbers[ZERO_COUNT, row] = float_of(value)


@borrowing
def _read_indexes(buffer: Any, measures: Any, row: Any, field: Any, indexes: Any, at: Any) -> Any:
    index: Any = 0
    i = measures[row, FIRST]
    while i < measures[row, STOP]:
        number, _, _, begin, end, i = read_field(buffer, i, measures[row, STOP])
        if number == field:
            offset, length, _ = _read_span(buffer, begin, end)
            index += offset
            for _ in range(length):
                indexes[at] = index
                index += 1
                at += 1


@borrowing
def _read_counts(buffer: Any, measures: Any, row: Any, side: Any, counts: Any, at: Any) -> Any:
    is_float = measures[row, IS_FLOAT] != 0
    field = _COUNT_FIELDS[side] if is_float else _DELTA_FIELDS[side]
    total: Any = 0
    i = measures[row, FIRST]
    while i < measures[row, STOP]:
        number, wire, value, begin, end, i = read_field(buffer, i, measures[row, STOP])
        if number != field:
            continue
        if wire != BYTES:
            total += _unzigzag(value)
            counts[at] = float_of(value) if is_float else np.float64(total)
            at += 1
            continue
        while begin < end:
            if is_float:
                counts[at] = float_of(load_word(buffer, begin))
                begin += 8
            else:
                value, begin = read_varint(buffer, begin, end)
                if begin < 0:
                    return False
                total += _unzigzag(value)
                counts[at] = np.float64(total)
            at += 1
    return True


def warm() -> None:
    buffer = padded(b"")
    none = np.empty(0, np.int64)
    measure_natives(buffer, none, none, np.empty((0, MEASURES), np.int64))
    side = np.zeros(1, np.int64), none, np.empty(0)
    read_natives(buffer, np.empty((0, MEASURES), np.int64), none, np.empty((4, 0)), side, side)
