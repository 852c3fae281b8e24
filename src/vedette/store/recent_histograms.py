"""Native histograms in RAM: those whose commit is under way, and the youngest of those that are on disk.

Invariant: what is not committed is here. The rest is a cache, bounded by bytes: neighbouring parts are joined while they are
small, so that a look-up meets few, and the oldest part goes first.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from vedette.kernels.borrowing import borrowed
from vedette.kernels.histogram_digests import find_rows
from vedette.model.blocks import Float64s, Int64s
from vedette.model.histograms import Buckets, Histograms, join_histograms

_JOINED_ROWS_MAX: Final = 8_192
"""Parts this large are not joined any more; they are what is forgotten at once."""

NO_SLOT: Final = -1
"""Of a series that is not asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class MarkedHistograms:
    """Histograms with the place and mark of each: `slots` are refs, or slots of a read."""

    slots: Int64s
    times_ms: Int64s
    marks: Float64s
    histograms: Histograms

    def __len__(self) -> int:
        return len(self.slots)

    def take(self, rows: Int64s) -> MarkedHistograms:
        return MarkedHistograms(self.slots[rows], self.times_ms[rows], self.marks[rows], self.histograms.take(rows))

    def rows_at(self, slots: Int64s, times_ms: Int64s, marks: Float64s) -> Int64s:
        """int64[n]: the row of each (slot, time, mark), which ascend by slot and time; -1 where there is none.

        Of several rows that fit, the first.
        """
        out = np.empty(len(slots), np.int64)
        order = np.lexsort((self.times_ms, self.slots))
        wanted = borrowed(slots, np.int64), borrowed(times_ms, np.int64), borrowed(marks, np.float64)
        rows = borrowed(self.slots, np.int64), borrowed(self.times_ms, np.int64), borrowed(self.marks, np.float64)
        find_rows(*wanted, borrowed(order, np.int64), *rows, out)
        return out


def join_marked(parts: Sequence[MarkedHistograms]) -> MarkedHistograms:
    """At least one part."""
    return MarkedHistograms(
        np.concatenate([part.slots for part in parts]),
        np.concatenate([part.times_ms for part in parts]),
        np.concatenate([part.marks for part in parts]),
        join_histograms([part.histograms for part in parts]),
    )


class RecentHistograms:
    """Thread-safe. Rows carry refs."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._lock = threading.Lock()
        self._waiting: dict[int, MarkedHistograms] = {}
        self._parts: list[MarkedHistograms] = []
        self._bytes = 0

    def __bool__(self) -> bool:
        return bool(self._waiting or self._parts)

    def hold(self, rows: MarkedHistograms) -> None:
        """Until `committed` or `drop` is called with the same object."""
        with self._lock:
            self._waiting[id(rows)] = rows

    def drop(self, rows: MarkedHistograms) -> None:
        with self._lock:
            del self._waiting[id(rows)]

    def committed(self, batches: Sequence[MarkedHistograms]) -> None:
        with self._lock:
            for rows in batches:
                if self._waiting.pop(id(rows), None) is not None:
                    self._keep(rows)
            while self._bytes > self._bytes_max:
                self._bytes -= _bytes_of(self._parts.pop(0))

    def within(self, slot_of: Int64s, min_time_ms: int, max_time_ms: int) -> MarkedHistograms | None:
        """Those of the series with `slot_of[ref]` >= 0, by slot, of the inclusive time range; None if there is none."""
        with self._lock:
            parts = [*self._parts, *self._waiting.values()]
        found = []
        for part in parts:
            slots = slots_of(part.slots, slot_of)
            keep = (slots != NO_SLOT) & (part.times_ms >= min_time_ms) & (part.times_ms <= max_time_ms)
            if keep.any():
                rows = part.take(np.flatnonzero(keep))
                found.append(MarkedHistograms(slots[keep], rows.times_ms, rows.marks, rows.histograms))
        return join_marked(found) if found else None

    def _keep(self, rows: MarkedHistograms) -> None:
        self._parts.append(rows)
        self._bytes += _bytes_of(rows)
        while len(self._parts) > 1 and _may_join(*self._parts[-2:]):
            last, before = self._parts.pop(), self._parts.pop()
            joined = join_marked([before, last])
            self._bytes += _bytes_of(joined) - _bytes_of(before) - _bytes_of(last)
            self._parts.append(joined)


def slots_of(refs: Int64s, slot_of: Int64s) -> Int64s:
    """slot_of[ref] for each; NO_SLOT for refs that are younger than `slot_of`, or unknown (negative)."""
    known = (refs >= 0) & (refs < len(slot_of))
    return np.where(known, slot_of[np.where(known, refs, 0)], NO_SLOT)


def _may_join(before: MarkedHistograms, last: MarkedHistograms) -> bool:
    """Each histogram is copied once per doubling of its part."""
    return len(before) <= 2 * len(last) and len(before) + len(last) <= _JOINED_ROWS_MAX


def _bytes_of(rows: MarkedHistograms) -> int:
    return rows.slots.nbytes + rows.times_ms.nbytes + rows.marks.nbytes + _array_bytes(rows.histograms)


def _array_bytes(columns: Histograms | Buckets) -> int:
    values = [getattr(columns, field.name) for field in fields(columns)]
    return sum(value.nbytes if isinstance(value, np.ndarray) else _array_bytes(value) for value in values)
