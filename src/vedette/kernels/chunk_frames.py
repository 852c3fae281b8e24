"""Frames of Prometheus' streamed remote read: series cut into XOR chunks, framed and checked; and the same frames walked.

    frame   = uvarint length, CRC-32C of the payload (4 bytes, big-endian), payload
    payload = ChunkedReadResponse of one series: its labels, some of its chunks, the query's number

Written in two steps, so that chunks of another kind (histograms) may stand between: chunk messages first, frames then.
Source: prometheus storage/remote/{chunked,codec}.go, prompb/remote.proto.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from vedette.kernels.borrowing import borrowed
from vedette.kernels.checksums import crc32c
from vedette.kernels.jit import borrowing, kernel
from vedette.kernels.protobuf import BYTES, PADDING, VARINT, read_field
from vedette.kernels.protobuf_writing import put_bytes, put_tagged, put_varint, varint_size
from vedette.kernels.xor_chunks import CHUNK_HEAD_BYTES_MAX, SAMPLE_BYTES_MAX, put_chunk

SAMPLES_PER_CHUNK: Final = 120
"""As the reference cuts its own."""
CHUNK_DATA_BYTES_MAX: Final = CHUNK_HEAD_BYTES_MAX + SAMPLES_PER_CHUNK * SAMPLE_BYTES_MAX
CHUNK_FIELDS_BYTES_MAX: Final = 48
"""A chunk message without its data: two tags with lengths, two times, the encoding."""
FRAME_BYTES_MAX: Final = 64
"""A frame without its labels and chunks."""
XOR: Final = 1
HISTOGRAM: Final = 2
FLOAT_HISTOGRAM: Final = 3
"""Encodings of chunks, as the messages number them."""

CHUNK_COLUMNS: Final = 6
"""Of the rows that `scan_frame` leaves: series, first time, last time, encoding, start and end of the data."""
LABEL_COLUMNS: Final = 3
"""Series, start and end of a Label message."""

_SERIES_TAG: Final = 0x0A
_QUERY_TAG: Final = 0x10
_CHUNK_TAG: Final = 0x12
_MIN_TIME_TAG: Final = 0x08
_MAX_TIME_TAG: Final = 0x10
_ENCODING_TAG: Final = 0x18
_DATA_TAG: Final = 0x22


@kernel
def write_chunk_messages(times: Any, bits: Any, starts: Any, ends: Any, scratch: Any, out: Any, out_ends: Any) -> None:
    """Samples [starts[i], ends[i]) as the i-th message Chunk under its tag, ending at out_ends[i].

    `scratch`: CHUNK_DATA_BYTES_MAX; `out`: for each chunk its data and CHUNK_FIELDS_BYTES_MAX.
    """
    at = np.int64(0)
    for i in range(len(starts)):
        length = put_chunk(times, bits, starts[i], ends[i], scratch, 0)
        at = put_chunk_message(out, at, times[starts[i]], times[ends[i] - 1], XOR, scratch, length)
        out_ends[i] = at


@borrowing
def put_chunk_message(out: Any, at: Any, first_time: Any, last_time: Any, encoding: Any, data: Any, length: Any) -> Any:
    """A Chunk under its tag, with data[:length]; CHUNK_FIELDS_BYTES_MAX and the data's bytes, at most."""
    first, last = np.uint64(first_time), np.uint64(last_time)
    size = 5 + varint_size(first) + varint_size(last) + varint_size(np.uint64(length)) + length
    at = put_tagged(out, at, _CHUNK_TAG, np.uint64(size))
    at = put_tagged(out, at, _MIN_TIME_TAG, first)
    at = put_tagged(out, at, _MAX_TIME_TAG, last)
    at = put_tagged(out, at, _ENCODING_TAG, np.uint64(encoding))
    at = put_tagged(out, at, _DATA_TAG, np.uint64(length))
    return put_bytes(out, at, data, 0, length)


