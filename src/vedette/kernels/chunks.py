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
from vedette.kernels.jit import inlined, kernel
from vedette.model.staleness import STALE_NAN_BITS
from vedette.model.time import BLOCK_MS

KIND_INTEGER: Final = 0
KIND_FLOAT: Final = 1
KIND_HISTOGRAM: Final = 2
"""Reserved: rows of native histograms have their own table."""

_STALE: Final = np.uint64(STALE_NAN_BITS)


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
DEV16, DEV32, D8, D16, D32, D64, FLOATS, STALE = range(8)
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
        period = _typical_interval(times, start, end)
        columns.period[chunk] = period
        low = high = np.int64(0)
        for i in range(start + 1, end):
            deviation = times[i] - times[i - 1] - period
            low, high = min(low, deviation), max(high, deviation)
        if low != 0 or high != 0:
            lengths[DEV16 if low >= -0x8000 and high <= 0x7FFF else DEV32, chunk] = n
        n_stale = 0
        for i in range(start, end):
            n_stale += bits[i] == _STALE
        lengths[STALE, chunk] = n_stale
        exponent = decimal_exponent(values, start, end)
        if exponent == NOT_DECIMAL:
            columns.kind[chunk] = KIND_FLOAT
            columns.exponent[chunk] = 0
            columns.first[chunk] = 0
            lengths[FLOATS, chunk] = n - n_stale
            continue
        columns.kind[chunk] = KIND_INTEGER
        columns.exponent[chunk] = exponent
        first, low, high = _delta_range(values, start, end, POWERS_OF_TEN[exponent])
        columns.first[chunk] = first
        if low != 0 or high != 0:
            lengths[D8 + _width(low, high), chunk] = n - n_stale


@kernel
def _typical_interval(times: Any, start: int, end: int) -> Any:
    """The median of the first, middle and last interval: right when scrapes are on time, and one gap does not spoil it."""
    if end - start < 2:
        return 0
    middle = start + (end - start) // 2
    a = times[start + 1] - times[start]
    b = times[middle] - times[middle - 1]
    c = times[end - 1] - times[end - 2]
    return max(min(a, b), min(max(a, b), c))


@kernel
def _delta_range(values: Any, start: int, end: int, power: float) -> Any:
    """(first integer, smallest delta, largest delta), stale markers left out."""
    bits = values.view(np.uint64)
    first = last = low = high = np.int64(0)
    seen = False
    for i in range(start, end):
        if bits[i] == _STALE:
            continue
        integer = np.int64(np.rint(values[i] * power))
        if not seen:
            first = last = integer
            seen = True
        low, high = min(low, integer - last), max(high, integer - last)
        last = integer
    return first, low, high


@inlined
def _width(low: int, high: int) -> Any:
    """0, 1, 2 or 3: int8, int16, int32 or int64 holds every delta."""
    if low >= -0x80 and high <= 0x7F:
        return 0
    if low >= -0x8000 and high <= 0x7FFF:
        return 1
    return 2 if low >= -0x80000000 and high <= 0x7FFFFFFF else 3


@kernel
def fill_chunks(starts: Any, ends: Any, times: Any, values: Any, columns: Any) -> None:
    """Writes the arrays of every chunk; the scalar columns and all offsets are already there."""
    for chunk in range(len(starts)):
        start, end = starts[chunk], ends[chunk]
        period = np.int64(columns.period[chunk])
        if _length(columns.dev16, chunk):
            _fill_deviations(times, start, end, period, columns.dev16, chunk)
        elif _length(columns.dev32, chunk):
            _fill_deviations(times, start, end, period, columns.dev32, chunk)
        if _length(columns.stale, chunk):
            _fill_stale(values, start, end, columns.stale, chunk)
        power = POWERS_OF_TEN[columns.exponent[chunk]]
        if columns.kind[chunk] == KIND_FLOAT:
            _fill_floats(values, start, end, columns.floats, chunk)
        elif _length(columns.d8, chunk):
            _fill_deltas(values, start, end, power, columns.d8, chunk)
        elif _length(columns.d16, chunk):
            _fill_deltas(values, start, end, power, columns.d16, chunk)
        elif _length(columns.d32, chunk):
            _fill_deltas(values, start, end, power, columns.d32, chunk)
        elif _length(columns.d64, chunk):
            _fill_deltas(values, start, end, power, columns.d64, chunk)


@inlined
def _length(column: Any, chunk: int) -> Any:
    return column.offsets[chunk + 1] - column.offsets[chunk]


