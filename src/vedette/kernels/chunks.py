"""Kernels of the chunk rows of docs/formats/chunks.md: samples of one series and block <-> narrow integer deltas.

Encoding walks the samples twice: `measure_chunks` decides each chunk's layout and its lengths, the caller allocates,
`fill_chunks` writes. One walk into buffers of the widest type was left out: it writes 17 bytes a sample to keep 1 or 2.
Decoding is one walk. `vedette.store.chunks` validates and allocates; nothing here checks bounds.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from vedette.kernels.borrowing import borrowed
from vedette.kernels.decimals import NOT_DECIMAL, POWERS_OF_TEN, decimal_exponent
from vedette.kernels.deltas import (
    STALE,
    delta_range,
    deviation_range,
    read_deltas,
    read_deviations,
    read_period,
    typical_interval,
    width_of,
    write_deltas,
    write_deviations,
)
from vedette.kernels.jit import inlined, kernel
from vedette.model.time import BLOCK_MS

KIND_INTEGER: Final = 0
KIND_FLOAT: Final = 1
KIND_HISTOGRAM: Final = 2
"""Reserved: rows of native histograms have their own table."""


class Ragged(NamedTuple):
    """An array per chunk: chunk i owns `values[offsets[i]:offsets[i+1]]`; offsets int32[n+1]. Arrow's list layout."""

    offsets: NDArray[np.int32]
    values: NDArray[Any]


class ChunkColumns(NamedTuple):
    """n chunk rows, column by column; docs/formats/chunks.md says what each holds."""

    t0: NDArray[np.int64]
    period: NDArray[np.int32]
    samples: NDArray[np.int32]
    kind: NDArray[np.int8]
    exponent: NDArray[np.int8]
    first: NDArray[np.int64]
    dev16: Ragged
    dev32: Ragged
    d8: Ragged
    d16: Ragged
    d32: Ragged
    d64: Ragged
    floats: Ragged
    stale: Ragged


SCALAR_TYPES: Final[dict[str, DTypeLike]] = {
    "t0": np.int64,
    "period": np.int32,
    "samples": np.int32,
    "kind": np.int8,
    "exponent": np.int8,
    "first": np.int64,
}
RAGGED_TYPES: Final[dict[str, DTypeLike]] = {
    "dev16": np.int16,
    "dev32": np.int32,
    "d8": np.int8,
    "d16": np.int16,
    "d32": np.int32,
    "d64": np.int64,
    "floats": np.float64,
    "stale": np.int32,
}
DEV16, DEV32, D8, _, _, _, FLOATS, STALES = range(len(RAGGED_TYPES))
"""Rows of the `lengths` that `measure_chunks` fills, in the order of RAGGED_TYPES."""


