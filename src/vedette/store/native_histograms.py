"""Native histograms of the chDB store: their content, by (series, time, mark).

    append --> held in RAM --> commit: rows of `histograms`, then the marks as samples --> cache in RAM
    select <-- the marks among the samples say which are needed: from RAM, the rest from `histograms` in one statement

The content is durable and readable before its mark is, and a mark fits one content only, so which histogram stands at a time is
decided where samples are merged, not here. Content without a mark (a kill between the two, a deletion) is never read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa

from vedette.model.blocks import Float64s, HistogramBatch, Int64s, SeriesColumns
from vedette.model.histograms import FLOAT, NO_HISTOGRAMS, HistogramCells, Histograms, join_histograms
from vedette.model.telemetry import counter
from vedette.ports.scan import Deadline
from vedette.store.deletions import Deletion
from vedette.store.engine import Engine, Lane
from vedette.store.histogram_marks import are_marks, marks_of
from vedette.store.histogram_rows import CONTENT_COLUMNS, from_arrow, to_arrow
from vedette.store.id_lookup import IdLookup
from vedette.store.index import SeriesIndex
from vedette.store.partitions import DAY_MS, Partition, Partitions, day_of
from vedette.store.reading import IDS_LISTED_MAX, column
from vedette.store.recent_histograms import NO_SLOT, MarkedHistograms, RecentHistograms, slots_of
from vedette.store.series_facts import SeriesFacts
from vedette.store.sql import literal, literals

TABLE: Final = "histograms"
_ROWS_PER_INSERT: Final = 50_000

_LOST = counter("vedette_lost_histograms", "Marks of histograms whose content was not found; left out of an answer.")


class NativeHistograms:
    """Thread-safe."""

    def __init__(
        self, engine: Engine, index: SeriesIndex, facts: SeriesFacts, partitions: Partitions, recent_bytes_max: int
    ) -> None:
        self._engine = engine
        self._index = index
        self._lookup = IdLookup(index)
        self._facts = facts
        self._partitions = partitions
        self.recent = RecentHistograms(recent_bytes_max)

    def may_be_within(self, min_time_ms: int, max_time_ms: int) -> bool:
        """False: no sample of the time range is a mark."""
        return bool(self.recent) or self._partitions.any_beside(TABLE, min_time_ms, max_time_ms)

    def write(self, batches: Sequence[MarkedHistograms], sequence: int) -> None:
        """Raises StoreError."""
        for rows in batches:
            self._insert(rows, sequence)
        self.recent.committed(batches)

    def complete(self, refs: Int64s, found: SeriesColumns, deadline: Deadline | None) -> SeriesColumns:
        """`found`, whose series are `refs`, with the histograms that its marks stand for."""
        cells = self.cells_of(refs, found, deadline)
        if cells is None:
            return found
        lost = np.flatnonzero(are_marks(found.values) & (cells.rows == FLOAT))
        return _without(replace(found, histograms=cells), lost)

    def cells_of(self, refs: Int64s, found: SeriesColumns, deadline: Deadline | None) -> HistogramCells | None:
        """The histograms that the marks of `found` stand for, FLOAT where one is lost; None where there are no marks."""
        places = np.flatnonzero(are_marks(found.values))
        if not len(places):
            return None
        slots = np.searchsorted(found.offsets, places, side="right") - 1
        rows, table = self._find(refs, slots, found.times_ms[places], found.values[places], deadline)
        cells = np.full(len(found.values), FLOAT, np.int64)
        cells[places] = rows
        return HistogramCells(cells, table)

    def clear(self, deletion: Deletion) -> None:
        """Frees the space of histograms that the deletion covers, and that no sample can name again. Raises StoreError."""
        low, high = deletion.min_time_ms, deletion.max_time_ms
        if self._partitions.any_beside(TABLE, low, high):
            self._engine.execute(
                f"alter table {TABLE} delete where time_ms between {literal(low)} and {literal(high)} "
                f"and seq < {deletion.sequence} and series in ("
                f"select series from deletions where seq = {deletion.sequence})"
            )

    def _find(
        self, refs: Int64s, slots: Int64s, times: Int64s, marks: Float64s, deadline: Deadline | None
    ) -> tuple[Int64s, Histograms]:
        """(the row of each mark or FLOAT, the table). `slots` are places in `refs`; marks ascend by slot and time."""
        slot_of = np.full(len(self._index), NO_SLOT, np.int64)
        slot_of[refs] = np.arange(len(refs))
        rows = np.full(len(slots), FLOAT, np.int64)
        recent = self.recent.within(slot_of, int(times.min()), int(times.max()))
        if recent is not None:
            rows = recent.rows_at(slots, times, marks)
        missing = np.flatnonzero(rows == FLOAT)
        if not len(missing):
            return rows, recent.histograms if recent is not None else NO_HISTOGRAMS
        bounds = int(times[missing].min()), int(times[missing].max())
        stored = self._read(refs[np.unique(slots[missing])], slot_of, bounds, deadline)
        at = stored.rows_at(slots[missing], times[missing], marks[missing])
        tables = [stored.histograms] if recent is None else [recent.histograms, stored.histograms]
        rows[missing] = np.where(at >= 0, at + (0 if recent is None else len(recent)), FLOAT)
        return rows, join_histograms(tables)

    def _read(
        self, refs: Int64s, slot_of: Int64s, bounds: tuple[int, int], deadline: Deadline | None
    ) -> MarkedHistograms:
        low, high = bounds
        conditions = [f"day between {day_of(low)} and {day_of(high)}", f"time_ms between {low} and {high}"]
        if len(refs) <= IDS_LISTED_MAX:
            conditions.append(f"series in {literals(self._index.ids[refs].tolist())}")
        found = self._engine.query(
            f"select series, time_ms, {CONTENT_COLUMNS} from {TABLE} where {' and '.join(conditions)}",
            deadline=deadline,
        )
        slots = slots_of(self._lookup.refs_of(column(found, "series")), slot_of)
        histograms = from_arrow(found)
        return MarkedHistograms(slots, column(found, "time_ms").astype(np.int64), marks_of(histograms), histograms)

    def _insert(self, rows: MarkedHistograms, sequence: int) -> None:
        days = rows.times_ms // DAY_MS
        classes = self._facts.classes(rows.slots)
        keys = (days << 16) | classes
        for key in np.unique(keys).tolist():
            partition = Partition(key >> 16, key & 0xFFFF)
            self._partitions.note_beside(TABLE, partition)  # before the rows exist: no reader may skip them
            places = np.flatnonzero(keys == key)
            for start in range(0, len(places), _ROWS_PER_INSERT):
                some = rows.take(places[start : start + _ROWS_PER_INSERT])
                self._engine.insert(TABLE, self._batch(partition, some, sequence), lane=Lane.INGEST)

    def _batch(self, partition: Partition, rows: MarkedHistograms, sequence: int) -> pa.RecordBatch:
        columns = {
            "day": pa.array(np.full(len(rows), partition.unit, np.int32)),
            "class": pa.array(np.full(len(rows), partition.class_, np.uint16)),
            "series": pa.array(self._index.ids[rows.slots]),
            "time_ms": pa.array(rows.times_ms),
            "seq": pa.array(np.full(len(rows), sequence, np.uint64)),
            **to_arrow(rows.histograms),
        }
        return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))


def marked(batch: HistogramBatch) -> MarkedHistograms:
    return MarkedHistograms(batch.refs, batch.times_ms, marks_of(batch.histograms), batch.histograms)


def storable(rows: MarkedHistograms) -> Int64s:
    """Rows whose series is known and that are more than a stale marker."""
    return np.flatnonzero((rows.slots >= 0) & are_marks(rows.marks))


def _without(found: SeriesColumns, lost: Int64s) -> SeriesColumns:
    """Leaves out the samples at these places."""
    if not len(lost):
        return found
    _LOST.inc(len(lost))
    keep = np.ones(len(found.values), np.bool_)
    keep[lost] = False
    kept_before = np.append(0, np.cumsum(keep))
    downsampled = found.downsampled
    if downsampled is not None and downsampled.counts is not None:
        downsampled = replace(downsampled, counts=downsampled.counts[keep])
    return replace(
        found,
        downsampled=downsampled,
        offsets=kept_before[found.offsets],
        times_ms=found.times_ms[keep],
        values=found.values[keep],
        histograms=None if found.histograms is None else found.histograms[keep],
        start_times_ms=None if found.start_times_ms is None else found.start_times_ms[keep],
    )
