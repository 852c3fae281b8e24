"""The arrays of the head: per series two open pages and a chain of sealed ones.

    last_time[ref] ─ newest time ever accepted
    open_page[ref] ─> page (32 samples, 12 bytes each): takes samples newer than all before
    late_page[ref] ─> page: takes samples that came late
    newest_sealed[ref] ─> sealed page ─> the one sealed before it ─> ...   (narrow deltas, 3 to 5 bytes a sample)

Sealed pages lie one behind another in segments. Segments are filled and evicted in order (a ring), whole, so there is no
free list and nothing to compact: a position is `segment number * words a segment + word`, it only grows, and one below
the first live segment is gone. Time between sealing and eviction is the same for all series, which is what makes
`covered from` one number.

Why not a ring of raw samples per series: 100,000 series at their own pace would each need the room of the longest.
The layout of a sealed page is in `head_sealing`. Kernels here assume the lock of `vedette.store.head`.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.kernels.jit import inlined, kernel
from vedette.model.time import MIN_TIME_MS

PAGE_SAMPLES: Final = 32
"""More would seal to fewer bytes a sample, but every live series pays for one page: 384 bytes."""

PAGE_BYTES: Final = PAGE_SAMPLES * 12 + 16

SERIES_BYTES: Final = 24

NONE: Final = -1

OFFSET_MID: Final = 1 << 31
"""A page's first sample is put in the middle of its uint32 offsets, so that a later one may be older (24 days each way)."""

MARKS: Final = 8
FIRST_SEGMENT, END, SEGMENTS_MAX, N_FREE_PAGES, N_FREE_SLOTS, NEWEST_MS, EVICTED_TO_MS, N_SAMPLES = range(MARKS)
"""Names of the items of `marks`. SEGMENTS_MAX, at least 2, may change at any time; EVICTED_TO_MS: newest time lost."""


class HeadState(NamedTuple):
    last_time: NDArray[np.int64]
    open_page: NDArray[np.int32]
    late_page: NDArray[np.int32]
    newest_sealed: NDArray[np.int64]

    page_base: NDArray[np.int64]
    page_count: NDArray[np.int32]
    page_times: NDArray[np.uint32]
    """uint32[n_pages, PAGE_SAMPLES], ms after page_base; ascending."""
    page_values: NDArray[np.float64]
    free_pages: NDArray[np.int32]

    segments: NDArray[np.int64]
    """int64[n_slots, words a segment]"""
    slot_of: NDArray[np.int32]
    """By segment number modulo n_slots."""
    free_slots: NDArray[np.int32]
    segment_samples: NDArray[np.int64]
    segment_first_ms: NDArray[np.int64]
    segment_last_ms: NDArray[np.int64]

    scratch_times: NDArray[np.int64]
    scratch_values: NDArray[np.float64]
    marks: NDArray[np.int64]


