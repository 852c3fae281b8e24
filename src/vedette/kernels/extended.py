"""Windows of `anchored` and `smoothed` selectors: they also see one sample before the range (and after it, smoothed).

Arguments as in kernels.windows; a window's samples lie in (end - range_ms - lookback, end], smoothed up to end + lookback.
Anchored takes the last sample at or before the range's start as its value there; smoothed draws straight lines between
samples. Source of semantics: Prometheus extendedRate, pickFirstSampleIndices, smoothSeries, extendFloats.
"""

from __future__ import annotations

import numpy as np

from vedette.kernels.jit import kernel
from vedette.kernels.window_ends import RESETS
from vedette.kernels.windows import search_after, slide
from vedette.model.blocks import Bools, Float64s, Int64s


@kernel
def value_between(times: Int64s, values: Float64s, i: int, t: int, is_counter: bool) -> float:
    """On the line from sample i to the next one, at time t. A counter that was reset between them starts from 0."""
    before = values[i]
    after = values[i + 1]
    if is_counter and after < before:
        before = 0.0
    return float(before + (after - before) * float(t - times[i]) / float(times[i + 1] - times[i]))


@kernel
def boundary_samples(
    times: Int64s, begin: int, end: int, range_start: int, range_end: int, smoothed: bool
) -> tuple[int, int]:
    """The samples that stand for the range's start and end; the second is below the first where nothing can be said."""
    last = end - 1
    first = max(begin, search_after(times, begin, last, range_start) - 1)
    if smoothed:
        last = search_after(times, begin, last, range_end - 1)
    if times[last] <= range_start or (smoothed and times[first] > range_end):
        last = first - 1
    return first, last


@kernel
def boundary_values(
    times: Int64s,
    values: Float64s,
    begin: int,
    ends: tuple[int, int],
    edges: tuple[int, int],
    smoothed: bool,
    is_counter: bool,
) -> tuple[float, float]:
    """The values at the range's edges, from the samples that `boundary_samples` found."""
    first, last = ends
    left = values[first]
    if smoothed and times[first] < edges[0]:
        left = value_between(times, values, first, edges[0], is_counter)
    right = values[last]
    if smoothed and last > begin and times[last] > edges[1]:
        right = value_between(times, values, last - 1, edges[1], is_counter)
    return left, right


@kernel
def extended_rate(
    offsets: Int64s,
    times: Int64s,
    values: Float64s,
    lo: int,
    hi: int,
    end0: int,
    end_step: int,
    range_ms: int,
    lookback: int,
    smoothed: bool,
    is_counter: bool,
    is_rate: bool,
    out: Float64s,
    present: Bools,
) -> None:
    """rate, increase, delta."""
    after = lookback if smoothed else 0
    for s in range(lo, hi):
        begin = offsets[s]
        end = begin
        stop = offsets[s + 1]
        begin_stride = 0
        end_stride = 0
        for k in range(out.shape[1]):
            t = end0 + k * end_step
            start = t - range_ms
            begin, end, begin_stride, end_stride = slide(
                times, begin, end, stop, t + after, after + range_ms + lookback, begin_stride, end_stride
            )
            present[s, k] = False
            out[s, k] = 0.0
            if end <= begin:
                continue
            first, last = boundary_samples(times, begin, end, start, t, smoothed)
            if last < first:
                continue
            left, right = boundary_values(times, values, begin, (first, last), (start, t), smoothed, is_counter)
            result = right - left
            if is_counter:
                before = left
                for i in range(first + (times[first] <= start), last + (times[last] < t)):
                    if values[i] < before:
                        result += before
                    before = values[i]
                if right < before:
                    result += before
            present[s, k] = True
            out[s, k] = result / (range_ms / 1000.0) if is_rate else result


@kernel
def anchored_events(
    offsets: Int64s,
    times: Int64s,
    values: Float64s,
    lo: int,
    hi: int,
    end0: int,
    end_step: int,
    range_ms: int,
    lookback: int,
    what: int,
    out: Float64s,
    present: Bools,
) -> None:
    """RESETS or CHANGES (kernels.window_ends) of an anchored range."""
    for s in range(lo, hi):
        begin = offsets[s]
        end = begin
        stop = offsets[s + 1]
        begin_stride = 0
        end_stride = 0
        for k in range(out.shape[1]):
            t = end0 + k * end_step
            begin, end, begin_stride, end_stride = slide(
                times, begin, end, stop, t, range_ms + lookback, begin_stride, end_stride
            )
            inside = search_after(times, begin, end, t - range_ms)
            present[s, k] = inside < end
            count = 0
            for i in range(max(begin, inside - 1) + 1, end):
                now = values[i]
                before = values[i - 1]
                if what == RESETS:
                    count += now < before
                else:
                    count += now != before and not (np.isnan(now) and np.isnan(before))
            out[s, k] = count if inside < end else 0.0


@kernel
def smoothed_values(
    offsets: Int64s,
    times: Int64s,
    values: Float64s,
    lo: int,
    hi: int,
    end0: int,
    end_step: int,
    lookback: int,
    out: Float64s,
    present: Bools,
) -> None:
    """A smoothed instant vector: the sample at the time itself, else between its neighbours, else the one before."""
    for s in range(lo, hi):
        begin = offsets[s]
        end = begin
        stop = offsets[s + 1]
        begin_stride = 0
        end_stride = 0
        for k in range(out.shape[1]):
            t = end0 + k * end_step
            begin, end, begin_stride, end_stride = slide(
                times, begin, end, stop, t + lookback, 2 * lookback, begin_stride, end_stride
            )
            at = search_after(times, begin, end, t - 1)
            exact = at < end and times[at] == t
            present[s, k] = exact or at > begin
            out[s, k] = 0.0
            if exact:
                out[s, k] = values[at]
            elif at > begin:
                out[s, k] = value_between(times, values, at - 1, t, False) if at < end else values[at - 1]


def warm() -> None:
    offsets, times, values = np.array([0, 2], np.int64), np.array([1, 2], np.int64), np.zeros(2)
    out, present = np.empty((1, 2)), np.empty((1, 2), np.bool_)
    extended_rate(offsets, times, values, 0, 1, 1, 1, 5, 5, True, True, True, out, present)
    anchored_events(offsets, times, values, 0, 1, 1, 1, 5, 5, RESETS, out, present)
    smoothed_values(offsets, times, values, 0, 1, 1, 1, 5, out, present)
