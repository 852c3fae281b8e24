"""Prometheus' chunks of native histograms with float counts, and where a series of floats and histograms is cut into chunks.

    two bytes: number of samples, big-endian; one byte: GAUGE, or nothing known of resets
    layout: zero threshold, schema, spans of both sides, custom bounds
    first sample: time, then count, zero count, sum and all buckets as 64 bits each
    others: delta of delta of time, then each number's XOR with the one before (xor_chunks.py)

All samples of a chunk have one layout: the buckets that any of them has; one that lacks a bucket has it empty. Within a chunk
of counters there is no reset: a reader takes that for granted. Whole counts are written as floats, too: answers are the same.
Source: prometheus tsdb/docs/format/chunks.md, tsdb/chunkenc/{float_histogram,histogram_meta,varbit}.go.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from vedette.kernels.bits import put_bits
from vedette.kernels.borrowing import borrowed
from vedette.kernels.chunk_frames import (
    CHUNK_DATA_BYTES_MAX,
    CHUNK_FIELDS_BYTES_MAX,
    FLOAT_HISTOGRAM,
    SAMPLES_PER_CHUNK,
    XOR,
    put_chunk_message,
)
from vedette.kernels.histogram_resets import is_alike
from vedette.kernels.histogram_table import CUSTOM, sample_table
from vedette.kernels.jit import borrowing, kernel
from vedette.kernels.varbits import put_unsigned_varbit, put_varbit
from vedette.kernels.words import bits_of
from vedette.kernels.xor_chunks import put_chunk, put_xor
from vedette.model.histograms import CounterReset

_NOT_RESET: Final = int(CounterReset.NOT_RESET)
_GAUGE: Final = int(CounterReset.GAUGE)
_GAUGE_FLAG: Final = 0b11000000

_HEADER_BYTES: Final = 3
_LAYOUT_BYTES_MAX: Final = 48
"""The header, the threshold, the schema, three counts, the first time."""
_SPAN_BYTES_MAX: Final = 18
_BOUND_BYTES_MAX: Final = 9
_TIME_BYTES_MAX: Final = 9
_NUMBER_BYTES_MAX: Final = 10
_NUMBERS: Final = 3
"""Count, zero count and sum stand before the buckets."""
_UNSET: Final = 255
_U0 = np.uint64(0)
_THRESHOLD_BIAS: Final = 243 - 1022
"""A power of two 2^(e - 1) is stored as e + 243; its exponent bits are e + 1022."""
_THRESHOLD_AS_BITS: Final = 255
_BOUND_SCALED_MAX: Final = 33554430


@kernel
def open_chunks(table: Any, rows: Any, offsets: Any, hints: Any, opens: Any) -> None:
    """opens[i]: sample i begins a chunk. rows: -1 for a float; hints as `resolve_hints` leaves them."""
    for s in range(len(offsets) - 1):
        opened = offsets[s]
        for i in range(offsets[s], offsets[s + 1]):
            opens[i] = i - opened >= SAMPLES_PER_CHUNK or i == offsets[s] or not _continues(table, rows, hints, i)
            if opens[i]:
                opened = i


@kernel
def _continues(table: Any, rows: Any, hints: Any, i: Any) -> Any:
    """The samples i - 1 and i may share a chunk."""
    if rows[i] < 0 or rows[i - 1] < 0:
        return rows[i] < 0 and rows[i - 1] < 0
    if hints[i] == _GAUGE:
        return hints[i - 1] == _GAUGE and is_alike(table, rows[i], rows[i - 1])
    return hints[i] == _NOT_RESET


@kernel
def join_indexes(offsets: Any, indexes: Any, rows: Any) -> Any:
    """The buckets that any of the rows has, ascending."""
    joined = np.empty(0, np.int64)
    for row in rows:
        own = indexes[offsets[row] : offsets[row + 1]]
        if len(own) == len(joined) and not np.any(own != joined):
            continue
        joined = _merge(joined, own)
    return joined


@kernel
def _merge(a: Any, b: Any) -> Any:
    out = np.empty(len(a) + len(b), np.int64)
    i = j = n = 0
    while i < len(a) or j < len(b):
        if j == len(b) or (i < len(a) and a[i] <= b[j]):
            if j < len(b) and a[i] == b[j]:
                j += 1
            out[n] = a[i]
            i += 1
        else:
            out[n] = b[j]
            j += 1
        n += 1
    return out[:n].copy()


@kernel
def measure_chunks(table: Any, rows: Any, starts: Any, ends: Any, sizes: Any) -> None:
    """sizes int64[k]: bytes of the k-th chunk's data, at most."""
    for k in range(len(starts)):
        sizes[k] = CHUNK_DATA_BYTES_MAX
        if rows[starts[k]] >= 0:
            own = rows[starts[k] : ends[k]]
            n_buckets = len(join_indexes(table.positive_offsets, table.positive_indexes, own))
            n_buckets += len(join_indexes(table.negative_offsets, table.negative_indexes, own))
            n_bounds = 0
            if table.schemas[own[0]] == CUSTOM:
                layout = table.layouts[own[0]]
                n_bounds = table.bound_offsets[layout + 1] - table.bound_offsets[layout]
            sample = _TIME_BYTES_MAX + (_NUMBERS + n_buckets) * _NUMBER_BYTES_MAX
            layout_bytes = _LAYOUT_BYTES_MAX + n_buckets * _SPAN_BYTES_MAX + n_bounds * _BOUND_BYTES_MAX
            sizes[k] = layout_bytes + len(own) * sample


