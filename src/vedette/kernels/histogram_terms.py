"""What is to be added up for the increase of a histogram over a window: the last one, less the first, plus what stood before each reset."""

from __future__ import annotations

import numpy as np

from vedette.kernels.jit import kernel
from vedette.model.blocks import Bools, Float64s, Int64s


@kernel
def increase_terms(
    rows: Int64s,
    resets: Bools,
    begins: Int64s,
    ends: Int64s,
    is_counter: bool,
    terms: Int64s,
    weights: Float64s,
    out_ends: Int64s,
) -> int:
    """Writes the terms of window i up to out_ends[i] and returns how many there are; with empty `terms` it only counts.

    A window has at least two samples or gets no terms. After a reset at its second sample the first one does not count: in its
    place stands the second with the weight zero, an empty histogram with the same bounds.
    """
    n = 0
    write = len(terms) > 0
    for i in range(len(begins)):
        begin, end = begins[i], ends[i]
        if end - begin >= 2:
            if write:
                terms[n] = rows[end - 1]
                weights[n] = 1.0
            n += 1
            begins_anew = is_counter and resets[begin + 1]
            if write:
                terms[n] = rows[begin + 1] if begins_anew else rows[begin]
                weights[n] = 0.0 if begins_anew else -1.0
            n += 1
            if is_counter:
                for j in range(begin + 2, end):
                    if resets[j]:
                        if write:
                            terms[n] = rows[j - 1]
                            weights[n] = 1.0
                        n += 1
        out_ends[i] = n
    return n


@kernel
def window_minima(values: Int64s, begins: Int64s, ends: Int64s, out: Int64s) -> None:
    """The least value of each window."""
    for i in range(len(begins)):
        least = np.int64(9223372036854775807)
        for j in range(begins[i], ends[i]):
            least = min(least, values[j])
        out[i] = least


def warm() -> None:
    one, two = np.zeros(1, np.int64), np.array([2], np.int64)
    rows, resets, out = np.array([0, 1], np.int64), np.zeros(2, np.bool_), np.empty(1, np.int64)
    increase_terms(rows, resets, one, two, True, np.empty(4, np.int64), np.empty(4), out)
    window_minima(rows, one, two, out)
