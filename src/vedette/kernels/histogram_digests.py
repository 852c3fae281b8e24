"""A short digest of what each histogram says, and the search for the histogram that a digest stands for.

The digest covers what makes two histograms different samples: schema, bounds, zero bucket, count, sum (bits) and the buckets
that are not empty. It is 32 bits: it tells repetition from contradiction at one (series, time), it does not identify.
"""

from __future__ import annotations

import numpy as np

from vedette.kernels.borrowing import borrowed
from vedette.kernels.jit import inlined, kernel
from vedette.kernels.words import bits_of


@inlined
def _mix(digest, word):  # type: ignore[no-untyped-def]
    digest = (digest ^ word) * np.uint64(0x9E3779B97F4A7C15)
    return digest ^ (digest >> np.uint64(29))


@kernel
def digest_histograms(schemas, numbers, positive, negative, bounds, out):  # type: ignore[no-untyped-def]
    """out: uint64[n], below 2^32.

    schemas: int64[n]. numbers: float64[4, n]: counts, sums, zero counts, zero thresholds. positive, negative:
    (offsets int64[n+1], indexes int64, counts float64). bounds: (starts int64[n], ends int64[n], values float64).
    """
    for i in range(len(schemas)):
        digest = _mix(np.uint64(0x6A09E667F3BCC908), np.uint64(schemas[i]))
        for k in range(4):
            digest = _mix(digest, bits_of(numbers[k, i]))
        for side in (positive, negative):
            offsets, indexes, counts = side
            digest = _mix(digest, np.uint64(0xB5))
            for j in range(offsets[i], offsets[i + 1]):
                if counts[j] != 0.0:
                    digest = _mix(_mix(digest, np.uint64(indexes[j])), bits_of(counts[j]))
        starts, ends, values = bounds
        for j in range(starts[i], ends[i]):
            digest = _mix(digest, bits_of(values[j]))
        out[i] = digest >> np.uint64(32)


@kernel
def find_rows(slots, times, marks, order, row_slots, row_times, row_marks, out):  # type: ignore[no-untyped-def]
    """out: int64[n]: the first row in `order` with the same slot, time and mark, or -1.

    slots, times, marks (float64, compared by bits): what is looked for, ascending by (slot, time). order: int64[m], such that
    the rows ascend by (slot, time).
    """
    start = 0
    for i in range(len(slots)):
        while start < len(order) and (
            row_slots[order[start]] < slots[i]
            or (row_slots[order[start]] == slots[i] and row_times[order[start]] < times[i])
        ):
            start += 1
        out[i] = -1
        k = start
        while k < len(order) and row_slots[order[k]] == slots[i] and row_times[order[k]] == times[i]:
            if bits_of(row_marks[order[k]]) == bits_of(marks[i]):
                out[i] = order[k]
                break
            k += 1


def warm() -> None:
    zero, number = borrowed(np.zeros(1, np.int64), np.int64), borrowed(np.zeros(1), np.float64)
    none, numbers = borrowed(np.empty(0), np.float64), borrowed(np.zeros((4, 1)), np.float64)
    side = borrowed(np.zeros(2, np.int64), np.int64), borrowed(np.empty(0, np.int64), np.int64), none
    digest_histograms(zero, numbers, side, side, (zero, zero, none), np.empty(1, np.uint64))
    find_rows(zero, zero, number, zero, zero, zero, number, np.empty(1, np.int64))
