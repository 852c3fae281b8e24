"""Sorted runs of samples from several places (chunk rows, recent rows, the head), merged to one answer.

Where two places hold one (series, time), the lower rank stays. Chunk rows rank by their commit sequence, then come
recent rows, then the head: see "First committed wins" in docs/formats/tables.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from vedette.kernels.borrowing import borrowed
from vedette.kernels.merging import merge_runs, trim_runs
from vedette.model.blocks import Float64s, Int64s

CHUNKS_RANK: Final = 0
"""Of chunk rows that are merged already."""
RECENT_RANK: Final = 1 << 61
HEAD_RANK: Final = 1 << 62


@dataclass(slots=True)
class Runs:
    """Run i holds `times_ms[starts[i]:ends[i]]`, strictly ascending, of the series in `slots[i]`. int64 all but values."""

    slots: Int64s
    starts: Int64s
    ends: Int64s
    ranks: Int64s
    times_ms: Int64s
    values: Float64s
    has_stale: bool = True
    """False only when no value carries the stale marker."""


@dataclass(frozen=True, slots=True)
class Columns:
    """CSR by slot. `has_stale` as in Runs."""

    offsets: Int64s
    times_ms: Int64s
    values: Float64s
    has_stale: bool = True

    @property
    def nbytes(self) -> int:
        return self.offsets.nbytes + self.times_ms.nbytes + self.values.nbytes


def one_run_per_slot(columns: Columns, rank: int) -> Runs:
    starts, ends = columns.offsets[:-1].copy(), columns.offsets[1:].copy()
    slots = np.arange(len(starts), dtype=np.int64)
    ranks = np.full(len(starts), rank, np.int64)
    return Runs(slots, starts, ends, ranks, columns.times_ms, columns.values, columns.has_stale)


def no_columns(n_slots: int) -> Columns:
    return Columns(np.zeros(n_slots + 1, np.int64), np.empty(0, np.int64), np.empty(0, np.float64), has_stale=False)


def no_runs() -> Runs:
    nothing = np.empty(0, np.int64)
    return Runs(nothing, nothing, nothing, nothing, nothing, np.empty(0, np.float64), has_stale=False)


def cut(columns: Columns, min_time_ms: int, max_time_ms: int) -> Columns:
    """What of the columns is within the inclusive bounds."""
    return merge([one_run_per_slot(columns, CHUNKS_RANK)], len(columns.offsets) - 1, min_time_ms, max_time_ms)


def trim(runs: Runs, min_time_ms: int, max_time_ms: int) -> None:
    """Narrows the runs to the inclusive bounds; those left empty go."""
    trim_runs(runs.starts, runs.ends, borrowed(runs.times_ms, np.int64), min_time_ms, max_time_ms)
    keep_runs(runs, runs.starts < runs.ends)


def run_starts(sorted_keys: NDArray[Any]) -> Int64s:
    """int64: where each stretch of equal keys begins."""
    changes = np.ones(len(sorted_keys), np.bool_)
    changes[1:] = sorted_keys[1:] != sorted_keys[:-1]
    return np.flatnonzero(changes)


def distinct(keys: Int64s) -> Int64s:
    """Ascending, each once. `np.unique` hashes integers and takes ten times as long."""
    ascending = np.sort(keys)
    return ascending[run_starts(ascending)]


def merge(parts: Sequence[Runs], n_slots: int, min_time_ms: int, max_time_ms: int) -> Columns:
    """All samples within the inclusive bounds, one per (slot, time). Takes ownership of the parts' run arrays."""
    runs = _concatenate(parts)
    trim(runs, min_time_ms, max_time_ms)
    first_times = runs.times_ms[runs.starts]
    if not _ordered(runs, first_times):
        keep_runs(runs, np.lexsort((first_times, runs.slots)))
    if _contiguous(runs):
        return _cut(runs, n_slots)
    total = int((runs.ends - runs.starts).sum())
    offsets = np.empty(n_slots + 1, np.int64)
    out = np.empty(total, np.int64), np.empty(total, np.float64)
    times, values = borrowed(runs.times_ms, np.int64), borrowed(runs.values, np.float64)
    written = merge_runs(runs.slots, runs.starts, runs.ends, runs.ranks, times, values, offsets, *out)
    return Columns(offsets, out[0][:written], out[1][:written], runs.has_stale)


def _concatenate(parts: Sequence[Runs]) -> Runs:
    if len(parts) == 1:
        return parts[0]
    bases = np.cumsum([0, *(len(part.times_ms) for part in parts)])[:-1]
    return Runs(
        np.concatenate([part.slots for part in parts]),
        np.concatenate([part.starts + base for part, base in zip(parts, bases, strict=True)]),
        np.concatenate([part.ends + base for part, base in zip(parts, bases, strict=True)]),
        np.concatenate([part.ranks for part in parts]),
        np.concatenate([part.times_ms for part in parts]),
        np.concatenate([part.values for part in parts]),
        any(part.has_stale for part in parts),
    )


def keep_runs(runs: Runs, which: NDArray[Any]) -> None:
    """By a mask, or in another order."""
    if which.dtype == np.bool_ and which.all():
        return
    runs.slots, runs.starts = runs.slots[which], runs.starts[which]
    runs.ends, runs.ranks = runs.ends[which], runs.ranks[which]


def _ordered(runs: Runs, first_times: Int64s) -> bool:
    slots = runs.slots
    return bool(((slots[1:] > slots[:-1]) | ((slots[1:] == slots[:-1]) & (first_times[1:] >= first_times[:-1]))).all())


def _contiguous(runs: Runs) -> bool:
    """The samples already stand one after another, without overlap: the answer is a cut of the arrays."""
    if not (runs.starts[1:] == runs.ends[:-1]).all():
        return False
    same = runs.slots[1:] == runs.slots[:-1]
    return bool((~same | (runs.times_ms[runs.ends[:-1] - 1] < runs.times_ms[runs.starts[1:]])).all())


def _cut(runs: Runs, n_slots: int) -> Columns:
    if not len(runs.slots):
        return no_columns(n_slots)
    start, end = int(runs.starts[0]), int(runs.ends[-1])
    counts = np.zeros(n_slots, np.int64)
    np.add.at(counts, runs.slots, runs.ends - runs.starts)
    offsets = np.zeros(n_slots + 1, np.int64)
    np.cumsum(counts, out=offsets[1:])
    return Columns(offsets, runs.times_ms[start:end], runs.values[start:end], runs.has_stale)
