"""Exemplars of the chDB store: rows of `exemplars`, one for each that its series had not said last.

The last exemplar of each series is known in RAM from the first one after a start on; one that is stored twice because of that
is read once. Rows stay as long as the samples of their retention class: the days are dropped together.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from vedette.model import verdicts
from vedette.model.blocks import ExemplarBatch, Int64s
from vedette.model.labels import Labels
from vedette.ports.store import CommittedExemplars, SeriesExemplars, Verdicts
from vedette.store.engine import Engine, Lane
from vedette.store.exemplar_rules import Exemplar, judge
from vedette.store.feed import CommitFeed
from vedette.store.id_lookup import IdLookup
from vedette.store.index import SeriesIndex
from vedette.store.partitions import DAY_MS, Partition, Partitions, day_of
from vedette.store.reading import IDS_LISTED_MAX, column
from vedette.store.series_facts import SeriesFacts
from vedette.store.sql import literal, literals

TABLE: Final = "exemplars"


@dataclass(frozen=True, slots=True, eq=False)
class ExemplarRows:
    refs: Int64s
    exemplars: Sequence[Exemplar]

    def __len__(self) -> int:
        return len(self.exemplars)


class Exemplars:
    """Thread-safe, but for `accept`: one caller at a time (the store's append lock)."""

    def __init__(
        self, engine: Engine, index: SeriesIndex, facts: SeriesFacts, partitions: Partitions, feed: CommitFeed
    ) -> None:
        self._engine = engine
        self._index = index
        self._lookup = IdLookup(index)
        self._facts = facts
        self._partitions = partitions
        self._feed = feed
        self._lock = threading.Lock()
        self._last: dict[int, Exemplar] = {}
        self._waiting: list[ExemplarRows] = []

    def accept(self, batch: ExemplarBatch) -> tuple[ExemplarRows, Verdicts]:
        """(what is to be committed, each one's verdict); readable when it returns."""
        found = np.empty(len(batch), np.uint8)
        refs: list[int] = []
        exemplars: list[Exemplar] = []
        rows = zip(batch.refs.tolist(), batch.times_ms.tolist(), batch.values.tolist(), batch.labels, strict=True)
        for place, (ref, *content) in enumerate(rows):
            exemplar = Exemplar(*content)
            verdict = judge(self._last.get(ref), exemplar) if ref >= 0 else verdicts.REFUSED
            found[place] = verdict
            if verdict == verdicts.ACCEPTED:
                self._last[ref] = exemplar
                refs.append(ref)
                exemplars.append(exemplar)
        accepted = ExemplarRows(np.array(refs, np.int64), exemplars)
        if refs:
            with self._lock:
                self._waiting.append(accepted)
        return accepted, found

    def write(self, batches: Sequence[ExemplarRows], sequence: int) -> None:
        """Raises StoreError."""
        refs = np.concatenate([batch.refs for batch in batches])
        exemplars = [exemplar for batch in batches for exemplar in batch.exemplars]
        days = np.array([exemplar.time_ms for exemplar in exemplars], np.int64) // DAY_MS
        keys = (days << 16) | self._facts.classes(refs)
        for key in np.unique(keys).tolist():
            partition = Partition(key >> 16, key & 0xFFFF)
            self._partitions.note_beside(TABLE, partition)
            places = np.flatnonzero(keys == key)
            own = ExemplarRows(refs[places], [exemplars[place] for place in places.tolist()])
            self._engine.insert(TABLE, self._batch(partition, own, sequence), lane=Lane.INGEST)
        with self._lock:
            written = set(map(id, batches))
            self._waiting = [rows for rows in self._waiting if id(rows) not in written]
        self._feed.publish_exemplars(self._followed(refs, exemplars))

    def _followed(self, refs: Int64s, exemplars: Sequence[Exemplar]) -> CommittedExemplars:
        """In the order in which the table gives them: by series id, time."""
        ids = self._index.ids[refs]
        times = np.array([exemplar.time_ms for exemplar in exemplars], np.int64)
        order = np.lexsort((times, ids))
        some = [exemplars[place] for place in order.tolist()]
        values = np.array([exemplar.value for exemplar in some], np.float64)
        return CommittedExemplars(ids[order], times[order], values, [exemplar.labels for exemplar in some])

    def select(self, refs: Int64s, min_time_ms: int, max_time_ms: int) -> list[SeriesExemplars]:
        """Those of the series; sorted by labels. Raises StoreError."""
        found: dict[int, set[Exemplar]] = {}
        wanted = set(refs.tolist())
        with self._lock:
            waiting = list(self._waiting)
        for rows in waiting:
            for ref, exemplar in zip(rows.refs.tolist(), rows.exemplars, strict=True):
                if ref in wanted and min_time_ms <= exemplar.time_ms <= max_time_ms:
                    found.setdefault(ref, set()).add(exemplar)
        if wanted and self._partitions.any_beside(TABLE, min_time_ms, max_time_ms):
            for ref, exemplar in self._read(refs, min_time_ms, max_time_ms):
                if ref in wanted:
                    found.setdefault(ref, set()).add(exemplar)
        labels = self._index.labels_of(np.array(list(found), np.int64))
        answer = [_series(*pair) for pair in zip(labels, found.values(), strict=True)]
        return sorted(answer, key=lambda one: one.series)

    def _read(self, refs: Int64s, min_time_ms: int, max_time_ms: int) -> list[tuple[int, Exemplar]]:
        conditions = [
            f"day between {day_of(min_time_ms)} and {day_of(max_time_ms)}",
            f"time_ms between {literal(min_time_ms)} and {literal(max_time_ms)}",
        ]
        if len(refs) <= IDS_LISTED_MAX:
            conditions.append(f"series in {literals(self._index.ids[refs].tolist())}")
        rows = self._engine.query(
            f"select series, time_ms, value, labels from {TABLE} where {' and '.join(conditions)}"
        )
        owners = self._lookup.refs_of(column(rows, "series")).tolist()
        times, values = column(rows, "time_ms").tolist(), column(rows, "value").tolist()
        labels = [Labels(pairs) for pairs in rows["labels"].to_pylist()]
        return list(zip(owners, map(Exemplar, times, values, labels), strict=True))

    def _batch(self, partition: Partition, rows: ExemplarRows, sequence: int) -> pa.RecordBatch:
        n = len(rows)
        labels = [exemplar.labels for exemplar in rows.exemplars]
        offsets = np.append(0, np.cumsum([len(one) for one in labels])).astype(np.int32)
        names = pa.array([name for one in labels for name, _ in one], pa.string())
        texts = pa.array([text for one in labels for _, text in one], pa.string())
        columns = {
            "day": pa.array(np.full(n, partition.unit, np.int32)),
            "class": pa.array(np.full(n, partition.class_, np.uint16)),
            "series": pa.array(self._index.ids[rows.refs]),
            "time_ms": pa.array([exemplar.time_ms for exemplar in rows.exemplars], pa.int64()),
            "value": pa.array([exemplar.value for exemplar in rows.exemplars], pa.float64()),
            "labels": pa.MapArray.from_arrays(pa.array(offsets), names, texts),
            "seq": pa.array(np.full(n, sequence, np.uint64)),
        }
        return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))


def _series(labels: Labels, found: set[Exemplar]) -> SeriesExemplars:
    ordered = sorted(found)
    times = np.array([one.time_ms for one in ordered], np.int64)
    values = np.array([one.value for one in ordered], np.float64)
    return SeriesExemplars(labels, times, values, [one.labels for one in ordered])