@kernel
def cut_blocks(offsets: Any, times: Any, starts: Any, sources: Any) -> Any:
    """Where chunks begin: each segment of the CSR, cut at block boundaries. Returns how many; writes what has room."""
    n = 0
    for segment in range(len(offsets) - 1):
        start, end = offsets[segment], offsets[segment + 1]
        while start < end:
            if n < len(starts):
                starts[n] = start
                sources[n] = segment
            n += 1
            boundary = (times[start] // BLOCK_MS + 1) * BLOCK_MS
            if times[end - 1] < boundary:
                break
            start += np.searchsorted(times[start:end], boundary)
    return n


@kernel
def measure_chunks(starts: Any, ends: Any, times: Any, values: Any, columns: Any, lengths: Any) -> None:
    """Fills the scalar columns of each chunk, and lengths[column, chunk] of its arrays."""
    bits = values.view(np.uint64)
    for chunk in range(len(starts)):
        start, end = starts[chunk], ends[chunk]
        n = end - start
        columns.t0[chunk] = times[start]
        columns.samples[chunk] = n
        period = typical_interval(times, start, end)
        columns.period[chunk] = period
        low, high = deviation_range(times, start, end, period)
        if low != 0 or high != 0:
            lengths[DEV16 if low >= -0x8000 and high <= 0x7FFF else DEV32, chunk] = n
        n_stale = 0
        for i in range(start, end):
            n_stale += bits[i] == STALE
        lengths[STALES, chunk] = n_stale
        exponent = decimal_exponent(values, start, end)
        if exponent == NOT_DECIMAL:
            columns.kind[chunk] = KIND_FLOAT
            columns.exponent[chunk] = 0
            columns.first[chunk] = 0
            lengths[FLOATS, chunk] = n - n_stale
            continue
        columns.kind[chunk] = KIND_INTEGER
        columns.exponent[chunk] = exponent
        first, low, high = delta_range(values, start, end, POWERS_OF_TEN[exponent])
        columns.first[chunk] = first
        if low != 0 or high != 0:
            lengths[D8 + width_of(low, high), chunk] = n - n_stale


@kernel
def fill_chunks(starts: Any, ends: Any, times: Any, values: Any, columns: Any) -> None:
    """Writes the arrays of every chunk; the scalar columns and all offsets are already there."""
    for chunk in range(len(starts)):
        start, end = starts[chunk], ends[chunk]
        period = np.int64(columns.period[chunk])
        if _length(columns.dev16, chunk):
            write_deviations(times, start, end, period, _items(columns.dev16, chunk))
        elif _length(columns.dev32, chunk):
            write_deviations(times, start, end, period, _items(columns.dev32, chunk))
        if _length(columns.stale, chunk):
            _write_stale(values, start, end, _items(columns.stale, chunk))
        power = POWERS_OF_TEN[columns.exponent[chunk]]
        if columns.kind[chunk] == KIND_FLOAT:
            _write_floats(values, start, end, _items(columns.floats, chunk))
        elif _length(columns.d8, chunk):
            write_deltas(values, start, end, power, _items(columns.d8, chunk))
        elif _length(columns.d16, chunk):
            write_deltas(values, start, end, power, _items(columns.d16, chunk))
        elif _length(columns.d32, chunk):
            write_deltas(values, start, end, power, _items(columns.d32, chunk))
        elif _length(columns.d64, chunk):
            write_deltas(values, start, end, power, _items(columns.d64, chunk))


@inlined
def _length(column: Any, chunk: int) -> Any:
    return column.offsets[chunk + 1] - column.offsets[chunk]


@inlined
def _items(column: Any, chunk: int) -> Any:
    return column.values[column.offsets[chunk] : column.offsets[chunk + 1]]


@kernel
def _write_stale(values: Any, start: int, end: int, out: Any) -> None:
    bits = values.view(np.uint64)
    at = 0
    for i in range(start, end):
        if bits[i] == STALE:
            out[at] = i - start
            at += 1


@kernel
def _write_floats(values: Any, start: int, end: int, out: Any) -> None:
    bits = values.view(np.uint64)
    at = 0
    for i in range(start, end):
        if bits[i] != STALE:
            out[at] = values[i]
            at += 1


@kernel
def decode_chunks(columns: Any, starts: Any, low: int, high: int, out_times: Any, out_values: Any) -> None:
    """Of the chunks [low, high), chunk i's samples go to out[starts[i]:], in any order of the starts."""
    for chunk in range(low, high):
        begin = starts[chunk]
        end = begin + columns.samples[chunk]
        _decode_times(columns, chunk, out_times, begin, end)
        n_stale = _length(columns.stale, chunk)
        _decode_values(columns, chunk, out_values, begin, end - n_stale)
        if n_stale:
            _spread_values(_items(columns.stale, chunk), out_values[begin:end])


@kernel
def _decode_times(columns: Any, chunk: int, out: Any, begin: int, end: int) -> None:
    out[begin] = columns.t0[chunk]
    period = np.int64(columns.period[chunk])
    dev16, dev32 = columns.dev16, columns.dev32
    if _length(dev16, chunk):
        read_deviations(dev16.values, dev16.offsets[chunk], period, out, begin, end)
    elif _length(dev32, chunk):
        read_deviations(dev32.values, dev32.offsets[chunk], period, out, begin, end)
    else:
        read_period(period, out, begin, end)


@kernel
def _decode_values(columns: Any, chunk: int, out: Any, begin: int, end: int) -> None:
    first = (columns.first[chunk], np.int64(columns.exponent[chunk]))
    d8, d16, d32, d64 = columns.d8, columns.d16, columns.d32, columns.d64
    if columns.kind[chunk] == KIND_FLOAT:
        out[begin:end] = _items(columns.floats, chunk)
    elif _length(d8, chunk):
        read_deltas(d8.values, d8.offsets[chunk], first, out, begin, end)
    elif _length(d16, chunk):
        read_deltas(d16.values, d16.offsets[chunk], first, out, begin, end)
    elif _length(d32, chunk):
        read_deltas(d32.values, d32.offsets[chunk], first, out, begin, end)
    elif _length(d64, chunk):
        read_deltas(d64.values, d64.offsets[chunk], first, out, begin, end)
    else:
        out[begin:end] = first[0] / POWERS_OF_TEN[first[1]]


@kernel
def _spread_values(stale: Any, out: Any) -> None:
    """Values stand at the front of `out`; moves them apart, from the end, and puts markers at the stale positions."""
    bits = out.view(np.uint64)
    marker = len(stale) - 1
    source = len(out) - len(stale) - 1
    for i in range(len(out) - 1, -1, -1):
        if marker >= 0 and stale[marker] == i:
            bits[i] = STALE
            marker -= 1
        else:
            out[i] = out[source]
            source -= 1


def allocate_chunks(n: int) -> ChunkColumns:
    """Scalar columns for n chunks to be measured; their arrays are empty still."""
    scalars: list[Any] = [np.empty(n, dtype) for dtype in SCALAR_TYPES.values()]
    return ChunkColumns(*scalars, *(_ragged(np.zeros(n, np.int64), dtype) for dtype in RAGGED_TYPES.values()))


def allocate_arrays(columns: ChunkColumns, lengths: NDArray[np.int64]) -> ChunkColumns:
    """With room for arrays of lengths[column, chunk] items."""
    arrays: dict[str, Any] = dict(zip(RAGGED_TYPES, map(_ragged, lengths, RAGGED_TYPES.values()), strict=True))
    return columns._replace(**arrays)


def _ragged(lengths: NDArray[np.int64], dtype: DTypeLike) -> Ragged:
    offsets = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    return Ragged(offsets, np.empty(int(offsets[-1]), dtype))


def borrow_chunks(columns: ChunkColumns) -> ChunkColumns:
    """The same columns, read-only, as `decode_chunks` takes them."""
    fields: list[Any] = [
        Ragged(borrowed(column.offsets, np.int32), borrowed(column.values, column.values.dtype))
        if isinstance(column, Ragged)
        else borrowed(column, column.dtype)
        for column in columns
    ]
    return ChunkColumns(*fields)


def warm() -> None:
    offsets = borrowed(np.array([0, 2]), np.int64)
    times = borrowed(np.array([0, 1000]), np.int64)
    values = borrowed(np.array([1.0, 2.0]), np.float64)
    starts, ends = np.zeros(1, np.int64), np.full(1, 2, np.int64)
    cut_blocks(offsets, times, starts, np.zeros(1, np.int64))
    lengths = np.zeros((len(RAGGED_TYPES), 1), np.int64)
    columns = allocate_chunks(1)
    measure_chunks(starts, ends, times, values, columns, lengths)
    columns = allocate_arrays(columns, lengths)
    fill_chunks(starts, ends, times, values, columns)
    decode_chunks(borrow_chunks(columns), borrowed(starts, np.int64), 0, 1, np.empty(2, np.int64), np.empty(2))
