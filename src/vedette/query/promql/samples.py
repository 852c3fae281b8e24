"""The samples of a scan, in the two forms that kernels read: with stale markers (instant selection) and without (windows)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vedette.kernels.windows import longest, samples_of_grid, strip_stale
from vedette.model.blocks import Bools, Downsampled, Float64s, Int64s, SeriesColumns
from vedette.model.labels import Labels
from vedette.model.staleness import STALE_NAN_BITS
from vedette.query.promql.values import Matrix


@dataclass(frozen=True, slots=True)
class RangeColumns:
    """CSR columns without stale markers. `drop_name` as in Matrix: set where the samples are a subquery's."""

    labels: Sequence[Labels]
    offsets: Int64s
    times_ms: Int64s
    values: Float64s
    drop_name: Bools
    downsampled: Downsampled | None = None

    @property
    def n_series(self) -> int:
        return len(self.labels)

    @property
    def longest(self) -> int:
        return longest(self.offsets)


class Samples:
    def __init__(self, columns: SeriesColumns) -> None:
        self.columns = columns

    @property
    def labels(self) -> Sequence[Labels]:
        return self.columns.labels

    @property
    def n_per_series(self) -> float:
        """On average."""
        return self.columns.n_samples / max(1, self.columns.n_series)

    @cached_property
    def bits(self) -> NDArray[np.uint64]:
        return self.columns.values.view(np.uint64)

    @cached_property
    def ranged(self) -> RangeColumns:
        columns = self.columns
        arrays = (columns.offsets, columns.times_ms, columns.values)
        if columns.has_stale:
            arrays = strip_stale(*arrays)
        return RangeColumns(columns.labels, *arrays, np.zeros(columns.n_series, np.bool_), self._ranged_downsampled())

    def _ranged_downsampled(self) -> Downsampled | None:
        downsampled = self.columns.downsampled
        if downsampled is None or downsampled.counts is None or not self.columns.has_stale:
            return downsampled
        return replace(downsampled, counts=downsampled.counts[self.bits != STALE_NAN_BITS])


def range_columns_of(matrix: Matrix) -> RangeColumns:
    """A matrix over its grid as samples: the value of a subquery."""
    arrays = samples_of_grid(
        np.ascontiguousarray(matrix.values),
        np.ascontiguousarray(matrix.present),
        matrix.grid.start_ms,
        matrix.grid.step_ms,
    )
    return RangeColumns(matrix.labels, *arrays, matrix.drop_name)
