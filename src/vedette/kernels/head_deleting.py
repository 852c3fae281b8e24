"""Taking samples out of the head: single ones, time ranges of series, and everything old.

A sealed page that loses some of its samples is sealed again as a new page: the rest may need wider deltas than before.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vedette.kernels.head_sealing import (
    CHAIN_LAST_MS,
    FIRST_MS,
    PACKED,
    PREVIOUS,
    forget_sealed,
    read_sealed_times,
    read_sealed_values,
    seal_scratch,
    sealed_samples,
)
from vedette.kernels.head_state import (
    EVICTED_TO_MS,
    FIRST_SEGMENT,
    N_SAMPLES,
    NONE,
    evict_segment,
    free_page,
    is_live,
    live_segments,
    page_time,
    slot_at,
)
from vedette.kernels.jit import kernel


@kernel
def delete_between(state: Any, refs: Any, lows: Any, highs: Any) -> Any:
    """Forgets the samples of refs[i] from lows[i] to highs[i], both inclusive; returns how many there were."""
    before = state.marks[N_SAMPLES]
    for i in range(len(refs)):
        for page in (state.open_page[refs[i]], state.late_page[refs[i]]):
            if page != NONE:
                _delete_from_page(state, page, lows[i], highs[i])
        _delete_sealed(state, refs[i], lows[i], highs[i])
    return before - state.marks[N_SAMPLES]


@kernel
def _delete_from_page(state: Any, page: int, low: int, high: int) -> None:
    kept = 0
    n = state.page_count[page]
    for i in range(n):
        if not low <= page_time(state, page, i) <= high:
            state.page_times[page, kept] = state.page_times[page, i]
            state.page_values[page, kept] = state.page_values[page, i]
            kept += 1
    state.page_count[page] = kept
    state.marks[N_SAMPLES] -= n - kept


@kernel
def _delete_sealed(state: Any, ref: int, low: int, high: int) -> None:
    size = state.segments.shape[1]
    position = state.newest_sealed[ref]
    while is_live(state, position):
        words = state.segments[slot_at(state, position)][position % size :]
        if words[CHAIN_LAST_MS] < low:
            break
        previous = words[PREVIOUS]
        n = sealed_samples(words[PACKED])
        if n and words[FIRST_MS] <= high:
            read_sealed_times(words, state.scratch_times[:n])
            read_sealed_values(words, state.scratch_values[:n])
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
        if not low <= times[i] <= high:
            times[kept] = times[i]
            values[kept] = values[i]
            kept += 1
    return kept


@kernel
def forget_before(state: Any, time: int) -> None:
    """Frees the pages and segments that hold nothing from `time` on; what shares a page or segment with newer stays."""
    marks = state.marks
    while live_segments(state) > 1:
        if state.segment_last_ms[state.slot_of[marks[FIRST_SEGMENT] % len(state.slot_of)]] >= time:
            break
        evict_segment(state)
    for pages in (state.open_page, state.late_page):
        for ref in range(len(pages)):
            page = pages[ref]
            if page != NONE and (
                state.page_count[page] == 0 or page_time(state, page, state.page_count[page] - 1) < time
            ):
                marks[N_SAMPLES] -= state.page_count[page]
                free_page(state, page)
                pages[ref] = NONE
    marks[EVICTED_TO_MS] = max(marks[EVICTED_TO_MS], np.int64(time) - 1)
