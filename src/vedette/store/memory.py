"""The Store in plain Python lists: the twin that tests hold the engine to, and the store of the PromQL corpora.

Simple rather than fast: per series two parallel lists, sorted by time, found by bisection. It keeps every sample until
it is deleted; with `windows=False` it takes samples of any age (promqltest loads start at the epoch).
"""

from __future__ import annotations

import struct
import threading
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vedette.kernels.histogram_resets import resolve_hints
from vedette.kernels.histogram_table import table_of
from vedette.model import verdicts
from vedette.model.blocks import (
    ExemplarBatch,
    Float64s,
    HistogramBatch,
    Int64s,
    MetricMetadata,
    SampleBatch,
    SeriesColumns,
)
from vedette.model.histograms import FLOAT, CounterReset, HistogramCells, Histograms, NativeHistogram
from vedette.model.labels import Labels
from vedette.model.limits import IngestLimits
from vedette.model.staleness import NORMAL_NAN, STALE_NAN, STALE_NAN_BITS, is_stale
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS
from vedette.ports.cardinality import CardinalityQuestion, CardinalityReport
from vedette.ports.clock import Clock, SystemClock
from vedette.ports.principal import Principal
from vedette.ports.scan import Deadline, ScanPlan
from vedette.ports.store import (
    FLOATS_ONLY,
    NO_EXEMPLARS,
    AppendResult,
    CommitParts,
    CommittedExemplars,
    CommittedRows,
    DeleteResult,
    Selector,
    SeriesExemplars,
    Slice,
    Store,
    StoreHealth,
    StoreStats,
)
from vedette.store.cardinality import rank_cardinality
from vedette.store.cardinality_report import RATE_WINDOW_MS, report_cardinality
from vedette.store.changes import Changes
from vedette.store.exemplar_rules import Exemplar, judge
from vedette.store.index import SeriesIndex
from vedette.store.memory_alert_history import MemoryAlertHistory

_SERIES_BETWEEN_CHECKS: Final = 1024


Value = float | NativeHistogram


class _Samples:
    """One series: times strictly ascending, values and start times (0: unknown) beside them; and its exemplars."""

    __slots__ = ("exemplars", "starts", "times", "values")

    def __init__(self) -> None:
        self.times: list[int] = []
        self.values: list[Value] = []
        self.starts: list[int] = []
        self.exemplars: list[Exemplar] = []

    def between(self, min_time_ms: int, max_time_ms: int) -> slice:
        return slice(bisect_left(self.times, min_time_ms), bisect_right(self.times, max_time_ms))


