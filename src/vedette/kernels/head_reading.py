"""Reading the head: count, then fill, so that the answer is allocated once and no series costs a Python object.

A series' samples come from its sealed pages, its late page and its open page. Sealed pages are put in order of their
first time (they are, unless samples came late or were loaded after newer ones); what still overlaps is settled by an
insertion sort of the series' slice, which moves nothing when nothing is late. No time is held twice.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vedette.kernels.borrowing import borrowed
from vedette.kernels.deltas import STALE
from vedette.kernels.head_sealing import (
    CHAIN_LAST_MS,
    PACKED,
    PREVIOUS,
    START_MS,
    read_sealed_times,
    read_sealed_values,
    sealed_samples,
    sealed_views,
)
from vedette.kernels.head_state import (
    BASE,
    COUNT,
    FIRST_LIVE,
    FIRST_MS,
    LATE,
    NONE,
    OPEN,
    SAMPLES,
    SEALED,
    new_state,
    word_at,
)
from vedette.kernels.jit import inlined, kernel


@kernel
def count_between(state: Any, refs: Any, low: int, high: int, counts: Any) -> Any:
    """counts[i]: samples of refs[i] from low to high, both inclusive. Returns the most sealed pages any series needs."""
    words, table, oldest_live = state.segments, state.table, state.marks[FIRST_LIVE]
    views, scratch = sealed_views(words), state.scratch_times
    most = 0
    for i in range(len(refs)):
        n = waiting = 0
        position = state.series[refs[i], SEALED]
        while position >= oldest_live:
            at = word_at(table, position)
            if words[at + CHAIN_LAST_MS] < low:
                break
            if words[at + START_MS] <= high:
                waiting += 1
                if _is_within(words, at, low, high):
                    n += sealed_samples(words[at + PACKED])
                else:
                    n += _count_sealed(views, at, scratch, low, high)
            position = words[at + PREVIOUS]
        for which in (OPEN, LATE):
            page = state.series[refs[i], which]
            if page != NONE:
                base, times = state.pages[page, BASE], state.page_times[page]
                for j in range(state.pages[page, COUNT]):
                    time = base + np.int64(times[j])
                    n += time >= low and time <= high
        counts[i] = n
        most = max(most, waiting)
    return most


@inlined
def _is_within(words: Any, at: int, low: int, high: int) -> Any:
    """True only if all samples are; the newest time of the page itself is not kept, that of its chain is."""
    return words[at + START_MS] >= low and words[at + CHAIN_LAST_MS] <= high


@kernel
def _count_sealed(views: Any, at: int, scratch: Any, low: int, high: int) -> Any:
    samples = sealed_samples(views[0][at + PACKED])
    if samples == 0:
        return 0
    read_sealed_times(views, at, scratch, 0)
    n = 0
    for i in range(samples):
        n += scratch[i] >= low and scratch[i] <= high
    return n


@kernel
def copy_between(state: Any, refs: Any, bounds: Any, out: Any, waiting: Any) -> Any:
    """Fills out = (offsets, times, values) as `count_between` announced. Returns whether a stale marker is among them.

    bounds: (low, high). waiting: int64[2, k], room for the most sealed pages.
    """
    offsets, times, values = out
    low, high = bounds
    words, table, oldest_live = state.segments, state.table, state.marks[FIRST_LIVE]
    views, scratch = sealed_views(words), (state.scratch_times, state.scratch_values)
    for i in range(len(refs)):
        at = offsets[i]
        n_sealed = _order_sealed(words, table, (state.series[refs[i], SEALED], oldest_live), bounds, waiting)
        for j in range(n_sealed):
            page = waiting[0, j]
            if sealed_samples(words[page + PACKED]) == 0:
                continue
            if _is_within(words, page, low, high):
                read_sealed_times(views, page, times, at)
                read_sealed_values(views, page, values, at)
                at += sealed_samples(words[page + PACKED])
            else:
                at = _copy_some(views, page, scratch, bounds, out, at)
        for which in (LATE, OPEN):
            page = state.series[refs[i], which]
            if page != NONE:
                base, page_times, page_values = state.pages[page, BASE], state.page_times[page], state.page_values[page]
                for j in range(state.pages[page, COUNT]):
                    time = base + np.int64(page_times[j])
                    if time >= low and time <= high:
                        times[at], values[at] = time, page_values[j]
                        at += 1
        _sort_nearly_sorted(times, values, offsets[i], at)
    bits = values.view(np.uint64)
    n_stale = 0
    for i in range(len(bits)):
        n_stale += bits[i] == STALE
    return n_stale > 0


@kernel
def _order_sealed(words: Any, table: Any, chain: Any, bounds: Any, waiting: Any) -> Any:
    """Where the sealed pages that may hold something in the range lie, by first time, to waiting[0]; returns how many."""
    position, oldest_live = chain
    low, high = bounds
    n = waiting.shape[1]  # from the end: the chain runs from new to old
    while position >= oldest_live:
        at = word_at(table, position)
        if words[at + CHAIN_LAST_MS] < low:
            break
        if words[at + START_MS] <= high:
            n -= 1
            waiting[0, n], waiting[1, n] = at, words[at + START_MS]
        position = words[at + PREVIOUS]
    for i in range(n, waiting.shape[1]):
        at, first = waiting[0, i], waiting[1, i]
        j = i - n
        while j > 0 and waiting[1, j - 1] > first:
            waiting[0, j], waiting[1, j] = waiting[0, j - 1], waiting[1, j - 1]
            j -= 1
        waiting[0, j], waiting[1, j] = at, first
    return waiting.shape[1] - n


@kernel
def _copy_some(views: Any, page: int, scratch: Any, bounds: Any, out: Any, at: int) -> Any:
    """Copies what of a sealed page is within the bounds; returns the next free place."""
    _, times, values = out
    scratch_times, scratch_values = scratch
    low, high = bounds
    read_sealed_times(views, page, scratch_times, 0)
    read_sealed_values(views, page, scratch_values, 0)
    for i in range(sealed_samples(views[0][page + PACKED])):
        if scratch_times[i] >= low and scratch_times[i] <= high:
            times[at], values[at] = scratch_times[i], scratch_values[i]
            at += 1
    return at


@kernel
def _sort_nearly_sorted(times: Any, values: Any, begin: int, end: int) -> None:
    for i in range(begin + 1, end):
        if times[i - 1] < times[i]:
            continue
        time, value = times[i], values[i]
        j = i
        while j > begin and times[j - 1] > time:
            times[j], values[j] = times[j - 1], values[j - 1]
            j -= 1
        times[j], values[j] = time, value


@kernel
def oldest_time(state: Any, none: int) -> Any:
    """The oldest time held (deleted samples of sealed pages may still count), or `none` for an empty head."""
    oldest = none
    for slot in range(len(state.table)):
        if state.table[slot, SAMPLES]:
            oldest = min(oldest, state.table[slot, FIRST_MS])
    for ref in range(len(state.series)):
        for which in (OPEN, LATE):
            page = state.series[ref, which]
            if page != NONE and state.pages[page, COUNT]:
                oldest = min(oldest, state.pages[page, BASE] + np.int64(state.page_times[page, 0]))
    return oldest


def warm() -> None:
    state = new_state(0)
    refs = borrowed(np.zeros(1), np.int64)
    offsets = np.zeros(2, np.int64)
    most = count_between(state, refs, 0, 0, offsets[1:])
    copy_between(state, refs, (0, 0), (offsets, np.empty(0, np.int64), np.empty(0)), np.empty((2, most), np.int64))
    oldest_time(state, 0)
