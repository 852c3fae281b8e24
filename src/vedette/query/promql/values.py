"""What an expression evaluates to, column by column: a Scalar, a string, a Matrix (instant vectors over a grid), raw samples.

A Matrix says with a mask where a series has a value; NaN is a value like any other. Arrays belong to the value that holds
them and are never written after it was made, so values may share them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from vedette.model.blocks import Bools, Float64s, Int64s, SeriesColumns
from vedette.model.errors import QueryFailed
from vedette.model.histograms import FLOAT, NO_HISTOGRAMS, HistogramCells, join_histograms, offsets_of
from vedette.model.label_rows import have_duplicates, order_by_labels, take_labels
from vedette.model.labels import METRIC_NAME, Labels
from vedette.query.shared.steps import Grid

METADATA_LABELS = frozenset({METRIC_NAME, "__type__", "__unit__"})
"""Labels that say what a metric is: gone when a function changes its meaning (Prometheus schema.IsMetadataLabel)."""

_NO_LABELS: Final[list[Labels]] = []

SAME_LABELSET = "vector cannot contain metrics with the same labelset"


@dataclass(frozen=True, slots=True)
class Scalar:
    """`values` float64[n_steps]."""

    grid: Grid
    values: Float64s

    @property
    def n_samples(self) -> int:
        return len(self.values)


@dataclass(frozen=True, slots=True)
class StringValue:
    text: str

    @property
    def n_samples(self) -> int:
        return 0


@dataclass(frozen=True, slots=True)
class Matrix:
    """Series i has the value values[i, k] at step k of the grid where present[i, k].

    `values` float64[n_series, n_steps], `present` and the rest parallel. `histograms`, where not None, says which
    cells hold a native histogram; their value is NaN. `drop_name[i]`: the metric name is still in the labels but goes when the
    query is done (delayed name removal). The order of series counts for instant queries only.
    """

    labels: Sequence[Labels]
    grid: Grid
    values: Float64s
    present: Bools
    drop_name: Bools
    histograms: HistogramCells | None = None

    @classmethod
    def of(cls, labels: Sequence[Labels], grid: Grid, values: Float64s, present: Bools) -> Matrix:
        return cls(labels, grid, values, present, np.zeros(len(labels), np.bool_))

    @classmethod
    def empty(cls, grid: Grid) -> Matrix:
        shape = (0, grid.n_steps)
        return cls.of(_NO_LABELS, grid, np.empty(shape), np.empty(shape, np.bool_))

    @property
    def n_series(self) -> int:
        return len(self.labels)

    @property
    def n_samples(self) -> int:
        return int(np.count_nonzero(self.present))

    @property
    def float_present(self) -> Bools:
        """Where the value is a float."""
        return self.present if self.histograms is None else self.present & (self.histograms.rows == FLOAT)

    @property
    def histogram_present(self) -> Bools:
        return (
            np.zeros_like(self.present) if self.histograms is None else self.present & (self.histograms.rows != FLOAT)
        )

    def rows(self, indices: Int64s) -> Matrix:
        """The series at the indices, in their order."""
        return Matrix(
            take_labels(self.labels, indices),
            self.grid,
            self.values[indices],
            self.present[indices],
            self.drop_name[indices],
            None if self.histograms is None else self.histograms[indices],
        )

    def with_cells(self, values: Float64s, present: Bools) -> Matrix:
        """The same series with other cells, and without histograms."""
        return Matrix(self.labels, self.grid, values, present, self.drop_name)

    def without_empty_series(self) -> Matrix:
        used = self.present.any(axis=1)
        return self if used.all() else self.rows(np.flatnonzero(used))

    def named(self, labels: Sequence[Labels]) -> Matrix:
        return replace(self, labels=labels)

    def sorted_by_labels(self) -> Matrix:
        return self.rows(order_by_labels(self.labels))

    def as_selected(self) -> Matrix:
        """Histograms in the order of their labels: how zero buckets and schemas meet depends on it, and of which pair of a step
        an operator reports what is amiss: the last one.
        """
        return self if self.histograms is None else self.sorted_by_labels()


@dataclass(frozen=True, slots=True)
class RawSamples:
    """The answer of an instant query for a range vector. Series sorted by labels; no stale markers."""

    columns: SeriesColumns

    @property
    def n_samples(self) -> int:
        return self.columns.n_samples


Value = Scalar | StringValue | Matrix | RawSamples


def concatenate_cells(parts: Sequence[Matrix]) -> HistogramCells | None:
    """The histograms of matrices whose series are put one after another."""
    if all(part.histograms is None for part in parts):
        return None
    cells = [
        part.histograms or HistogramCells(np.full(part.values.shape, FLOAT, np.int64), NO_HISTOGRAMS) for part in parts
    ]
    firsts = offsets_of([len(each.table) for each in cells])[:-1].tolist()
    rows = [np.where(each.rows == FLOAT, FLOAT, each.rows + first) for each, first in zip(cells, firsts, strict=True)]
    return HistogramCells(np.concatenate(rows), join_histograms([each.table for each in cells]))


def merge_same_labels(matrix: Matrix) -> Matrix:
    """Series with equal labels become one. Raises QueryFailed where two of them have a value at the same step."""
    if not have_duplicates(matrix.labels):
        return matrix
    first: dict[Labels, int] = {}
    for row, labels in enumerate(matrix.labels):
        first.setdefault(labels, row)
    kept = matrix.rows(np.fromiter(first.values(), np.int64, len(first)))
    place = {labels: row for row, labels in enumerate(kept.labels)}
    for row, labels in enumerate(matrix.labels):
        if first[labels] == row:
            continue
        target = place[labels]
        present = matrix.present[row]
        if (kept.present[target] & present).any():
            raise QueryFailed(SAME_LABELSET)
        kept.values[target, present] = matrix.values[row, present]
        kept.present[target] |= present
        if kept.histograms is not None and matrix.histograms is not None:
            kept.histograms.rows[target, present] = matrix.histograms.rows[row, present]
    return kept
