"""Taking samples out of the head: single ones, time ranges of series, and everything old.

A sealed page that loses some of its samples is sealed again as a new page: the rest may need wider deltas than before.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vedette.kernels.borrowing import borrowed
from vedette.kernels.head_sealing import (
    CHAIN_LAST_MS,
    PACKED,
    PREVIOUS,
    START_MS,
    forget_sealed,
    read_sealed_times,
    read_sealed_values,
    seal_scratch,
    sealed_samples,
    sealed_views,
)
from vedette.kernels.head_state import (
    BASE,
    COUNT,
    EVICTED_TO,
    FIRST_LIVE,
    LATE,
    N_SAMPLES,
    NEWEST_MS,
    NONE,
    OPEN,
    SEALED,
    evict_segment,
    free_page,
    live_segments,
    new_state,
    segment_slot,
    word_at,
)
from vedette.kernels.jit import kernel


@kernel
def delete_between(state: Any, refs: Any, lows: Any, highs: Any) -> Any:
    """Forgets the samples of refs[i] from lows[i] to highs[i], both inclusive; returns how many there were."""
    before = state.marks[N_SAMPLES]
    for i in range(len(refs)):
        for which in (OPEN, LATE):
            page = state.series[refs[i], which]
            if page != NONE:
                _delete_from_page(state, page, lows[i], highs[i])
        _delete_sealed(state, refs[i], lows[i], highs[i])
    return before - state.marks[N_SAMPLES]


@kernel
def _delete_from_page(state: Any, page: int, low: int, high: int) -> None:
    times, values = state.page_times[page], state.page_values[page]
    kept = 0
    n, base = state.pages[page, COUNT], state.pages[page, BASE]
    for i in range(n):
        time = base + np.int64(times[i])
        if time < low or time > high:
            times[kept], values[kept] = times[i], values[i]
            kept += 1
    state.pages[page, COUNT] = kept
    state.marks[N_SAMPLES] -= n - kept


@kernel
def _delete_sealed(state: Any, ref: int, low: int, high: int) -> None:
    words = state.segments
    position = state.series[ref, SEALED]
    while position >= state.marks[FIRST_LIVE]:
        at = word_at(state.table, position)
        if words[at + CHAIN_LAST_MS] < low:
            break
        previous = words[at + PREVIOUS]
        n = sealed_samples(words[at + PACKED])
        if n and words[at + START_MS] <= high:
            read_sealed_times(sealed_views(words), at, state.scratch_times, 0)
            read_sealed_values(sealed_views(words), at, state.scratch_values, 0)
            kept = _keep_outside(state.scratch_times, state.scratch_values, n, low, high)
            if kept < n:
                forget_sealed(state, position)
                if kept:
                    seal_scratch(state, ref, kept)
        position = previous


@kernel
def _keep_outside(times: Any, values: Any, n: int, low: int, high: int) -> Any:
    kept = 0
    for i in range(n):
        if times[i] < low or times[i] > high:
            times[kept], values[kept] = times[i], values[i]
            kept += 1
    return kept


@kernel
def forget_before(state: Any, time: int) -> None:
    """Frees the pages and segments that hold nothing from `time` on; what shares a page or segment with newer stays."""
    table, marks, pages = state.table, state.marks, state.pages
    while live_segments(table, marks) > 1 and table[segment_slot(table, marks[FIRST_LIVE]), NEWEST_MS] < time:
        evict_segment(table, marks)
    for ref in range(len(state.series)):
        for which in (OPEN, LATE):
            page = state.series[ref, which]
            if page == NONE:
                continue
            n = pages[page, COUNT]
            if n == 0 or pages[page, BASE] + np.int64(state.page_times[page, n - 1]) < time:
                marks[N_SAMPLES] -= n
                free_page(marks, pages, page)
                state.series[ref, which] = NONE
    marks[EVICTED_TO] = max(marks[EVICTED_TO], np.int64(time) - 1)


def warm() -> None:
    state = new_state(0)
    one = borrowed(np.zeros(1), np.int64)
    delete_between(state, one, one, one)
    forget_before(state, 0)
