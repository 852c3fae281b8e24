"""The slow path: names and labels of a request's points, read once for each series that is new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vedette.intake.receiving.otlp.labels import Pairs, ResourceContext, point_labels, resource_context, scope_labels
from vedette.intake.receiving.otlp.settings import OtlpSettings
from vedette.kernels import otlp as kernel
from vedette.model.blocks import MetricMetadata
from vedette.model.errors import BadInput
from vedette.model.labels import METRIC_NAME, Labels
from vedette.signals.type_and_unit import type_and_unit_pairs
from vedette.wire.otlp.naming import unit_name
from vedette.wire.otlp.scanning import MetricsRequest

Document = dict[str, Any]

DELTA = 1
_TYPES = {
    kernel.GAUGE: "gauge",
    kernel.SUM: "gauge",
    kernel.HISTOGRAM: "histogram",
    kernel.EXPONENTIAL: "histogram",
    kernel.SUMMARY: "summary",
}


@dataclass(frozen=True, slots=True)
class MetricContext:
    """`added` are labels that every point of the metric has besides its own and its resource's."""

    metadata: MetricMetadata
    resource: ResourceContext
    added: Pairs

    @property
    def name(self) -> str:
        return self.metadata.metric


class SeriesReader:
    """Of one request. Raises BadInput for what cannot be a name or a label."""

    def __init__(self, request: MetricsRequest, settings: OtlpSettings) -> None:
        self._request = request
        self._settings = settings
        self._resources: dict[int, ResourceContext] = {}
        self._metrics: dict[int, MetricContext] = {}

    def resource(self, row: int) -> ResourceContext:
        if row not in self._resources:
            self._resources[row] = resource_context(self._request.resource(row), self._settings)
        return self._resources[row]

    def metric(self, row: int) -> MetricContext:
        if row not in self._metrics:
            self._metrics[row] = self._read_metric(row)
        return self._metrics[row]

    def metric_name(self, row: int) -> str:
        """As it was sent, for messages."""
        return str(self._request.metric(row).get("name", ""))

    def metric_of(self, point: int) -> MetricContext:
        return self.metric(int(self._request.points[point, kernel.METRIC]))

    def pairs(self, point: int, document: Document) -> Pairs:
        context = self.metric_of(point)
        return point_labels(document, context.resource, context.added, self._settings)

    def labels(self, point: int) -> Labels:
        """Of a point that is one series."""
        pairs = self.pairs(point, self._request.point(point))
        return Labels({**pairs, METRIC_NAME: self.metric_of(point).name}.items())

    def show(self, point: int) -> str:
        try:
            return str(self.labels(point))
        except BadInput as error:
            return error.message

    def _read_metric(self, row: int) -> MetricContext:
        columns = self._request.metrics[row].tolist()
        kind, monotonic, delta = (
            columns[kernel.KIND],
            bool(columns[kernel.MONOTONIC]),
            columns[kernel.TEMPORALITY] == DELTA,
        )
        head = self._request.metric(row)
        unit = head.get("unit", "")
        is_counter = kind == kernel.SUM and monotonic
        name = self._settings.naming.metric(
            head.get("name", ""), unit, is_gauge=kind == kernel.GAUGE, is_counter=is_counter
        )
        kind_name = "counter" if is_counter else _TYPES[kind]
        if delta and self._settings.native_delta:
            kind_name = "unknown"
        metadata = MetricMetadata(name, kind_name, head.get("description", ""), unit_name(unit))
        added = scope_labels(self._request.scope(row), self._settings) | self._type_and_unit(metadata)
        return MetricContext(metadata, self.resource(columns[kernel.RESOURCE]), added)

    def _type_and_unit(self, metadata: MetricMetadata) -> Pairs:
        return type_and_unit_pairs(metadata.type, metadata.unit) if self._settings.type_and_unit_labels else {}
