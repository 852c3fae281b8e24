"""Quantile and median absolute deviation over windows (see kernels.windows for the arguments).

Source of semantics: Prometheus quantile, funcMadOverTime. Quantiles sort NaN below everything and keep the window
sorted, so a step costs the samples that came and went, not a sort.
"""

from __future__ import annotations

import numpy as np

from vedette.kernels.jit import inlined, kernel
from vedette.kernels.windows import slide
from vedette.model.blocks import Bools, Float64s, Int64s

_FEW = 24
"""So many values are sorted by insertion: for four of them the library's sort costs ten times as much."""


@kernel
def copy_sorted(values: Float64s, begin: int, end: int, out: Float64s) -> int:
    """The values [begin, end) that are not NaN, sorted into `out`; returns how many."""
    few = end - begin <= _FEW
    n = 0
    for i in range(begin, end):
        value = values[i]
        if np.isnan(value):
            continue
        at = n
        while few and at > 0 and out[at - 1] > value:
            out[at] = out[at - 1]
            at -= 1
        out[at] = value
        n += 1
    if not few:
        out[:n].sort()
    return n


@kernel
def replace_sorted(
    ordered: Float64s, n: int, leaving: Float64s, n_leaving: int, entering: Float64s, n_entering: int, out: Float64s
) -> int:
    """`ordered` without `leaving` (all of them are in it) and with `entering`, in one pass; all are sorted."""
    left = 0
    entered = 0
    m = 0
    for i in range(n):
        value = ordered[i]
        if left < n_leaving and leaving[left] == value:
            left += 1
            continue
        while entered < n_entering and entering[entered] < value:
            out[m] = entering[entered]
            entered += 1
            m += 1
        out[m] = value
        m += 1
    for i in range(entered, n_entering):
        out[m] = entering[i]
        m += 1
    return m


@inlined
def quantile_of_sorted(ordered: Float64s, n: int, n_nan: int, q: float) -> float:
    """The q-quantile of n_nan NaNs followed by ordered[:n]; linear between neighbours."""
    total = n + n_nan
    if total == 0 or np.isnan(q):
        result = np.nan
    elif q < 0:
        result = -np.inf
    elif q > 1:
        result = np.inf
    else:
        rank = q * (total - 1.0)
        lower = int(max(0.0, np.floor(rank)))
        upper = min(total - 1, lower + 1)
        weight = rank - np.floor(rank)
        below = np.nan if lower < n_nan else ordered[lower - n_nan]
        above = np.nan if upper < n_nan else ordered[upper - n_nan]
        result = below * (1.0 - weight) + above * weight
    return result


@kernel
def window_quantiles(
    offsets: Int64s,
    times: Int64s,
    values: Float64s,
    lo: int,
    hi: int,
    end0: int,
    end_step: int,
    range_ms: int,
    quantiles: Float64s,
    scratch: Float64s,
    out: Float64s,
    present: Bools,
) -> None:
    """`quantiles` float64[n_steps]; `scratch` float64[4, longest series]."""
    n_steps = out.shape[1]
    leaving = scratch[0]
    entering = scratch[1]
    ordered = scratch[2]
    spare = scratch[3]
    for s in range(lo, hi):
        begin = offsets[s]
        end = begin
        stop = offsets[s + 1]
        n = 0
        begin_stride = 0
        end_stride = 0
        for k in range(n_steps):
            t = end0 + k * end_step
            new_begin, new_end, begin_stride, end_stride = slide(
                times, begin, end, stop, t, range_ms, begin_stride, end_stride
            )
            if new_begin >= end or begin_stride + end_stride > n:
                n = copy_sorted(values, new_begin, new_end, ordered)
            elif begin_stride + end_stride > 0:
                n_leaving = copy_sorted(values, begin, new_begin, leaving)
                n_entering = copy_sorted(values, end, new_end, entering)
                n = replace_sorted(ordered, n, leaving, n_leaving, entering, n_entering, spare)
                ordered, spare = spare, ordered
            begin = new_begin
            end = new_end
            present[s, k] = end > begin
            n_nan = end - begin - n
            out[s, k] = quantile_of_sorted(ordered, n, n_nan, quantiles[k]) if end > begin else 0.0


@kernel
def window_deviations(
    offsets: Int64s,
    times: Int64s,
    values: Float64s,
    lo: int,
    hi: int,
    end0: int,
    end_step: int,
    range_ms: int,
    out: Float64s,
    present: Bools,
) -> None:
    """mad_over_time: the median distance from the median; NaN where a sample is NaN."""
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
            out[s, k] = 0.0
            if end <= begin:
                continue
            ordered = np.sort(values[begin:end])
            if np.isnan(ordered[-1]):
                out[s, k] = np.nan
                continue
            median = quantile_of_sorted(ordered, end - begin, 0, 0.5)
            distances = np.sort(np.abs(ordered - median))
            out[s, k] = quantile_of_sorted(distances, end - begin, 0, 0.5)


def warm() -> None:
    offsets, times, values = np.array([0, 2], np.int64), np.array([1, 2], np.int64), np.zeros(2)
    out, present = np.empty((1, 2)), np.empty((1, 2), np.bool_)
    window_quantiles(offsets, times, values, 0, 1, 1, 1, 5, np.zeros(2), np.empty((4, 2)), out, present)
    window_deviations(offsets, times, values, 0, 1, 1, 1, 5, out, present)
