"""Native histograms written as protobuf messages: what remote write sends and remote read answers, in both versions alike.

Counts that are all whole are written as integers (the first one, then differences), else as floats: which of the two a
histogram was when it came is not kept, and a receiver answers queries alike. Buckets that are listed as empty are written too.
Source: prometheus prompb/types.proto, io/prometheus/write/v2/types.proto (message Histogram).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from vedette.kernels.borrowing import borrowed
from vedette.kernels.histogram_table import CUSTOM, sample_table
from vedette.kernels.jit import borrowing, kernel
from vedette.kernels.protobuf_writing import (
    VARINT_BYTES_MAX,
    put_bytes,
    put_fixed64,
    put_tagged,
    put_varint,
    varint_size,
)
from vedette.kernels.words import bits_of

HEAD_BYTES_MAX: Final = 160
"""A message without its buckets and bounds: twelve fields, and the tags and lengths of six repeated ones."""
BUCKET_BYTES_MAX: Final = 2 + 2 * (1 + VARINT_BYTES_MAX) + VARINT_BYTES_MAX
"""A span of its own, and its count."""
BOUND_BYTES: Final = 8

_WHOLE_MAX_BITS = np.uint64(1076 << 52)
"""Of 2^53; floats that are not negative are ordered like their bits."""
_COUNT_TAGS: Final = (0x11, 0x08)
"""As a float, as an integer."""
_SUM_TAG: Final = 0x19
_SCHEMA_TAG: Final = 0x20
_THRESHOLD_TAG: Final = 0x29
_ZERO_COUNT_TAGS: Final = (0x39, 0x30)
_NEGATIVE_TAGS: Final = (0x42, 0x52, 0x4A)
"""Spans, counts, differences."""
_POSITIVE_TAGS: Final = (0x5A, 0x6A, 0x62)
_SPAN_OFFSET_TAG: Final = 0x08
_SPAN_LENGTH_TAG: Final = 0x10
_HINT_TAG: Final = 0x70
_TIME_TAG: Final = 0x78
_BOUNDS_TAG: Final = 0x82
_START_TIME_TAG: Final = 0x88
_SECOND_TAG_BYTE: Final = 1
"""Of fields 16 and 17."""


@borrowing
def is_whole(value: Any) -> Any:
    """-0 is not: it would come back as 0."""
    return bits_of(value) <= _WHOLE_MAX_BITS and value == np.floor(value)


@borrowing
def zigzag(value: Any) -> Any:
    """int64 -> uint64: small magnitudes become small numbers."""
    return np.uint64((value << 1) ^ (value >> 63))


@borrowing
def put_count(out: Any, at: Any, tags: Any, value: Any, whole: Any) -> Any:
    if whole:
        return put_tagged(out, at, tags[1], np.uint64(value))
    out[at] = tags[0]
    return put_fixed64(out, at + 1, bits_of(value))


@borrowing
def put_spans(out: Any, at: Any, tag: Any, indexes: Any, start: Any, end: Any) -> Any:
    """Runs of neighbouring buckets: the gap since the last one's end (or since bucket 0), the length."""
    behind = np.int64(0)
    i = start
    while i < end:
        last = i + 1
        while last < end and indexes[last] == indexes[last - 1] + 1:
            last += 1
        gap, length = zigzag(indexes[i] - behind), np.uint64(last - i)
        at = put_tagged(out, at, tag, np.uint64(2 + varint_size(gap) + varint_size(length)))
        at = put_tagged(out, at, _SPAN_OFFSET_TAG, gap)
        at = put_tagged(out, at, _SPAN_LENGTH_TAG, length)
        behind = indexes[last - 1] + 1
        i = last
    return at


