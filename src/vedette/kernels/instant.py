"""Instant selection: at each step the newest sample of a series that is not older than the lookback and not stale.

Source of semantics: Prometheus vectorSelectorSingle. The lookback is left-open: a sample exactly `lookback` old is out.
A stale marker that is the newest sample makes the series absent.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vedette.kernels.jit import kernel
from vedette.kernels.windows import first_after
from vedette.model.blocks import Bools, Float64s, Int64s
from vedette.model.staleness import STALE_NAN_BITS

_STALE = np.uint64(STALE_NAN_BITS)


@kernel
def select_instant(
    offsets: Int64s,
    times: Int64s,
    source: Float64s | Int64s,
    bits: NDArray[np.uint64],
    lo: int,
    hi: int,
    end0: int,
    end_step: int,
    lookback: int,
    out: Float64s | Int64s,
    present: Bools,
) -> None:
    """Of the chosen samples `out` gets what `source` holds: their values, or their times (int64 ms).

    `bits` are the values viewed as uint64; window ends as in kernels.windows, with stale markers still in place.
    """
    n_steps = out.shape[1]
    for s in range(lo, hi):
        stop = offsets[s + 1]
        end = offsets[s]
        stride = 0
        first = end
        for k in range(n_steps):
            t = end0 + k * end_step
            moved = first_after(times, end, stop, t, stride)
            stride = moved - end
            end = moved
            found = end > first and times[end - 1] > t - lookback and bits[end - 1] != _STALE
            present[s, k] = found
            out[s, k] = source[end - 1] if found else 0


def warm() -> None:
    offsets, times, values = np.array([0, 2], np.int64), np.array([1, 2], np.int64), np.zeros(2)
    present = np.empty((1, 2), np.bool_)
    select_instant(offsets, times, values, values.view(np.uint64), 0, 1, 1, 1, 5, np.empty((1, 2)), present)
    select_instant(offsets, times, times, values.view(np.uint64), 0, 1, 1, 1, 5, np.empty((1, 2), np.int64), present)
