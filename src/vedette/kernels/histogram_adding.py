"""Sums of native histograms with weights: every result is a list of terms, each a row of a table and a factor.

What the reference does by adding and subtracting one histogram after another is one call here, for all results at once: sum, avg,
rate (last minus first plus what stood before each reset), a binary operator. Terms are taken in their order, because that decides how
they are reconciled: the coarser schema wins; the zero bucket grows until it cuts no populated bucket; custom bounds shrink to
those that both sides have. A term of weight zero adds nothing but its bounds.
Source of semantics: Prometheus FloatHistogram.Add, Sub, KahanAdd, Compact.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from vedette.kernels.histogram_bounds import coarser_index, exponential_bound
from vedette.kernels.histogram_table import CUSTOM, Table, sample_table
from vedette.kernels.histogram_workspace import (
    ABSENT,
    COUNT,
    FIRST,
    INCOMPATIBLE,
    LAST,
    NEGATIVE,
    NOT_RESET_SEEN,
    POSITIVE,
    RECONCILED_ADDING,
    RECONCILED_SUBTRACTING,
    RESET_SEEN,
    SUM,
    THRESHOLD,
    ZERO,
    Output,
    Workspace,
    add_to,
    coarsen,
    drop_small,
    finish_sum,
    first_bound_from,
    is_bounded_by,
    new_output,
    new_workspace,
    share_bounds,
    widen,
)
from vedette.kernels.jit import kernel
from vedette.kernels.kahan import kahan_add
from vedette.model.blocks import Float64s, Int64s
from vedette.model.histograms import CounterReset

_UNKNOWN: Final = int(CounterReset.UNKNOWN)
_RESET: Final = int(CounterReset.RESET)
_NOT_RESET: Final = int(CounterReset.NOT_RESET)
_GAUGE: Final = int(CounterReset.GAUGE)


@kernel
def add_histograms(
    table: Table,
    terms: Int64s,
    weights: Float64s,
    starts: Int64s,
    ends: Int64s,
    coarsest: Int64s,
    compensated: bool,
    first: int,
    work: Workspace,
    out: Output,
) -> int:
    """Result i is the sum of the rows terms[starts[i]:ends[i]] of the table, each times its weight, at schema coarsest[i] at most.

    Begins at result `first` and returns the first one that found no room in `out` any more.
    """
    width = len(work.indexes)
    n_bounds = len(work.bounds)
    for i in range(first, len(starts)):
        room = len(out.positive.indexes) - out.fill[1] >= width and len(out.negative.indexes) - out.fill[2] >= width
        if not room or len(out.bounds) - out.fill[3] < n_bounds:
            return i
        flags = ABSENT if starts[i] == ends[i] else 0
        schema = 0
        hint = _UNKNOWN
        at = starts[i]
        while at < ends[i]:
            row = terms[at]
            if at == starts[i]:
                schema, hint = table.schemas[row], table.hints[row]
                flags |= hint_flag(hint)
                begin_sum(table, row, weights[at], work)
                if schema != CUSTOM and coarsest[i] < schema:
                    coarsen(work, schema - coarsest[i], compensated)
                    schema = coarsest[i]
            else:
                if (table.schemas[row] == CUSTOM) != (schema == CUSTOM):
                    flags |= INCOMPATIBLE
                    break
                flags |= hint_flag(table.hints[row])
                hint = joint_hint(hint, table.hints[row])
                if schema == CUSTOM:
                    flags |= add_custom(table, row, weights[at], compensated, work)
                elif weights[at] != 0.0:
                    schema = add_exponential(table, row, weights[at], schema, compensated, work)
            at += 1
        out.used_terms[i] = at - starts[i]
        finish_sum(i, schema, hint, flags, work, out)
    return len(starts)


@kernel
def hint_flag(hint: int) -> int:
    if hint == _RESET:
        return RESET_SEEN
    return NOT_RESET_SEEN if hint == _NOT_RESET else 0


@kernel
def joint_hint(a: int, b: int) -> int:
    """The hint of a sum: a gauge stays one; counters that agree say so, others are unknown."""
    if a == _GAUGE or b == _GAUGE:
        return _GAUGE
    return a if a == b else _UNKNOWN


@kernel
def begin_sum(table: Table, row: int, weight: float, work: Workspace) -> None:
    work.parts[COUNT] = table.counts[row] * weight
    work.parts[SUM] = table.sums[row] * weight
    work.parts[ZERO] = table.zero_counts[row] * weight
    work.parts[THRESHOLD] = table.zero_thresholds[row]
    work.part_rests[:] = 0.0
    base = work.indexes[0]
    for j in range(table.positive_offsets[row], table.positive_offsets[row + 1]):
        cell = table.positive_indexes[j] - base
        work.totals[POSITIVE, cell] = table.positive_counts[j] * weight
        widen(work.spans, POSITIVE, cell)
    for j in range(table.negative_offsets[row], table.negative_offsets[row + 1]):
        cell = table.negative_indexes[j] - base
        work.totals[NEGATIVE, cell] = table.negative_counts[j] * weight
        widen(work.spans, NEGATIVE, cell)
    layout = table.layouts[row]
    work.layout[0] = layout
    if layout >= 0:
        begin = table.bound_offsets[layout]
        n = table.bound_offsets[layout + 1] - begin
        work.bounds[:n] = table.bounds[begin : begin + n]
        work.n_bounds[0] = n


@kernel
def zero_bucket_upto(
    threshold: float,
    schema: int,
    zero_count: float,
    sides: tuple[tuple[Int64s, Float64s, int, int], tuple[Int64s, Float64s, int, int]],
) -> tuple[float, float]:
    """The count of a zero bucket that reaches `threshold` or as far beyond as it must to cut no populated bucket, and that reach.

    A side: (indexes, counts, first, last) of its buckets.
    """
    while True:
        count = zero_count
        rest = 0.0
        reach = threshold
        for side in range(2):
            indexes, counts, first, last = sides[side]
            for j in range(first, last + 1):
                if counts[j] == 0.0:
                    continue
                if exponential_bound(indexes[j] - 1, schema) >= reach:
                    break
                count, rest = kahan_add(counts[j], count, rest)
                end = exponential_bound(indexes[j], schema)
                if end > reach:
                    reach = end
                    break
            if side == POSITIVE:
                threshold = reach
        if reach == threshold:
            return count + rest, reach
        threshold = reach


@kernel
def reconcile_zero_buckets(table: Table, row: int, weight: float, schema: int, work: Workspace) -> float:
    """Widens the zero bucket of the sum as far as the row's; returns what the row's holds once it is as wide."""
    threshold = table.zero_thresholds[row]
    count = table.zero_counts[row]
    row_sides = (
        (
            table.positive_indexes,
            table.positive_counts,
            table.positive_offsets[row],
            table.positive_offsets[row + 1] - 1,
        ),
        (
            table.negative_indexes,
            table.negative_counts,
            table.negative_offsets[row],
            table.negative_offsets[row + 1] - 1,
        ),
    )
    while threshold != work.parts[THRESHOLD]:
        if threshold < work.parts[THRESHOLD]:
            count, threshold = zero_bucket_upto(
                work.parts[THRESHOLD], table.schemas[row], table.zero_counts[row], row_sides
            )
        if threshold > work.parts[THRESHOLD]:
            sides = (
                (work.indexes, work.totals[POSITIVE], work.spans[POSITIVE, FIRST], work.spans[POSITIVE, LAST]),
                (work.indexes, work.totals[NEGATIVE], work.spans[NEGATIVE, FIRST], work.spans[NEGATIVE, LAST]),
            )
            work.parts[ZERO], work.parts[THRESHOLD] = zero_bucket_upto(threshold, schema, work.parts[ZERO], sides)
            for side in range(2):
                drop_small(work, side, schema)
    return float(count * weight)


@kernel
def add_exponential(table: Table, row: int, weight: float, schema: int, compensated: bool, work: Workspace) -> int:
    """Returns the schema of the sum."""
    zero = reconcile_zero_buckets(table, row, weight, schema, work)
    add_to(work.parts, work.part_rests, ZERO, zero, compensated)
    add_to(work.parts, work.part_rests, COUNT, table.counts[row] * weight, compensated)
    add_to(work.parts, work.part_rests, SUM, table.sums[row] * weight, compensated)
    if table.schemas[row] < schema:
        coarsen(work, schema - table.schemas[row], compensated)
        schema = table.schemas[row]
    halvings = table.schemas[row] - schema
    begin, end = table.positive_offsets[row], table.positive_offsets[row + 1]
    add_side(
        POSITIVE, table.positive_indexes, table.positive_counts, begin, end, weight, halvings, schema, compensated, work
    )
    begin, end = table.negative_offsets[row], table.negative_offsets[row + 1]
    add_side(
        NEGATIVE, table.negative_indexes, table.negative_counts, begin, end, weight, halvings, schema, compensated, work
    )
    return schema


@kernel
def add_side(
    side: int,
    indexes: Int64s,
    counts: Float64s,
    begin: int,
    end: int,
    weight: float,
    halvings: int,
    schema: int,
    compensated: bool,
    work: Workspace,
) -> None:
    """Without the buckets inside the zero bucket."""
    base = work.indexes[0]
    totals, rests = work.totals[side], work.rests[side]
    while begin < end and exponential_bound(coarser_index(indexes[begin], halvings), schema) <= work.parts[THRESHOLD]:
        begin += 1
    if begin == end:
        return
    for j in range(begin, end):
        cell = coarser_index(indexes[j], halvings) - base
        value = counts[j] * weight
        if compensated:
            totals[cell], rests[cell] = kahan_add(value, totals[cell], rests[cell])
        else:
            totals[cell] += value
    widen(work.spans, side, coarser_index(indexes[begin], halvings) - base)
    widen(work.spans, side, coarser_index(indexes[end - 1], halvings) - base)


@kernel
def add_custom(table: Table, row: int, weight: float, compensated: bool, work: Workspace) -> int:
    """Returns the flag that says whether bounds had to be reconciled."""
    layout = table.layouts[row]
    begin = table.bound_offsets[layout]
    bounds = table.bounds[begin : table.bound_offsets[layout + 1]]
    flag = 0
    if layout != work.layout[0] and not is_bounded_by(work, bounds):
        flag = RECONCILED_SUBTRACTING if weight <= 0.0 else RECONCILED_ADDING
        compensated = True
        share_bounds(work, bounds)
    if weight == 0.0:
        return flag
    add_to(work.parts, work.part_rests, COUNT, table.counts[row] * weight, compensated)
    add_to(work.parts, work.part_rests, SUM, table.sums[row] * weight, compensated)
    base = work.indexes[0]
    own = work.bounds[: work.n_bounds[0]]
    target = 0
    for j in range(table.positive_offsets[row], table.positive_offsets[row + 1]):
        index = table.positive_indexes[j]
        if flag:
            target = first_bound_from(own, target, bounds, index)
            index = target
        add_to(
            work.totals[POSITIVE], work.rests[POSITIVE], index - base, table.positive_counts[j] * weight, compensated
        )
        widen(work.spans, POSITIVE, index - base)
    return flag


def warm() -> None:
    table = sample_table()
    n = 3
    work, out = new_workspace(0, 4, 2), new_output(n, 64, 64)
    terms, weights = np.array([0, 1, 0, 2, 3], np.int64), np.ones(5)
    starts, ends = np.array([0, 2, 3], np.int64), np.array([2, 3, 5], np.int64)
    add_histograms(table, terms, weights, starts, ends, np.full(n, 8, np.int64), True, 0, work, out)
