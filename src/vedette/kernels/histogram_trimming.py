"""The operators `</` and `>/`: native histograms without the observations above, or below, a value.

A bucket that the value cuts keeps the share that interpolation gives it. Count and sum are estimated anew from the middle of what is
left in each bucket, unless nothing was cut. Source of semantics: Prometheus FloatHistogram.TrimBuckets.
"""

from __future__ import annotations

import math

import numpy as np

from vedette.kernels.histogram_shapes import fraction_below
from vedette.kernels.histogram_table import CUSTOM, Table, sample_table, upper_bound
from vedette.kernels.jit import kernel
from vedette.model.blocks import Float64s, Int64s


@kernel
def trim_histograms(
    table: Table,
    rows: Int64s,
    limits: Float64s,
    keep_below: bool,
    totals: tuple[Float64s, Float64s, Float64s],
    positive: Float64s,
    negative: Float64s,
) -> None:
    """Trims rows[i] at limits[i]. `totals`: counts, sums, zero counts [len(rows)]; `positive` and `negative`: the buckets' counts,
    row after row, as many as the rows have.
    """
    counts, sums, zero_counts = totals
    p = 0
    n = 0
    for i in range(len(rows)):
        row = rows[i]
        before = (p, n)
        total, middle_sum, cut, has_positive = trim_side(table, row, limits[i], keep_below, True, positive, p)
        p += table.positive_offsets[row + 1] - table.positive_offsets[row]
        also, also_sum, also_cut, has_negative = trim_side(table, row, limits[i], keep_below, False, negative, n)
        n += table.negative_offsets[row + 1] - table.negative_offsets[row]
        total += also
        middle_sum += also_sum
        cut = cut or also_cut
        zero = table.zero_counts[row]
        if zero > 0.0:
            lower = 0.0 if has_positive and not has_negative else -table.zero_thresholds[row]
            upper = 0.0 if has_negative and not has_positive else table.zero_thresholds[row]
            zero, middle = trim_zero(lower, upper, zero, limits[i], keep_below)
            cut = cut or zero != table.zero_counts[row]
            total += zero
            middle_sum += middle * zero
        zero_counts[i] = zero
        counts[i] = total if cut else table.counts[row]
        sums[i] = middle_sum if cut else table.sums[row]
        if not cut:
            restore(table, row, before, positive, negative)


@kernel
def restore(table: Table, row: int, at: tuple[int, int], positive: Float64s, negative: Float64s) -> None:
    for j in range(table.positive_offsets[row], table.positive_offsets[row + 1]):
        positive[at[0] + j - table.positive_offsets[row]] = table.positive_counts[j]
    for j in range(table.negative_offsets[row], table.negative_offsets[row + 1]):
        negative[at[1] + j - table.negative_offsets[row]] = table.negative_counts[j]


@kernel
def trim_side(
    table: Table, row: int, limit: float, keep_below: bool, is_positive: bool, out: Float64s, at: int
) -> tuple[float, float, bool, bool]:
    """Returns the count that is left, its estimated sum, whether anything was cut, whether the side has observations."""
    if is_positive:
        begin, end = table.positive_offsets[row], table.positive_offsets[row + 1]
    else:
        begin, end = table.negative_offsets[row], table.negative_offsets[row + 1]
    linear = table.schemas[row] == CUSTOM
    total, middle_sum = 0.0, 0.0
    cut = False
    has_any = False
    for j in range(begin, end):
        count = table.positive_counts[j] if is_positive else table.negative_counts[j]
        out[at + j - begin] = count
        if count == 0.0:
            continue
        has_any = True
        if is_positive:
            index = table.positive_indexes[j]
            lower, upper = upper_bound(table, row, index - 1), upper_bound(table, row, index)
        else:
            index = table.negative_indexes[j]
            lower, upper = -upper_bound(table, row, index), -upper_bound(table, row, index - 1)
        if (upper <= limit) if keep_below else (lower >= limit):
            kept, middle = count, middle_of(lower, upper, is_positive, linear)
        elif (lower < limit) if keep_below else (upper > limit):
            kept, middle = trim_bucket(lower, upper, count, limit, keep_below, is_positive, linear)
        else:
            kept, middle = 0.0, 0.0
            cut = True
        cut = cut or kept != count
        out[at + j - begin] = kept
        total += kept
        middle_sum += middle * kept
    return total, middle_sum, cut, has_any


@kernel
def trim_bucket(
    lower: float, upper: float, count: float, limit: float, keep_below: bool, is_positive: bool, linear: bool
) -> tuple[float, float]:
    """What is left of a bucket that the limit cuts, and the middle of that."""
    if lower == -np.inf or upper == np.inf:
        kept, middle = trim_open_bucket(lower, upper, count, limit, keep_below)
        return kept, middle
    if limit <= lower:
        below = 0.0
    elif limit >= upper:
        below = count
    else:
        below = count * fraction_below(lower, upper, limit, linear)
    if keep_below:
        return below, middle_of(lower, limit, is_positive, linear)
    return count - below, middle_of(limit, upper, is_positive, linear)


@kernel
def trim_open_bucket(lower: float, upper: float, count: float, limit: float, keep_below: bool) -> tuple[float, float]:
    """A bucket that reaches to infinity on one side or both."""
    if lower == -np.inf:
        finite_upper = 0.0 if np.isinf(upper) else upper
        if keep_below:
            if limit >= upper:
                return count, 0.0
            if limit > 0.0 and upper > 0.0 and upper != np.inf:
                return count * limit / upper, limit / 2.0
            if upper <= 0.0:
                return count, limit
            return 0.0, finite_upper
        if limit <= lower:
            return count, 0.0
        if limit >= 0.0 and upper > limit and upper != np.inf:
            return count * (1.0 - limit / upper), (limit + upper) / 2.0
        return 0.0, finite_upper
    finite_lower = 0.0 if np.isinf(lower) else lower
    if keep_below or limit < lower:
        return 0.0, finite_lower
    return count, limit


@kernel
def trim_zero(lower: float, upper: float, count: float, limit: float, keep_below: bool) -> tuple[float, float]:
    middle = (lower + upper) / 2.0
    if limit <= lower:
        return (0.0, 0.0) if keep_below else (count, middle)
    if limit >= upper:
        return (count, middle) if keep_below else (0.0, 0.0)
    if keep_below:
        return count * ((limit - lower) / (upper - lower)), (lower + limit) / 2.0
    return count * ((upper - limit) / (upper - lower)), (limit + upper) / 2.0


@kernel
def middle_of(lower: float, upper: float, is_positive: bool, linear: bool) -> float:
    if np.isinf(lower):
        if np.isinf(upper):
            return 0.0
        return upper / 2.0 if upper > 0.0 else upper
    if np.isinf(upper):
        return lower
    if linear:
        return (lower + upper) / 2.0
    middle = math.sqrt(abs(lower * upper))
    return middle if is_positive else -middle


def warm() -> None:
    rows = np.array([0, 2], np.int64)
    totals = (np.empty(2), np.empty(2), np.empty(2))
    trim_histograms(sample_table(), rows, np.ones(2), True, totals, np.empty(2), np.empty(2))
