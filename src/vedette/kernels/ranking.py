"""topk, bottomk, limitk and quantile over the groups of a matrix, step by step (arguments as in kernels.aggregation).

`members` int64[n_series] lists the series group by group, `starts` int64[n_groups + 1] where each group begins in it.
Source of semantics: Prometheus aggregationK (a heap of k that only a strictly better value enters) and quantile.
"""

from __future__ import annotations

import numpy as np

from vedette.kernels.jit import inlined, kernel
from vedette.kernels.window_order import quantile_of_sorted
from vedette.model.blocks import Bools, Float64s, Int64s


@inlined
def ranks_below(a: float, b: float, largest: bool) -> bool:
    """The heap's order: the worst on top; NaN is worse than everything."""
    return np.isnan(a) or (a < b if largest else a > b)


@kernel
def sift_up(heap: Int64s, at: int, k: int, largest: bool, values: Float64s) -> None:
    while at > 0:
        parent = (at - 1) // 2
        if not ranks_below(values[heap[at], k], values[heap[parent], k], largest):
            break
        heap[at], heap[parent] = heap[parent], heap[at]
        at = parent


@kernel
def sift_down(heap: Int64s, n: int, k: int, largest: bool, values: Float64s) -> None:
    at = 0
    while True:
        child = 2 * at + 1
        if child >= n:
            break
        if child + 1 < n and ranks_below(values[heap[child + 1], k], values[heap[child], k], largest):
            child += 1
        if not ranks_below(values[heap[child], k], values[heap[at], k], largest):
            break
        heap[at], heap[child] = heap[child], heap[at]
        at = child


@kernel
def keep_best(
    values: Float64s,
    present: Bools,
    members: Int64s,
    starts: Int64s,
    lo: int,
    hi: int,
    counts: Int64s,
    largest: bool,
    heap: Int64s,
    keep: Bools,
) -> None:
    """topk (`largest`) or bottomk: marks in `keep` bool[n_series, n_steps] the best counts[k] of each group at step k.

    `counts` int64[n_steps]; `heap` int64[n_series]: scratch.
    """
    keep[:, lo:hi] = False
    for k in range(lo, hi):
        for g in range(len(starts) - 1):
            n = 0
            for m in range(starts[g], starts[g + 1]):
                row = members[m]
                if not present[row, k] or counts[k] < 1:
                    continue
                if n < counts[k]:
                    heap[n] = row
                    n += 1
                    sift_up(heap, n - 1, k, largest, values)
                    continue
                worst = values[heap[0], k]
                value = values[row, k]
                better = worst < value if largest else worst > value
                if better or (np.isnan(worst) and not np.isnan(value)):
                    heap[0] = row
                    sift_down(heap, n, k, largest, values)
            for i in range(n):
                keep[heap[i], k] = True


@kernel
def keep_first(present: Bools, members: Int64s, starts: Int64s, lo: int, hi: int, counts: Int64s, keep: Bools) -> None:
    """limitk: marks the first counts[k] series of each group that are present at step k."""
    keep[:, lo:hi] = False
    for k in range(lo, hi):
        for g in range(len(starts) - 1):
            n = 0
            for m in range(starts[g], starts[g + 1]):
                row = members[m]
                if present[row, k] and n < counts[k]:
                    keep[row, k] = True
                    n += 1


@kernel
def group_quantiles(
    values: Float64s,
    present: Bools,
    members: Int64s,
    starts: Int64s,
    lo: int,
    hi: int,
    quantiles: Float64s,
    ordered: Float64s,
    out: Float64s,
    out_present: Bools,
) -> None:
    """`quantiles` float64[n_steps]; `ordered` float64[n_series]: scratch."""
    for k in range(lo, hi):
        for g in range(len(starts) - 1):
            n = 0
            n_nan = 0
            for m in range(starts[g], starts[g + 1]):
                row = members[m]
                if not present[row, k]:
                    continue
                if np.isnan(values[row, k]):
                    n_nan += 1
                else:
                    ordered[n] = values[row, k]
                    n += 1
            ordered[:n].sort()
            out_present[g, k] = n + n_nan > 0
            out[g, k] = quantile_of_sorted(ordered, n, n_nan, quantiles[k])


def warm() -> None:
    values, present = np.zeros((1, 2)), np.ones((1, 2), np.bool_)
    members, starts, counts = np.zeros(1, np.int64), np.array([0, 1], np.int64), np.ones(2, np.int64)
    keep, out = np.empty((1, 2), np.bool_), np.empty((1, 2))
    keep_best(values, present, members, starts, 0, 2, counts, True, np.empty(1, np.int64), keep)
    keep_first(present, members, starts, 0, 2, counts, keep)
    group_quantiles(values, present, members, starts, 0, 2, np.zeros(2), np.empty(1), out, keep)
