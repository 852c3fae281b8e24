"""rate and increase of floats that say since when they have been counting (see kernels.windows for the arguments).

Apart from kernels.rates, because what counts as a reset is another thing here, and a counter that began inside the window counts from
there. Source of semantics: Prometheus extrapolatedRate with start timestamps.
"""

from __future__ import annotations

import numpy as np

from vedette.kernels.jit import kernel
from vedette.kernels.rates import extrapolate
from vedette.kernels.windows import first_after
from vedette.model.blocks import Bools, Float64s, Int64s


@kernel
def started_rate(
    offsets: Int64s,
    times: Int64s,
    values: Float64s,
    lo: int,
    hi: int,
    end0: int,
    end_step: int,
    range_ms: int,
    is_rate: bool,
    starts: Int64s,
    resets: Bools,
    out: Float64s,
    present: Bools,
) -> None:
    """`starts` int64[n]: start times, 0 unknown; `resets` bool[n]: the counter began anew since the sample before."""
    for s in range(lo, hi):
        begin = offsets[s]
        end = begin
        stop = offsets[s + 1]
        for k in range(out.shape[1]):
            t = end0 + k * end_step
            end = first_after(times, end, stop, t, 0)
            begin = first_after(times, begin, stop, t - range_ms, 0)
            present[s, k] = False
            out[s, k] = 0.0
            if end == begin:
                continue
            started = starts[begin] != 0 and starts[begin] > t - range_ms and starts[begin] < times[begin]
            if end - begin < 2 and not started:
                continue
            delta = values[end - 1] - values[begin]
            for i in range(begin + 1, end):
                if resets[i]:
                    delta += values[i - 1]
            to_end = (t - times[end - 1]) / 1000.0
            sampled = (times[end - 1] - times[begin]) / 1000.0
            if started:
                average = sampled / (end - begin - 1) if end - begin > 1 else 0.0
                if to_end >= average * 1.1:
                    to_end = average / 2
                delta += values[begin]
                sampled = (times[end - 1] - starts[begin]) / 1000.0
                factor = (sampled + to_end) / sampled
            else:
                to_start = (times[begin] - (t - range_ms)) / 1000.0
                factor = extrapolate(delta, values[begin], end - begin, sampled, to_start, to_end, True)
            present[s, k] = True
            out[s, k] = delta * (factor / (range_ms / 1000.0) if is_rate else factor)


@kernel
def count_marks(marks: Bools, begins: Int64s, ends: Int64s, out: Int64s) -> None:
    """How many samples after the first one of each window are marked."""
    for s in range(begins.shape[0]):
        for k in range(begins.shape[1]):
            n = 0
            for i in range(begins[s, k] + 1, ends[s, k]):
                n += marks[i]
            out[s, k] = n


def warm() -> None:
    offsets, times, values = np.array([0, 2], np.int64), np.array([1, 2], np.int64), np.zeros(2)
    marks, out, present = np.zeros(2, np.bool_), np.empty((1, 2)), np.empty((1, 2), np.bool_)
    started_rate(offsets, times, values, 0, 1, 1, 1, 5, True, times, marks, out, present)
    places = np.zeros((1, 2), np.int64)
    count_marks(marks, places, places + 1, np.empty((1, 2), np.int64))
