"""The answer of an instant query as rules read it: label sets with a float or a native histogram each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vedette.model.blocks import Float64s
from vedette.model.errors import QueryFailed
from vedette.model.histograms import FLOAT, HistogramCells, NativeHistogram
from vedette.model.label_rows import take_labels
from vedette.model.labels import EMPTY_LABELS, Labels
from vedette.query.promql.histogram_text import format_histogram
from vedette.query.promql.values import Matrix, Scalar, Value


@dataclass(frozen=True, slots=True)
class Vector:
    """`values` float64[n]; where `histograms` says that row i is one, values[i] is NaN."""

    labels: Sequence[Labels]
    values: Float64s
    histograms: HistogramCells | None = None

    def __len__(self) -> int:
        return len(self.values)

    def pairs(self) -> Iterator[tuple[Labels, float | NativeHistogram]]:
        values: Iterator[float | NativeHistogram] = iter(self.values.tolist())
        if self.histograms is not None:
            values = (self._at(row) for row in range(len(self)))
        return zip(self.labels, values, strict=True)

    def _at(self, row: int) -> float | NativeHistogram:
        assert self.histograms is not None
        place = int(self.histograms.rows[row])
        return float(self.values[row]) if place == FLOAT else self.histograms.table.at(place)


NOTHING = Vector([], np.empty(0))


def vector_of(value: Value) -> Vector:
    """Of an instant query's value. Raises QueryFailed for strings and range vectors."""
    if isinstance(value, Scalar):
        return Vector([EMPTY_LABELS], value.values)
    if not isinstance(value, Matrix):
        raise QueryFailed("rule result is not a vector or scalar")
    if not value.n_series:
        return NOTHING
    present = value.present[:, 0]
    if present.all():
        return Vector(value.labels, value.values[:, 0], None if value.histograms is None else value.histograms[:, 0])
    rows = np.flatnonzero(present)
    cells = None if value.histograms is None else value.histograms[rows, 0]
    return Vector(take_labels(value.labels, rows), value.values[rows, 0], cells)


@dataclass(frozen=True, slots=True)
class TemplateHistogram:
    """A native histogram in a template: it prints as the reference prints it."""

    histogram: NativeHistogram

    go_type = "*histogram.FloatHistogram"

    def member(self, name: str) -> Any:
        return {"Count": self.histogram.count, "Sum": self.histogram.sum}[name]

    def __str__(self) -> str:
        return format_histogram(self.histogram)


def template_value(value: float | NativeHistogram) -> Any:
    return TemplateHistogram(value) if isinstance(value, NativeHistogram) else value