def new_state(n_slots: int, segment_bytes: int) -> HeadState:
    """An empty head with room for no series. Segments are touched, and so cost memory, only when used."""
    marks = np.zeros(MARKS, np.int64)
    marks[SEGMENTS_MAX] = n_slots
    marks[N_FREE_SLOTS] = n_slots - 1  # segment 0 has slot 0 from the start
    marks[[NEWEST_MS, EVICTED_TO_MS]] = MIN_TIME_MS
    nothing = np.empty(0, np.int32)
    state = HeadState(
        last_time=np.empty(0, np.int64),
        open_page=nothing,
        late_page=nothing,
        newest_sealed=np.empty(0, np.int64),
        page_base=np.empty(0, np.int64),
        page_count=nothing,
        page_times=np.empty((0, PAGE_SAMPLES), np.uint32),
        page_values=np.empty((0, PAGE_SAMPLES), np.float64),
        free_pages=nothing,
        segments=np.empty((n_slots, segment_bytes // 8), np.int64),
        slot_of=np.zeros(n_slots, np.int32),
        free_slots=np.arange(n_slots - 1, -1, -1, dtype=np.int32),
        segment_samples=np.zeros(n_slots, np.int64),
        segment_first_ms=np.full(n_slots, -MIN_TIME_MS),
        segment_last_ms=np.full(n_slots, MIN_TIME_MS),
        scratch_times=np.empty(PAGE_SAMPLES, np.int64),
        scratch_values=np.empty(PAGE_SAMPLES, np.float64),
        marks=marks,
    )
    return with_more_pages(with_more_series(state, 64), 64)


def with_more_series(state: HeadState, n_series: int) -> HeadState:
    more = n_series - len(state.last_time)
    return state._replace(
        last_time=np.concatenate([state.last_time, np.full(more, MIN_TIME_MS)]),
        open_page=np.concatenate([state.open_page, np.full(more, NONE, np.int32)]),
        late_page=np.concatenate([state.late_page, np.full(more, NONE, np.int32)]),
        newest_sealed=np.concatenate([state.newest_sealed, np.full(more, NONE, np.int64)]),
    )


def with_more_pages(state: HeadState, n_pages: int) -> HeadState:
    """Only when no page is free."""
    old = len(state.page_base)
    free = np.zeros(n_pages, np.int32)
    free[: n_pages - old] = np.arange(n_pages - 1, old - 1, -1)
    state.marks[N_FREE_PAGES] = n_pages - old
    return state._replace(
        page_base=_extended(state.page_base, n_pages),
        page_count=_extended(state.page_count, n_pages),
        page_times=_extended(state.page_times, n_pages),
        page_values=_extended(state.page_values, n_pages),
        free_pages=free,
    )


def _extended(array: NDArray[Any], n: int) -> NDArray[Any]:
    longer = np.empty((n, *array.shape[1:]), array.dtype)
    longer[: len(array)] = array
    return longer


@kernel
def take_page(state: Any, time: int) -> Any:
    """An empty page for samples around `time`, or NONE: the caller must make room and come again."""
    marks = state.marks
    if marks[N_FREE_PAGES] == 0:
        return NONE
    marks[N_FREE_PAGES] -= 1
    page = state.free_pages[marks[N_FREE_PAGES]]
    reset_page(state, page, time)
    return page


@inlined
def reset_page(state: Any, page: int, time: int) -> None:
    state.page_base[page] = time - OFFSET_MID
    state.page_count[page] = 0


@kernel
def free_page(state: Any, page: int) -> None:
    state.free_pages[state.marks[N_FREE_PAGES]] = page
    state.marks[N_FREE_PAGES] += 1


@inlined
def page_time(state: Any, page: int, i: int) -> Any:
    return state.page_base[page] + np.int64(state.page_times[page, i])


@inlined
def fits_page(state: Any, page: int, time: int) -> Any:
    """Neither full nor too far in time."""
    offset = time - state.page_base[page]
    return state.page_count[page] < PAGE_SAMPLES and 0 <= offset <= 0xFFFFFFFF


@inlined
def is_live(state: Any, position: int) -> Any:
    """The sealed page at the position exists (NONE does not) and has not been evicted."""
    return position >= 0 and position // state.segments.shape[1] >= state.marks[FIRST_SEGMENT]


@inlined
def slot_at(state: Any, position: int) -> Any:
    return state.slot_of[position // state.segments.shape[1] % len(state.slot_of)]


@kernel
def live_segments(state: Any) -> Any:
    return len(state.free_slots) - state.marks[N_FREE_SLOTS]


@kernel
def make_room(state: Any, n_words: int) -> Any:
    """The position of n_words free words in one segment; evicts the oldest segments where the limit demands it."""
    marks = state.marks
    position = marks[END]
    end_of_segment = (marks[FIRST_SEGMENT] + live_segments(state)) * state.segments.shape[1]
    if position + n_words > end_of_segment:
        while live_segments(state) >= marks[SEGMENTS_MAX]:
            evict_segment(state)
        position = end_of_segment
        marks[N_FREE_SLOTS] -= 1
        slot = state.free_slots[marks[N_FREE_SLOTS]]
        state.slot_of[position // state.segments.shape[1] % len(state.slot_of)] = slot
        state.segment_samples[slot] = 0
        state.segment_first_ms[slot] = -MIN_TIME_MS
        state.segment_last_ms[slot] = MIN_TIME_MS
    marks[END] = position + n_words
    return position


@kernel
def evict_segment(state: Any) -> None:
    """Drops the oldest segment; at least one must stay."""
    marks = state.marks
    slot = state.slot_of[marks[FIRST_SEGMENT] % len(state.slot_of)]
    marks[EVICTED_TO_MS] = max(marks[EVICTED_TO_MS], state.segment_last_ms[slot])
    marks[N_SAMPLES] -= state.segment_samples[slot]
    marks[FIRST_SEGMENT] += 1
    state.free_slots[marks[N_FREE_SLOTS]] = slot
    marks[N_FREE_SLOTS] += 1
