"""min and max over windows, and their times (see kernels.windows for the arguments).

Source of semantics: Prometheus compareOverTime. NaN counts only where a window has nothing else.

The extreme of each 16 and each 256 samples is taken once. A window keeps the last one's extreme and looks at the samples
that came, unless it may have left: then it is looked for again, over blocks. (A monotonic queue is O(1) a sample, but its
mispredicted branches cost 12 ns each: 22 -> 14 ms with four new samples a step, 21 -> 9 with twenty, 14 -> 1.6 with a
window of six hours.)
"""

from __future__ import annotations

from typing import Final

import numpy as np

from vedette.kernels.jit import inlined, kernel
from vedette.kernels.windows import slide
from vedette.model.blocks import Bools, Float64s, Int64s

_SHIFT: Final = 4
_SMALL: Final = 1 << _SHIFT
_LARGE: Final = _SMALL * _SMALL
SAMPLES_PER_BLOCK: Final = _SMALL


@inlined
def is_better(value: float, best: float, largest: bool, or_equal: bool) -> bool:
    """NaN gives way to everything."""
    if largest:
        better = best != best or value > best or (or_equal and value == best)
    else:
        better = best != best or value < best or (or_equal and value == best)
    return better


@kernel
def extreme_of(values: Float64s, begin: int, end: int, largest: bool) -> float:
    """Of [begin, end), not empty. Written so that it compiles to selections, not branches."""
    best = values[begin]
    if largest:
        for i in range(begin + 1, end):
            value = values[i]
            best = value if (value > best) | (best != best) else best
    else:
        for i in range(begin + 1, end):
            value = values[i]
            best = value if (value < best) | (best != best) else best
    return float(best)


@kernel
def extremes_of_blocks(values: Float64s, first: int, stop: int, largest: bool, blocks: Float64s) -> None:
    """blocks[0]: of every 16 samples from `first` on; blocks[1]: of every 256."""
    n = (stop - first) >> _SHIFT
    for block in range(n):
        at = first + (block << _SHIFT)
        blocks[0, block] = extreme_of(values, at, at + _SMALL, largest)
    for block in range(n >> _SHIFT):
        at = block << _SHIFT
        blocks[1, block] = extreme_of(blocks[0], at, at + _SMALL, largest)


@kernel
def find_extreme(
    values: Float64s, blocks: Float64s, first: int, begin: int, end: int, largest: bool, or_equal: bool
) -> tuple[float, int]:
    """The extreme of [begin, end), and a place that is not after its sample's; `or_equal`: the last of equals."""
    best = np.nan
    place = begin
    i = begin
    while i < end:
        past = i - first
        width = 1
        value = values[i]
        if past & (_LARGE - 1) == 0 and i + _LARGE <= end:
            value = blocks[1, past >> (2 * _SHIFT)]
            width = _LARGE
        elif past & (_SMALL - 1) == 0 and i + _SMALL <= end:
            value = blocks[0, past >> _SHIFT]
            width = _SMALL
        if is_better(value, best, largest, or_equal):
            best = value
            place = i
        i += width
    return best, place


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
    blocks: Float64s,
    out: Float64s,
    present: Bools,
) -> None:
    """max (`largest`) or min; `as_time`: the time in seconds of the last such sample.

    `blocks` float64[2, longest series / 16 + 1]: scratch.
    """
    n_steps = out.shape[1]
    for s in range(lo, hi):
        first = offsets[s]
        begin = first
        end = first
        stop = offsets[s + 1]
        extremes_of_blocks(values, first, stop, largest, blocks)
        best = np.nan
        place = first - 1
        begin_stride = 0
        end_stride = 0
        for k in range(n_steps):
            t = end0 + k * end_step
            came = end
            begin, end, begin_stride, end_stride = slide(times, begin, end, stop, t, range_ms, begin_stride, end_stride)
            if place < begin or end - came > _LARGE:
                best, place = find_extreme(values, blocks, first, begin, end, largest, as_time)
            else:
                for i in range(came, end):
                    if is_better(values[i], best, largest, as_time):
                        best = values[i]
                        place = i
            present[s, k] = end > begin
            if end <= begin:
                out[s, k] = 0.0
            elif as_time:
                last = min(end, place + _LARGE) - 1
                while last > place and values[last] != best:
                    last -= 1
                out[s, k] = times[end - 1 if best != best else last] / 1000.0
            else:
                out[s, k] = best


def warm() -> None:
    offsets, times, values = np.array([0, 2], np.int64), np.array([1, 2], np.int64), np.zeros(2)
    out, present = np.empty((1, 2)), np.empty((1, 2), np.bool_)
    window_extremes(offsets, times, values, 0, 1, 1, 1, 5, True, False, np.empty((2, 1)), out, present)
