"""sum_over_time, avg_over_time, stddev_over_time, stdvar_over_time (see kernels.windows for the arguments).

Source of semantics: Prometheus funcSumOverTime, funcAvgOverTime, varianceOverTime: compensated sums, and a mean that
turns incremental where the sum would overflow.

Windows that overlap much are answered from prefix sums of blocks of eight samples, kept as pairs of doubles (about 106
bits), and the few samples beside the blocks: O(1) a window instead of O(samples in the window). The bound of the rounding
error is checked for every window; one that is not safely below the result's own precision is summed directly, as is every
series that holds Inf, NaN or sums near the float64 range. (Prefixes of every sample cost 1.6 to 3 times as much.)
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from vedette.kernels.jit import inlined, kernel
from vedette.kernels.kahan import kahan_add
from vedette.kernels.windows import slide
from vedette.model.blocks import Bools, Float64s, Int64s

SUM: Final = 0
AVG: Final = 1

STDVAR: Final = 0
STDDEV: Final = 1

OVERLAP_MIN: Final = 4
"""Prefix sums pay when a sample is in more windows than this; below, a direct sum reads little more."""

BLOCK_SHIFT: Final = 3
"""Eight samples a block."""

_PAIR_EPSILON = 2.0**-102
_SAFE_FRACTION = 1e-14
_PREFIX_MAX = 1e290


@inlined
def exact_add(a: float, b: float) -> tuple[float, float]:
    """Knuth's two-sum: the rounded sum and its exact error."""
    total = a + b
    rest = total - a
    return total, (a - (total - rest)) + (b - rest)


@kernel
def direct_sum(values: Float64s, begin: int, end: int) -> float:
    total = 0.0
    compensation = 0.0
    for i in range(begin, end):
        total, compensation = kahan_add(values[i], total, compensation)
    return float(total if np.isinf(total) else total + compensation)


@kernel
def direct_avg(values: Float64s, begin: int, end: int) -> float:
    total = values[begin]
    compensation = 0.0
    mean = 0.0
    incremental = False
    count = 1.0
    for i in range(begin + 1, end):
        count = float(i - begin + 1)
        if not incremental:
            new_total, new_compensation = kahan_add(values[i], total, compensation)
            if not np.isinf(new_total):
                total = new_total
                compensation = new_compensation
                continue
            incremental = True
            mean = total / (count - 1.0)
            compensation /= count - 1.0
        q = (count - 1.0) / count
        mean, compensation = kahan_add(values[i] / count, q * mean, q * compensation)
    if incremental:
        return mean + compensation
    return float(total / count + compensation / count)


@kernel
def prefix_sums(values: Float64s, first: int, stop: int, high: Float64s, low: Float64s) -> Any:
    """Fills high and low with the sum of all samples before each whole block, and before what is left after the last.

    Returns the sum of magnitudes, Inf where prefixes are no use.
    """
    total = 0.0
    rest = 0.0
    magnitude = 0.0
    n = (stop - first) >> BLOCK_SHIFT
    for block in range(n):
        high[block] = total
        low[block] = rest
        at = first + (block << BLOCK_SHIFT)
        block_total = 0.0
        block_rest = 0.0
        for i in range(at, at + (1 << BLOCK_SHIFT)):
            block_total, error = exact_add(block_total, values[i])
            block_rest += error
            magnitude += abs(values[i])
        total, error = exact_add(total, block_total)
        rest += error + block_rest
        total, rest = exact_add(total, rest)
    high[n] = total
    low[n] = rest
    for i in range(first + (n << BLOCK_SHIFT), stop):
        magnitude += abs(values[i])
    return float(magnitude if magnitude < _PREFIX_MAX else np.inf)


