"""The arrays of the head: per series two open pages and a chain of sealed ones.

    series[ref, LAST_MS] ─ newest time ever accepted
    series[ref, OPEN]    ─> page (32 samples, 12 bytes each): takes samples newer than all before
    series[ref, LATE]    ─> page: takes samples that came late
    series[ref, SEALED]  ─> sealed page ─> the one sealed before it ─> ...   (narrow deltas, 3 to 5 bytes a sample)

Sealed pages lie one behind another in segments. Segments are filled and evicted in order (a ring), whole, so there is no
free list and nothing to compact: a position is `segment number * SEGMENT_WORDS + word`, it only grows, and one below
FIRST_LIVE is gone. Time between sealing and eviction is the same for all series, which is what makes `covered from` one
number. The layout of a sealed page is in `head_sealing`.

Why not a ring of raw samples per series: 100,000 series at their own pace would each need the room of the longest.
Few and flat arrays, because numba passes a tuple of arrays by value: with one array per field, calls cost more than the
work (270 ns instead of 40 to append a sample). Kernels that use the state assume the lock of `vedette.store.head`.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.kernels.jit import inlined, kernel
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS

PAGE_SAMPLES: Final = 32
"""More would seal to fewer bytes a sample, but every live series pays for one page: 384 bytes."""

PAGE_BYTES: Final = PAGE_SAMPLES * 12 + 16

LAST_MS, OPEN, LATE, SEALED, SERIES_FIELDS = range(5)
SERIES_BYTES: Final = SERIES_FIELDS * 8

BASE, COUNT, PAGE_FIELDS = range(3)
"""`BASE`: what the page's uint32 times count from; in a free page the number of the next free one."""

NONE: Final = -1

OFFSET_MID: Final = 1 << 31
"""A page's first sample is put in the middle of its uint32 offsets, so that a later one may be older (24 days each way)."""

SEGMENT_SHIFT: Final = 13
SEGMENT_WORDS: Final = 1 << SEGMENT_SHIFT
SEGMENT_BYTES: Final = 8 * SEGMENT_WORDS

SLOT, SAMPLES, FIRST_MS, NEWEST_MS, FREE_SLOT, TABLE_FIELDS = range(6)
"""`SLOT` is by segment number (modulo the number of slots), the samples and times are by slot, FREE_SLOT is a stack."""

FIRST_LIVE, END, SEGMENTS_MAX, FREE_PAGE, N_FREE_SLOTS, NEWEST, EVICTED_TO, N_SAMPLES, MARKS = range(9)
"""Items of `marks`. FIRST_LIVE and END are positions; SEGMENTS_MAX, at least 2, may change at any time; NEWEST is the newest
time accepted, EVICTED_TO the newest time lost."""


class HeadState(NamedTuple):
    series: NDArray[np.int64]
    pages: NDArray[np.int64]
    page_times: NDArray[np.uint32]
    """uint32[n_pages, PAGE_SAMPLES], ms after BASE; ascending."""
    page_values: NDArray[np.float64]
    segments: NDArray[np.int64]
    """int64[n_slots * SEGMENT_WORDS]"""
    table: NDArray[np.int64]
    marks: NDArray[np.int64]
    scratch_times: NDArray[np.int64]
    scratch_values: NDArray[np.float64]


def new_state(bytes_max: int) -> HeadState:
    """An empty head. Segments cost memory only when they are first written, so a power of two of them costs nothing."""
    n_slots = 2
    while n_slots * SEGMENT_BYTES < bytes_max:
        n_slots *= 2
    marks = np.zeros(MARKS, np.int64)
    marks[[SEGMENTS_MAX, N_FREE_SLOTS, FREE_PAGE]] = n_slots, n_slots - 1, NONE  # segment 0 has slot 0 from the start
    marks[[NEWEST, EVICTED_TO]] = MIN_TIME_MS
    table = np.zeros((n_slots, TABLE_FIELDS), np.int64)
    table[:, FREE_SLOT] = np.arange(n_slots - 1, -1, -1)
    table[:, [FIRST_MS, NEWEST_MS]] = MAX_TIME_MS, MIN_TIME_MS
    state = HeadState(
        series=np.empty((0, SERIES_FIELDS), np.int64),
        pages=np.empty((0, PAGE_FIELDS), np.int64),
        page_times=np.empty((0, PAGE_SAMPLES), np.uint32),
        page_values=np.empty((0, PAGE_SAMPLES), np.float64),
        segments=np.empty(n_slots * SEGMENT_WORDS, np.int64),
        table=table,
        marks=marks,
        scratch_times=np.empty(PAGE_SAMPLES, np.int64),
        scratch_values=np.empty(PAGE_SAMPLES, np.float64),
    )
    return with_more_pages(with_more_series(state, 64), 64)


