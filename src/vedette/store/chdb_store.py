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
from concurrent.futures import Future

import numpy as np
from numpy.typing import NDArray

from vedette.model import verdicts
from vedette.model.blocks import ExemplarBatch, HistogramBatch, Int64s, MetricMetadata, SampleBatch, SeriesColumns
from vedette.model.labels import Labels
from vedette.model.limits import SeriesLimits
from vedette.model.telemetry import gauge
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS
from vedette.ports.administration import StoredDay
from vedette.ports.cardinality import CardinalityQuestion, CardinalityReport
from vedette.ports.clock import Clock, SystemClock
from vedette.ports.principal import Principal
from vedette.ports.scan import Deadline, ScanPlan
from vedette.ports.store import (
    FLOATS_ONLY,
    AppendResult,
    CommitParts,
    CommittedRows,
    DeleteResult,
    Selector,
    SeriesExemplars,
    Slice,
    StoreHealth,
    StoreStats,
    Verdicts,
)
from vedette.store import loading
from vedette.store.alert_history import AlertHistoryTable, EventRows
from vedette.store.cardinality import rank_cardinality
from vedette.store.cardinality_report import RATE_WINDOW_MS, report_cardinality
from vedette.store.committed import complete_rows
from vedette.store.compaction import Compaction
from vedette.store.deleting import delete_samples
from vedette.store.directory import DataDirectory
from vedette.store.engine import DATABASE, Lane
from vedette.store.exemplars import Exemplars
from vedette.store.feed import CommitFeed
from vedette.store.group_commit import CommitTable, GroupCommit
from vedette.store.head import Head
from vedette.store.head_loading import load_head, widen_spans
from vedette.store.importing import Importer, ImportProgress
from vedette.store.maintenance import Maintenance
from vedette.store.native_histograms import marked, storable
from vedette.store.opening import StoreSettings, classifier, open_state
from vedette.store.partitions import DAY_MS
from vedette.store.reading import column
from vedette.store.recent_histograms import MarkedHistograms
from vedette.store.retention import Retention
from vedette.store.retention_classes import number_rules
from vedette.store.rolling_up import RollingUp
from vedette.store.selecting import Selecting
from vedette.store.sizes import stored_days
from vedette.store.slicing import Slicing
from vedette.store.sql import literal
from vedette.store.start_times import StartChanges
from vedette.store.writing import MetadataRows, SeriesRows, Writer

SERIES, SAMPLES, METADATA = "series", "samples", "metadata"
EXEMPLARS, SPANS, ALERTS_HISTORY = "exemplars", "spans", "alerts_history"

_HEAD_READY = gauge(
    "vedette_head_ready", "1 once the head is rebuilt after a start; until then the engine answers alone."
)