class MemoryStore(Store):
    """`windows=False` accepts samples however old or far ahead."""

    def __init__(self, *, limits: IngestLimits | None = None, clock: Clock | None = None, windows: bool = True) -> None:
        self._limits = limits or IngestLimits()
        self._clock = clock or SystemClock()
        self._windows = windows
        self._lock = threading.Lock()
        self._index = SeriesIndex()
        self._series: list[_Samples] = []
        self._metadata: dict[str, dict[str, MetricMetadata]] = {}
        self._newest_ms = MIN_TIME_MS
        self._changes = Changes()
        self._commits = 0
        self.alert_history = MemoryAlertHistory()
        self._committed: list[tuple[int, int, int, Value, int]] = []
        """(commit, series id, time, value, start time) of every sample, in the order of the commits."""
        self._committed_exemplars: list[tuple[int, int, Exemplar]] = []
        """(commit, series id, exemplar)"""

    def register(self, principal: Principal, labels: Sequence[Labels]) -> Int64s:
        with self._lock:
            refs = self._index.add_all(principal.tenant, labels)
            self._series.extend(_Samples() for _ in range(len(self._index) - len(self._series)))
        return refs

    def why_refused(self, principal: Principal, labels: Labels) -> str:
        return f"its id is taken by another series: {labels}"

    def append(self, principal: Principal, batch: SampleBatch, *, commit_within_s: float | None = None) -> AppendResult:
        return self._append(batch, batch.values.tolist())

    def append_histograms(
        self, principal: Principal, batch: HistogramBatch, *, commit_within_s: float | None = None
    ) -> AppendResult:
        table = batch.histograms
        values = (STALE_NAN if is_stale(float(table.sums[row])) else table.at(row) for row in range(len(table)))
        return self._append(batch, values)

    def append_exemplars(
        self, principal: Principal, batch: ExemplarBatch, *, commit_within_s: float | None = None
    ) -> AppendResult:
        rows = zip(batch.refs.tolist(), batch.times_ms.tolist(), batch.values.tolist(), batch.labels, strict=True)
        with self._lock:
            return self._result(
                [self._put_exemplar(ref, Exemplar(time, value, labels)) for ref, time, value, labels in rows]
            )

    def committed_sequence(self) -> int:
        return self._commits

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
        with self._lock:
            last = self._commits if up_to is None else min(up_to, self._commits)
            own = set(self._index.ids[self._index.refs_of(principal.tenant)].tolist())
            found = sorted((*row[:3], place) for place, row in enumerate(self._committed) if after < row[0] <= last)
            if len(found) > rows_max:
                last = max(
                    [found[0][0], *(one[0] for one, later in pairwise(found[: rows_max + 1]) if later[0] > one[0])]
                )
            rows = [self._committed[place] for commit, id_, _, place in found if commit <= last and id_ in own]
            said = sorted(one for one in self._committed_exemplars if after < one[0] <= last and one[1] in own)
        if not parts.histograms:
            rows = [row for row in rows if isinstance(row[3], float)]
        floats, histograms = _split([row[3] for row in rows])
        starts = np.array([row[4] for row in rows], np.int64)
        return CommittedRows(
            last,
            np.array([row[1] for row in rows], np.uint64),
            np.array([row[2] for row in rows], np.int64),
            floats,
            histograms,
            starts if parts.start_times and starts.any() else None,
            _committed_exemplars(said) if parts.exemplars else NO_EXEMPLARS,
        )

    def labels_of_ids(self, ids: NDArray[np.uint64]) -> list[Labels | None]:
        with self._lock:
            labels = self._index.labels_of(np.arange(len(self._index), dtype=np.int64))
            known = dict(zip(self._index.ids.tolist(), labels, strict=True))
        return [known.get(id_) for id_ in ids.tolist()]

    def put_metadata(self, principal: Principal, entries: Iterable[MetricMetadata]) -> None:
        with self._lock:
            self._metadata.setdefault(principal.tenant, {}).update((entry.metric, entry) for entry in entries)

    def select(self, principal: Principal, plan: ScanPlan, deadline: Deadline) -> SeriesColumns:
        return self._select(principal, [plan.matchers], plan, deadline)

    def _select(
        self, principal: Principal, selectors: Sequence[Selector], plan: ScanPlan, deadline: Deadline
    ) -> SeriesColumns:
        deadline.check()
        with self._lock:
            refs = self._index.select(principal.tenant, selectors)
            plan.check_series(len(refs))
            kept: list[int] = []
            offsets = [0]
            times: list[int] = []
            values: list[Value] = []
            starts: list[int] = []
            for i, ref in enumerate(refs.tolist()):
                if i % _SERIES_BETWEEN_CHECKS == 0:
                    deadline.check()
                samples = self._series[ref]
                window = samples.between(plan.min_time_ms, plan.max_time_ms)
                if window.start == window.stop:
                    continue
                times += samples.times[window]
                values += _with_known_hints(samples.values)[window]
                starts += samples.starts[window]
                kept.append(ref)
                offsets.append(len(times))
                plan.check_samples(len(times))
            labels = self._index.labels_of(np.array(kept, np.int64))
        if plan.sources is not None:
            plan.sources.head += len(times)
        floats, histograms = _split(values)
        return SeriesColumns(
            labels,
            np.array(offsets, np.int64),
            np.array(times, np.int64),
            floats,
            has_stale=bool((floats.view(np.uint64) == STALE_NAN_BITS).any()),
            histograms=histograms,
            start_times_ms=np.array(starts, np.int64) if plan.start_times and any(starts) else None,
        )

    def exemplars(
        self, principal: Principal, selectors: Sequence[Selector], min_time_ms: int, max_time_ms: int
    ) -> list[SeriesExemplars]:
        found = []
        with self._lock:
            refs = self._index.select(principal.tenant, selectors)
            for ref, labels in zip(refs.tolist(), self._index.labels_of(refs), strict=True):
                some = [one for one in self._series[ref].exemplars if min_time_ms <= one.time_ms <= max_time_ms]
                if some:
                    times = np.array([one.time_ms for one in some], np.int64)
                    values = np.array([one.value for one in some], np.float64)
                    found.append(SeriesExemplars(labels, times, values, [one.labels for one in some]))
        return sorted(found, key=lambda one: one.series)

    def slices(
        self,
        principal: Principal,
        plan: ScanPlan,
        deadline: Deadline,
        *,
        also: Sequence[Selector] = (),
        by_labels: bool = False,
    ) -> Sequence[Slice]:
        """One: the whole answer."""

        def read() -> SeriesColumns:
            columns = self._select(principal, (plan.matchers, *also), plan, deadline)
            keys = columns.labels if by_labels else [(labels.name, labels) for labels in columns.labels]
            return columns.take(np.array(sorted(range(columns.n_series), key=keys.__getitem__), np.int64))

        return [read]

    def raw_since_ms(self, principal: Principal) -> int:
        return MIN_TIME_MS

    def series(
        self, principal: Principal, selectors: Sequence[Selector], min_time_ms: int, max_time_ms: int
    ) -> list[Labels]:
        with self._lock:
            refs = self._index.select(principal.tenant, selectors)
            return sorted(self._index.labels_of(self._with_data(refs, min_time_ms, max_time_ms)))

    def count_series(self, principal: Principal, selector: Selector, min_time_ms: int, max_time_ms: int) -> int:
        with self._lock:
            return len(self._asked(principal, [selector], min_time_ms, max_time_ms))

    def label_names(
        self, principal: Principal, selectors: Sequence[Selector], min_time_ms: int, max_time_ms: int
    ) -> list[str]:
        with self._lock:
            return self._index.label_names(self._asked(principal, selectors, min_time_ms, max_time_ms))

    def label_values(
        self, principal: Principal, name: str, selectors: Sequence[Selector], min_time_ms: int, max_time_ms: int
    ) -> list[str]:
        with self._lock:
            return self._index.label_values(name, self._asked(principal, selectors, min_time_ms, max_time_ms))

    def metadata(self, principal: Principal, metric: str = "") -> list[MetricMetadata]:
        with self._lock:
            known = self._metadata.get(principal.tenant, {})
            return [known[name] for name in sorted(known) if metric in ("", name)]

    @property
    def change_count(self) -> int:
        return self._changes.count

    def unchanged_until(self, since: int, min_time_ms: int, max_time_ms: int) -> int:
        return self._changes.unchanged_until(since, min_time_ms, max_time_ms)

    def delete(
        self, principal: Principal, selectors: Sequence[Selector], min_time_ms: int, max_time_ms: int
    ) -> DeleteResult:
        n_series = n_samples = 0
        with self._lock:
            for ref in self._index.select(principal.tenant, selectors).tolist():
                samples = self._series[ref]
                window = samples.between(min_time_ms, max_time_ms)
                n_series += window.stop > window.start
                n_samples += window.stop - window.start
                del samples.times[window], samples.values[window], samples.starts[window]
            self._changes.note(min_time_ms, max_time_ms)
        return DeleteResult(series=n_series, samples=n_samples)

    def cardinality(
        self,
        principal: Principal,
        selectors: Sequence[Selector],
        min_time_ms: int,
        max_time_ms: int,
        question: CardinalityQuestion,
    ) -> CardinalityReport:
        with self._lock:
            refs, now_ms = self._asked(principal, selectors, min_time_ms, max_time_ms), self._clock.now_ms()
            times = [samples.times or [MIN_TIME_MS] for samples in self._series]
            spans = np.array([some[0] for some in times], np.int64), np.array([some[-1] for some in times], np.int64)
            windows = (self._series[ref].between(now_ms - RATE_WINDOW_MS + 1, now_ms) for ref in refs.tolist())
            recent = sum(window.stop - window.start for window in windows)
            return report_cardinality(self._index, refs, question, spans, now_ms, recent)

    def stats(self, principal: Principal, top: int = 10) -> StoreStats:
        with self._lock:
            refs = self._with_data(self._index.refs_of(principal.tenant), MIN_TIME_MS, MAX_TIME_MS)
            held = [self._series[ref].times for ref in refs.tolist()]
            cardinality = rank_cardinality(self._index.pair_counts(refs), top)
        n_samples = sum(map(len, held))
        return StoreStats(
            head_series=len(held),
            head_samples=n_samples,
            head_bytes=16 * n_samples,
            head_min_time_ms=min((times[0] for times in held), default=MAX_TIME_MS),
            head_max_time_ms=max((times[-1] for times in held), default=MIN_TIME_MS),
            disk_bytes=0,
            disk_samples=0,
            n_label_pairs=cardinality.n_label_pairs,
            series_by_metric=cardinality.series_by_metric,
            values_by_label=cardinality.values_by_label,
            bytes_by_label=cardinality.bytes_by_label,
            series_by_label_pair=cardinality.series_by_label_pair,
        )

    def health(self) -> StoreHealth:
        return StoreHealth(ready=True, head_ready=True)

    def close(self) -> None:
        """Nothing to commit, nothing to close."""

    def _append(self, batch: SampleBatch | HistogramBatch, values: Iterable[Value]) -> AppendResult:
        starts = batch.start_times_ms.tolist() if batch.start_times_ms is not None else [0] * len(batch)
        rows = zip(batch.refs.tolist(), batch.times_ms.tolist(), values, starts, strict=True)
        with self._lock:
            now = self._clock.now_ms()
            horizon = min(now, self._newest_ms)
            result = self._result([self._put(*row, now, horizon) for row in rows])
            self._changes.note_samples(batch.times_ms)
            return result

    def _result(self, found: list[int]) -> AppendResult:
        """`found`: a verdict for each row."""
        counts = Counter(found)
        self._commits += 1
        committed: Future[int] = Future()
        committed.set_result(self._commits)
        return AppendResult(
            committed,
            accepted=counts[verdicts.ACCEPTED] + counts[verdicts.OUT_OF_ORDER],
            idempotent=counts[verdicts.IDEMPOTENT],
            duplicates=counts[verdicts.DUPLICATE],
            too_old=counts[verdicts.TOO_OLD],
            too_far=counts[verdicts.TOO_FAR],
            out_of_order=counts[verdicts.OUT_OF_ORDER],
            verdicts=np.array(found, np.uint8),
        )

    def _put(self, ref: int, time_ms: int, value: Value, start_ms: int, now: int, horizon: int) -> int:
        """Stores one sample if the rules in `verdicts` allow it; returns its verdict."""
        if ref < 0:
            return verdicts.REFUSED
        if self._windows and time_ms > now + self._limits.future_window_ms:
            return verdicts.TOO_FAR
        samples = self._series[ref]
        place = bisect_left(samples.times, time_ms)
        late = place < len(samples.times)
        if late and samples.times[place] == time_ms:
            same = _identity(samples.values[place]) == _identity(value)
            return verdicts.IDEMPOTENT if same else verdicts.DUPLICATE
        window = self._limits.out_of_order_window_ms
        oldest = horizon - (window if late else max(window, verdicts.IN_ORDER_WINDOW_MS))
        if self._windows and time_ms < oldest:
            return verdicts.TOO_OLD
        samples.times.insert(place, time_ms)
        samples.values.insert(place, value)
        samples.starts.insert(place, start_ms)
        self._committed.append((self._commits + 1, int(self._index.ids[ref]), time_ms, value, start_ms))
        self._newest_ms = max(self._newest_ms, time_ms)
        return verdicts.OUT_OF_ORDER if late else verdicts.ACCEPTED

    def _put_exemplar(self, ref: int, exemplar: Exemplar) -> int:
        if ref < 0:
            return verdicts.REFUSED
        held = self._series[ref].exemplars
        verdict = judge(held[-1] if held else None, exemplar)
        if verdict == verdicts.ACCEPTED:
            held.append(exemplar)
            self._committed_exemplars.append((self._commits + 1, int(self._index.ids[ref]), exemplar))
        return verdict

    def _with_data(self, refs: Int64s, min_time_ms: int, max_time_ms: int) -> Int64s:
        windows = ((ref, self._series[ref].between(min_time_ms, max_time_ms)) for ref in refs.tolist())
        return np.array([ref for ref, window in windows if window.start < window.stop], np.int64)

    def _asked(self, principal: Principal, selectors: Sequence[Selector], min_time_ms: int, max_time_ms: int) -> Int64s:
        tenant = principal.tenant
        refs = self._index.select(tenant, selectors) if selectors else self._index.refs_of(tenant)
        return self._with_data(refs, min_time_ms, max_time_ms)


