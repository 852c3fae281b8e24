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
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vedette.model import verdicts
from vedette.model.blocks import ExemplarBatch, HistogramBatch, Int64s, MetricMetadata, SampleBatch, SeriesColumns
from vedette.model.errors import StoreError
from vedette.model.labels import Labels
from vedette.model.limits import IngestLimits, StoreLimits
from vedette.model.telemetry import gauge
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS
from vedette.ports.clock import Clock, SystemClock
from vedette.ports.principal import Principal
from vedette.ports.scan import Deadline, ScanPlan
from vedette.ports.store import (
    AppendResult,
    CommittedRows,
    DeleteResult,
    Selector,
    SeriesExemplars,
    Slice,
    StoreHealth,
    StoreStats,
)
from vedette.store import loading
from vedette.store.cardinality import rank_cardinality
from vedette.store.chunk_cache import ChunkCache
from vedette.store.compaction import Compaction
from vedette.store.deleting import delete_samples
from vedette.store.directory import DataDirectory
from vedette.store.engine import DATABASE, Engine, Lane
from vedette.store.feed import CommitFeed
from vedette.store.group_commit import CommitTable, GroupCommit
from vedette.store.head import Head
from vedette.store.head_loading import load_head, widen_spans
from vedette.store.id_lookup import IdLookup
from vedette.store.importing import Importer, ImportProgress
from vedette.store.index import SeriesIndex
from vedette.store.maintenance import Maintenance
from vedette.store.migrations import check_version, migrate
from vedette.store.partitions import DAY_MS, Partitions
from vedette.store.reading import column
from vedette.store.repair import Repair
from vedette.store.retention import Retention
from vedette.store.rewriting import empty_draft
from vedette.store.rolling_up import RollingUp, empty_rollup_drafts
from vedette.store.rollup_tables import RESOLUTIONS
from vedette.store.selecting import Selecting
from vedette.store.series_facts import SeriesFacts
from vedette.store.slicing import slice_answer
from vedette.store.sql import literal
from vedette.store.state import StoreState
from vedette.store.writing import MetadataRows, SeriesRows, Writer

SERIES, SAMPLES, METADATA, SPANS = "series", "samples", "metadata", "spans"

_HEAD_READY = gauge(
    "vedette_head_ready", "1 once the head is rebuilt after a start; until then the engine answers alone."
)


@dataclass(frozen=True, slots=True)
class StoreSettings:
    directory: Path
    ingest: IngestLimits = field(default_factory=IngestLimits)
    limits: StoreLimits = field(default_factory=StoreLimits)
    commit_wait_s: float = 5.0
    """Samples wait at most so long for their commit, unless an append says less."""
    retention: Retention = field(default_factory=Retention)
    maintenance: bool = True
    """False: chores run only when `maintain` is called."""
    step: Callable[[str], None] = lambda name: None
    """Told before and after each step of compaction; fault tests kill there."""