@kernel
def write_mixed_messages(
    times: Any, bits: Any, table: Any, rows: Any, starts: Any, ends: Any, scratch: Any, out: Any, out_ends: Any
) -> None:
    """Like `chunk_frames.write_chunk_messages`, for chunks of floats and of histograms. `scratch`: for the largest one."""
    at = np.int64(0)
    for k in range(len(starts)):
        start, end = starts[k], ends[k]
        encoding = XOR
        if rows[start] < 0:
            length = put_chunk(times, bits, start, end, scratch, 0)
        else:
            encoding = FLOAT_HISTOGRAM
            length = put_histogram_chunk(times[start:end], table, rows[start:end], scratch)
        at = put_chunk_message(out, at, times[start], times[end - 1], encoding, scratch, length)
        out_ends[k] = at


@kernel
def put_histogram_chunk(times: Any, table: Any, rows: Any, out: Any) -> Any:
    """The chunk of the histograms `rows`, at out[0:]; returns its length."""
    positive = join_indexes(table.positive_offsets, table.positive_indexes, rows)
    negative = join_indexes(table.negative_offsets, table.negative_indexes, rows)
    out[0], out[1] = np.uint8(len(rows) >> 8), np.uint8(len(rows) & 0xFF)
    out[2] = np.uint8(_GAUGE_FLAG if table.hints[rows[0]] == _GAUGE else 0)
    position = _put_layout(out, table, rows[0], positive, negative)
    n = _NUMBERS + len(positive) + len(negative)
    now, before = np.empty(n, np.uint64), np.empty(n, np.uint64)
    leading, trailing = np.full(n, np.int64(_UNSET)), np.zeros(n, np.int64)
    delta = np.int64(0)
    for i in range(len(rows)):
        _gather(table, rows[i], positive, negative, now)
        if i == 0:
            position = put_varbit(out, position, times[0])
            for k in range(n):
                position = put_bits(out, position, now[k], 64)
        else:
            last_delta, delta = delta, times[i] - times[i - 1]
            position = put_varbit(out, position, delta - last_delta)
            for k in range(n):
                position, leading[k], trailing[k] = put_xor(out, position, now[k] ^ before[k], leading[k], trailing[k])
        now, before = before, now
    return (position + 7) >> 3


@borrowing
def _put_layout(out: Any, table: Any, row: Any, positive: Any, negative: Any) -> Any:
    position = _put_threshold(out, np.int64(8 * _HEADER_BYTES), bits_of(table.zero_thresholds[row]))
    position = put_varbit(out, position, table.schemas[row])
    position = _put_spans(out, position, positive)
    position = _put_spans(out, position, negative)
    if table.schemas[row] != CUSTOM:
        return position
    layout = table.layouts[row]
    start, end = table.bound_offsets[layout], table.bound_offsets[layout + 1]
    position = put_unsigned_varbit(out, position, np.uint64(end - start))
    for i in range(start, end):
        position = _put_bound(out, position, table.bounds[i])
    return position