@kernel
def _fill_deviations(times: Any, start: int, end: int, period: int, column: Any, chunk: int) -> None:
    at = column.offsets[chunk]
    column.values[at] = 0
    for i in range(1, end - start):
        column.values[at + i] = times[start + i] - times[start + i - 1] - period


@kernel
def _fill_stale(values: Any, start: int, end: int, column: Any, chunk: int) -> None:
    bits = values.view(np.uint64)
    at = column.offsets[chunk]
    for i in range(start, end):
        if bits[i] == _STALE:
            column.values[at] = i - start
            at += 1


@kernel
def _fill_floats(values: Any, start: int, end: int, column: Any, chunk: int) -> None:
    bits = values.view(np.uint64)
    at = column.offsets[chunk]
    for i in range(start, end):
        if bits[i] != _STALE:
            column.values[at] = values[i]
            at += 1


@kernel
def _fill_deltas(values: Any, start: int, end: int, power: float, column: Any, chunk: int) -> None:
    bits = values.view(np.uint64)
    at = column.offsets[chunk]
    last = np.int64(0)
    seen = False
    for i in range(start, end):
        if bits[i] == _STALE:
            continue
        integer = np.int64(np.rint(values[i] * power))
        column.values[at] = integer - last if seen else 0
        seen = True
        last = integer
        at += 1


@kernel
def decode_chunks(columns: Any, offsets: Any, out_times: Any, out_values: Any) -> None:
    """Chunk i's samples go to out[offsets[i]:offsets[i+1]]."""
    for chunk in range(len(columns.t0)):
        start, end = offsets[chunk], offsets[chunk + 1]
        _decode_times(columns, chunk, out_times[start:end])
        n_stale = _length(columns.stale, chunk)
        _decode_values(columns, chunk, out_values[start : end - n_stale])
        if n_stale:
            _spread_stale(columns.stale, chunk, out_values[start:end])


@kernel
def _decode_times(columns: Any, chunk: int, out: Any) -> None:
    time = columns.t0[chunk]
    period = np.int64(columns.period[chunk])
    if _length(columns.dev16, chunk):
        _add_deviations(columns.dev16, chunk, time, period, out)
    elif _length(columns.dev32, chunk):
        _add_deviations(columns.dev32, chunk, time, period, out)
    else:
        for i in range(len(out)):
            out[i] = time + i * period


@kernel
def _add_deviations(column: Any, chunk: int, time: int, period: int, out: Any) -> None:
    at = column.offsets[chunk]
    out[0] = time
    for i in range(1, len(out)):
        time += period + column.values[at + i]
        out[i] = time


@kernel
def _decode_values(columns: Any, chunk: int, out: Any) -> None:
    first = columns.first[chunk]
    exponent = columns.exponent[chunk]
    if columns.kind[chunk] == KIND_FLOAT:
        at = columns.floats.offsets[chunk]
        out[:] = columns.floats.values[at : at + len(out)]
    elif _length(columns.d8, chunk):
        _add_deltas(columns.d8, chunk, first, exponent, out)
    elif _length(columns.d16, chunk):
        _add_deltas(columns.d16, chunk, first, exponent, out)
    elif _length(columns.d32, chunk):
        _add_deltas(columns.d32, chunk, first, exponent, out)
    elif _length(columns.d64, chunk):
        _add_deltas(columns.d64, chunk, first, exponent, out)
    else:
        out[:] = first / POWERS_OF_TEN[exponent]


@kernel
def _add_deltas(column: Any, chunk: int, integer: int, exponent: int, out: Any) -> None:
    deltas = column.values[column.offsets[chunk] : column.offsets[chunk + 1]]
    if exponent == 0:
        for i in range(len(out)):
            integer += deltas[i]
            out[i] = integer
        return
    power = POWERS_OF_TEN[exponent]
    for i in range(len(out)):
        integer += deltas[i]
        out[i] = integer / power


@kernel
def _spread_stale(column: Any, chunk: int, out: Any) -> None:
    """Values stand at the front of `out`; moves them apart, from the end, and puts markers at the stale positions."""
    bits = out.view(np.uint64)
    marker = column.offsets[chunk + 1] - 1
    source = len(out) - (column.offsets[chunk + 1] - column.offsets[chunk]) - 1
    for i in range(len(out) - 1, -1, -1):
        if marker >= column.offsets[chunk] and column.values[marker] == i:
            bits[i] = _STALE
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
    decode_chunks(borrow_chunks(columns), offsets, np.empty(2, np.int64), np.empty(2))
