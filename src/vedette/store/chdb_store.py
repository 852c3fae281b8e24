"""The Store on the embedded engine: index and head in RAM, truth in the engine's tables.

    register --> index (RAM) --> queue `series`  --+
    append ----> head (RAM) ---> queue `samples` --+--> group commit --> series, samples_recent
                                                                              | compaction, each 2 h block once
    select <---- head, samples_recent, chunks, one sample per (series, time) <-+--> chunks

What is accepted is visible at once (the head holds it) and acknowledged when its commit is on disk. After a start the
engine answers alone until the head is rebuilt from `samples_recent`. Contract: ports/store.py.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vedette.model.blocks import Int64s, MetricMetadata, SampleBatch, SeriesColumns, empty_columns
from vedette.model.errors import QueryTooLarge
from vedette.model.labels import Labels
from vedette.model.limits import IngestLimits, StoreLimits
from vedette.model.staleness import STALE_NAN_BITS
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS
from vedette.ports.clock import Clock, SystemClock
from vedette.ports.principal import Principal
from vedette.ports.scan import Deadline, ScanPlan
from vedette.ports.store import AppendResult, DeleteResult, Selector, StoreHealth, StoreStats
from vedette.store import loading
from vedette.store.cardinality import rank_cardinality
from vedette.store.directory import DataDirectory
from vedette.store.engine import Engine
from vedette.store.group_commit import CommitTable, GroupCommit
from vedette.store.head import Head
from vedette.store.index import SeriesIndex
from vedette.store.migrations import check_version, migrate
from vedette.store.partitions import Partitions
from vedette.store.reading import Wanted, read_chunks, read_recent
from vedette.store.runs import HEAD_RANK, Columns, Runs, merge, one_run_per_slot
from vedette.store.series_facts import SeriesFacts
from vedette.store.writing import MetadataRows, SampleRows, SeriesRows, Writer


@dataclass(frozen=True, slots=True)
class StoreSettings:
    directory: Path
    ingest: IngestLimits = field(default_factory=IngestLimits)
    limits: StoreLimits = field(default_factory=StoreLimits)
    commit_wait_s: float = 5.0
    """Samples wait at most so long for their commit, unless an append says less."""


class ChdbStore:
    """Implements `Store`. Raises DataDirectoryInUse, SchemaTooNew, StoreError at construction."""

    def __init__(self, settings: StoreSettings, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._directory = DataDirectory(settings.directory)
        try:
            check_version(self._directory)
            self._engine = Engine(self._directory.engine_path, settings.limits)
        except BaseException:
            self._directory.release()
            raise
        migrate(self._engine, self._directory)
        self._append_lock = threading.Lock()
        self._index = SeriesIndex()
        self._facts = SeriesFacts(lambda tenant, labels: 0)
        self._partitions = Partitions()
        self._partitions.load(self._engine)
        loading.load_series(self._engine, self._index, self._facts)
        self._metadata = loading.load_metadata(self._engine)
        self._deletions = loading.load_deletions(self._engine)
        self._head = Head(settings.ingest)
        self._commits = self._group_commit()
        self._commits.start()
        self._closed = False
