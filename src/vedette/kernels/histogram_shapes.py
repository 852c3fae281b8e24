"""What one number says of a native histogram: quantile, fraction, variance; row by row of a table.

Buckets are walked in the order of their values: negative ones from the lowest, the zero bucket, positive ones. Inside an exponential
bucket observations are taken to lie evenly on a logarithmic scale, in the zero bucket and in custom ones on a linear scale.
Source of semantics: Prometheus HistogramQuantile, HistogramFraction, histogramVariance, allFloatBucketIterator.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from vedette.kernels.histogram_table import CUSTOM, Table, sample_table, upper_bound
from vedette.kernels.jit import kernel
from vedette.kernels.kahan import kahan_add
from vedette.model.blocks import Float64s, Int64s

NAN_RESULT: Final = 1
"""In `flags`: NaN observations outweigh the quantile."""
NAN_SKEW: Final = 2
"""There are NaN observations: a quantile is too high, a fraction leaves them out."""


@kernel
def n_buckets(table: Table, row: int) -> int:
    """Places that `bucket_at` takes: the zero bucket has one, whether it is empty or not."""
    n = table.positive_offsets[row + 1] - table.positive_offsets[row]
    return int(n + table.negative_offsets[row + 1] - table.negative_offsets[row] + 1)


@kernel
def bucket_at(table: Table, row: int, place: int) -> tuple[float, float, float]:
    """(lower, upper, count) of the bucket at a place in the order of values; next to the zero bucket clipped by it."""
    threshold = table.zero_thresholds[row]
    n_negative = table.negative_offsets[row + 1] - table.negative_offsets[row]
    if place < n_negative:
        j = table.negative_offsets[row + 1] - 1 - place
        index = table.negative_indexes[j]
        lower, upper = -upper_bound(table, row, index), -upper_bound(table, row, index - 1)
        if upper < 0.0 and upper > -threshold:
            upper = -threshold
        return lower, upper, table.negative_counts[j]
    if place == n_negative:
        return -threshold, threshold, max(0.0, table.zero_counts[row])
    j = table.positive_offsets[row] + place - n_negative - 1
    index = table.positive_indexes[j]
    lower, upper = upper_bound(table, row, index - 1), upper_bound(table, row, index)
    if lower > 0.0 and lower < threshold:
        lower = threshold
    return lower, upper, table.positive_counts[j]


@kernel
def one_sided(table: Table, row: int, lower: float, upper: float) -> tuple[float, float]:
    """A bucket around zero, without the side on which the histogram has no buckets."""
    has_negative = table.negative_offsets[row + 1] > table.negative_offsets[row]
    has_positive = table.positive_offsets[row + 1] > table.positive_offsets[row]
    if has_positive and not has_negative:
        return 0.0, upper
    if has_negative and not has_positive:
        return lower, 0.0
    return lower, upper


@kernel
def histogram_quantiles(table: Table, rows: Int64s, quantiles: Float64s, out: Float64s, flags: Int64s) -> None:
    """out[i]: the quantile quantiles[i] of the histogram rows[i]."""
    for i in range(len(rows)):
        flags[i] = 0
        q = quantiles[i]
        if q < 0.0:
            out[i] = -np.inf
        elif q > 1.0:
            out[i] = np.inf
        elif table.counts[rows[i]] == 0.0 or np.isnan(q):
            out[i] = np.nan
        else:
            out[i], flags[i] = quantile_of(table, rows[i], q)


@kernel
def quantile_of(table: Table, row: int, q: float) -> tuple[float, int]:
    total = table.counts[row]
    has_nan = np.isnan(table.sums[row])
    forward = has_nan or q < 0.5
    rank = q * total if forward else (1.0 - q) * total
    n = n_buckets(table, row)
    count = 0.0
    lower, upper, own = 0.0, 0.0, 0.0
    place = 0
    while place < n:
        low, high, here = bucket_at(table, row, place if forward else n - 1 - place)
        place += 1
        if here == 0.0:
            continue
        lower, upper, own = low, high, here
        count += own
        if count >= rank:
            break
    if table.schemas[row] == CUSTOM:
        if lower == -np.inf:
            if upper <= 0.0:
                return upper, 0
            lower = 0.0
        elif upper == np.inf:
            return lower, 0
    elif lower < 0.0 and upper > 0.0:
        lower, upper = one_sided(table, row, lower, upper)
    count = min(count, total)
    if count < rank:
        return (np.nan, NAN_RESULT) if has_nan else (upper, 0)
    rank = rank - (count - own) if forward else count - rank
    flag = 0
    if has_nan:
        while place < n:
            count += bucket_at(table, row, place)[2]
            place += 1
        if count < total:
            flag = NAN_SKEW
    return between(lower, upper, rank / own, table.schemas[row] == CUSTOM), flag


@kernel
def between(lower: float, upper: float, fraction: float, linear: bool) -> float:
    if linear or (lower <= 0.0 and upper >= 0.0):
        return lower + (upper - lower) * fraction
    log_lower, log_upper = math.log2(abs(lower)), math.log2(abs(upper))
    if lower > 0.0:
        return float(2.0 ** (log_lower + (log_upper - log_lower) * fraction))
    return float(-(2.0 ** (log_upper + (log_lower - log_upper) * (1.0 - fraction))))


@kernel
def fraction_below(lower: float, upper: float, value: float, linear: bool) -> float:
    """The share of a bucket's observations that lie below a value inside it."""
    if linear:
        return (value - lower) / (upper - lower)
    log_lower, log_upper, log_value = math.log2(abs(lower)), math.log2(abs(upper)), math.log2(abs(value))
    if value > 0.0:
        return (log_value - log_lower) / (log_upper - log_lower)
    return 1.0 - (log_value - log_upper) / (log_lower - log_upper)


