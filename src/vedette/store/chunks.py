"""Samples <-> chunk rows (docs/formats/chunks.md), and chunk rows <-> Arrow without copying.

A chunk row holds the samples of one series in one block, bit for bit. Who reads rows back from disk calls `check_chunks`
first: the kernels trust the lengths.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.kernels import chunks as kernels
from vedette.kernels.borrowing import borrowed
from vedette.kernels.chunks import KIND_FLOAT, KIND_INTEGER, RAGGED_TYPES, SCALAR_TYPES, ChunkColumns, Ragged
from vedette.kernels.decimals import EXPONENT_MAX
from vedette.kernels.threads import run_slices, split_evenly
from vedette.model.blocks import Bools, Float64s, Int64s
from vedette.model.errors import StoreError
from vedette.model.time import BLOCK_MS

SAMPLES_PER_BATCH_MAX: Final = (1 << 31) - 1
"""Arrow's lists count with int32."""


def encode(offsets: Int64s, times_ms: Int64s, values: Float64s) -> tuple[Int64s, ChunkColumns]:
    """Chunk rows of n series given as CSR; within a series times ascend strictly.

    Returns (sources, columns): chunk i holds samples of series sources[i]; a series gives one chunk per block it
    touches, in order of time. Raises StoreError for more than SAMPLES_PER_BATCH_MAX samples.
    """
    if len(times_ms) > SAMPLES_PER_BATCH_MAX:
        raise StoreError(f"too many samples for one batch of chunk rows: {len(times_ms)}")
    offsets, times_ms = borrowed(offsets, np.int64), borrowed(times_ms, np.int64)
    values = borrowed(values, np.float64)
    none = np.empty(0, np.int64)
    n = kernels.cut_blocks(offsets, times_ms, none, none)
    starts, sources = np.empty(n, np.int64), np.empty(n, np.int64)
    kernels.cut_blocks(offsets, times_ms, starts, sources)
    ends = np.append(starts[1:], offsets[-1]) if n else starts
    columns = kernels.allocate_chunks(n)
    lengths = np.zeros((len(RAGGED_TYPES), n), np.int64)
    kernels.measure_chunks(starts, ends, times_ms, values, columns, lengths)
    columns = kernels.allocate_arrays(columns, lengths)
    kernels.fill_chunks(starts, ends, times_ms, values, columns)
    return sources, columns


def decode(columns: ChunkColumns) -> tuple[Int64s, Int64s, Float64s, bool]:
    """(offsets, times_ms, values, has_stale): chunk i's samples are offsets[i]:offsets[i+1]."""
    offsets = np.zeros(len(columns.t0) + 1, np.int64)
    np.cumsum(columns.samples, out=offsets[1:])
    times, values = decode_to(columns, offsets[:-1], int(offsets[-1]))
    return offsets, times, values, has_stale(columns)


def decode_to(columns: ChunkColumns, starts: Int64s, n_samples: int) -> tuple[Int64s, Float64s]:
    """(times_ms, values) of n_samples: chunk i's begin at starts[i]. On several threads."""
    times, values = np.empty(n_samples, np.int64), np.empty(n_samples, np.float64)
    shared = kernels.borrow_chunks(columns), borrowed(starts, np.int64)

    def decode_slice(low: int, high: int) -> None:
        kernels.decode_chunks(*shared, low, high, times, values)

    run_slices(decode_slice, split_evenly(len(starts), n_samples))
    return times, values


def has_stale(columns: ChunkColumns) -> bool:
    return bool(columns.stale.offsets[-1] > columns.stale.offsets[0])


def check_chunks(columns: ChunkColumns) -> Bools:
    """bool[n]: the row is one that `decode` can read. Rows that are not come from a damaged or newer table."""
    lengths = {name: np.diff(getattr(columns, name).offsets).astype(np.int64) for name in RAGGED_TYPES}
    samples = columns.samples.astype(np.int64)
    n_values = samples - lengths["stale"]
    deltas = np.stack([lengths[name] for name in ("d8", "d16", "d32", "d64")])
    deviations = np.stack([lengths["dev16"], lengths["dev32"]])
    is_float = columns.kind == KIND_FLOAT
    sound = is_float | (columns.kind == KIND_INTEGER)
    sound &= (columns.exponent >= 0) & (columns.exponent <= EXPONENT_MAX)
    sound &= (samples > 0) & (samples <= BLOCK_MS) & (n_values >= 0)
    sound &= lengths["floats"] == np.where(is_float, n_values, 0)
    sound &= _none_or_one(deltas, np.where(is_float, 0, n_values)) & _none_or_one(deviations, samples)
    if lengths["stale"].any():
        sound &= _ascending_below(columns.stale, samples)
    return np.asarray(sound, np.bool_)


def to_arrow(columns: ChunkColumns) -> pa.RecordBatch:
    """One Arrow column per field; all share the buffers."""
    arrays = [_arrow_lists(column) if isinstance(column, Ragged) else _arrow_items(column) for column in columns]
    return pa.RecordBatch.from_arrays(arrays, names=list(ChunkColumns._fields))


def from_arrow(batch: pa.RecordBatch | pa.Table) -> ChunkColumns:
    """The columns of that name, others ignored; no copy where the batch is in one piece. Raises StoreError."""
    missing = set(ChunkColumns._fields) - set(batch.schema.names)
    if missing:
        raise StoreError(f"chunk rows lack columns: {', '.join(sorted(missing))}")
    fields: list[Any] = [
        borrowed(_whole(batch[name]).to_numpy(zero_copy_only=False), dtype) for name, dtype in SCALAR_TYPES.items()
    ]
    for name, dtype in RAGGED_TYPES.items():
        lists = _whole(batch[name])
        offsets = borrowed(lists.offsets.to_numpy(zero_copy_only=False), np.int32)
        fields.append(Ragged(offsets, borrowed(lists.values.to_numpy(zero_copy_only=False), dtype)))
    return ChunkColumns(*fields)


def _arrow_items(items: NDArray[Any]) -> pa.Array:
    """`pa.array` would do the same, but imports pandas where it is installed: a second at the first call."""
    return pa.Array.from_buffers(pa.from_numpy_dtype(items.dtype), len(items), [None, pa.py_buffer(items)])


def _arrow_lists(column: Ragged) -> pa.Array:
    items = _arrow_items(column.values)
    buffers = [None, pa.py_buffer(column.offsets)]
    return pa.Array.from_buffers(pa.list_(items.type), len(column.offsets) - 1, buffers, children=[items])


def _whole(column: Any) -> Any:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _none_or_one(lengths: NDArray[np.int64], full: NDArray[np.int64]) -> Bools:
    """At most one of the columns holds something, and then exactly `full` items."""
    return np.asarray(((lengths == 0) | (lengths == full)).all(axis=0) & ((lengths > 0).sum(axis=0) <= 1))


def _ascending_below(positions: Ragged, limits: NDArray[np.int64]) -> Bools:
    """Each array ascends strictly within 0 .. limit - 1."""
    starts = positions.offsets[:-1] - positions.offsets[0]
    values = positions.values[positions.offsets[0] : positions.offsets[-1]].astype(np.int64)
    owners = np.repeat(np.arange(len(limits)), np.diff(positions.offsets))
    rises = np.diff(values, prepend=-1) > 0
    rises[starts[starts < len(values)]] = True  # the first of each array may be anything from 0 on
    bad = ~(rises & (values >= 0) & (values < limits[owners]))
    return np.asarray(np.bincount(owners[bad], minlength=len(limits)) == 0)
