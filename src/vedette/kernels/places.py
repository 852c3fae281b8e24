"""Where in a series the samples of a step or a window are: places in CSR columns instead of values (see kernels.windows).

For columns whose samples are not all floats: what is done with the places is another kernel's.
"""

from __future__ import annotations

import numpy as np

from vedette.kernels.jit import kernel
from vedette.kernels.windows import first_after, search_after
from vedette.model.blocks import Bools, Int64s


@kernel
def newest_places(
    offsets: Int64s, times: Int64s, stale: Bools, end0: int, end_step: int, lookback: int, out: Int64s
) -> None:
    """out int64[n_series, n_steps]: the newest sample not older than the lookback, or -1; a stale marker is none."""
    for s in range(out.shape[0]):
        first = offsets[s]
        stop = offsets[s + 1]
        end = first
        stride = 0
        for k in range(out.shape[1]):
            t = end0 + k * end_step
            moved = first_after(times, end, stop, t, stride)
            stride = moved - end
            end = moved
            found = end > first and times[end - 1] > t - lookback and not stale[end - 1]
            out[s, k] = end - 1 if found else -1


@kernel
def window_places(
    offsets: Int64s, times: Int64s, end0: int, end_step: int, range_ms: int, begins: Int64s, ends: Int64s
) -> None:
    """begins, ends int64[n_series, n_steps]: window k of series s holds the samples [begins[s, k], ends[s, k])."""
    for s in range(begins.shape[0]):
        begin = offsets[s]
        end = begin
        stop = offsets[s + 1]
        begin_stride = 0
        end_stride = 0
        for k in range(begins.shape[1]):
            t = end0 + k * end_step
            moved = first_after(times, end, stop, t, end_stride)
            end_stride = moved - end
            end = moved
            moved = first_after(times, begin, stop, t - range_ms, begin_stride)
            begin_stride = moved - begin
            begin = moved
            begins[s, k] = begin
            ends[s, k] = end


@kernel
def first_places(times: Int64s, begins: Int64s, ends: Int64s, at: Int64s, out: Int64s) -> None:
    """out[i]: the first sample of [begins[i], ends[i]) that is not before at[i], or ends[i]."""
    for i in range(len(begins)):
        out[i] = search_after(times, begins[i], ends[i], at[i] - 1)


def warm() -> None:
    offsets, times = np.array([0, 2], np.int64), np.array([1, 2], np.int64)
    begins, ends = np.empty((1, 2), np.int64), np.empty((1, 2), np.int64)
    newest_places(offsets, times, np.zeros(2, np.bool_), 1, 1, 5, begins)
    window_places(offsets, times, 1, 1, 5, begins, ends)
    first_places(times, begins[0], ends[0], times, np.empty(2, np.int64))