def _split(values: Sequence[Value]) -> tuple[Float64s, HistogramCells | None]:
    """(float64[n], NaN for a histogram; the histograms among them, None if there is none)"""
    floats = np.array([NORMAL_NAN if isinstance(value, NativeHistogram) else value for value in values], np.float64)
    found = [value for value in values if isinstance(value, NativeHistogram)]
    if not found:
        return floats, None
    is_histogram = np.array([isinstance(value, NativeHistogram) for value in values], np.bool_)
    rows = np.where(is_histogram, np.cumsum(is_histogram) - 1, FLOAT)
    return floats, HistogramCells(rows, Histograms.of(found))


def _committed_exemplars(said: Sequence[tuple[int, int, Exemplar]]) -> CommittedExemplars:
    return CommittedExemplars(
        np.array([id_ for _, id_, _ in said], np.uint64),
        np.array([one.time_ms for _, _, one in said], np.int64),
        np.array([one.value for _, _, one in said], np.float64),
        [one.labels for _, _, one in said],
    )


def _with_known_hints(values: Sequence[Value]) -> list[Value]:
    """A series' values; histograms that cannot be resets, because they continue the one before, say so."""
    _, cells = _split(values)
    if cells is None:
        return list(values)
    hints, resets = np.empty(len(values), np.int64), np.empty(len(values), np.bool_)
    resolve_hints(table_of(cells.table), cells.rows, np.array([0, len(values)], np.int64), hints, resets)
    return [
        replace(value, hint=CounterReset(hint)) if isinstance(value, NativeHistogram) else value
        for value, hint in zip(values, hints.tolist(), strict=True)
    ]


def _identity(value: Value) -> Hashable:
    """Equal for samples that repeat each other: floats by their bits, histograms without hint and empty buckets."""
    if isinstance(value, float):
        return _bits(value)
    sides = tuple(tuple((i, n) for i, n in side.items() if n) for side in (value.positive, value.negative))
    numbers = (value.count, value.sum, value.zero_count, value.zero_threshold)
    return value.schema, tuple(map(_bits, numbers)), value.bounds, sides


def _bits(value: float) -> bytes:
    return struct.pack("<d", value)
