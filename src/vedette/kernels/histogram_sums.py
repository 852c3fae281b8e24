"""Sums of native histograms, a call for all of them: room and rows around the kernel of `histogram_adding`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from vedette.kernels import histogram_workspace as cells
from vedette.kernels.histogram_adding import add_histograms
from vedette.kernels.histogram_table import CUSTOM, Table, table_of
from vedette.model.blocks import Bools, Float64s, Int64s
from vedette.model.errors import QueryTooLarge
from vedette.model.histograms import EXPONENTIAL, Buckets, Histograms

_ROOM: Final = 1 << 18
"""Buckets that are written before the output is put aside and new room made."""
_WIDTH_MAX: Final = 1 << 22
"""Bucket indexes between the lowest and the highest; a float64 has 524,288 buckets at the finest schema."""
_FINEST: Final = 8


@dataclass(frozen=True, slots=True)
class Sums:
    """rows int64[n]: the row of `histograms` that holds result i, or -1; flags int64[n] of histogram_workspace; used_terms int64[n]."""

    histograms: Histograms
    rows: Int64s
    flags: Int64s
    used_terms: Int64s

    def flagged(self, flag: int) -> Bools:
        return np.asarray((self.flags & flag) != 0, np.bool_)


def sum_histograms(
    histograms: Histograms,
    terms: Int64s,
    weights: Float64s,
    spans: tuple[Int64s, Int64s],
    *,
    coarsest: Int64s | None = None,
    compensated: bool = True,
) -> Sums:
    """Result i: the rows terms[starts[i]:ends[i]], times their weights; `spans` is (starts, ends).

    coarsest int64[n]: the schema of a result at most. `compensated`: Kahan sums, as the reference's aggregations do; its
    operators and rates do not. Raises QueryTooLarge.
    """
    starts, ends = spans
    table = table_of(histograms)
    work = _workspace(table)
    if coarsest is None:
        coarsest = np.full(len(starts), _FINEST, np.int64)
    out = _Results(table, work, len(starts))
    next_result = 0
    while next_result < len(starts):
        next_result = add_histograms(
            table, terms, weights, starts, ends, coarsest, compensated, next_result, work, out.output
        )
        out.put_aside()
    flags = out.output.flags
    kept = (flags & (cells.ABSENT | cells.INCOMPATIBLE)) == 0
    rows = np.where(kept, np.cumsum(kept) - 1, -1)
    return Sums(out.histograms(), rows, flags, out.output.used_terms)


def _workspace(table: Table) -> cells.Workspace:
    """Bucket 0 and 1 are always among the indexes: merging moves the others towards them."""
    lowest, highest = 0, 1
    n_bounds = int(np.diff(table.bound_offsets).max(initial=0))
    for indexes in (table.positive_indexes, table.negative_indexes):
        lowest = min(lowest, int(indexes.min(initial=0)))
        highest = max(highest, int(indexes.max(initial=0)))
    highest = max(highest, n_bounds)
    if highest - lowest >= _WIDTH_MAX:
        raise QueryTooLarge(f"histogram buckets lie too far apart: indexes {lowest} to {highest}")
    return cells.new_workspace(lowest, highest, n_bounds)


class _Results:
    """The output of n results at most; buckets and bounds are put aside in pieces."""

    def __init__(self, table: Table, work: cells.Workspace, n: int) -> None:
        room = max(len(work.indexes), _ROOM if n > 1 else 0)
        bounds_room = max(len(work.bounds), _ROOM if n > 1 and len(work.bounds) else 0)
        self.output = out = cells.new_output(n, room, bounds_room)
        self._table = table
        self._positive = _Column(out.positive.ends)
        self._negative = _Column(out.negative.ends)
        self._bounds = _Column(out.bound_ends)

    def put_aside(self) -> None:
        """Moves the buckets and bounds written so far behind those of earlier pieces."""
        out = self.output
        n_rows, n_positive, n_negative, n_bounds, n_layouts = out.fill.tolist()
        self._positive.put_aside(n_rows, out.positive.counts[:n_positive], out.positive.indexes[:n_positive])
        self._negative.put_aside(n_rows, out.negative.counts[:n_negative], out.negative.indexes[:n_negative])
        self._bounds.put_aside(n_layouts, out.bounds[:n_bounds], np.empty(0, np.int64))
        out.fill[1:4] = 0

    def histograms(self) -> Histograms:
        out, table = self.output, self._table
        n = int(out.fill[0])
        layouts = out.layouts[:n]
        n_known = len(table.bound_offsets) - 1
        layouts = np.where(layouts <= -2, n_known - 2 - layouts, layouts)
        new_bounds = self._bounds.buckets()
        return Histograms(
            out.schemas[:n],
            out.counts[:n],
            out.sums[:n],
            out.zero_counts[:n],
            out.zero_thresholds[:n],
            out.hints[:n],
            self._positive.buckets(),
            self._negative.buckets(),
            np.where(out.schemas[:n] == CUSTOM, layouts, EXPONENTIAL),
            np.concatenate([table.bound_offsets, table.bound_offsets[-1] + new_bounds.offsets[1:]]),
            np.concatenate([table.bounds, new_bounds.counts]),
        )


class _Column:
    """Items of rows in pieces; `ends` count from the piece's begin until it is put aside."""

    def __init__(self, ends: Int64s) -> None:
        self._ends = ends
        self._indexes: list[Int64s] = [np.empty(0, np.int64)]
        self._counts: list[Float64s] = [np.empty(0)]
        self._n_rows = 0
        self._n_items = 0

    def put_aside(self, n_rows: int, counts: Float64s, indexes: Int64s) -> None:
        self._ends[self._n_rows : n_rows] += self._n_items
        self._n_rows = n_rows
        self._n_items += len(counts)
        self._indexes.append(indexes.copy())
        self._counts.append(counts.copy())

    def buckets(self) -> Buckets:
        offsets = np.concatenate([np.zeros(1, np.int64), self._ends[: self._n_rows]])
        return Buckets(offsets, np.concatenate(self._indexes), np.concatenate(self._counts))
