"""Rows of the queues to inserts: one per table and partition, columns only.

An insert that spans partitions or has over a million rows lands piecewise, so a commit is cut along both. A kill between
two inserts of one commit leaves the first: none of its rows was acknowledged then.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.model.blocks import Float64s, Int64s, MetricMetadata, SampleBatch
from vedette.model.time import BLOCK_MS
from vedette.store.engine import Engine
from vedette.store.feed import CommitFeed
from vedette.store.id_lookup import Ids
from vedette.store.index import SeriesIndex
from vedette.store.partitions import Partition, Partitions
from vedette.store.runs import distinct
from vedette.store.series_facts import SeriesFacts


@dataclass(frozen=True, slots=True)
class SeriesRows:
    """Series whose labels, or whose time spans, are to be written: what they are then is taken."""

    refs: Int64s

    def __len__(self) -> int:
        return len(self.refs)


@dataclass(frozen=True, slots=True)
class MetadataRows:
    tenant: str
    entries: Sequence[MetricMetadata]

    def __len__(self) -> int:
        return len(self.entries)


class Writer:
    """The `write` functions of the commit tables. Called by the commit thread alone. Raise StoreError."""

    def __init__(
        self,
        engine: Engine,
        index: SeriesIndex,
        facts: SeriesFacts,
        partitions: Partitions,
        rows_max: int,
        feed: CommitFeed,
    ) -> None:
        self._engine = engine
        self._index = index
        self._facts = facts
        self._partitions = partitions
        self._rows_max = rows_max
        self._feed = feed
        self.lock = threading.Lock()
        """Held while sample rows are written; compaction holds it to drop a partition that no late row may enter."""

    def write_samples(self, batches: Sequence[SampleBatch], sequence: int) -> None:
        refs = np.concatenate([batch.refs for batch in batches])
        times = np.concatenate([batch.times_ms for batch in batches])
        values = np.concatenate([batch.values for batch in batches])
        keys = (times // BLOCK_MS << 16) | self._facts.classes(refs)
        with self.lock:
            for key in distinct(keys).tolist():
                partition = Partition(key >> 16, key & 0xFFFF)
                self._partitions.note_recent(partition)  # before the rows exist: no reader may skip them
                own = keys == key
                rows = SampleBatch(refs[own], times[own], values[own])
                self._write_partition(partition, rows, sequence)
        self._feed.publish(sequence, self._index.ids[refs], times, values)

    def _write_partition(self, partition: Partition, rows: SampleBatch, sequence: int) -> None:
        for start in range(0, len(rows), self._rows_max):
            some = slice(start, start + self._rows_max)
            columns = self._index.ids[rows.refs[some]], rows.times_ms[some], rows.values[some]
            self._engine.insert("samples_recent", _samples_batch(partition, *columns, sequence))

    def write_series(self, batches: Sequence[SeriesRows], sequence: int) -> None:
        for refs in self._portions(batches):
            self._engine.insert("series", self._series_batch(refs, sequence))

    def write_spans(self, batches: Sequence[SeriesRows], sequence: int) -> None:
        for refs in self._portions(batches):
            self._engine.insert("spans", self._spans_batch(refs, sequence))

    def write_metadata(self, batches: Sequence[MetadataRows], sequence: int) -> None:
        rows = [(batch.tenant, entry) for batch in batches for entry in batch.entries]
        newest = {(tenant, entry.metric): entry for tenant, entry in rows}
        self._engine.insert(
            "metadata",
            _batch(
                tenant=pa.array([tenant for tenant, _ in newest], pa.string()),
                metric=pa.array([metric for _, metric in newest], pa.string()),
                type=pa.array([entry.type for entry in newest.values()], pa.string()),
                help=pa.array([entry.help for entry in newest.values()], pa.string()),
                unit=pa.array([entry.unit for entry in newest.values()], pa.string()),
                seq=np.full(len(newest), sequence, np.uint64),
            ),
        )

    def _portions(self, batches: Sequence[SeriesRows]) -> Iterator[Int64s]:
        """Refs of the batches, each once, for one insert at a time."""
        refs = distinct(np.concatenate([batch.refs for batch in batches]))
        for start in range(0, len(refs), self._rows_max):
            yield refs[start : start + self._rows_max]

    def _series_batch(self, refs: Int64s, sequence: int) -> pa.RecordBatch:
        labels = self._index.labels_of(refs)
        offsets = np.append(0, np.cumsum([len(one) for one in labels])).astype(np.int32)
        names = pa.array([name for one in labels for name, _ in one], pa.string())
        values = pa.array([value for one in labels for _, value in one], pa.string())
        return _batch(
            tenant=self._facts.tenant_column(refs),
            metric=self._facts.metric_column(refs),
            id=self._index.ids[refs],
            labels=pa.MapArray.from_arrays(pa.array(offsets), names, values),
            seq=np.full(len(refs), sequence, np.uint64),
        )

    def _spans_batch(self, refs: Int64s, sequence: int) -> pa.RecordBatch:
        return _batch(
            series=self._index.ids[refs],
            first_ms=self._facts.first_ms[refs],
            last_ms=self._facts.last_ms[refs],
            seq=np.full(len(refs), sequence, np.uint64),
        )


def _samples_batch(partition: Partition, ids: Ids, times_ms: Int64s, values: Float64s, sequence: int) -> pa.RecordBatch:
    n = len(ids)
    return pa.RecordBatch.from_arrays(
        [
            pa.array(np.full(n, partition.unit, np.int32)),
            pa.array(np.full(n, partition.class_, np.uint16)),
            pa.array(ids),
            pa.array(times_ms),
            pa.array(values),
            pa.array(np.full(n, sequence, np.uint64)),
        ],
        names=["block", "class", "series", "time_ms", "value", "seq"],
    )


def _batch(**columns: NDArray[np.generic] | pa.Array) -> pa.RecordBatch:
    arrays = [pa.array(column) if isinstance(column, np.ndarray) else column for column in columns.values()]
    return pa.RecordBatch.from_arrays(arrays, names=list(columns))