class ChdbStore:
    """Implements `Store` and `Administration`. Raises DataDirectoryInUse, SchemaTooNew, StoreError at construction."""

    def __init__(self, settings: StoreSettings, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._directory = DataDirectory(settings.directory)
        try:
            self._state, retention = open_state(self._directory, settings, self._clock)
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
        self._exemplars = Exemplars(*places, self._feed)
        self.alert_history = AlertHistoryTable(state.engine, self._queue_events)
        self._commits = self._new_commits(last_sequence)
        compaction = Compaction(state, self._writer, self._make_spans_durable, settings.step, self._feed.held_from)
        rolling_up = RollingUp(state, self._commits.next_sequence, settings.step)
        self._maintenance = Maintenance(
            state, self._head, self._commits, compaction, rolling_up, retention, settings.ingest
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
            refs = index.add_all(principal.tenant, labels, self._state.quota.admit)
            fresh = np.arange(len(facts), len(index), dtype=np.int64)
            if len(fresh):
                facts.add(principal.tenant, index.labels_of(fresh))
                self._commits.append(SERIES, SeriesRows(fresh))
        return refs

    def why_refused(self, principal: Principal, labels: Labels) -> str:
        return self._state.quota.why_refused(principal.tenant, labels) or f"its id is taken by another series: {labels}"

    def append(self, principal: Principal, batch: SampleBatch, *, commit_within_s: float | None = None) -> AppendResult:
        with self._append_lock:
            self._commits.check_room(SAMPLES, len(batch))
            found, _ = self._head.append(batch.refs, batch.times_ms, batch.values, self._clock.now_ms())
            committed = self._commit_accepted(batch, found, commit_within_s)
        return _append_result(committed, found)

    def append_histograms(
        self, principal: Principal, batch: HistogramBatch, *, commit_within_s: float | None = None
    ) -> AppendResult:
        rows, held = marked(batch), self._state.histograms.recent
        marks = SampleBatch(batch.refs, batch.times_ms, rows.marks, batch.start_times_ms)
        with self._append_lock:
            self._commits.check_room(SAMPLES, 2 * len(batch))
            held.hold(rows)  # before a reader can meet a mark
            found, _ = self._head.append(batch.refs, batch.times_ms, rows.marks, self._clock.now_ms())
            accepted = rows.take(np.intersect1d(storable(rows), np.flatnonzero(found <= verdicts.OUT_OF_ORDER)))
            if len(accepted):
                held.hold(accepted)
                self._commits.append(SAMPLES, accepted, commit_within_s)
            held.drop(rows)
            committed = self._commit_accepted(marks, found, commit_within_s)
        return _append_result(committed, found)

    def append_exemplars(
        self, principal: Principal, batch: ExemplarBatch, *, commit_within_s: float | None = None
    ) -> AppendResult:
        with self._append_lock:
            self._commits.check_room(EXEMPLARS, len(batch))
            rows, found = self._exemplars.accept(batch)
            committed = self._commits.append(EXEMPLARS, rows, commit_within_s)
        return _append_result(committed, found)

    def committed_sequence(self) -> int:
        return self._feed.last_sequence

    def committed_since(
        self,
        principal: Principal,
        follower: str,
        after: int,
        rows_max: int,
        *,
        up_to: int | None = None,
        parts: CommitParts = FLOATS_ONLY,
    ) -> CommittedRows:
        rows = self._feed.rows_since(follower, after, rows_max, up_to, exemplars=parts.exemplars)
        return complete_rows(self._state, principal.tenant, rows, parts)

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

    @property
    def change_count(self) -> int:
        return self._state.changes.count

    def unchanged_until(self, since: int, min_time_ms: int, max_time_ms: int) -> int:
        return self._state.changes.unchanged_until(since, min_time_ms, max_time_ms)

    def slices(
        self,
        principal: Principal,
        plan: ScanPlan,
        deadline: Deadline,
        *,
        also: Sequence[Selector] = (),
        by_labels: bool = False,
    ) -> Sequence[Slice]:
        selectors = (plan.matchers, *also)
        refs = self._selecting.refs_within(principal.tenant, selectors, plan.min_time_ms, plan.max_time_ms)
        plan.check_series(len(refs))
        return Slicing(self._state, self._selecting, principal.tenant, plan, deadline).slices(refs, by_labels=by_labels)

    def raw_since_ms(self, principal: Principal) -> int:
        return self._state.partitions.raw_since_day * DAY_MS

    def exemplars(
        self, principal: Principal, selectors: Sequence[Selector], min_time_ms: int, max_time_ms: int
    ) -> list[SeriesExemplars]:
        refs = self._state.index.select(principal.tenant, selectors)
        return self._exemplars.select(refs, min_time_ms, max_time_ms)

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

    def cardinality(
        self,
        principal: Principal,
        selectors: Sequence[Selector],
        min_time_ms: int,
        max_time_ms: int,
        question: CardinalityQuestion,
    ) -> CardinalityReport:
        facts, now_ms = self._state.facts, self._clock.now_ms()
        refs = self._selecting.refs_within(principal.tenant, selectors or [()], min_time_ms, max_time_ms)
        recent = int(self._head.count(refs, now_ms - RATE_WINDOW_MS + 1, now_ms).sum())
        spans = facts.first_ms, facts.last_ms
        return report_cardinality(self._state.index, refs, question, spans, now_ms, recent)

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

    def clear_deletions(self) -> int:
        """As ports.administration says."""
        return self._maintenance.clear_deletions()

    def take_snapshot(self, *, skip_recent: bool = False) -> str:
        """As ports.administration says."""
        return self._maintenance.take_snapshot(self._directory, skip_recent=skip_recent)

    def stored_days(self) -> Sequence[StoredDay]:
        """As ports.administration says."""
        return stored_days(self._state)

    def set_retention(self, retention: Retention) -> None:
        """Applies from the next round on. A series that another rule matches now has its new class for rows written later;
        what is stored keeps the class it was stored with. Raises ConfigError, StoreError."""
        state = self._state
        retention = number_rules(state.engine, retention)
        with self._append_lock:
            state.facts.reclassify(classifier(retention), retention.classes_of(state.index))
        self._maintenance.retention = retention

    def set_series_limits(self, limits: SeriesLimits) -> None:
        self._state.quota.change(limits)
        self._count_active()

    def _count_active(self) -> None:
        self._state.quota.recount(self._state.index, self._state.facts, self._clock.now_ms())

    def import_samples(
        self,
        batches: Iterable[SampleBatch | HistogramBatch],
        report: Callable[[ImportProgress], None] = lambda progress: None,
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
            CommitTable(SERIES, self._writer.write_series, pending_max, wait_s, may_drop=False),
            # before the samples: who follows the commits gets both together
            CommitTable(EXEMPLARS, self._exemplars.write, self._settings.ingest.pending_exemplars_max, wait_s),
            CommitTable(SAMPLES, self._write_samples, pending_max, wait_s),
            CommitTable(METADATA, self._writer.write_metadata, pending_max, wait_s),
            CommitTable(SPANS, self._writer.write_spans, pending_max, wait_s),
            CommitTable(
                ALERTS_HISTORY, self.alert_history.write, self._settings.ingest.pending_alert_events_max, wait_s
            ),
        )
        return GroupCommit(tables, self._clock, last_sequence)

    def _queue_events(self, rows: EventRows) -> None:
        self._commits.check_room(ALERTS_HISTORY, len(rows))
        self._commits.append(ALERTS_HISTORY, rows)

    def _commit_accepted(self, batch: SampleBatch, found: Verdicts, within_s: float | None) -> Future[int]:
        """Queues those that the head accepted, and before them what changed of their start times."""
        state, accepted, rows = self._state, found <= verdicts.OUT_OF_ORDER, batch
        if not accepted.all():
            rows = SampleBatch(batch.refs[accepted], batch.times_ms[accepted], batch.values[accepted])
        state.facts.widen(rows.refs, rows.times_ms)
        if batch.start_times_ms is not None or state.start_times.any_known:
            starts = None if batch.start_times_ms is None else batch.start_times_ms[accepted]
            late = found[accepted] == verdicts.OUT_OF_ORDER
            changes = state.start_times.note(rows.refs, rows.times_ms, starts, late)
            if changes is not None:
                self._commits.append(SAMPLES, changes, within_s)
        state.changes.note_samples(rows.times_ms)  # all that readers meet is there
        return self._commits.append(SAMPLES, rows, within_s)

    def _write_samples(self, batches: Sequence[SampleBatch | MarkedHistograms | StartChanges], sequence: int) -> None:
        """What is kept beside the samples is durable before they are."""
        samples = [batch for batch in batches if isinstance(batch, SampleBatch)]
        if len(samples) < len(batches):
            self._state.histograms.write([one for one in batches if isinstance(one, MarkedHistograms)], sequence)
            self._state.start_times.write([one for one in batches if isinstance(one, StartChanges)], sequence)
        if samples:
            self._writer.write_samples(samples, sequence)

    def _make_spans_durable(self, refs: Int64s) -> None:
        """Writes the time spans that are known now. Raises StoreUnavailable."""
        self._commits.append(SPANS, SeriesRows(refs), 0.0).result()

    def _load_head(self) -> None:
        load_head(self._state, self._head, self._settings.ingest)
        widen_spans(self._state, self._append_lock)
        self._count_active()
        self._head_ready.set()
        _HEAD_READY.set(1)
        if self._settings.maintenance:
            self._maintenance.start()


def _append_result(committed: Future[int], found: Verdicts) -> AppendResult:
    counts = np.bincount(found, minlength=verdicts.N_VERDICTS).tolist()
    return AppendResult(
        committed,
        accepted=counts[verdicts.ACCEPTED] + counts[verdicts.OUT_OF_ORDER],
        idempotent=counts[verdicts.IDEMPOTENT],
        duplicates=counts[verdicts.DUPLICATE],
        too_old=counts[verdicts.TOO_OLD],
        too_far=counts[verdicts.TOO_FAR],
        out_of_order=counts[verdicts.OUT_OF_ORDER],
        verdicts=found,
    )