@borrowing
def put_side(out: Any, at: Any, tags: Any, indexes: Any, counts: Any, start: Any, end: Any, whole: Any) -> Any:
    if start == end:
        return at
    at = put_spans(out, at, tags[0], indexes, start, end)
    if not whole:
        at = put_tagged(out, at, tags[1], np.uint64(8 * (end - start)))
        for i in range(start, end):
            at = put_fixed64(out, at, bits_of(counts[i]))
        return at
    size, before = 0, np.int64(0)
    for i in range(start, end):
        size += varint_size(zigzag(np.int64(counts[i]) - before))
        before = np.int64(counts[i])
    at, before = put_tagged(out, at, tags[2], np.uint64(size)), np.int64(0)
    for i in range(start, end):
        at = put_varint(out, at, zigzag(np.int64(counts[i]) - before))
        before = np.int64(counts[i])
    return at


@borrowing
def put_long_tagged(out: Any, at: Any, tag: Any, value: Any) -> Any:
    """A field whose number is above 15: its tag has two bytes."""
    out[at], out[at + 1] = tag, _SECOND_TAG_BYTE
    return put_varint(out, at + 2, value)


@borrowing
def are_whole(table: Any, row: Any) -> Any:
    if not (is_whole(table.counts[row]) and is_whole(table.zero_counts[row])):
        return False
    for i in range(table.positive_offsets[row], table.positive_offsets[row + 1]):
        if not is_whole(table.positive_counts[i]):
            return False
    for i in range(table.negative_offsets[row], table.negative_offsets[row + 1]):
        if not is_whole(table.negative_counts[i]):
            return False
    return True


@borrowing
def put_histogram(out: Any, at: Any, table: Any, row: Any, time: Any, start_time: Any) -> Any:
    """The message without its tag; returns the end."""
    whole = are_whole(table, row)
    at = put_count(out, at, _COUNT_TAGS, table.counts[row], whole)
    out[at] = _SUM_TAG
    at = put_fixed64(out, at + 1, bits_of(table.sums[row]))
    at = put_tagged(out, at, _SCHEMA_TAG, zigzag(table.schemas[row]))
    out[at] = _THRESHOLD_TAG
    at = put_fixed64(out, at + 1, bits_of(table.zero_thresholds[row]))
    at = put_count(out, at, _ZERO_COUNT_TAGS, table.zero_counts[row], whole)
    start, end = table.negative_offsets[row], table.negative_offsets[row + 1]
    at = put_side(out, at, _NEGATIVE_TAGS, table.negative_indexes, table.negative_counts, start, end, whole)
    start, end = table.positive_offsets[row], table.positive_offsets[row + 1]
    at = put_side(out, at, _POSITIVE_TAGS, table.positive_indexes, table.positive_counts, start, end, whole)
    at = put_tagged(out, at, _HINT_TAG, np.uint64(table.hints[row]))
    at = put_tagged(out, at, _TIME_TAG, np.uint64(time))
    if table.schemas[row] == CUSTOM:
        layout = table.layouts[row]
        start, end = table.bound_offsets[layout], table.bound_offsets[layout + 1]
        at = put_long_tagged(out, at, _BOUNDS_TAG, np.uint64(8 * (end - start)))
        for i in range(start, end):
            at = put_fixed64(out, at, bits_of(table.bounds[i]))
    if start_time:
        at = put_long_tagged(out, at, _START_TIME_TAG, np.uint64(start_time))
    return at


@kernel
def write_histograms(tag: Any, table: Any, times: Any, start_times: Any, scratch: Any, out: Any, offsets: Any) -> None:
    """Each of the table's histograms as a message under `tag`: message i stands at out[offsets[i]:offsets[i + 1]].

    `start_times` int64, parallel to `times`, 0 where there is none, or empty. `scratch` has room for one message, `out` for all.
    """
    at = np.int64(0)
    offsets[0] = 0
    has_starts = len(start_times) > 0
    for row in range(len(times)):
        size = put_histogram(scratch, 0, table, row, times[row], start_times[row] if has_starts else 0)
        at = put_tagged(out, at, tag, np.uint64(size))
        at = put_bytes(out, at, scratch, 0, size)
        offsets[row + 1] = at


def warm() -> None:
    table, times = sample_table(), borrowed(np.zeros(4), np.int64)
    scratch, out = np.zeros(1024, np.uint8), np.zeros(4096, np.uint8)
    write_histograms(0x22, table, times, times, scratch, out, np.zeros(5, np.int64))
