"""`scan_request`: an ExportMetricsServiceRequest to rows of resources, metrics and points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from vedette.kernels import otlp as kernel
from vedette.kernels.exposition_series import padded
from vedette.model.blocks import Float64s, Int64s
from vedette.model.errors import BadInput, BodyTooLarge
from vedette.model.limits import ReceiveLimits
from vedette.model.telemetry import LIMIT_HITS
from vedette.wire.keys import SEEDS
from vedette.wire.otlp.messages import Document, read_message

# how many bytes a row takes at the least in real requests; a denser one is scanned twice
_ROW_BYTES: Final = (64, 48, 24)
_ROWS_MIN: Final = 16

POINT_MESSAGES: Final = {
    kernel.GAUGE: "NumberDataPoint",
    kernel.SUM: "NumberDataPoint",
    kernel.HISTOGRAM: "HistogramDataPoint",
    kernel.EXPONENTIAL: "ExponentialHistogramDataPoint",
    kernel.SUMMARY: "SummaryDataPoint",
}


@dataclass(frozen=True, slots=True)
class MetricsRequest:
    """`resources`, `metrics` and `points` are the scanner's rows; keys uint64[p], times_ms, start_times_ms int64[p], values float64[p].

    `kinds` int64[p]: the metric's kind, by point.
    """

    buffer: NDArray[np.uint8]
    resources: Int64s
    metrics: Int64s
    points: Int64s
    keys: NDArray[np.uint64]
    times_ms: Int64s
    start_times_ms: Int64s
    values: Float64s
    kinds: Int64s

    def __len__(self) -> int:
        return len(self.keys)

    def resource(self, row: int) -> Document:
        return self._read("Resource", self.resources[row, kernel.RESOURCE_START : kernel.RESOURCE_STOP + 1])

    def scope(self, metric: int) -> Document:
        """The ScopeMetrics without its metrics."""
        start, stop = self.metrics[metric, kernel.SCOPE_START : kernel.SCOPE_STOP + 1].tolist()
        return read_message("ScopeHead", self.buffer[start:stop].tobytes())

    def metric(self, row: int) -> Document:
        """The Metric without its data."""
        return self._read("MetricHead", self.metrics[row, kernel.METRIC_START : kernel.METRIC_STOP + 1])

    def point(self, row: int) -> Document:
        return self._read(POINT_MESSAGES[int(self.kinds[row])], self.points[row, kernel.START : kernel.STOP + 1])

    def _read(self, message: str, span: Int64s) -> Document:
        start, stop = span.tolist()
        return read_message(message, self.buffer[start:stop].tobytes())


def scan_request(body: bytes, limits: ReceiveLimits = ReceiveLimits()) -> MetricsRequest:
    """Raises BadInput, BodyTooLarge. Synchronous, releases the GIL."""
    buffer, n = padded(body), len(body)
    tables = _filled(buffer, n, [n // size + _ROWS_MIN for size in _ROW_BYTES])
    found = tables.counts.tolist()
    if found[kernel.POINTS] > limits.samples_max or found[kernel.METRICS] > limits.series_max:
        LIMIT_HITS.labels("receive_samples_max").inc()
        raise BodyTooLarge(f"too many data points in one request: {found[kernel.POINTS]}, limit {limits.samples_max}")
    if any(rows > len(table) for rows, table in zip(found, tables, strict=False)):
        tables = _filled(buffer, n, found)
    resources, metrics, points = (table[:rows] for rows, table in zip(found, tables, strict=False))
    return MetricsRequest(
        buffer,
        resources,
        metrics,
        points,
        _column(points, kernel.KEY).view(np.uint64),
        _column(points, kernel.TIME),
        _column(points, kernel.START_TIME),
        _column(points, kernel.BITS).view(np.float64),
        metrics[points[:, kernel.METRIC], kernel.KIND],
    )


def _filled(buffer: NDArray[np.uint8], n: int, rows: list[int]) -> Any:
    tables = kernel.allocate(*rows)
    wrong = kernel.scan_metrics(buffer, n, SEEDS, tables)
    if wrong >= 0:
        raise BadInput(f"proto: malformed or truncated ExportMetricsServiceRequest at byte {wrong}")
    return tables


def _column(rows: Int64s, index: int) -> Int64s:
    return np.ascontiguousarray(rows[:, index])
