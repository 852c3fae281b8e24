"""A running sum of native histograms: one cell for each bucket index that may occur, and where finished sums are written.

Cells are dense, since indexes of one metric lie close together: adding costs the term's buckets, not the sum's. (A merge of sorted
sparse sides was the other way; it copies the sum for each term.) What is added, and how, is in histogram_adding.
Finished sums are compact: no bucket that is zero is listed.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from vedette.kernels.histogram_bounds import coarser_index, exponential_bound
from vedette.kernels.histogram_table import CUSTOM
from vedette.kernels.jit import kernel
from vedette.kernels.kahan import kahan_add
from vedette.model.blocks import Float64s, Int64s

ABSENT: Final = 1
"""In `flags`: there were no terms."""
INCOMPATIBLE: Final = 2
"""Exponential and custom buckets met: there is no result."""
RECONCILED_ADDING: Final = 4
RECONCILED_SUBTRACTING: Final = 8
"""Custom bounds that differed were reconciled."""
RESET_SEEN: Final = 16
NOT_RESET_SEEN: Final = 32
"""A term with this counter reset hint was among them."""
NOT_FINITE: Final = 64
"""The result holds an infinity or NaN."""

POSITIVE: Final = 0
NEGATIVE: Final = 1
FIRST: Final = 0
LAST: Final = 1

COUNT: Final = 0
SUM: Final = 1
ZERO: Final = 2
THRESHOLD: Final = 3


class Workspace(NamedTuple):
    """The running sum. Cell i of a side is bucket indexes[i]; all cells outside `spans` are zero.

    totals, rests float64[2, width]: sums and their compensation. spans int64[2, 2]: the first and last cell in use of each side,
    first > last: none. parts, part_rests float64[4]: COUNT, SUM, ZERO and THRESHOLD. bounds float64[n]: custom bounds, n_bounds int64[1] of them
    in use. layout int64[1]: the table's layout they are, or -1 where they are new.
    """

    indexes: Int64s
    totals: Float64s
    rests: Float64s
    spans: Int64s
    parts: Float64s
    part_rests: Float64s
    bounds: Float64s
    n_bounds: Int64s
    layout: Int64s


class OutputSide(NamedTuple):
    """Buckets of all rows behind one another: those of row i end at ends[i]."""

    ends: Int64s
    indexes: Int64s
    counts: Float64s


class Output(NamedTuple):
    """Where results go: row i of the per-row arrays. `fill` int64[5]: rows, positive and negative buckets, bounds, new layouts.

    layouts: a layout of the input table, -1 for exponential buckets, -2 - k for the k-th new layout, whose bounds end at
    bound_ends[k]. flags and used_terms have a place for each result, also for one that makes no row.
    """

    schemas: Int64s
    counts: Float64s
    sums: Float64s
    zero_counts: Float64s
    zero_thresholds: Float64s
    hints: Int64s
    layouts: Int64s
    flags: Int64s
    used_terms: Int64s
    positive: OutputSide
    negative: OutputSide
    bound_ends: Int64s
    bounds: Float64s
    fill: Int64s


def new_output(n: int, room: int, bounds_room: int) -> Output:
    """For n results; room for so many buckets of each side and bounds."""
    sides = [OutputSide(np.empty(n, np.int64), np.empty(room, np.int64), np.empty(room)) for _ in range(2)]
    return Output(
        schemas=np.empty(n, np.int64),
        counts=np.empty(n),
        sums=np.empty(n),
        zero_counts=np.empty(n),
        zero_thresholds=np.empty(n),
        hints=np.empty(n, np.int64),
        layouts=np.empty(n, np.int64),
        flags=np.zeros(n, np.int64),
        used_terms=np.zeros(n, np.int64),
        positive=sides[0],
        negative=sides[1],
        bound_ends=np.empty(n, np.int64),
        bounds=np.empty(bounds_room),
        fill=np.zeros(5, np.int64),
    )


def new_workspace(lowest: int, highest: int, n_bounds: int) -> Workspace:
    """For buckets `lowest` to `highest` and at most so many custom bounds."""
    indexes = np.arange(lowest, highest + 1, dtype=np.int64)
    cells = (np.zeros((2, len(indexes))), np.zeros((2, len(indexes))), np.array([[1, 0], [1, 0]], np.int64))
    one = np.zeros(1, np.int64)
    return Workspace(indexes, *cells, np.zeros(4), np.zeros(4), np.empty(n_bounds), one, one - 1)


@kernel
def add_to(total: Float64s, rest: Float64s, cell: int, value: float, compensated: bool) -> None:
    if compensated:
        total[cell], rest[cell] = kahan_add(value, total[cell], rest[cell])
    else:
        total[cell] += value


@kernel
def widen(spans: Int64s, side: int, cell: int) -> None:
    if spans[side, FIRST] > spans[side, LAST]:
        spans[side, FIRST] = cell
        spans[side, LAST] = cell
    elif cell < spans[side, FIRST]:
        spans[side, FIRST] = cell
    elif cell > spans[side, LAST]:
        spans[side, LAST] = cell


@kernel
def coarsen(work: Workspace, halvings: int, compensated: bool) -> None:
    """Merges buckets down. Positive indexes move down and others up, each towards the place where merging began."""
    base = work.indexes[0]
    for side in range(2):
        first, last = work.spans[side, FIRST], work.spans[side, LAST]
        if first > last:
            continue
        for cell in range(max(first, 1 - base), last + 1):
            move_cell(work, side, cell, coarser_index(cell + base, halvings) - base, compensated)
        for cell in range(min(last, -base), first - 1, -1):
            move_cell(work, side, cell, coarser_index(cell + base, halvings) - base, compensated)
        work.spans[side, FIRST] = coarser_index(first + base, halvings) - base
        work.spans[side, LAST] = coarser_index(last + base, halvings) - base


@kernel
def move_cell(work: Workspace, side: int, cell: int, target: int, compensated: bool) -> None:
    if cell == target:
        return
    total, rest = work.totals[side, cell], work.rests[side, cell]
    work.totals[side, cell] = 0.0
    work.rests[side, cell] = 0.0
    add_to(work.totals[side], work.rests[side], target, total, compensated)
    if rest != 0.0:
        add_to(work.totals[side], work.rests[side], target, rest, compensated)


@kernel
def drop_small(work: Workspace, side: int, schema: int) -> None:
    """Empties the buckets that the zero bucket of the sum has swallowed."""
    while work.spans[side, FIRST] <= work.spans[side, LAST]:
        cell = work.spans[side, FIRST]
        if exponential_bound(work.indexes[cell] - 1, schema) >= work.parts[THRESHOLD]:
            break
        work.totals[side, cell] = 0.0
        work.rests[side, cell] = 0.0
        work.spans[side, FIRST] = cell + 1


@kernel
def is_bounded_by(work: Workspace, bounds: Float64s) -> bool:
    if work.n_bounds[0] != len(bounds):
        return False
    return not np.any(work.bounds[: len(bounds)] != bounds)


@kernel
def share_bounds(work: Workspace, bounds: Float64s) -> None:
    """Reduces the sum to the bounds that it has in common with others."""
    n_old = work.n_bounds[0]
    old = work.bounds[:n_old].copy()
    n = 0
    i = 0
    for j in range(len(bounds)):
        while i < n_old and old[i] < bounds[j]:
            i += 1
        if i < n_old and old[i] == bounds[j]:
            work.bounds[n] = old[i]
            n += 1
    work.n_bounds[0] = n
    work.layout[0] = -1
    base = work.indexes[0]
    target = 0
    first, last = work.spans[POSITIVE, FIRST], work.spans[POSITIVE, LAST]
    for cell in range(first, last + 1):
        target = first_bound_from(work.bounds[:n], target, old, cell + base)
        move_cell(work, POSITIVE, cell, target - base, True)
        if cell == first:
            work.spans[POSITIVE, FIRST] = target - base
        work.spans[POSITIVE, LAST] = target - base


@kernel
def first_bound_from(own: Float64s, at: int, bounds: Float64s, index: int) -> int:
    """The bucket of the bounds `own` that bucket `index` of finer bounds belongs to, at the earliest `at`."""
    if index >= len(bounds):
        return len(own)
    while at < len(own) and own[at] < bounds[index]:
        at += 1
    return at


@kernel
def finish_sum(i: int, schema: int, hint: int, flags: int, work: Workspace, out: Output) -> None:
    """Writes result i unless there is none, and empties the workspace."""
    keep = flags & (ABSENT | INCOMPATIBLE) == 0
    if keep:
        row = out.fill[0]
        out.schemas[row] = schema
        out.hints[row] = hint
        out.counts[row] = work.parts[COUNT] + work.part_rests[COUNT]
        out.sums[row] = work.parts[SUM] + work.part_rests[SUM]
        out.zero_counts[row] = work.parts[ZERO] + work.part_rests[ZERO]
        out.zero_thresholds[row] = work.parts[THRESHOLD]
        out.layouts[row] = work.layout[0]
        if not (np.isfinite(out.counts[row]) and np.isfinite(out.sums[row]) and np.isfinite(out.zero_counts[row])):
            flags |= NOT_FINITE
        if schema == CUSTOM and work.layout[0] < 0:
            out.layouts[row] = write_bounds(work, out)
        out.fill[0] += 1
    n, finite = write_side(work, POSITIVE, keep, out.positive, out.fill[1])
    out.fill[1] = n
    n, also = write_side(work, NEGATIVE, keep, out.negative, out.fill[2])
    out.fill[2] = n
    if keep:
        out.positive.ends[out.fill[0] - 1] = out.fill[1]
        out.negative.ends[out.fill[0] - 1] = out.fill[2]
        if not (finite and also):
            flags |= NOT_FINITE
    out.flags[i] = flags


@kernel
def write_bounds(work: Workspace, out: Output) -> int:
    """The number of the new layout, as in Output.layouts."""
    n = work.n_bounds[0]
    at = out.fill[3]
    out.bounds[at : at + n] = work.bounds[:n]
    out.fill[3] = at + n
    out.bound_ends[out.fill[4]] = at + n
    out.fill[4] += 1
    return int(-1 - out.fill[4])


@kernel
def write_side(work: Workspace, side: int, keep: bool, out: OutputSide, n: int) -> tuple[int, bool]:
    """Lists the buckets that are not zero from place n on, empties the side; returns the next place and whether all are finite."""
    finite = True
    for cell in range(work.spans[side, FIRST], work.spans[side, LAST] + 1):
        value = work.totals[side, cell] + work.rests[side, cell]
        work.totals[side, cell] = 0.0
        work.rests[side, cell] = 0.0
        if keep and value != 0.0:
            out.indexes[n] = work.indexes[cell]
            out.counts[n] = value
            n += 1
            finite = finite and np.isfinite(value)
    work.spans[side, FIRST] = 1
    work.spans[side, LAST] = 0
    return n, finite


def warm() -> None:
    """Compiled with the kernel that adds: every function here is called from it."""
