"""Appending to the head: one verdict a row (rules in vedette.model.verdicts), rows in any order, series mixed.

The common row is newer than all of its series and costs one write into the open page; every 32nd seals that page. A
late row is looked up first (is its time held already?), then inserted where it belongs: into the open page when it is
not older than that, else into the series' late page, which is sealed like any other when it is full.
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
    read_sealed_times,
    read_sealed_values,
    seal_page,
    sealed_samples,
    sealed_views,
)
from vedette.kernels.head_state import (
    BASE,
    COUNT,
    FIRST_LIVE,
    LAST_MS,
    LATE,
    N_SAMPLES,
    NEWEST,
    NONE,
    OPEN,
    SEALED,
    fits_page,
    new_state,
    reset_page,
    take_page,
    word_at,
)
from vedette.kernels.jit import inlined, kernel
from vedette.model.verdicts import ACCEPTED, DUPLICATE, IDEMPOTENT, OUT_OF_ORDER, REFUSED, TOO_FAR, TOO_OLD


@kernel
def append_rows(state: Any, rows: Any, verdicts: Any, bounds: Any, start: int) -> Any:
    """Appends rows from `start` on, until done or until a page is wanted and none is free; returns the next row.

    rows: (refs, times, values), refs below the state's room. bounds: (newest time allowed, oldest for a sample in order,
    oldest for a late one).
    """
    refs, times, values = rows
    series, pages, page_times, page_values = state.series, state.pages, state.page_times, state.page_values
    sealed, heads = (state.segments, state.table), (series, pages, page_times)
    newest_allowed, oldest_in_order, oldest_late = bounds
    newest = state.marks[NEWEST]
    for row in range(start, len(refs)):
        ref, time = refs[row], times[row]
        if ref < 0:
            verdicts[row] = REFUSED
            continue
        if time > newest_allowed:
            verdicts[row] = TOO_FAR
            continue
        if time > series[ref, LAST_MS]:
            which = OPEN
            if time < oldest_in_order:
                verdicts[row] = TOO_OLD
                continue
        elif time >= oldest_late and _is_next_late(sealed, state.marks, heads, ref, time):
            which = LATE
        else:
            verdict = _append_late(state, ref, time, values[row : row + 1], oldest_late)
            if verdict < 0:
                return row
            verdicts[row] = verdict
            continue
        page = series[ref, which]
        if page == NONE or not fits_page(pages, page, time):
            page = _turn_page(state, ref, which, time)
            if page == NONE:
                return row
        at = pages[page, COUNT]
        page_times[page, at] = np.uint32(time - pages[page, BASE])
        page_values[page, at] = values[row]
        pages[page, COUNT] = at + 1
        state.marks[N_SAMPLES] += 1
        if which == OPEN:
            series[ref, LAST_MS] = time
            state.marks[NEWEST] = newest = max(newest, time)
            verdicts[row] = ACCEPTED
        else:
            verdicts[row] = OUT_OF_ORDER
    return len(refs)


@inlined
def _is_next_late(sealed: Any, marks: Any, pages: Any, ref: int, time: int) -> Any:
    """A late row that is newer than all but the open page, which begins after it: what a load under live appends brings.

    Its time cannot be held, so neither a search nor a sorted insert is needed.
    """
    segments, table = sealed
    series, heads, page_times = pages
    late, open_, position = series[ref, LATE], series[ref, OPEN], series[ref, SEALED]
    if open_ == NONE or heads[open_, COUNT] == 0 or heads[open_, BASE] + np.int64(page_times[open_, 0]) <= time:
        return False
    if late != NONE:
        n = heads[late, COUNT]
        if n > 0 and heads[late, BASE] + np.int64(page_times[late, n - 1]) >= time:
            return False
    return position < marks[FIRST_LIVE] or segments[word_at(table, position) + CHAIN_LAST_MS] < time


@kernel
def _turn_page(state: Any, ref: int, which: int, time: int) -> Any:
    """An empty page for the series to write on (`which` is OPEN or LATE), its full one sealed; NONE when none is free."""
    page = state.series[ref, which]
    if page == NONE:
        page = take_page(state.marks, state.pages, time)
        state.series[ref, which] = page
        return page
    if state.pages[page, COUNT]:
        seal_page(state, ref, page)
    reset_page(state.pages, page, time)
    return page


@kernel
def _append_late(state: Any, ref: int, time: int, value: Any, oldest: int) -> Any:
    """A verdict, or NONE when a page is wanted. `value` is an array of one, so that its bits can be compared."""
    pages = state.pages
    if _find(state, ref, time):
        held = state.scratch_values.view(np.uint64)[0]
        return IDEMPOTENT if held == value.view(np.uint64)[0] else DUPLICATE
    if time < oldest:
        return TOO_OLD
    page = state.series[ref, OPEN]
    in_open = page != NONE and fits_page(pages, page, time) and pages[page, COUNT] > 0
    if not in_open or time < pages[page, BASE] + np.int64(state.page_times[page, 0]):
        page = state.series[ref, LATE]
        if page == NONE or not fits_page(pages, page, time):
            page = _turn_page(state, ref, LATE, time)
            if page == NONE:
                return NONE
    _insert(state, page, time, value[0])
    return OUT_OF_ORDER


@kernel
def _insert(state: Any, page: int, time: int, value: float) -> None:
    """Puts the sample where its time belongs; the page has room and does not hold the time."""
    times, values = state.page_times[page], state.page_values[page]
    offset = np.uint32(time - state.pages[page, BASE])
    at = state.pages[page, COUNT]
    while at > 0 and times[at - 1] > offset:
        times[at] = times[at - 1]
        values[at] = values[at - 1]
        at -= 1
    times[at] = offset
    values[at] = value
    state.pages[page, COUNT] += 1
    state.marks[N_SAMPLES] += 1


@kernel
def _find(state: Any, ref: int, time: int) -> Any:
    """Is a sample of that time held? Its value goes to scratch_values[0]."""
    for which in (OPEN, LATE):
        page = state.series[ref, which]
        if page != NONE:
            base = state.pages[page, BASE]
            i = state.pages[page, COUNT] - 1
            while i > 0 and base + np.int64(state.page_times[page, i]) > time:
                i -= 1
            if i >= 0 and base + np.int64(state.page_times[page, i]) == time:
                state.scratch_values[0] = state.page_values[page, i]
                return True
    words, times, values = state.segments, state.scratch_times, state.scratch_values
    position = state.series[ref, SEALED]
    while position >= state.marks[FIRST_LIVE]:
        at = word_at(state.table, position)
        if words[at + CHAIN_LAST_MS] < time:
            break
        n = sealed_samples(words[at + PACKED])
        if n and words[at + START_MS] <= time:
            read_sealed_times(sealed_views(words), at, times, 0)
            i = np.searchsorted(times[:n], time)
            if i < n and times[i] == time:
                read_sealed_values(sealed_views(words), at, values, 0)
                values[0] = values[i]
                return True
        position = words[at + PREVIOUS]
    return False


def warm() -> None:
    one = borrowed(np.zeros(1), np.int64)
    rows = (one, one, borrowed(np.zeros(1), np.float64))
    append_rows(new_state(0), rows, np.empty(1, np.uint8), (0, 0, 0), 0)