@kernel
def write_frames(
    labels: Any,
    label_offsets: Any,
    chunks: Any,
    chunk_offsets: Any,
    series_offsets: Any,
    query: Any,
    bytes_max: Any,
    out: Any,
) -> Any:
    """n series as frames of about `bytes_max` bytes, a series at least one; returns the bytes written.

    Series i owns the chunk messages series_offsets[i]:series_offsets[i + 1], message k stands at
    chunks[chunk_offsets[k]:chunk_offsets[k + 1]]. A series without chunks is left out.
    """
    at = np.int64(0)
    for i in range(len(series_offsets) - 1):
        label_size = label_offsets[i + 1] - label_offsets[i]
        first = series_offsets[i]
        while first < series_offsets[i + 1]:
            last, left = first, bytes_max - label_size
            while last < series_offsets[i + 1] and (left > 0 or last == first):
                left -= chunk_offsets[last + 1] - chunk_offsets[last]
                last += 1
            chunk_size = chunk_offsets[last] - chunk_offsets[first]
            inner = np.uint64(label_size + chunk_size)
            size = 1 + varint_size(inner) + label_size + chunk_size
            if query > 0:
                size += 1 + varint_size(np.uint64(query))
            checksum_at = put_varint(out, at, np.uint64(size))
            at = put_tagged(out, checksum_at + 4, _SERIES_TAG, inner)
            at = put_bytes(out, at, labels, label_offsets[i], label_offsets[i + 1])
            at = put_bytes(out, at, chunks, chunk_offsets[first], chunk_offsets[last])
            if query > 0:
                at = put_tagged(out, at, _QUERY_TAG, np.uint64(query))
            checksum = crc32c(out, checksum_at + 4, at)
            for k in range(4):
                out[checksum_at + k] = np.uint8((checksum >> np.uint64(24 - 8 * k)) & np.uint64(0xFF))
            first = last
    return at


@kernel
def scan_frame(buffer: Any, end: Any, label_rows: Any, chunk_rows: Any, counts: Any) -> Any:
    """Where the labels and the chunks of a payload are; False where buffer[:end] is no ChunkedReadResponse.

    `buffer` has PADDING bytes behind `end`; label_rows int64[k, LABEL_COLUMNS], chunk_rows int64[m, CHUNK_COLUMNS];
    counts int64[3]: series, labels, chunks found, which may be more than there are rows: then once more with room.
    """
    counts[:] = 0
    i = np.int64(0)
    while i < end:
        number, wire, _, start, stop, i = read_field(buffer, i, end)
        if i < 0:
            return False
        if number == 1 and wire == BYTES:
            if not _scan_series(buffer, start, stop, label_rows, chunk_rows, counts):
                return False
            counts[0] += 1
    return True


@kernel
def _scan_series(buffer: Any, i: Any, end: Any, label_rows: Any, chunk_rows: Any, counts: Any) -> Any:
    while i < end:
        number, wire, _, start, stop, i = read_field(buffer, i, end)
        if i < 0:
            return False
        if number == 1 and wire == BYTES:
            if counts[1] < len(label_rows):
                row = label_rows[counts[1]]
                row[0], row[1], row[2] = counts[0], start, stop
            counts[1] += 1
        elif number == 2 and wire == BYTES:
            if counts[2] < len(chunk_rows) and not _scan_chunk(buffer, start, stop, counts[0], chunk_rows[counts[2]]):
                return False
            counts[2] += 1
    return True


@kernel
def _scan_chunk(buffer: Any, i: Any, end: Any, series: Any, row: Any) -> Any:
    row[:] = 0
    row[0] = series
    while i < end:
        number, wire, value, start, stop, i = read_field(buffer, i, end)
        if i < 0:
            return False
        if wire == VARINT and 1 <= number <= 3:
            row[number] = np.int64(value)
        elif wire == BYTES and number == 4:
            row[4], row[5] = start, stop
    return True


def warm() -> None:
    one, out = np.zeros(1, np.int64), np.zeros(512, np.uint8)
    offsets, raw = borrowed(np.array([0, 1]), np.int64), borrowed(np.zeros(1 + PADDING), np.uint8)
    times, bits = borrowed(one, np.int64), borrowed(np.zeros(1), np.uint64)
    scratch = np.zeros(CHUNK_DATA_BYTES_MAX, np.uint8)
    write_chunk_messages(times, bits, one, np.ones(1, np.int64), scratch, out, np.zeros(1, np.int64))
    write_frames(raw, offsets, raw, offsets, offsets, 0, 1, out)
    labels, chunks = np.zeros((1, LABEL_COLUMNS), np.int64), np.zeros((1, CHUNK_COLUMNS), np.int64)
    scan_frame(raw, 1, labels, chunks, np.zeros(3, np.int64))
