"""min, max, their times, quantile and median absolute deviation over windows (see kernels.windows for the arguments).

Source of semantics: Prometheus compareOverTime, quantile, funcMadOverTime. Extremes skip NaN unless a window has nothing
else; quantiles sort NaN below everything. Extremes keep a monotonic queue (O(1) a sample); quantiles keep the window
sorted, so a step costs the samples that came and went, not a sort.
"""

from __future__ import annotations

import numpy as np

from vedette.kernels.jit import inlined, kernel
from vedette.kernels.windows import first_after
from vedette.model.blocks import Bools, Float64s, Int64s

_FEW = 24
"""So many values are sorted by insertion: for four of them the library's sort costs ten times as much."""


@kernel
def window_extremes(
    offsets: Int64s,
    times: Int64s,
    values: Float64s,
    lo: int,
    hi: int,
    end0: int,
    end_step: int,
    range_ms: int,
    largest: bool,
    as_time: bool,
    queue: Int64s,
    out: Float64s,
    present: Bools,
) -> None:
    """max (`largest`) or min; `as_time`: the time in seconds of the last such sample. `queue` int64[longest]: scratch."""
    n_steps = out.shape[1]
    for s in range(lo, hi):
        begin = offsets[s]
        end = begin
        stop = offsets[s + 1]
        head = 0
        tail = 0
        begin_stride = 0
        end_stride = 0
        for k in range(n_steps):
            t = end0 + k * end_step
            moved = first_after(times, end, stop, t, end_stride)
            end_stride = moved - end
            for i in range(end, moved):
                value = values[i]
                if np.isnan(value):
                    continue
                while tail > head and (
                    values[queue[tail - 1]] <= value if largest else values[queue[tail - 1]] >= value
                ):
                    tail -= 1
                queue[tail] = i
                tail += 1
            end = moved
            moved = first_after(times, begin, stop, t - range_ms, begin_stride)
            begin_stride = moved - begin
            begin = moved
            while head < tail and queue[head] < begin:
                head += 1
            present[s, k] = end > begin
            if end <= begin:
                out[s, k] = 0.0
            elif head < tail:
                out[s, k] = times[queue[head]] / 1000.0 if as_time else values[queue[head]]
            else:
                out[s, k] = times[end - 1] / 1000.0 if as_time else np.nan


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
            new_end = first_after(times, end, stop, t, end_stride)
            end_stride = new_end - end
            new_begin = first_after(times, begin, stop, t - range_ms, begin_stride)
            begin_stride = new_begin - begin
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
        for k in range(n_steps):
            t = end0 + k * end_step
            end = first_after(times, end, stop, t, 0)
            begin = first_after(times, begin, stop, t - range_ms, 0)
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
    window_extremes(offsets, times, values, 0, 1, 1, 1, 5, True, False, np.empty(2, np.int64), out, present)
    window_quantiles(offsets, times, values, 0, 1, 1, 1, 5, np.zeros(2), np.empty((4, 2)), out, present)
    window_deviations(offsets, times, values, 0, 1, 1, 1, 5, out, present)