@borrowing
def _put_threshold(out: Any, position: Any, bits: Any) -> Any:
    """Zero and powers of two from 2^-243 to 2^10 in one byte."""
    if bits == _U0:
        return put_bits(out, position, _U0, 8)
    exponent = np.int64(bits >> np.uint64(52)) + _THRESHOLD_BIAS
    if bits & np.uint64((1 << 52) - 1) == _U0 and 1 <= exponent < _THRESHOLD_AS_BITS:
        return put_bits(out, position, np.uint64(exponent), 8)
    return put_bits(out, put_bits(out, position, np.uint64(_THRESHOLD_AS_BITS), 8), bits, 64)


@borrowing
def _put_spans(out: Any, position: Any, indexes: Any) -> Any:
    n_spans = 0
    for i in range(len(indexes)):
        n_spans += i == 0 or indexes[i] != indexes[i - 1] + 1
    position = put_unsigned_varbit(out, position, np.uint64(n_spans))
    behind, i = np.int64(0), 0
    while i < len(indexes):
        last = i + 1
        while last < len(indexes) and indexes[last] == indexes[last - 1] + 1:
            last += 1
        position = put_unsigned_varbit(out, position, np.uint64(last - i))
        position = put_varbit(out, position, indexes[i] - behind)
        behind = indexes[last - 1] + 1
        i = last
    return position


@borrowing
def _put_bound(out: Any, position: Any, bound: Any) -> Any:
    """Thousandths as numbers, other bounds as a zero and their bits."""
    scaled = bound * 1000.0
    if 0.0 <= scaled <= _BOUND_SCALED_MAX and np.float64(np.round(scaled)) / 1000.0 == bound:
        return put_unsigned_varbit(out, position, np.uint64(np.round(scaled)) + np.uint64(1))
    return put_bits(out, put_bits(out, position, _U0, 1), bits_of(bound), 64)


@borrowing
def _gather(table: Any, row: Any, positive: Any, negative: Any, out: Any) -> Any:
    """The numbers of one sample in the layout's order, as bits."""
    out[0], out[1], out[2] = (
        bits_of(table.counts[row]),
        bits_of(table.zero_counts[row]),
        bits_of(table.sums[row]),
    )
    at = _spread(table.positive_offsets, table.positive_indexes, table.positive_counts, row, positive, out, _NUMBERS)
    _spread(table.negative_offsets, table.negative_indexes, table.negative_counts, row, negative, out, at)


@borrowing
def _spread(offsets: Any, indexes: Any, counts: Any, row: Any, layout: Any, out: Any, at: Any) -> Any:
    own = offsets[row]
    for k in range(len(layout)):
        out[at + k] = _U0
        if own < offsets[row + 1] and indexes[own] == layout[k]:
            out[at + k] = bits_of(counts[own])
            own += 1
    return at + len(layout)


def warm() -> None:
    table, offsets = sample_table(), np.array([0, 1, 2], np.int64)
    rows, times = np.array([-1, 0], np.int64), borrowed(np.arange(2), np.int64)
    hints, opens = np.zeros(2, np.int64), np.empty(2, np.bool_)
    open_chunks(table, rows, offsets, hints, opens)
    starts, ends, sizes = np.array([0, 1], np.int64), np.array([1, 2], np.int64), np.empty(2, np.int64)
    measure_chunks(table, rows, starts, ends, sizes)
    bits, out = borrowed(np.zeros(2), np.uint64), np.zeros(2 * CHUNK_FIELDS_BYTES_MAX + sizes.sum(), np.uint8)
    scratch, out_ends = np.zeros(sizes.max(), np.uint8), np.zeros(2, np.int64)
    write_mixed_messages(times, bits, table, rows, starts, ends, scratch, out, out_ends)
