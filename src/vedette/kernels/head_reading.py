"""Reading the head: count, then fill, so that the answer is allocated once and no series costs a Python object.

A series' samples come from its sealed pages, its late page and its open page. Sealed pages are put in order of their
first time (they are, unless samples came late or were loaded after newer ones); what still overlaps is settled by an
insertion sort of the series' slice, which moves nothing when nothing is late. No time is held twice.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vedette.kernels.deltas import STALE
from vedette.kernels.head_sealing import (
    CHAIN_LAST_MS,
    FIRST_MS,
    PACKED,
    PREVIOUS,
    read_sealed_times,
    read_sealed_values,
    sealed_samples,
)
from vedette.kernels.head_state import NONE, is_live, page_time, slot_at
from vedette.kernels.jit import inlined, kernel


@kernel
def count_between(state: Any, refs: Any, low: int, high: int, counts: Any) -> Any:
    """counts[i]: samples of refs[i] from low to high, both inclusive. Returns the most sealed pages any series needs."""
    size = state.segments.shape[1]
    most = 0
    for i in range(len(refs)):
        n = pages = 0
        position = state.newest_sealed[refs[i]]
        while is_live(state, position):
            words = state.segments[slot_at(state, position)][position % size :]
            if words[CHAIN_LAST_MS] < low:
                break
            if words[FIRST_MS] <= high:
                n += _count_sealed(state, words, low, high)
                pages += 1
            position = words[PREVIOUS]
        for page in (state.open_page[refs[i]], state.late_page[refs[i]]):
            if page != NONE:
                for j in range(state.page_count[page]):
                    n += low <= page_time(state, page, j) <= high
        counts[i] = n
        most = max(most, pages)
    return most


@inlined
def _is_within(words: Any, low: int, high: int) -> Any:
    """True only if all samples are; the newest time of the page itself is not kept, that of its chain is."""
    return words[FIRST_MS] >= low and words[CHAIN_LAST_MS] <= high


@kernel
def _count_sealed(state: Any, words: Any, low: int, high: int) -> Any:
    n = sealed_samples(words[PACKED])
    if n == 0 or _is_within(words, low, high):
        return n
    times = state.scratch_times[:n]
    read_sealed_times(words, times)
    return np.searchsorted(times, high, side="right") - np.searchsorted(times, low)


@kernel
def copy_between(state: Any, refs: Any, bounds: Any, out: Any, waiting: Any) -> Any:
    """Fills out = (offsets, times, values) as `count_between` announced. Returns whether a stale marker is among them.

    bounds: (low, high). waiting: int64[2, k], room for the most sealed pages.
    """
    offsets, times, values = out
    low, high = bounds
    has_stale = False
    for i in range(len(refs)):
        ref, at = refs[i], offsets[i]
        for j in range(_order_sealed(state, ref, low, high, waiting)):
            at = _copy_sealed(state, waiting[0, j], bounds, out, at)
        for page in (state.late_page[ref], state.open_page[ref]):
            if page != NONE:
                at = _copy_page(state, page, bounds, out, at)
        series_times, series_values = times[offsets[i] : at], values[offsets[i] : at]
        _sort_nearly_sorted(series_times, series_values)
        bits = series_values.view(np.uint64)
        for j in range(len(bits)):
            has_stale |= bits[j] == STALE
    return has_stale


@kernel
def _order_sealed(state: Any, ref: int, low: int, high: int, waiting: Any) -> Any:
    """Positions of the sealed pages that may hold something in the range to waiting[0], by first time; how many."""
    size = state.segments.shape[1]
    n = 0
    position = state.newest_sealed[ref]
    while is_live(state, position):
        words = state.segments[slot_at(state, position)][position % size :]
        if words[CHAIN_LAST_MS] < low:
            break
        if words[FIRST_MS] <= high:
            waiting[0, n], waiting[1, n] = position, words[FIRST_MS]
            n += 1
        position = words[PREVIOUS]
    for i in range(n // 2):  # the chain runs from new to old
        for row in range(2):
            waiting[row, i], waiting[row, n - 1 - i] = waiting[row, n - 1 - i], waiting[row, i]
    for i in range(1, n):
        position, first = waiting[0, i], waiting[1, i]
        j = i
        while j > 0 and waiting[1, j - 1] > first:
            waiting[0, j], waiting[1, j] = waiting[0, j - 1], waiting[1, j - 1]
            j -= 1
        waiting[0, j], waiting[1, j] = position, first
    return n


@kernel
def _copy_sealed(state: Any, position: int, bounds: Any, out: Any, at: int) -> Any:
    _, times, values = out
    low, high = bounds
    words = state.segments[slot_at(state, position)][position % state.segments.shape[1] :]
    n = sealed_samples(words[PACKED])
    if n == 0:
        return at
    if _is_within(words, low, high):
        read_sealed_times(words, times[at : at + n])
        read_sealed_values(words, values[at : at + n])
        return at + n
    scratch_times, scratch_values = state.scratch_times[:n], state.scratch_values[:n]
    read_sealed_times(words, scratch_times)
    read_sealed_values(words, scratch_values)
    for i in range(n):
        if low <= scratch_times[i] <= high:
            times[at], values[at] = scratch_times[i], scratch_values[i]
            at += 1
    return at


@kernel
def _copy_page(state: Any, page: int, bounds: Any, out: Any, at: int) -> Any:
    _, times, values = out
    low, high = bounds
    for i in range(state.page_count[page]):
        time = page_time(state, page, i)
        if low <= time <= high:
            times[at], values[at] = time, state.page_values[page, i]
            at += 1
    return at


@kernel
def _sort_nearly_sorted(times: Any, values: Any) -> None:
    for i in range(1, len(times)):
        if times[i - 1] < times[i]:
            continue
        time, value = times[i], values[i]
        j = i
        while j > 0 and times[j - 1] > time:
            times[j], values[j] = times[j - 1], values[j - 1]
            j -= 1
        times[j], values[j] = time, value


@kernel
def oldest_time(state: Any, none: int) -> Any:
    """The oldest time held (deleted samples of sealed pages may still count), or `none` for an empty head."""
    oldest = none
    for number in range(len(state.slot_of)):
        if state.segment_samples[number]:
            oldest = min(oldest, state.segment_first_ms[number])
    for pages in (state.open_page, state.late_page):
        for page in pages:
            if page != NONE and state.page_count[page]:
                oldest = min(oldest, page_time(state, page, 0))
    return oldest
