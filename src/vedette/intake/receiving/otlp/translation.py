"""One OTLP request on its way into the store: judge its metrics, find each point's series, append what is good.

numbers      one series a point, in columns             histograms, summaries   several series a point
exponential  one native histogram a point               resources               target_info, one series each
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from vedette.intake.receiving.admission import Receipt, register_series
from vedette.intake.receiving.exemplar_rows import ExemplarRows
from vedette.intake.receiving.histogram_checks import invalid_histograms
from vedette.intake.receiving.otlp.deltas import DeltaTotals
from vedette.intake.receiving.otlp.exemplars import add_bucket_exemplars, add_exemplars
from vedette.intake.receiving.otlp.labels import target_info_labels
from vedette.intake.receiving.otlp.native import as_gauge, custom_histogram, exponential_histogram
from vedette.intake.receiving.otlp.points import NO_RECORDED_VALUE, ClassicPoint, histogram_point, summary_point
from vedette.intake.receiving.otlp.series import DELTA, SeriesReader
from vedette.intake.receiving.otlp.settings import OtlpSettings
from vedette.intake.receiving.series_refs import SeriesRefs, resolve
from vedette.kernels import otlp as kernel
from vedette.model.blocks import Bools, HistogramBatch, Int64s, SampleBatch
from vedette.model.errors import BadInput
from vedette.model.histograms import Histograms, NativeHistogram
from vedette.model.labels import METRIC_NAME, Labels
from vedette.model.staleness import STALE_NAN
from vedette.ports.principal import Principal
from vedette.ports.store import Store
from vedette.wire.otlp.scanning import MetricsRequest

CUMULATIVE: Final = 2
_TEMPORAL: Final = (kernel.SUM, kernel.HISTOGRAM, kernel.EXPONENTIAL)
_TARGET: Final = "target_info"


@dataclass(slots=True)
class FloatRows:
    """Samples to append; `points` says which point a sample comes from, -1 for target_info."""

    refs: list[Int64s] = field(default_factory=list)
    times_ms: list[Int64s] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    starts_ms: list[Int64s] = field(default_factory=list)
    points: list[Int64s] = field(default_factory=list)

    def add(self, refs: Int64s, times_ms: Int64s, values: Any, starts_ms: Int64s, points: Int64s) -> None:
        columns = (self.refs, self.times_ms, self.values, self.starts_ms, self.points)
        for column, values_of in zip(columns, (refs, times_ms, values, starts_ms, points), strict=True):
            column.append(values_of)

    def batch(self) -> tuple[SampleBatch, Int64s]:
        starts = np.concatenate(self.starts_ms)
        batch = SampleBatch(
            np.concatenate(self.refs),
            np.concatenate(self.times_ms),
            np.concatenate(self.values),
            starts if starts.any() else None,
        )
        return batch, np.concatenate(self.points)


@dataclass(slots=True)
class NativeRows:
    """Native histograms to append, and the points that they come from."""

    points: list[int] = field(default_factory=list)
    refs: list[int] = field(default_factory=list)
    histograms: list[NativeHistogram] = field(default_factory=list)
    starts_ms: list[int] = field(default_factory=list)

    def add(self, point: int, ref: int, histogram: NativeHistogram, start_ms: int) -> None:
        self.points.append(point)
        self.refs.append(ref)
        self.histograms.append(histogram)
        self.starts_ms.append(start_ms)


@dataclass(slots=True)
class Learned:
    """What a receiver remembers between requests under one set of settings."""

    refs: SeriesRefs
    deltas: DeltaTotals
    shapes: dict[Any, Int64s] = field(default_factory=dict)
    """The series of a point that has several, by (tenant, key, shape); of target_info by (tenant, resource)."""
    shapes_max: int = 100_000

    def remember(self, key: Any, refs: Int64s) -> None:
        if len(self.shapes) >= self.shapes_max:
            self.shapes.clear()
        self.shapes[key] = refs


class Translation:
    def __init__(
        self,
        store: Store,
        principal: Principal,
        request: MetricsRequest,
        settings: OtlpSettings,
        learned: Learned,
        receipt: Receipt,
    ) -> None:
        self._store = store
        self._principal = principal
        self._request = request
        self._settings = settings
        self._learned = learned
        self._receipt = receipt
        self._reader = SeriesReader(request, settings)
        self._floats = FloatRows()
        self._exemplars = ExemplarRows()

    def run(self, lookback_ms: int, commit_within_s: float) -> None:
        """Raises QueueFull, StoreError."""
        good = self._judge_metrics()
        natives = self._is_native()
        self._add_numbers(np.flatnonzero(good & np.isin(self._request.kinds, (kernel.GAUGE, kernel.SUM))))
        classic = np.isin(self._request.kinds, (kernel.HISTOGRAM, kernel.SUMMARY)) & ~natives
        for point in np.flatnonzero(good & classic).tolist():
            try:
                self._add_classic(point)
            except BadInput as error:
                self._receipt.refusals.add(error.message)
        self._add_target_info(lookback_ms)
        if self._floats.refs:
            batch, points = self._floats.batch()
            result = self._store.append(self._principal, batch, commit_within_s=commit_within_s)
            self._receipt.samples += self._receipt.take(
                result, batch.times_ms, lambda row: self._reader.show(int(points[row])) if points[row] >= 0 else _TARGET
            )
        self._append_natives(np.flatnonzero(good & natives), commit_within_s)
        self._append_exemplars(commit_within_s)

    def _judge_metrics(self) -> Bools:
        """bool[p]: points whose metric can be taken; the others are refused here, by metric."""
        metrics, points = self._request.metrics, self._request.points
        kinds, temporality = metrics[:, kernel.KIND], metrics[:, kernel.TEMPORALITY]
        bad_time = np.isin(kinds, _TEMPORAL) & ~np.isin(temporality, (CUMULATIVE, DELTA))
        bad = bad_time | (kinds == kernel.NO_KIND)
        counts = np.bincount(points[:, kernel.METRIC], minlength=len(metrics))
        for row in np.flatnonzero(bad).tolist():
            name = self._reader.metric_name(row)
            words = (
                f'invalid temporality and type combination for metric "{name}"'
                if bad_time[row]
                else f'unsupported metric type of metric "{name}"'
            )
            self._receipt.refusals.add(words, int(counts[row]))
        good: Bools = ~bad[points[:, kernel.METRIC]]
        return good

    def _is_native(self) -> Bools:
        kinds = self._request.kinds
        explicit = (kinds == kernel.HISTOGRAM) & self._settings.histograms_to_nhcb
        natives: Bools = explicit | (kinds == kernel.EXPONENTIAL)
        return natives

    def _is_delta(self, point: int) -> bool:
        """To be summed up."""
        metric = self._request.metrics[self._request.points[point, kernel.METRIC]]
        return bool(metric[kernel.TEMPORALITY] == DELTA and metric[kernel.KIND] in _TEMPORAL) and (
            not self._settings.native_delta
        )

    def _add_numbers(self, points: Int64s) -> None:
        request = self._request
        refs = self._resolve(points)
        values = request.values[points].copy()
        values[request.points[points, kernel.FLAGS] & NO_RECORDED_VALUE != 0] = STALE_NAN
        starts = request.start_times_ms[points].copy()
        kept = refs >= 0
        for place, point in enumerate(points.tolist()):
            if kept[place] and self._is_delta(point):
                kept[place] = self._sum_up(point, refs[place : place + 1], values[place : place + 1], starts, place)
        rows = points[kept]
        self._floats.add(refs[kept], request.times_ms[rows], values[kept], starts[kept], rows)
        with_exemplars = kept & (request.points[points, kernel.EXEMPLARS] > 0) & (request.kinds[points] == kernel.SUM)
        for place in np.flatnonzero(with_exemplars).tolist():
            add_exemplars(self._exemplars, request.point(int(points[place])), int(refs[place]))

    def _sum_up(self, point: int, refs: Int64s, values: Any, starts: Int64s, place: int) -> bool:
        """Makes running totals of a point's values, in place. False where the point is out of order."""
        time_ms, start_ms = int(self._request.times_ms[point]), int(self._request.start_times_ms[point])
        for i, ref in enumerate(refs.tolist()):
            total = self._learned.deltas.add(ref, time_ms, start_ms, float(values[i]))
            if total is None:
                self._receipt.refusals.add(f"out of order sample for series {self._reader.show(point)}")
                return False
            values[i], starts[place] = total
        return True

    def _resolve(self, points: Int64s) -> Int64s:
        """The refs of points that are one series each."""
        keys = self._request.keys[points]

        def read_new(places: Sequence[int]) -> Int64s:
            read = [self._read_labels(int(points[place])) for place in places]
            fresh = np.full(len(places), -1, np.int64)
            known = [labels for labels in read if labels is not None]
            fresh[[labels is not None for labels in read]] = self._register(known)
            self._put_metadata(points[place] for place, labels in zip(places, read, strict=True) if labels)
            return fresh

        return resolve(self._learned.refs, self._principal.tenant, keys, read_new)

    def _read_labels(self, point: int) -> Labels | None:
        try:
            return self._reader.labels(point)
        except BadInput as error:
            self._receipt.refusals.add(error.message)
            return None

    def _put_metadata(self, points: Iterable[int]) -> None:
        entries = (self._reader.metric_of(int(point)).metadata for point in points)
        self._store.put_metadata(self._principal, {entry.metric: entry for entry in entries}.values())

    def _add_classic(self, point: int) -> None:
        document = self._request.point(point)
        is_histogram = self._request.kinds[point] == kernel.HISTOGRAM
        read = histogram_point(document) if is_histogram else summary_point(document)
        refs = self._refs_of(point, document, read)
        values = np.array(read.values, np.float64)
        starts = np.full(1, self._request.start_times_ms[point], np.int64)
        if self._request.points[point, kernel.FLAGS] & NO_RECORDED_VALUE:
            values[:] = STALE_NAN
        elif self._is_delta(point) and not self._sum_up(point, refs, values, starts, 0):
            return
        n, kept = len(refs), refs >= 0
        times = np.full(n, self._request.times_ms[point], np.int64)
        rows = np.full(n, point, np.int64)
        self._floats.add(refs[kept], times[kept], values[kept], np.repeat(starts, n)[kept], rows[kept])
        if is_histogram and "exemplars" in document:
            add_bucket_exemplars(self._exemplars, document, refs[-len(read.bounds) - 1 :], read.bounds)

    def _refs_of(self, point: int, document: dict[str, Any], read: ClassicPoint) -> Int64s:
        key = (self._principal.tenant, int(self._request.keys[point]), read.shape)
        refs = self._learned.shapes.get(key)
        if refs is None:
            pairs = self._reader.pairs(point, document)
            name = self._reader.metric_of(point).name
            labels = [
                Labels({**pairs, **({label: value} if label else {}), METRIC_NAME: name + suffix}.items())
                for suffix, label, value in read.parts
            ]
            refs = self._register(labels)
            if (refs >= 0).all():
                self._learned.remember(key, refs)
            self._put_metadata([point])
        return refs

    def _add_target_info(self, lookback_ms: int) -> None:
        """A sample at the newest time of a resource's points, and every half look-back from the oldest one on."""
        owners = self._request.metrics[self._request.points[:, kernel.METRIC], kernel.RESOURCE]
        times = self._request.times_ms
        for resource in np.unique(owners).tolist():
            ref = self._target_ref(resource)
            if ref < 0:
                continue
            own = times[owners == resource]
            step = max(1, lookback_ms // 2, int(own.max() - own.min()) // _TARGET_SAMPLES_MAX)
            at = np.append(np.arange(own.min(), own.max(), step, dtype=np.int64), own.max())
            n = len(at)
            none = np.zeros(n, np.int64)
            self._floats.add(np.full(n, ref, np.int64), at, np.ones(n), none, np.full(n, -1, np.int64))

    def _target_ref(self, resource: int) -> int:
        key = (self._principal.tenant, int(self._request.resources[resource, kernel.RESOURCE_KEY]))
        refs = self._learned.shapes.get(key)
        if refs is None:
            try:
                labels = target_info_labels(self._reader.resource(resource), self._settings)
            except BadInput as error:
                self._receipt.refusals.add(error.message, 0)
                labels = None
            known = [] if labels is None else [labels]
            refs = self._register(known)
            if (refs >= 0).all():
                self._learned.remember(key, refs)
        return int(refs[0]) if len(refs) else -1

    def _register(self, labels: Sequence[Labels]) -> Int64s:
        return register_series(self._store, self._principal, labels, [1] * len(labels), self._receipt.refusals)

    def _append_natives(self, points: Int64s, commit_within_s: float) -> None:
        found = NativeRows()
        for point, ref in zip(points.tolist(), self._resolve(points).tolist(), strict=True):
            if ref >= 0:
                try:
                    self._add_native(point, ref, found)
                except BadInput as error:
                    self._receipt.refusals.add(error.message)
        if not found.points:
            return
        table, show = Histograms.of(found.histograms), self._reader.show
        wrong = invalid_histograms(table)
        for row, words in wrong:
            self._receipt.refusals.add(f"{words} for series {show(found.points[row])}")
        kept = np.setdiff1d(np.arange(len(table)), [row for row, _ in wrong]).astype(np.int64)
        own = np.array(found.points, np.int64)[kept]
        batch = HistogramBatch(
            np.array(found.refs, np.int64)[kept],
            self._request.times_ms[own],
            table.take(kept),
            np.array(found.starts_ms, np.int64)[kept],
        )
        result = self._store.append_histograms(self._principal, batch, commit_within_s=commit_within_s)
        self._receipt.histograms += self._receipt.take(result, batch.times_ms, lambda row: show(int(own[row])))

    def _add_native(self, point: int, ref: int, found: NativeRows) -> None:
        request = self._request
        document = request.point(point)
        exponential = request.kinds[point] == kernel.EXPONENTIAL
        histogram = exponential_histogram(document) if exponential else custom_histogram(document)
        start_ms = int(request.start_times_ms[point])
        if request.points[point, kernel.FLAGS] & NO_RECORDED_VALUE:
            histogram = NativeHistogram(schema=histogram.schema, sum=STALE_NAN, bounds=histogram.bounds)
        elif self._is_delta(point):
            total = self._learned.deltas.add(ref, int(request.times_ms[point]), start_ms, histogram)
            if total is None:
                raise BadInput(f"out of order sample for series {self._reader.show(point)}")
            histogram, start_ms = total
        elif request.metrics[request.points[point, kernel.METRIC], kernel.TEMPORALITY] == DELTA:
            histogram = as_gauge(histogram)
        found.add(point, ref, histogram, start_ms)
        add_exemplars(self._exemplars, document, ref)

    def _append_exemplars(self, commit_within_s: float) -> None:
        if self._exemplars:
            batch = self._exemplars.batch()
            result = self._store.append_exemplars(self._principal, batch, commit_within_s=commit_within_s)
            self._receipt.exemplars += result.accepted + result.idempotent
            self._receipt.commits.append(result.committed)


_TARGET_SAMPLES_MAX: Final = 1_000
"""Of one resource in one request, however far apart its points are."""
