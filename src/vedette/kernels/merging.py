"""Merging sorted runs of samples of one series into one; where two runs hold the same time, the earlier run wins.

Runs of a series mostly follow one another in time (a chunk per block, then recent rows, then the head): those are copied.
Only runs whose times overlap are merged sample by sample. A heap was left out: overlaps have two or three runs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.kernels.borrowing import borrowed
from vedette.kernels.jit import kernel

Int64s = NDArray[np.int64]
Float64s = NDArray[np.float64]


def merge_runs(
    n_series: int, series: Int64s, offsets: Int64s, times: Int64s, values: Float64s
) -> tuple[Int64s, Int64s, Float64s]:
    """Run i holds samples offsets[i]:offsets[i+1] of series[i] (0 .. n_series-1), times strictly ascending.

    Returns (offsets int64[n_series+1], times, values), strictly ascending within a series. Among equal times the run
    with the smallest i stays, so put the first committed first. Runs need not be grouped by series.
    """
    order = borrowed(np.argsort(series, kind="stable"), np.int64)
    groups = np.zeros(n_series + 1, np.int64)
    np.cumsum(np.bincount(series, minlength=n_series), out=groups[1:])
    out_offsets = np.zeros(n_series + 1, np.int64)
    out_times, out_values = np.empty(len(times), np.int64), np.empty(len(times), np.float64)
    _merge_groups(
        (order, borrowed(groups, np.int64)),
        (borrowed(offsets, np.int64), borrowed(times, np.int64), borrowed(values, np.float64)),
        (out_offsets, out_times, out_values),
    )
    total = int(out_offsets[-1])
    return out_offsets, out_times[:total], out_values[:total]


@kernel
def _merge_groups(grouping: Any, runs: Any, out: Any) -> None:
    order, groups = grouping
    offsets, times, _ = runs
    largest = 0
    for series in range(len(groups) - 1):
        largest = max(largest, groups[series + 1] - groups[series])
    waiting = np.empty(largest, np.int64)
    cursors = np.empty(largest, np.int64)
    written = 0
    for series in range(len(groups) - 1):
        n = 0
        for run in order[groups[series] : groups[series + 1]]:
            if offsets[run + 1] > offsets[run]:
                n = _insert_by_start(waiting, n, run, offsets, times)
        start = 0
        while start < n:
            end = _overlap_end(waiting, start, n, offsets, times)
            written = _merge_overlapping(waiting[start:end], cursors, runs, out, written)
            start = end
        out[0][series + 1] = written


@kernel
def _insert_by_start(waiting: Any, n: int, run: int, offsets: Any, times: Any) -> Any:
    """Keeps waiting[:n] sorted by first time; equal ones in order of insertion."""
    start = times[offsets[run]]
    at = n
    while at > 0 and times[offsets[waiting[at - 1]]] > start:
        waiting[at] = waiting[at - 1]
        at -= 1
    waiting[at] = run
    return n + 1


@kernel
def _overlap_end(waiting: Any, start: int, n: int, offsets: Any, times: Any) -> Any:
    """waiting[start:answer] overlap one another, directly or through others; what follows begins later."""
    last = times[offsets[waiting[start] + 1] - 1]
    end = start + 1
    while end < n and times[offsets[waiting[end]]] <= last:
        last = max(last, times[offsets[waiting[end] + 1] - 1])
        end += 1
    return end


@kernel
def _merge_overlapping(overlapping: Any, cursors: Any, runs: Any, out: Any, written: int) -> Any:
    offsets, times, values = runs
    _, out_times, out_values = out
    k = len(overlapping)
    if k == 1:
        start, end = offsets[overlapping[0]], offsets[overlapping[0] + 1]
        out_times[written : written + end - start] = times[start:end]
        out_values[written : written + end - start] = values[start:end]
        return written + end - start
    _sort_few(overlapping)
    for j in range(k):
        cursors[j] = offsets[overlapping[j]]
    while True:
        best = -1
        for j in range(k):
            if cursors[j] < offsets[overlapping[j] + 1] and (best < 0 or times[cursors[j]] < times[cursors[best]]):
                best = j
        if best < 0:
            return written
        time = times[cursors[best]]
        out_times[written] = time
        out_values[written] = values[cursors[best]]
        written += 1
        for j in range(best, k):
            if cursors[j] < offsets[overlapping[j] + 1] and times[cursors[j]] == time:
                cursors[j] += 1


@kernel
def _sort_few(items: Any) -> None:
    for i in range(1, len(items)):
        item = items[i]
        at = i
        while at > 0 and items[at - 1] > item:
            items[at] = items[at - 1]
            at -= 1
        items[at] = item


def warm() -> None:
    one = np.zeros(1, np.int64)
    merge_runs(1, one, np.array([0, 1]), one, np.zeros(1))
