"""rate, increase, delta, irate, idelta over windows (see kernels.windows for the arguments).

Source of semantics: Prometheus extrapolatedRate and instantValue; the order of floating point operations is kept, so that
results are the same bits. Only a window's ends and the resets inside it are read: the resets of a series are listed once.
(Adding resets up into a prefix column reads less still, but loses digits of small increases after large resets.)
"""

from __future__ import annotations

import numpy as np

from vedette.kernels.jit import inlined, kernel
from vedette.kernels.windows import first_after, slide
from vedette.model.blocks import Bools, Float64s, Int64s


@kernel
def list_resets(values: Float64s, first: int, stop: int, resets: Int64s) -> int:
    """Writes the places in (first, stop) whose value is below the one before; returns how many."""
    n = 0
    before = np.inf if first == stop else values[first]
    for i in range(first + 1, stop):
        value = values[i]  # read once: half the time of comparing values[i] with values[i - 1]
        if value < before:
            resets[n] = i
            n += 1
        before = value
    return n


@inlined
def extrapolate(
    delta: float, first_value: float, n: int, sampled: float, to_start: float, to_end: float, is_counter: bool
) -> float:
    """`delta` stretched towards the window's ends: to the end when a sample was to be expected there, else half a gap."""
    average = sampled / (n - 1)
    threshold = average * 1.1
    if to_start >= threshold:
        to_start = average / 2
    if is_counter and delta > 0 and first_value >= 0:
        to_zero = sampled * (first_value / delta)
        if to_zero < to_start:
            to_start = to_zero
    if to_end >= threshold:
        to_end = average / 2
    return (sampled + to_start + to_end) / sampled


@kernel
def extrapolated_rate(
    offsets: Int64s,
    times: Int64s,
    values: Float64s,
    lo: int,
    hi: int,
    end0: int,
    end_step: int,
    range_ms: int,
    is_counter: bool,
    is_rate: bool,
    resets: Int64s,
    out: Float64s,
    present: Bools,
) -> None:
    """rate (counter, rate), increase (counter), delta (neither). `resets` int64[longest series]: scratch.

    On a regular scrape the samples lie in the same places of each window: the factor is computed when that changes.
    """
    n_steps = out.shape[1]
    seconds = range_ms / 1000.0 if is_rate else 1.0
    for s in range(lo, hi):
        begin = offsets[s]
        end = begin
        stop = offsets[s + 1]
        n_resets = list_resets(values, begin, stop, resets) if is_counter else 0
        next_reset = 0
        begin_stride = 0
        end_stride = 0
        n = before_ms = after_ms = 0
        sampled = to_start = to_end = unbent = 0.0
        for k in range(n_steps):
            t = end0 + k * end_step
            begin, end, begin_stride, end_stride = slide(times, begin, end, stop, t, range_ms, begin_stride, end_stride)
            present[s, k] = end - begin >= 2
            out[s, k] = 0.0
            if end - begin < 2:
                continue
            first = values[begin]
            delta = values[end - 1] - first
            while next_reset < n_resets and resets[next_reset] <= begin:
                next_reset += 1
            reset = next_reset
            while reset < n_resets and resets[reset] < end:
                delta += values[resets[reset] - 1]
                reset += 1
            to_start_ms = times[begin] - (t - range_ms)
            to_end_ms = t - times[end - 1]
            if end - begin != n or to_start_ms != before_ms or to_end_ms != after_ms:
                n, before_ms, after_ms = end - begin, to_start_ms, to_end_ms
                sampled = (times[end - 1] - times[begin]) / 1000.0
                to_start, to_end = before_ms / 1000.0, after_ms / 1000.0
                unbent = extrapolate(0.0, 0.0, n, sampled, to_start, to_end, False) / seconds
            factor = unbent
            if is_counter and delta > 0 and first >= 0 and sampled * first < to_start * delta:
                # stretched all the way it might begin below zero
                factor = extrapolate(delta, first, n, sampled, to_start, to_end, True) / seconds
            out[s, k] = delta * factor


@kernel
def instant_rate(
    offsets: Int64s,
    times: Int64s,
    values: Float64s,
    lo: int,
    hi: int,
    end0: int,
    end_step: int,
    range_ms: int,
    is_rate: bool,
    out: Float64s,
    present: Bools,
) -> None:
    """irate (is_rate) and idelta: from the last two samples of each window."""
    n_steps = out.shape[1]
    for s in range(lo, hi):
        begin = offsets[s]
        end = begin
        stop = offsets[s + 1]
        end_stride = 0
        for k in range(n_steps):
            t = end0 + k * end_step
            moved = first_after(times, end, stop, t, end_stride)
            end_stride = moved - end
            end = moved
            if end - begin < 2 or times[end - 2] <= t - range_ms:
                present[s, k] = False
                out[s, k] = 0.0
                continue
            last = values[end - 1]
            before = values[end - 2]
            result = last if is_rate and last < before else last - before
            if is_rate:
                result /= (times[end - 1] - times[end - 2]) / 1000.0
            present[s, k] = True
            out[s, k] = result


def warm() -> None:
    offsets, times, values = np.array([0, 2], np.int64), np.array([1, 2], np.int64), np.zeros(2)
    out, present, scratch = np.empty((1, 2)), np.empty((1, 2), np.bool_), np.empty(2, np.int64)
    extrapolated_rate(offsets, times, values, 0, 1, 1, 1, 5, True, True, scratch, out, present)
    instant_rate(offsets, times, values, 0, 1, 1, 1, 5, True, out, present)