def with_more_series(state: HeadState, n_series: int) -> HeadState:
    old = len(state.series)
    series = _extended(state.series, n_series)
    series[old:] = MIN_TIME_MS, NONE, NONE, NONE
    return state._replace(series=series)


def with_more_pages(state: HeadState, n_pages: int) -> HeadState:
    """Only when no page is free."""
    old = len(state.pages)
    pages = _extended(state.pages, n_pages)
    pages[old:, BASE] = np.arange(old + 1, n_pages + 1)
    pages[-1, BASE] = NONE
    state.marks[FREE_PAGE] = old
    return state._replace(
        pages=pages,
        page_times=_extended(state.page_times, n_pages),
        page_values=_extended(state.page_values, n_pages),
    )


def _extended(array: NDArray[Any], n: int) -> NDArray[Any]:
    longer = np.empty((n, *array.shape[1:]), array.dtype)
    longer[: len(array)] = array
    return longer


@kernel
def take_page(marks: Any, pages: Any, time: int) -> Any:
    """An empty page for samples around `time`, or NONE: the caller must make room and come again."""
    page = marks[FREE_PAGE]
    if page != NONE:
        marks[FREE_PAGE] = pages[page, BASE]
        reset_page(pages, page, time)
    return page


@inlined
def reset_page(pages: Any, page: int, time: int) -> None:
    pages[page, BASE] = time - OFFSET_MID
    pages[page, COUNT] = 0


@kernel
def free_page(marks: Any, pages: Any, page: int) -> None:
    pages[page, BASE] = marks[FREE_PAGE]
    marks[FREE_PAGE] = page


@inlined
def fits_page(pages: Any, page: int, time: int) -> Any:
    """Neither full nor too far in time."""
    offset = time - pages[page, BASE]
    return pages[page, COUNT] < PAGE_SAMPLES and offset >= 0 and offset <= 0xFFFFFFFF


@inlined
def segment_slot(table: Any, position: int) -> Any:
    return table[(position >> SEGMENT_SHIFT) & (len(table) - 1), SLOT]


@inlined
def word_at(table: Any, position: int) -> Any:
    """Where in `segments` the position lies."""
    return (segment_slot(table, position) << SEGMENT_SHIFT) | (position & (SEGMENT_WORDS - 1))


@kernel
def make_room(table: Any, marks: Any, n_words: int) -> Any:
    """The position of n_words free words in one segment; evicts the oldest segments where the limit demands it."""
    position = marks[END]
    end_of_segment = marks[FIRST_LIVE] + live_segments(table, marks) * SEGMENT_WORDS
    if position + n_words > end_of_segment:
        while live_segments(table, marks) >= marks[SEGMENTS_MAX]:
            evict_segment(table, marks)
        position = end_of_segment
        marks[N_FREE_SLOTS] -= 1
        slot = table[marks[N_FREE_SLOTS], FREE_SLOT]
        table[(position >> SEGMENT_SHIFT) & (len(table) - 1), SLOT] = slot
        table[slot, SAMPLES] = 0
        table[slot, FIRST_MS] = MAX_TIME_MS
        table[slot, NEWEST_MS] = MIN_TIME_MS
    marks[END] = position + n_words
    return position


@kernel
def live_segments(table: Any, marks: Any) -> Any:
    return len(table) - marks[N_FREE_SLOTS]


@kernel
def evict_segment(table: Any, marks: Any) -> None:
    """Drops the oldest segment; at least one must stay."""
    slot = segment_slot(table, marks[FIRST_LIVE])
    marks[EVICTED_TO] = max(marks[EVICTED_TO], table[slot, NEWEST_MS])
    marks[N_SAMPLES] -= table[slot, SAMPLES]
    table[slot, SAMPLES] = 0
    marks[FIRST_LIVE] += SEGMENT_WORDS
    table[marks[N_FREE_SLOTS], FREE_SLOT] = slot
    marks[N_FREE_SLOTS] += 1


def warm() -> None:
    """Only other kernels call these; they are compiled with them."""
