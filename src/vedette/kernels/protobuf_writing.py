"""Protobuf messages of series written from columns: the way out, as `protobuf.py` is the way in.

A series' message is its label fields (bytes made once for each series), its samples, and whatever other fields were
encoded before (histograms, exemplars, metadata): CSR arrays, n + 1 offsets for n series. Lengths stand before what they
measure, so each message is measured before it is written.
Spec: protobuf.dev/programming-guides/encoding; prometheus prompb/types.proto, io/prometheus/write/v2/types.proto.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from vedette.kernels.borrowing import borrowed
from vedette.kernels.jit import borrowing, kernel

VARINT_BYTES_MAX: Final = 10
SAMPLE_BYTES_MAX: Final = 2 + 9 + 2 * (1 + VARINT_BYTES_MAX)
SERIES_HEAD_BYTES_MAX: Final = 1 + VARINT_BYTES_MAX

_SAMPLES_TAG: Final = 0x12
_VALUE_TAG: Final = 0x09
_TIME_TAG: Final = 0x10
_START_TIME_TAG: Final = 0x18
_LABEL_REFS_TAG: Final = 0x0A
_U7F = np.uint64(0x7F)
_U80 = np.uint64(0x80)
_U7 = np.uint64(7)


@borrowing
def varint_size(value: Any) -> Any:
    size = 1
    while value >= _U80:
        value >>= _U7
        size += 1
    return size


@borrowing
def put_varint(out: Any, at: Any, value: Any) -> Any:
    """Writes a uint64 at out[at:] and returns the end."""
    while value >= _U80:
        out[at] = np.uint8(value & _U7F) | np.uint8(0x80)
        value >>= _U7
        at += 1
    out[at] = np.uint8(value)
    return at + 1


@borrowing
def put_tagged(out: Any, at: Any, tag: Any, value: Any) -> Any:
    """A tag of one byte and a varint: a number, or the length of what follows."""
    out[at] = tag
    return put_varint(out, at + 1, value)


@borrowing
def put_fixed64(out: Any, at: Any, word: Any) -> Any:
    for i in range(8):
        out[at + i] = np.uint8((word >> np.uint64(8 * i)) & np.uint64(0xFF))
    return at + 8


@borrowing
def put_bytes(out: Any, at: Any, source: Any, start: Any, end: Any) -> Any:
    for i in range(start, end):
        out[at + i - start] = source[i]
    return at + end - start


@borrowing
def sample_size(time: Any, start_time: Any) -> Any:
    size = 10 + varint_size(np.uint64(time))
    return size + 1 + varint_size(np.uint64(start_time)) if start_time else size


@kernel
def write_series(
    tag: Any,
    labels: Any,
    label_offsets: Any,
    offsets: Any,
    times: Any,
    bits: Any,
    start_times: Any,
    others: Any,
    other_offsets: Any,
    out: Any,
) -> Any:
    """n messages TimeSeries, each under `tag`; returns the bytes written.

    `start_times` int64, parallel to `times`, 0 where there is none, or empty. `out` has for each series
    SERIES_HEAD_BYTES_MAX, its labels and other fields, and SAMPLE_BYTES_MAX for each sample.
    """
    at = np.int64(0)
    has_starts = len(start_times) > 0
    for i in range(len(offsets) - 1):
        size = label_offsets[i + 1] - label_offsets[i] + other_offsets[i + 1] - other_offsets[i]
        for j in range(offsets[i], offsets[i + 1]):
            inner = sample_size(times[j], start_times[j] if has_starts else 0)
            size += 2 + inner
        at = put_tagged(out, at, tag, np.uint64(size))
        at = put_bytes(out, at, labels, label_offsets[i], label_offsets[i + 1])
        for j in range(offsets[i], offsets[i + 1]):
            start_time = start_times[j] if has_starts else 0
            at = put_tagged(out, at, _SAMPLES_TAG, np.uint64(sample_size(times[j], start_time)))
            out[at] = _VALUE_TAG
            at = put_fixed64(out, at + 1, bits[j])
            at = put_tagged(out, at, _TIME_TAG, np.uint64(times[j]))
            if start_time:
                at = put_tagged(out, at, _START_TIME_TAG, np.uint64(start_time))
        at = put_bytes(out, at, others, other_offsets[i], other_offsets[i + 1])
    return at


@kernel
def write_label_refs(symbols: Any, symbol_offsets: Any, out: Any, out_offsets: Any) -> None:
    """The packed field `labels_refs` of n series: symbols[symbol_offsets[i]:symbol_offsets[i + 1]], name, value, name ..."""
    at = np.int64(0)
    out_offsets[0] = 0
    for i in range(len(symbol_offsets) - 1):
        size = 0
        for j in range(symbol_offsets[i], symbol_offsets[i + 1]):
            size += varint_size(np.uint64(symbols[j]))
        at = put_tagged(out, at, _LABEL_REFS_TAG, np.uint64(size))
        for j in range(symbol_offsets[i], symbol_offsets[i + 1]):
            at = put_varint(out, at, np.uint64(symbols[j]))
        out_offsets[i + 1] = at


def warm() -> None:
    raw, out = borrowed(np.zeros(1, np.uint8), np.uint8), np.zeros(64, np.uint8)
    offsets, one = borrowed(np.array([0, 1]), np.int64), borrowed(np.zeros(1), np.int64)
    bits = borrowed(np.zeros(1), np.uint64)
    write_series(0x0A, raw, offsets, offsets, one, bits, one, raw, offsets, out)
    write_label_refs(one, offsets, out, np.zeros(2, np.int64))
