"""The head: recent samples in RAM, a cache of what the engine holds or is about to hold, never the truth (DESIGN D4).

Rows come in by `append` (with the verdicts of model/verdicts.py) and, after a restart, by `load`. It answers for every
time from `covered_from_ms` on; for older times the engine must be asked too. When `bytes_max` is reached the oldest
sealed pages go, and `covered_from_ms` rises.

Concurrency: one lock. `append` holds it for its rows (20 ns each), `load` and reads for slices of series or rows, so
that an append never waits for more than a slice; a read is therefore consistent per series, not across series.
A series of which nothing is held costs 32 bytes, a live one a page of 400 more: that is the floor below `bytes_max`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vedette.kernels.borrowing import borrowed
from vedette.kernels.head_append import append_rows
from vedette.kernels.head_deleting import delete_between, forget_before
from vedette.kernels.head_reading import copy_between, count_between, oldest_time
from vedette.kernels.head_state import (
    EVICTED_TO,
    N_SAMPLES,
    NEWEST,
    PAGE_BYTES,
    SEGMENT_BYTES,
    SEGMENTS_MAX,
    SERIES_BYTES,
    HeadState,
    live_segments,
    new_state,
    with_more_pages,
    with_more_series,
)
from vedette.model.blocks import Bools, Float64s, Int64s
from vedette.model.limits import IngestLimits
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS
from vedette.model.verdicts import DUPLICATE, IN_ORDER_WINDOW_MS, N_VERDICTS

_SERIES_PER_SLICE: Final = 4096
_ROWS_PER_SLICE: Final = 1 << 17


@dataclass(frozen=True, slots=True)
class HeadSize:
    """`min_time_ms` is MAX_TIME_MS and `max_time_ms` MIN_TIME_MS while the head is empty."""

    samples: int
    bytes: int
    min_time_ms: int
    max_time_ms: int


class Head:
    """`rebuilding`: the store holds older samples; the head covers nothing until `cover_from` is called."""

    def __init__(self, limits: IngestLimits, *, rebuilding: bool = False) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._state: HeadState = new_state(limits.head_bytes_max)
        self._bound_segments()
        self._loaded_from_ms = MAX_TIME_MS if rebuilding else MIN_TIME_MS

    def append(self, refs: Int64s, times_ms: Int64s, values: Float64s, now_ms: int) -> tuple[NDArray[np.uint8], Int64s]:
        """(verdicts uint8[n], how many of each int64[N_VERDICTS]). Accepted rows are readable when it returns."""
        window = self._limits.out_of_order_window_ms
        with self._lock:
            horizon = min(now_ms, int(self._state.marks[NEWEST]))
            oldest = (horizon - max(window, IN_ORDER_WINDOW_MS), horizon - window)
            return self._append(refs, times_ms, values, (now_ms + self._limits.future_window_ms, *oldest))

    def load(self, refs: Int64s, times_ms: Int64s, values: Float64s) -> None:
        """Rows of any age that the engine holds, best sorted by (ref, time); what is held already stays."""
        for start in range(0, len(refs), _ROWS_PER_SLICE):
            rows = slice(start, start + _ROWS_PER_SLICE)
            with self._lock:
                self._append(refs[rows], times_ms[rows], values[rows], (MAX_TIME_MS, MIN_TIME_MS, MIN_TIME_MS))

    def restore(self, refs: Int64s, times_ms: Int64s, values: Float64s) -> None:
        """`load`, of rows that were committed before anything was appended: they stay where both hold a time."""
        for start in range(0, len(refs), _ROWS_PER_SLICE):
            rows = refs[start : start + _ROWS_PER_SLICE], times_ms[start : start + _ROWS_PER_SLICE]
            own = values[start : start + _ROWS_PER_SLICE]
            with self._lock:
                verdicts, _ = self._append(*rows, own, (MAX_TIME_MS, MIN_TIME_MS, MIN_TIME_MS))
            later = np.flatnonzero(verdicts == DUPLICATE)
            if len(later):
                taken_back = rows[0][later], rows[1][later]
                self.delete(taken_back[0], taken_back[1], taken_back[1])
                self.load(*taken_back, own[later])

    def cover_from(self, time_ms: int) -> None:
        """Everything from here on was loaded or appended."""
        self._loaded_from_ms = time_ms

    @property
    def covered_from_ms(self) -> int:
        """The head holds every sample of this time or later.

        Select first, then ask this, then ask the engine for what is older: it may rise at any time.
        """
        return max(self._loaded_from_ms, int(self._state.marks[EVICTED_TO]) + 1)

    @property
    def newest_ms(self) -> int:
        """Newest time ever accepted; MIN_TIME_MS when none was."""
        return int(self._state.marks[NEWEST])

    def select(self, refs: Int64s, min_time_ms: int, max_time_ms: int) -> tuple[Int64s, Int64s, Float64s, bool]:
        """(offsets int64[n+1], times_ms, values, has_stale): refs[i]'s samples in the range, times ascending."""
        parts = [self._select_slice(slice_of, min_time_ms, max_time_ms) for slice_of in _slices(refs)]
        if len(parts) == 1:
            return parts[0]
        offsets = np.zeros(len(refs) + 1, np.int64)
        np.cumsum(np.concatenate([np.diff(part[0]) for part in parts]), out=offsets[1:])
        times = np.concatenate([part[1] for part in parts])
        values = np.concatenate([part[2] for part in parts])
        return offsets, times, values, any(part[3] for part in parts)

    def count(self, refs: Int64s, min_time_ms: int, max_time_ms: int) -> Int64s:
        """int64[n]: samples of each series in the range."""
        counts = np.empty(len(refs), np.int64)
        for start, part in zip(range(0, len(refs), _SERIES_PER_SLICE), _slices(refs), strict=False):
            with self._series_room(part) as state:
                count_between(state, part, min_time_ms, max_time_ms, counts[start : start + len(part)])
        return counts

    def has_data(self, refs: Int64s, min_time_ms: int, max_time_ms: int) -> Bools:
        """bool[n]: the series has a sample in the range."""
        return self.count(refs, min_time_ms, max_time_ms) > 0

    def delete(self, refs: Int64s, min_time_ms: Int64s | int, max_time_ms: Int64s | int) -> int:
        """Forgets the samples in the range, one for all series or one each; returns how many there were.

        With `times, times` it takes back single rows whose commit failed.
        """
        lows, highs = (borrowed(np.broadcast_to(bound, refs.shape), np.int64) for bound in (min_time_ms, max_time_ms))
        refs = borrowed(refs, np.int64)
        with self._series_room(refs) as state:
            return int(delete_between(state, refs, lows, highs))

    def forget_before(self, time_ms: int) -> None:
        """Frees what holds nothing from `time_ms` on; from then on the head covers from there."""
        with self._lock:
            forget_before(self._state, time_ms)
            self._bound_segments()

    def size(self) -> HeadSize:
        with self._lock:
            state = self._state
            samples = int(state.marks[N_SAMPLES])
            n_bytes = self._open_bytes() + int(live_segments(state.table, state.marks)) * SEGMENT_BYTES
            oldest = int(oldest_time(state, MAX_TIME_MS))
            return HeadSize(samples, n_bytes, oldest, int(state.marks[NEWEST]) if samples else MIN_TIME_MS)

    def _append(
        self, refs: Int64s, times_ms: Int64s, values: Float64s, bounds: tuple[int, int, int]
    ) -> tuple[NDArray[np.uint8], Int64s]:
        verdicts = np.empty(len(refs), np.uint8)
        rows = (borrowed(refs, np.int64), borrowed(times_ms, np.int64), borrowed(values, np.float64))
        self._make_series_room(rows[0])
        done = append_rows(self._state, rows, verdicts, bounds, 0)
        while done < len(refs):
            self._state = with_more_pages(self._state, 2 * len(self._state.pages))
            self._bound_segments()
            done = append_rows(self._state, rows, verdicts, bounds, done)
        return verdicts, np.bincount(verdicts, minlength=N_VERDICTS)

    def _select_slice(self, refs: Int64s, low: int, high: int) -> tuple[Int64s, Int64s, Float64s, bool]:
        offsets = np.zeros(len(refs) + 1, np.int64)
        with self._series_room(refs) as state:
            most = count_between(state, refs, low, high, offsets[1:])
            np.cumsum(offsets, out=offsets)
            times, values = np.empty(offsets[-1], np.int64), np.empty(offsets[-1], np.float64)
            waiting = np.empty((2, most), np.int64)
            has_stale = copy_between(state, refs, (low, high), (offsets, times, values), waiting)
        return offsets, times, values, bool(has_stale)

    @contextmanager
    def _series_room(self, refs: Int64s) -> Iterator[HeadState]:
        """The state under the lock, with room for series that were registered but never appended to."""
        with self._lock:
            self._make_series_room(refs)
            yield self._state

    def _make_series_room(self, refs: Int64s) -> None:
        room = len(self._state.series)
        highest = int(refs.max(initial=0))
        if highest >= room:
            self._state = with_more_series(self._state, max(highest + 1, 2 * room))
            self._bound_segments()

    def _bound_segments(self) -> None:
        """Segments get what the open pages leave of the limit."""
        left = self._limits.head_bytes_max - self._open_bytes()
        self._state.marks[SEGMENTS_MAX] = min(len(self._state.table), max(2, left // SEGMENT_BYTES))

    def _open_bytes(self) -> int:
        return SERIES_BYTES * len(self._state.series) + PAGE_BYTES * len(self._state.pages)


def _slices(refs: Int64s) -> Iterator[Int64s]:
    """At least one, so that an empty question has an empty answer."""
    refs = borrowed(refs, np.int64)
    for start in range(0, max(1, len(refs)), _SERIES_PER_SLICE):
        yield refs[start : start + _SERIES_PER_SLICE]
