"""Whether two native histograms of a table are equal: same resolution, same observations. Source: Prometheus FloatHistogram.Equals.

Buckets that are zero count for nothing, as the reference's store lists them or not depending on neighbours in a chunk.
"""

from __future__ import annotations

import numpy as np

from vedette.kernels.histogram_table import CUSTOM, Table, same_bounds, sample_table
from vedette.kernels.jit import kernel
from vedette.model.blocks import Bools, Float64s, Int64s


@kernel
def equal_rows(table: Table, left: Int64s, right: Int64s, out: Bools) -> None:
    """out[i]: whether the rows left[i] and right[i] are equal."""
    for i in range(len(left)):
        out[i] = left[i] == right[i] or are_equal(table, left[i], right[i])


@kernel
def are_equal(table: Table, a: int, b: int) -> bool:
    if table.schemas[a] != table.schemas[b] or table.zero_thresholds[a] != table.zero_thresholds[b]:
        return False
    for numbers in (table.counts, table.sums, table.zero_counts):
        if numbers[a] != numbers[b] and not (np.isnan(numbers[a]) and np.isnan(numbers[b])):
            return False
    if table.schemas[a] == CUSTOM and not same_bounds(table, table.layouts[a], table.layouts[b]):
        return False
    positive = (table.positive_offsets, table.positive_indexes, table.positive_counts)
    negative = (table.negative_offsets, table.negative_indexes, table.negative_counts)
    return bool(are_sides_equal(positive, a, b) and are_sides_equal(negative, a, b))


@kernel
def are_sides_equal(side: tuple[Int64s, Int64s, Float64s], a: int, b: int) -> bool:
    offsets, indexes, counts = side
    i, j = offsets[a], offsets[b]
    while True:
        while i < offsets[a + 1] and counts[i] == 0.0:
            i += 1
        while j < offsets[b + 1] and counts[j] == 0.0:
            j += 1
        if i == offsets[a + 1] or j == offsets[b + 1]:
            return bool(i == offsets[a + 1] and j == offsets[b + 1])
        if indexes[i] != indexes[j] or counts[i] != counts[j]:
            return False
        i += 1
        j += 1


def warm() -> None:
    rows = np.array([0, 2], np.int64)
    equal_rows(sample_table(), rows, rows + 1, np.empty(2, np.bool_))