@kernel
def sum_by_blocks(values: Float64s, first: int, begin: int, end: int, high: Float64s, low: Float64s) -> float:
    """The sum of the samples [begin, end) of the series that starts at `first`."""
    low_block = (begin - first + (1 << BLOCK_SHIFT) - 1) >> BLOCK_SHIFT
    high_block = (end - first) >> BLOCK_SHIFT
    left = right = end
    total = 0.0
    rest = 0.0
    if high_block > low_block:
        total, rest = exact_add(high[high_block], -high[low_block])
        rest += low[high_block] - low[low_block]
        left = first + (low_block << BLOCK_SHIFT)
        right = first + (high_block << BLOCK_SHIFT)
    for i in range(begin, left):
        total, error = exact_add(total, values[i])
        rest += error
    for i in range(right, end):
        total, error = exact_add(total, values[i])
        rest += error
    return float(total + rest)


@kernel
def window_sums(
    offsets: Int64s,
    times: Int64s,
    values: Float64s,
    lo: int,
    hi: int,
    end0: int,
    end_step: int,
    range_ms: int,
    what: int,
    high: Float64s,
    low: Float64s,
    out: Float64s,
    present: Bools,
) -> None:
    """SUM or AVG. `high` and `low` float64[longest series / 8 + 1]: scratch."""
    n_steps = out.shape[1]
    overlapping = range_ms > OVERLAP_MIN * end_step
    for s in range(lo, hi):
        first = offsets[s]
        begin = first
        end = first
        stop = offsets[s + 1]
        magnitude = prefix_sums(values, first, stop, high, low) if overlapping else np.inf
        error_max = magnitude * (stop - first) * _PAIR_EPSILON
        begin_stride = 0
        end_stride = 0
        for k in range(n_steps):
            t = end0 + k * end_step
            begin, end, begin_stride, end_stride = slide(times, begin, end, stop, t, range_ms, begin_stride, end_stride)
            present[s, k] = end > begin
            if end <= begin:
                out[s, k] = 0.0
                continue
            total = sum_by_blocks(values, first, begin, end, high, low) if overlapping else 0.0
            if overlapping and error_max <= abs(total) * _SAFE_FRACTION:
                out[s, k] = total if what == SUM else total / (end - begin)
            elif what == SUM:
                out[s, k] = direct_sum(values, begin, end)
            else:
                out[s, k] = direct_avg(values, begin, end)


@kernel
def window_variances(
    offsets: Int64s,
    times: Int64s,
    values: Float64s,
    lo: int,
    hi: int,
    end0: int,
    end_step: int,
    range_ms: int,
    what: int,
    out: Float64s,
    present: Bools,
) -> None:
    """STDVAR or STDDEV, of the population."""
    n_steps = out.shape[1]
    for s in range(lo, hi):
        begin = offsets[s]
        end = begin
        stop = offsets[s + 1]
        begin_stride = 0
        end_stride = 0
        for k in range(n_steps):
            t = end0 + k * end_step
            begin, end, begin_stride, end_stride = slide(times, begin, end, stop, t, range_ms, begin_stride, end_stride)
            present[s, k] = end > begin
            if end <= begin:
                out[s, k] = 0.0
                continue
            count = 0.0
            mean = 0.0
            mean_rest = 0.0
            squares = 0.0
            squares_rest = 0.0
            for i in range(begin, end):
                count += 1.0
                delta = values[i] - (mean + mean_rest)
                mean, mean_rest = kahan_add(delta / count, mean, mean_rest)
                squares, squares_rest = kahan_add(delta * (values[i] - (mean + mean_rest)), squares, squares_rest)
            variance = (squares + squares_rest) / count
            out[s, k] = np.sqrt(variance) if what == STDDEV else variance


def warm() -> None:
    offsets, times, values = np.array([0, 2], np.int64), np.array([1, 2], np.int64), np.zeros(2)
    out, present = np.empty((1, 2)), np.empty((1, 2), np.bool_)
    window_sums(offsets, times, values, 0, 1, 1, 1, 5, SUM, np.empty(3), np.empty(3), out, present)
    window_variances(offsets, times, values, 0, 1, 1, 1, 5, STDVAR, out, present)
