"""Native histograms as kernels read them: the arrays of model.histograms.Histograms in one named tuple.

`sides` of a histogram: POSITIVE and NEGATIVE; buckets of row i are [offsets[i], offsets[i+1]) of indexes and counts. The bounds of a
custom layout are bounds[bound_offsets[layout]:bound_offsets[layout + 1]].
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from vedette.kernels.histogram_bounds import exponential_bound
from vedette.kernels.jit import kernel
from vedette.model.blocks import Float64s, Int64s
from vedette.model.histograms import CUSTOM_BUCKETS, Histograms

CUSTOM: Final = CUSTOM_BUCKETS


class Table(NamedTuple):
    schemas: Int64s
    counts: Float64s
    sums: Float64s
    zero_counts: Float64s
    zero_thresholds: Float64s
    hints: Int64s
    positive_offsets: Int64s
    positive_indexes: Int64s
    positive_counts: Float64s
    negative_offsets: Int64s
    negative_indexes: Int64s
    negative_counts: Float64s
    layouts: Int64s
    bound_offsets: Int64s
    bounds: Float64s


def table_of(histograms: Histograms) -> Table:
    positive, negative = histograms.positive, histograms.negative
    return Table(
        histograms.schemas,
        histograms.counts,
        histograms.sums,
        histograms.zero_counts,
        histograms.zero_thresholds,
        histograms.hints,
        positive.offsets,
        positive.indexes,
        positive.counts,
        negative.offsets,
        negative.indexes,
        negative.counts,
        histograms.layouts,
        histograms.bound_offsets,
        histograms.bounds,
    )


@kernel
def upper_bound(table: Table, row: int, index: int) -> float:
    """The end of positive bucket `index`; the one before it gives the begin."""
    if table.schemas[row] != CUSTOM:
        return float(exponential_bound(index, table.schemas[row]))
    layout = table.layouts[row]
    n = table.bound_offsets[layout + 1] - table.bound_offsets[layout]
    if index < 0:
        return -np.inf
    if index >= n:
        return np.inf
    return float(table.bounds[table.bound_offsets[layout] + index])


@kernel
def same_bounds(table: Table, a: int, b: int) -> bool:
    """Whether two custom layouts have the same bounds."""
    if a == b:
        return True
    begin_a, begin_b = table.bound_offsets[a], table.bound_offsets[b]
    n = table.bound_offsets[a + 1] - begin_a
    if table.bound_offsets[b + 1] - begin_b != n:
        return False
    return not np.any(table.bounds[begin_a : begin_a + n] != table.bounds[begin_b : begin_b + n])


def sample_table() -> Table:
    """Two exponential histograms and two with custom buckets: for `warm` of the kernels that read tables."""
    side = (np.array([0, 1, 2, 3, 4], np.int64), np.array([1, 2, 0, 1], np.int64), np.ones(4))
    empty = (np.zeros(5, np.int64), np.empty(0, np.int64), np.empty(0))
    layouts = (np.array([-1, -1, 0, 1], np.int64), np.array([0, 1, 3], np.int64), np.array([1.0, 1.0, 2.0]))
    schemas, hints = np.array([1, 0, CUSTOM, CUSTOM], np.int64), np.zeros(4, np.int64)
    return Table(schemas, np.ones(4), np.ones(4), np.zeros(4), np.zeros(4), hints, *side, *empty, *layouts)


def warm() -> None:
    table = sample_table()
    upper_bound(table, 0, 1)
    same_bounds(table, 0, 1)