@kernel
def histogram_fractions(
    table: Table, rows: Int64s, lowers: Float64s, uppers: Float64s, out: Float64s, flags: Int64s
) -> None:
    """out[i]: the share of the observations of rows[i] between lowers[i] and uppers[i]."""
    for i in range(len(rows)):
        row, lower, upper = rows[i], lowers[i], uppers[i]
        flags[i] = 0
        total = table.counts[row]
        if total == 0.0 or np.isnan(lower) or np.isnan(upper):
            out[i] = np.nan
        elif lower >= upper:
            out[i] = 0.0
        else:
            known = total
            if np.isnan(table.sums[row]):
                known = observations(table, row)
                if known < total:
                    flags[i] = NAN_SKEW
            out[i] = (rank_of(table, row, upper, known) - rank_of(table, row, lower, known)) / total


@kernel
def observations(table: Table, row: int) -> float:
    count = 0.0
    for place in range(n_buckets(table, row)):
        count += bucket_at(table, row, place)[2]
    return count


@kernel
def rank_of(table: Table, row: int, value: float, known: float) -> float:
    """How many observations lie below the value, at most `known`."""
    rank = 0.0
    custom = table.schemas[row] == CUSTOM
    for place in range(n_buckets(table, row)):
        lower, upper, count = bucket_at(table, row, place)
        if count == 0.0:
            continue
        around_zero = lower <= 0.0 and upper >= 0.0
        if around_zero:
            lower, upper = one_sided(table, row, lower, upper)
        if lower >= value:
            return min(rank, known)
        if upper > value:
            if (custom or around_zero) and lower == -np.inf:
                return float(min(count, known))
            return float(min(rank + count * fraction_below(lower, upper, value, custom or around_zero), known))
        rank += count
    return known


@kernel
def histogram_variances(table: Table, rows: Int64s, square_root: bool, out: Float64s) -> None:
    """stdvar, or stddev: each bucket's observations stand at its middle."""
    for i in range(len(rows)):
        row = rows[i]
        mean = table.sums[row] / table.counts[row]
        variance, rest = 0.0, 0.0
        for place in range(n_buckets(table, row)):
            lower, upper, count = bucket_at(table, row, place)
            if count == 0.0:
                continue
            if table.schemas[row] == CUSTOM:
                middle = (upper + lower) / 2.0
            elif lower <= 0.0 and upper >= 0.0:
                middle = 0.0
            else:
                middle = math.sqrt(upper * lower)
                if upper < 0.0:
                    middle = -middle
            delta = middle - mean
            variance, rest = kahan_add(count * delta * delta, variance, rest)
        variance = (variance + rest) / table.counts[row]
        out[i] = math.sqrt(variance) if square_root else variance


def warm() -> None:
    table = sample_table()
    rows, ones, out, flags = np.array([0, 2], np.int64), np.ones(2), np.empty(2), np.empty(2, np.int64)
    histogram_quantiles(table, rows, ones / 2, out, flags)
    histogram_fractions(table, rows, ones / 2, ones, out, flags)
    histogram_variances(table, rows, True, out)
