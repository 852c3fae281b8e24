"""Merges runs of sorted samples, series by series, to one sample per time: the lowest rank wins.

A run is `times[start:end]` (strictly ascending) of one series. Runs of a series rarely overlap (a late sample, a block
caught between compaction's insert and drop), so the common case is a copy; where they do, only the runs that overlap at
a time are compared, and there are few of them.
"""

from __future__ import annotations

import numpy as np

from vedette.kernels.borrowing import borrowed
from vedette.kernels.jit import inlined, kernel


@inlined
def _lower_bound(times, start, end, time):  # type: ignore[no-untyped-def]
    """The first place in [start, end) whose time is not below `time`."""
    while start < end:
        middle = (start + end) >> 1
        if times[middle] < time:
            start = middle + 1
        else:
            end = middle
    return start


@kernel
def trim_runs(starts, ends, times, min_time_ms, max_time_ms):  # type: ignore[no-untyped-def]
    """Narrows each run, in place, to the samples with min_time_ms <= t <= max_time_ms."""
    for run in range(len(starts)):
        start, end = starts[run], ends[run]
        if start < end and times[start] < min_time_ms:
            start = _lower_bound(times, start, end, min_time_ms)
        if start < end and times[end - 1] > max_time_ms:
            end = _lower_bound(times, start, end, max_time_ms + 1)
        starts[run] = start
        ends[run] = end


@kernel
def merge_runs(slots, starts, ends, ranks, times, values, offsets, out_times, out_values):  # type: ignore[no-untyped-def]
    """Writes series after series and returns the number of samples written.

    slots, starts, ends, ranks: int64[n_runs], ordered by (slot, first time); empty runs are not allowed.
    offsets: int64[n_slots + 1], out: where each slot's samples start. out_times, out_values: room for all samples.
    """
    n_runs = len(slots)
    heads = np.empty(n_runs, np.int64)
    written = np.int64(0)
    run = 0
    for slot in range(len(offsets) - 1):
        offsets[slot] = written
        while run < n_runs and slots[run] == slot:
            last = times[ends[run] - 1]
            group_end = run + 1
            while group_end < n_runs and slots[group_end] == slot and times[starts[group_end]] <= last:
                last = max(last, times[ends[group_end] - 1])
                group_end += 1
            if group_end == run + 1:
                n = ends[run] - starts[run]
                out_times[written : written + n] = times[starts[run] : ends[run]]
                out_values[written : written + n] = values[starts[run] : ends[run]]
                written += n
            else:
                written = _merge_group(
                    run, group_end, starts, ends, ranks, times, values, heads, written, out_times, out_values
                )
            run = group_end
    offsets[len(offsets) - 1] = written
    return written


@inlined
def _merge_group(run, group_end, starts, ends, ranks, times, values, heads, written, out_times, out_values):  # type: ignore[no-untyped-def]
    for other in range(run, group_end):
        heads[other] = starts[other]
    first = run
    while True:
        while first < group_end and heads[first] == ends[first]:
            first += 1
        if first == group_end:
            return written
        best = first
        best_time = times[heads[first]]
        for other in range(first + 1, group_end):
            if heads[other] == ends[other]:
                continue
            time = times[heads[other]]
            if time < best_time or (time == best_time and ranks[other] < ranks[best]):
                best = other
                best_time = time
            elif heads[other] == starts[other] and time > best_time:
                break  # this run and those behind it begin later
        out_times[written] = best_time
        out_values[written] = values[heads[best]]
        written += 1
        for other in range(first, group_end):
            if heads[other] < ends[other]:
                if times[heads[other]] == best_time:
                    heads[other] += 1
                elif heads[other] == starts[other] and times[heads[other]] > best_time:
                    break


def warm() -> None:
    one, zero = np.ones(1, np.int64), np.zeros(1, np.int64)
    times, values = borrowed(zero, np.int64), borrowed(np.zeros(1), np.float64)
    trim_runs(zero, one, times, 0, 0)
    merge_runs(zero, zero, one, zero, times, values, np.zeros(2, np.int64), np.zeros(1, np.int64), np.zeros(1))
