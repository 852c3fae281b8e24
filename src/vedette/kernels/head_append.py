"""Appending to the head: one verdict a row (rules in vedette.model.verdicts), rows in any order, series mixed.

The common row is newer than all of its series and costs one write into the open page; every 32nd seals that page. A
late row is looked up first (is its time held already?), then inserted where it belongs: into the open page when it is
not older than that, else into the series' late page, which is sealed like any other when it is full.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from vedette.kernels.head_sealing import (
    CHAIN_LAST_MS,
    FIRST_MS,
    PACKED,
    PREVIOUS,
    read_sealed_times,
    read_sealed_values,
    seal_page,
    sealed_samples,
)
from vedette.kernels.head_state import (
    N_SAMPLES,
    NEWEST_MS,
    NONE,
    fits_page,
    is_live,
    page_time,
    reset_page,
    slot_at,
    take_page,
)
from vedette.kernels.jit import kernel
from vedette.model.verdicts import ACCEPTED, DUPLICATE, IDEMPOTENT, OUT_OF_ORDER, REFUSED, TOO_FAR, TOO_OLD

NO_PAGE: Final = 255
"""No verdict: all pages are taken, the row was not looked at."""


@kernel
def append_rows(state: Any, rows: Any, verdicts: Any, bounds: Any, start: int) -> Any:
    """Appends rows from `start` on, until done or until a page is wanted and none is free; returns the next row.

    rows: (refs, times, values), refs below the state's room. bounds: (newest time allowed, oldest for a sample in order,
    oldest for a late one).
    """
    refs, times, values = rows
    newest_allowed, oldest_in_order, oldest_late = bounds
    for row in range(start, len(refs)):
        ref, time = refs[row], times[row]
        if ref < 0:
            verdicts[row] = REFUSED
        elif time > newest_allowed:
            verdicts[row] = TOO_FAR
        elif time > state.last_time[ref]:
            verdict = _append_in_order(state, ref, time, values[row]) if time >= oldest_in_order else TOO_OLD
            if verdict == NO_PAGE:
                return row
            verdicts[row] = verdict
        else:
            verdict = _append_late(state, ref, time, values[row : row + 1], oldest_late)
            if verdict == NO_PAGE:
                return row
            verdicts[row] = verdict
    return len(refs)


@kernel
def _append_in_order(state: Any, ref: int, time: int, value: float) -> Any:
    page = state.open_page[ref]
    if page == NONE:
        page = take_page(state, time)
        if page == NONE:
            return NO_PAGE
        state.open_page[ref] = page
    elif not fits_page(state, page, time):
        if state.page_count[page]:
            seal_page(state, ref, page)
        reset_page(state, page, time)
    _insert(state, page, time, value)
    state.last_time[ref] = time
    state.marks[NEWEST_MS] = max(state.marks[NEWEST_MS], time)
    return ACCEPTED


@kernel
def _append_late(state: Any, ref: int, time: int, value: Any, oldest: int) -> Any:
    """`value` is an array of one, so that its bits can be compared."""
    found = _find(state, ref, time)
    if found >= 0:
        held = state.scratch_values[found : found + 1].view(np.uint64)[0]
        return IDEMPOTENT if held == value.view(np.uint64)[0] else DUPLICATE
    if time < oldest:
        return TOO_OLD
    page = state.open_page[ref]
    if page != NONE and fits_page(state, page, time) and state.page_count[page] and time > page_time(state, page, 0):
        _insert(state, page, time, value[0])
        return OUT_OF_ORDER
    page = state.late_page[ref]
    if page == NONE:
        page = take_page(state, time)
        if page == NONE:
            return NO_PAGE
        state.late_page[ref] = page
    elif not fits_page(state, page, time):
        if state.page_count[page]:
            seal_page(state, ref, page)
        reset_page(state, page, time)
    _insert(state, page, time, value[0])
    return OUT_OF_ORDER


@kernel
def _insert(state: Any, page: int, time: int, value: float) -> None:
    """Puts the sample where its time belongs; the page has room and does not hold the time."""
    times, values = state.page_times[page], state.page_values[page]
    offset = np.uint32(time - state.page_base[page])
    at = state.page_count[page]
    while at > 0 and times[at - 1] > offset:
        times[at] = times[at - 1]
        values[at] = values[at - 1]
        at -= 1
    times[at] = offset
    values[at] = value
    state.page_count[page] += 1
    state.marks[N_SAMPLES] += 1


@kernel
def _find(state: Any, ref: int, time: int) -> Any:
    """Where in scratch_values the sample held at that time was put, or NONE."""
    for page in (state.open_page[ref], state.late_page[ref]):
        if page != NONE:
            i = state.page_count[page] - 1
            while i > 0 and page_time(state, page, i) > time:
                i -= 1
            if i >= 0 and page_time(state, page, i) == time:
                state.scratch_values[0] = state.page_values[page, i]
                return 0
    size = state.segments.shape[1]
    position = state.newest_sealed[ref]
    while is_live(state, position):
        words = state.segments[slot_at(state, position)][position % size :]
        if words[CHAIN_LAST_MS] < time:
            break
        n = sealed_samples(words[PACKED])
        if words[FIRST_MS] <= time and n:
            times = state.scratch_times[:n]
            read_sealed_times(words, times)
            i = np.searchsorted(times, time)
            if i < n and times[i] == time:
                read_sealed_values(words, state.scratch_values[:n])
                return i
        position = words[PREVIOUS]
    return NONE
