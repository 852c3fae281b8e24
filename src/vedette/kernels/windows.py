"""Moving windows over series of samples (CSR): the two pointers every range function is built on, and stale markers.

A kernel over windows takes the CSR columns (`offsets` int64[n_series+1], `times` int64[n], `values` float64[n]), the series
range [lo, hi) it works on, and its windows: window k is the left-open interval (end - range_ms, end] with
end = end0 + k * end_step, k in [0, n_steps); end_step 0 repeats one window (the `@` modifier). It writes row s, column k of
`out` float64[n_series, n_steps] and of `present` bool[n_series, n_steps]; both are the caller's. Values must hold no stale
marker (`strip_stale`); series must ascend strictly in time.

Both ends only move forward, so a series costs O(samples + steps). On a regular scrape the end moves by the same number of
samples each step: that guess is tried first, and only a miss gallops. (A linear walk touches every sample: 2-3x slower at
four samples a step.)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vedette.kernels.jit import inlined, kernel
from vedette.model.blocks import Bools, Float64s, Int64s
from vedette.model.staleness import STALE_NAN_BITS

_STALE = np.uint64(STALE_NAN_BITS)


@kernel
def search_after(times: Int64s, at: int, stop: int, t: int) -> int:
    """As `first_after`, without a guess: gallops, then halves."""
    low = at
    high = at
    width = 1
    while high < stop and times[high] <= t:
        low = high + 1
        high += width
        width *= 2
    high = min(high, stop)
    while low < high:
        middle = (low + high) >> 1
        if times[middle] <= t:
            low = middle + 1
        else:
            high = middle
    return low


@inlined
def first_after(times: Int64s, at: int, stop: int, t: int, stride: int) -> int:
    """The first index in [at, stop] whose time is after t, knowing that all before `at` are not. `stride`: a guess how far.

    The search stays a call of its own: with its loops in here the guess costs ten times as much (36 ms instead of 3 for
    2.9 M guesses).
    """
    guess = at + stride
    if guess < stop and times[guess] > t and (stride == 0 or times[guess - 1] <= t):
        found = guess
    else:
        found = search_after(times, at, stop, t)
    return found


@inlined
def slide(
    times: Int64s, begin: int, end: int, stop: int, t: int, range_ms: int, begin_stride: int, end_stride: int
) -> tuple[int, int, int, int]:
    """The next window's samples [begin, end), those after t - range_ms and not after t, and how far both ends moved.

    `begin`, `end` and the strides are the last window's; a series starts with begin = end = its first sample, strides 0.
    """
    new_end = first_after(times, end, stop, t, end_stride)
    new_begin = first_after(times, begin, stop, t - range_ms, begin_stride)
    return new_begin, new_end, new_begin - begin, new_end - end


@kernel
def count_stale(bits: NDArray[np.uint64]) -> int:
    n = 0
    for i in range(len(bits)):
        if bits[i] == _STALE:
            n += 1
    return n


@kernel
def copy_without_stale(
    offsets: Int64s,
    times: Int64s,
    values: Float64s,
    bits: NDArray[np.uint64],
    out_offsets: Int64s,
    out_times: Int64s,
    out_values: Float64s,
) -> None:
    n = 0
    for s in range(len(offsets) - 1):
        out_offsets[s] = n
        for i in range(offsets[s], offsets[s + 1]):
            if bits[i] != _STALE:
                out_times[n] = times[i]
                out_values[n] = values[i]
                n += 1
    out_offsets[len(offsets) - 1] = n


@kernel
def gather_present(
    values: Float64s,
    present: Bools,
    start: int,
    step: int,
    out_offsets: Int64s,
    out_times: Int64s,
    out_values: Float64s,
) -> None:
    """A matrix (series x steps) as CSR samples, one for each present cell."""
    n = 0
    for s in range(values.shape[0]):
        out_offsets[s] = n
        for k in range(values.shape[1]):
            if present[s, k]:
                out_times[n] = start + k * step
                out_values[n] = values[s, k]
                n += 1
    out_offsets[values.shape[0]] = n


def strip_stale(offsets: Int64s, times: Int64s, values: Float64s) -> tuple[Int64s, Int64s, Float64s]:
    """The columns without samples that carry the stale marker; the same arrays where there is none."""
    bits = values.view(np.uint64)
    n_stale = int(count_stale(bits))
    if n_stale == 0:
        return offsets, times, values
    n = len(times) - n_stale
    out = (np.empty(len(offsets), np.int64), np.empty(n, np.int64), np.empty(n, np.float64))
    copy_without_stale(offsets, times, values, bits, *out)
    return out


def samples_of_grid(values: Float64s, present: Bools, start: int, step: int) -> tuple[Int64s, Int64s, Float64s]:
    """CSR columns (offsets, times, values) of the present cells; column k is at start + k * step."""
    n = int(np.count_nonzero(present))
    out = (np.empty(len(values) + 1, np.int64), np.empty(n, np.int64), np.empty(n, np.float64))
    gather_present(values, present, start, step, *out)
    return out


def longest(offsets: Int64s) -> int:
    """The most samples a series has; the size of the scratch space that some kernels need."""
    return int(np.diff(offsets).max()) if len(offsets) > 1 else 0


def warm() -> None:
    offsets, times, values = np.array([0, 2], np.int64), np.array([1, 2], np.int64), np.zeros(2)
    values.view(np.uint64)[0] = _STALE
    strip_stale(offsets, times, values)
    samples_of_grid(np.zeros((1, 2)), np.ones((1, 2), np.bool_), 0, 1)
