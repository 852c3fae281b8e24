"""Since when a counter has been counting, kept as changes: a sample whose start time is its predecessor's costs nothing.

A change holds from its time on. A sample that comes late would cut into what later samples were said to have, so its start time
counts for its own time alone (`once`). Series without start times are not mentioned until the first one has one.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from vedette.model.blocks import Bools, Int64s, SeriesColumns
from vedette.ports.scan import Deadline
from vedette.store.engine import Engine, Lane
from vedette.store.id_lookup import IdLookup
from vedette.store.index import SeriesIndex
from vedette.store.reading import IDS_LISTED_MAX, column
from vedette.store.sql import literals

TABLE: Final = "start_times"
UNKNOWN: Final = 0
_NEVER: Final = -1
"""In `_last`: the series never had a start time."""
_ROWS_PER_INSERT: Final = 500_000


@dataclass(frozen=True, slots=True, eq=False)
class StartChanges:
    """Parallel columns; `once` bool."""

    refs: Int64s
    times_ms: Int64s
    starts_ms: Int64s
    once: Bools

    def __len__(self) -> int:
        return len(self.refs)

    def take(self, rows: Int64s | Bools | slice) -> StartChanges:
        return StartChanges(self.refs[rows], self.times_ms[rows], self.starts_ms[rows], self.once[rows])


class StartTimes:
    """Thread-safe, but for `note`: one caller at a time (the store's append lock)."""

    def __init__(self, engine: Engine, index: SeriesIndex) -> None:
        self._engine = engine
        self._index = index
        self._lookup = IdLookup(index)
        self._lock = threading.Lock()
        self._last = np.empty(0, np.int64)
        self._waiting: list[StartChanges] = []
        self.any_known = False
        """False: no sample in the store has a start time."""

    def load(self) -> None:
        """The last start time of each series, from the table. Raises StoreError."""
        found = self._engine.query(
            f"select series, argMax(start_ms, (time_ms, seq)) as start_ms from {TABLE} where once = 0 group by series",
            lane=Lane.CONTROL,
        )
        refs = self._lookup.refs_of(column(found, "series"))
        self._grow(len(self._index))
        known = refs >= 0
        self._last[refs[known]] = column(found, "start_ms")[known]
        self.any_known = bool(self._engine.query(f"select 1 as one from {TABLE} limit 1", lane=Lane.CONTROL).num_rows)

    def note(self, refs: Int64s, times_ms: Int64s, starts_ms: Int64s | None, late: Bools) -> StartChanges | None:
        """What has to be written before these accepted samples; visible at once. `starts_ms` None: all unknown."""
        if starts_ms is None:
            if not self.any_known:
                return None
            starts_ms = np.full(len(refs), UNKNOWN, np.int64)
        if not len(refs):
            return None
        self._grow(len(self._index))
        changes = self._changes(StartChanges(refs, times_ms, starts_ms, late))
        if not len(changes):
            return None
        self.any_known = True
        with self._lock:
            self._waiting.append(changes)
        return changes

    def write(self, batches: Sequence[StartChanges], sequence: int) -> None:
        """Raises StoreError."""
        for batch in batches:
            for start in range(0, len(batch), _ROWS_PER_INSERT):
                part = batch.take(slice(start, start + _ROWS_PER_INSERT))
                self._engine.insert(TABLE, self._batch(part, sequence), lane=Lane.INGEST)
        with self._lock:
            written = set(map(id, batches))
            self._waiting = [batch for batch in self._waiting if id(batch) not in written]

    def of(self, refs: Int64s, found: SeriesColumns, deadline: Deadline | None) -> Int64s | None:
        """int64, parallel to the samples of `found`, whose series are `refs`; None where none is known."""
        if not self.any_known or not len(found.times_ms):
            return None
        slot_of = np.full(len(self._index), -1, np.int64)
        slot_of[refs] = np.arange(len(refs))
        with self._lock:
            waiting = list(self._waiting)
        changes = _ordered(slot_of, [self._read(refs, int(found.times_ms.max()), deadline), *waiting])
        if not len(changes):
            return None
        return _starts_at(changes, np.repeat(np.arange(len(refs)), np.diff(found.offsets)), found.times_ms)

    def _changes(self, rows: StartChanges) -> StartChanges:
        """Those rows that differ from what holds before them. In order within a series, whatever the order of the batch."""
        order = np.lexsort((rows.times_ms, rows.refs, rows.once))
        n_forward = len(order) - int(rows.once.sum())
        forward, late = rows.take(order[:n_forward]), rows.take(order[n_forward:])
        before = np.roll(forward.starts_ms, 1)
        first = np.ones(n_forward, np.bool_)
        first[1:] = forward.refs[1:] != forward.refs[:-1]
        before[first] = np.maximum(self._last[forward.refs[first]], UNKNOWN)
        last = np.append(first[1:], True)[:n_forward]
        changed = forward.take(forward.starts_ms != before)
        # whether a late sample's start is what holds at its time is not looked up: a row too many does no harm
        late = late.take((late.starts_ms != UNKNOWN) | (self._last[late.refs] != _NEVER))
        self._last[forward.refs[last]] = forward.starts_ms[last]
        return _joined([changed, late])

    def _read(self, refs: Int64s, max_time_ms: int, deadline: Deadline | None) -> StartChanges:
        listed = len(refs) <= IDS_LISTED_MAX
        series = f" and series in {literals(self._index.ids[refs].tolist())}" if listed else ""
        found = self._engine.query(
            f"select series, time_ms, start_ms, once from {TABLE} where time_ms <= {max_time_ms}{series} order by seq",
            deadline=deadline,
        )
        times, starts = (column(found, name).astype(np.int64) for name in ("time_ms", "start_ms"))
        once = column(found, "once").astype(np.bool_)
        return StartChanges(self._lookup.refs_of(column(found, "series")), times, starts, once)

    def _batch(self, rows: StartChanges, sequence: int) -> pa.RecordBatch:
        columns = {
            "series": self._index.ids[rows.refs],
            "time_ms": rows.times_ms,
            "start_ms": rows.starts_ms,
            "once": rows.once.astype(np.uint8),
            "seq": np.full(len(rows), sequence, np.uint64),
        }
        return pa.RecordBatch.from_arrays([pa.array(column) for column in columns.values()], names=list(columns))

    def _grow(self, n: int) -> None:
        if n > len(self._last):
            self._last = np.append(self._last, np.full(max(1024, 2 * n - len(self._last)), _NEVER, np.int64))


def _joined(parts: Sequence[StartChanges]) -> StartChanges:
    return StartChanges(
        np.concatenate([part.refs for part in parts]),
        np.concatenate([part.times_ms for part in parts]),
        np.concatenate([part.starts_ms for part in parts]),
        np.concatenate([part.once for part in parts]),
    )


def _ordered(slot_of: Int64s, parts: Sequence[StartChanges]) -> StartChanges:
    """The changes of the wanted series by (slot, time), `refs` holding slots; of equal places the last given comes last."""
    rows = _joined(parts)
    known = (rows.refs >= 0) & (rows.refs < len(slot_of))
    slots = np.where(known, slot_of[np.where(known, rows.refs, 0)], -1)
    rows = StartChanges(slots, rows.times_ms, rows.starts_ms, rows.once).take(slots >= 0)
    return rows.take(np.lexsort((rows.times_ms, rows.refs)))


def _starts_at(changes: StartChanges, slots: Int64s, times_ms: Int64s) -> Int64s:
    """int64[n]: what holds for the samples, which ascend by (slot, time), as the changes do."""
    starts = np.full(len(slots), UNKNOWN, np.int64)
    lasting = changes.take(~changes.once)
    if len(lasting):
        at = _last_not_after(lasting, slots, times_ms)
        own = (at >= 0) & (lasting.refs[at] == slots)
        starts[own] = lasting.starts_ms[at[own]]
    single = changes.take(changes.once)
    if len(single):
        at = _last_not_after(single, slots, times_ms)
        own = (at >= 0) & (single.refs[at] == slots) & (single.times_ms[at] == times_ms)
        starts[own] = single.starts_ms[at[own]]
    return starts


def _last_not_after(changes: StartChanges, slots: Int64s, times_ms: Int64s) -> Int64s:
    """The last change at or before each (slot, time), of this slot or an earlier one; -1: none."""
    n = len(changes)
    order = np.lexsort(
        (np.append(np.zeros(n, np.int8), np.ones(len(slots), np.int8)), *_keys(changes, slots, times_ms))
    )
    is_change = order < n
    before = np.cumsum(is_change) - 1
    out = np.empty(len(slots), np.int64)
    out[order[~is_change] - n] = before[~is_change]
    return out


def _keys(changes: StartChanges, slots: Int64s, times_ms: Int64s) -> tuple[Int64s, Int64s]:
    return np.append(changes.times_ms, times_ms), np.append(changes.refs, slots)