class ChdbStore:
    """Implements `Store`. Raises DataDirectoryInUse, SchemaTooNew, StoreError at construction."""

    def __init__(self, settings: StoreSettings, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._directory = DataDirectory(settings.directory)
        try:
            self._state = open_state(self._directory, settings, self._clock)
        except BaseException:
            self._directory.release()
            raise
        state = self._state
        self._metadata = loading.load_metadata(state.engine)
        self._head = Head(settings.ingest, rebuilding=bool(state.partitions.recent | state.partitions.chunks))
        self._selecting = Selecting(state, self._head)
        self._append_lock = threading.Lock()
        limits = settings.limits
        last_sequence = loading.last_sequence(state.engine)
        self._feed = CommitFeed(state.engine, self._clock, last_sequence)
        places = state.engine, state.index, state.facts, state.partitions
        self._writer = Writer(*places, limits.commit_rows_max, self._feed)
        self._commits = self._new_commits(last_sequence)
        compaction = Compaction(state, self._writer, self._make_spans_durable, settings.step, self._feed.held_from)
        rolling_up = RollingUp(state, self._commits.next_sequence, settings.step)
        self._maintenance = Maintenance(
            state, self._head, self._commits, compaction, rolling_up, settings.retention, settings.ingest
        )
        self._head_ready = threading.Event()
        _HEAD_READY.set(0)
        self._loader = threading.Thread(target=self._load_head, name="head-loader", daemon=True)
        self._closed = False
        self._commits.start()
        self._loader.start()

    def register(self, principal: Principal, labels: Sequence[Labels]) -> Int64s:
        index, facts = self._state.index, self._state.facts
        with self._append_lock:
            refs = index.add_all(principal.tenant, labels)
            fresh = np.arange(len(facts), len(index), dtype=np.int64)
            if len(fresh):
                facts.add(principal.tenant, index.labels_of(fresh))
                self._commits.append(SERIES, SeriesRows(fresh))
        return refs

    def append(self, principal: Principal, batch: SampleBatch, *, commit_within_s: float | None = None) -> AppendResult:
        with self._append_lock:
            self._commits.check_room(SAMPLES, len(batch))
            found, counts = self._head.append(batch.refs, batch.times_ms, batch.values, self._clock.now_ms())
            rows = batch
            if counts[: verdicts.OUT_OF_ORDER + 1].sum() < len(batch):
                accepted = found <= verdicts.OUT_OF_ORDER
                rows = SampleBatch(batch.refs[accepted], batch.times_ms[accepted], batch.values[accepted])
            self._state.facts.widen(rows.refs, rows.times_ms)
            committed = self._commits.append(SAMPLES, rows, commit_within_s)
        return AppendResult(
            committed,
            accepted=len(rows),
            idempotent=int(counts[verdicts.IDEMPOTENT]),
            duplicates=int(counts[verdicts.DUPLICATE]),
            too_old=int(counts[verdicts.TOO_OLD]),
            too_far=int(counts[verdicts.TOO_FAR]),
            out_of_order=int(counts[verdicts.OUT_OF_ORDER]),
            verdicts=found,
        )

    def append_histograms(
        self, principal: Principal, batch: HistogramBatch, *, commit_within_s: float | None = None
    ) -> AppendResult:
        raise StoreError("the store has no tables of native histograms yet")

    def append_exemplars(
        self, principal: Principal, batch: ExemplarBatch, *, commit_within_s: float | None = None
    ) -> AppendResult:
        raise StoreError("the store has no table of exemplars yet")

    def exemplars(
        self, principal: Principal, selectors: Sequence[Selector], min_time_ms: int, max_time_ms: int
    ) -> list[SeriesExemplars]:
        return []

    def committed_sequence(self) -> int:
        return self._feed.last_sequence

    def committed_since(
        self, principal: Principal, follower: str, after: int, rows_max: int, *, up_to: int | None = None
    ) -> CommittedRows:
        rows = self._feed.rows_since(follower, after, rows_max, up_to)
        owned = self._state.index.of_tenant(principal.tenant, self._state.lookup.refs_of(rows.ids))
        if owned.all():
            return rows
        return CommittedRows(rows.sequence, rows.ids[owned], rows.times_ms[owned], rows.values[owned])

    def labels_of_ids(self, ids: NDArray[np.uint64]) -> list[Labels | None]:
        refs = self._state.lookup.refs_of(ids)
        found: list[Labels | None] = [None] * len(ids)
        known = np.flatnonzero(refs >= 0)
        for place, labels in zip(known.tolist(), self._state.index.labels_of(refs[known]), strict=True):
            found[place] = labels
        return found

    def put_metadata(self, principal: Principal, entries: Iterable[MetricMetadata]) -> None:
        with self._append_lock:
            known = self._metadata.setdefault(principal.tenant, {})
            changed = [entry for entry in entries if known.get(entry.metric) != entry]
            known.update((entry.metric, entry) for entry in changed)
            if changed:
                self._commits.append(METADATA, MetadataRows(principal.tenant, changed))

    def select(self, principal: Principal, plan: ScanPlan, deadline: Deadline) -> SeriesColumns:
        return self._selecting.select(principal.tenant, plan, deadline)

    def slices(
        self, principal: Principal, plan: ScanPlan, deadline: Deadline, *, by_labels: bool = False
    ) -> Sequence[Slice]:
        return slice_answer(self._state, self._selecting, principal.tenant, plan, deadline, by_labels=by_labels)

    def raw_since_ms(self, principal: Principal) -> int:
        return self._state.partitions.raw_since_day * DAY_MS

    def series(
        self, principal: Principal, selectors: Sequence[Selector], min_time_ms: int, max_time_ms: int
    ) -> list[Labels]:
        refs = self._selecting.refs_within(principal.tenant, selectors, min_time_ms, max_time_ms)
        return sorted(self._state.index.labels_of(refs))

    def count_series(self, principal: Principal, selector: Selector, min_time_ms: int, max_time_ms: int) -> int:
        return len(self._selecting.refs_within(principal.tenant, [selector], min_time_ms, max_time_ms))

    def label_names(
        self, principal: Principal, selectors: Sequence[Selector], min_time_ms: int, max_time_ms: int
    ) -> list[str]:
        refs = self._selecting.refs_within(principal.tenant, selectors or [()], min_time_ms, max_time_ms)
        return self._state.index.label_names(refs)

    def label_values(
        self, principal: Principal, name: str, selectors: Sequence[Selector], min_time_ms: int, max_time_ms: int
    ) -> list[str]:
        refs = self._selecting.refs_within(principal.tenant, selectors or [()], min_time_ms, max_time_ms)
        return self._state.index.label_values(name, refs)

    def metadata(self, principal: Principal, metric: str = "") -> list[MetricMetadata]:
        known = self._metadata.get(principal.tenant, {})
        return [known[name] for name in sorted(known.copy()) if metric in ("", name)]

    def delete(
        self, principal: Principal, selectors: Sequence[Selector], min_time_ms: int, max_time_ms: int
    ) -> DeleteResult:
        with self._append_lock:
            bounds = (min_time_ms, max_time_ms)
            return delete_samples(self._state, self._head, self._commits, principal.tenant, selectors, bounds)

    def stats(self, principal: Principal, top: int = 10) -> StoreStats:
        state = self._state
        refs = self._selecting.refs_within(principal.tenant, [()], MIN_TIME_MS, MAX_TIME_MS)
        cardinality = rank_cardinality(state.index.pair_counts(refs), top)
        held = state.engine.query(
            "select sum(bytes_on_disk) as bytes, sumIf(rows, table = 'samples_recent') as rows from system.parts "
            f"where active and database = {literal(DATABASE)}",
            lane=Lane.CONTROL,
        )
        chunked = state.engine.query("select sum(samples) as samples from chunks", lane=Lane.CONTROL)
        head = self._head.size()
        return StoreStats(
            head_series=len(refs),
            head_samples=head.samples,
            head_bytes=head.bytes,
            head_min_time_ms=head.min_time_ms,
            head_max_time_ms=head.max_time_ms,
            disk_bytes=int(column(held, "bytes")[0]),
            disk_samples=int(column(held, "rows")[0]) + int(column(chunked, "samples")[0]),
            n_label_pairs=cardinality.n_label_pairs,
            series_by_metric=cardinality.series_by_metric,
            values_by_label=cardinality.values_by_label,
            bytes_by_label=cardinality.bytes_by_label,
            series_by_label_pair=cardinality.series_by_label_pair,
        )

    def health(self) -> StoreHealth:
        problems = list(self._state.repair.problems)
        if self._commits.failing:
            problems.append("the engine refuses commits (disk full?); what was accepted waits in memory")
        return StoreHealth(ready=not self._closed, head_ready=self._head_ready.is_set(), problems=problems)

    def wait_until_head_ready(self, timeout_s: float) -> bool:
        return self._head_ready.wait(timeout_s)

    def maintain(self) -> None:
        """Runs every chore now: compaction, deletion, rollups, retention."""
        self._maintenance.run_once()

    def set_retention(self, retention: Retention) -> None:
        """Keeping times and size apply from the next round on; the class of a series is set when it is first seen."""
        self._maintenance.retention = retention

    def import_samples(
        self, batches: Iterable[SampleBatch], report: Callable[[ImportProgress], None] = lambda progress: None
    ) -> ImportProgress:
        """Samples of any age, refs from `register`; several million a second. Raises StoreError."""
        self._head_ready.wait()
        old_before_ms = self._maintenance.compact_now()
        importer = Importer(self._state, self._head, self._commits, self._make_spans_durable, old_before_ms, report)
        return importer.run(batches)

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._maintenance.stop()
        self._loader.join()
        self._commits.close()
        self._state.engine.close()
        self._directory.release()

    def _new_commits(self, last_sequence: int) -> GroupCommit:
        pending_max, wait_s = self._settings.ingest.pending_samples_max, self._settings.commit_wait_s
        tables = (
            CommitTable(SERIES, self._writer.write_series, pending_max, wait_s),
            CommitTable(SAMPLES, self._writer.write_samples, pending_max, wait_s),
            CommitTable(METADATA, self._writer.write_metadata, pending_max, wait_s),
            CommitTable(SPANS, self._writer.write_spans, pending_max, wait_s),
        )
        return GroupCommit(tables, self._clock, last_sequence)

    def _make_spans_durable(self, refs: Int64s) -> None:
        """Writes the time spans that are known now. Raises StoreUnavailable."""
        self._commits.append(SPANS, SeriesRows(refs), 0.0).result()

    def _load_head(self) -> None:
        load_head(self._state, self._head, self._settings.ingest)
        widen_spans(self._state, self._append_lock)
        self._head_ready.set()
        _HEAD_READY.set(1)
        if self._settings.maintenance:
            self._maintenance.start()


def open_state(directory: DataDirectory, settings: StoreSettings, clock: Clock) -> StoreState:
    """Opens the engine, brings its schema up to date and reads what must be known before the first answer."""
    check_version(directory)
    engine = Engine(directory.engine_path, settings.limits)
    try:
        return _read_state(engine, directory, settings, clock)
    except BaseException:
        engine.close()
        raise


def _read_state(engine: Engine, directory: DataDirectory, settings: StoreSettings, clock: Clock) -> StoreState:
    repair = Repair(engine)
    migrate(engine, directory)
    repair.list_detached()
    empty_draft(engine)
    empty_rollup_drafts(engine)
    index, partitions = SeriesIndex(), Partitions()
    facts = SeriesFacts(lambda tenant, labels: settings.retention.class_of(labels))
    partitions.load(engine, [resolution.table.name for resolution in RESOLUTIONS])
    loading.load_series(engine, index, facts, settings.retention)
    deletions = loading.load_deletions(engine)
    lookup = IdLookup(index)
    loading.load_spans(engine, lookup, facts)
    cache = ChunkCache(engine, settings.limits.chunk_cache_bytes_max, settings.limits.column_cache_bytes_max)
    return StoreState(engine, index, facts, lookup, partitions, deletions, repair, settings.limits, clock, cache)
