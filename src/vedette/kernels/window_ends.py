"""Range functions that read a window's ends only, or count events between neighbours (see kernels.windows).

Source of semantics: Prometheus funcCountOverTime, funcFirstOverTime, funcResets, funcChanges and their siblings.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from vedette.kernels.jit import kernel
from vedette.kernels.windows import slide
from vedette.model.blocks import Bools, Float64s, Int64s

COUNT: Final = 0
PRESENT: Final = 1
FIRST: Final = 2
LAST: Final = 3
TIME_OF_FIRST: Final = 4
TIME_OF_LAST: Final = 5

RESETS: Final = 0
CHANGES: Final = 1


@kernel
def window_ends(
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
    """`what` is one of COUNT ... TIME_OF_LAST; times are in seconds."""
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
            result = 0.0
            if end > begin:
                if what == COUNT:
                    result = float(end - begin)
                elif what == PRESENT:
                    result = 1.0
                elif what == FIRST:
                    result = values[begin]
                elif what == LAST:
                    result = values[end - 1]
                elif what == TIME_OF_FIRST:
                    result = times[begin] / 1000.0
                else:
                    result = times[end - 1] / 1000.0
            present[s, k] = end > begin
            out[s, k] = result


@kernel
def count_events(
    offsets: Int64s,
    times: Int64s,
    values: Float64s,
    lo: int,
    hi: int,
    end0: int,
    end_step: int,
    range_ms: int,
    what: int,
    events: Int64s,
    out: Float64s,
    present: Bools,
) -> None:
    """RESETS or CHANGES between neighbours of a window. `events` int64[longest series]: scratch, events up to a sample."""
    n_steps = out.shape[1]
    for s in range(lo, hi):
        first = offsets[s]
        begin = first
        end = first
        stop = offsets[s + 1]
        n = 0
        for i in range(first, stop):
            if i > first:
                now = values[i]
                before = values[i - 1]
                if what == RESETS:
                    n += now < before
                else:
                    n += now != before and not (np.isnan(now) and np.isnan(before))
            events[i - first] = n
        begin_stride = 0
        end_stride = 0
        for k in range(n_steps):
            t = end0 + k * end_step
            begin, end, begin_stride, end_stride = slide(times, begin, end, stop, t, range_ms, begin_stride, end_stride)
            present[s, k] = end > begin
            out[s, k] = float(events[end - 1 - first] - events[begin - first]) if end > begin else 0.0


def warm() -> None:
    offsets, times, values = np.array([0, 2], np.int64), np.array([1, 2], np.int64), np.zeros(2)
    out, present, scratch = np.empty((1, 2)), np.empty((1, 2), np.bool_), np.empty(2, np.int64)
    window_ends(offsets, times, values, 0, 1, 1, 1, 5, COUNT, out, present)
    count_events(offsets, times, values, 0, 1, 1, 1, 5, RESETS, scratch, out, present)
