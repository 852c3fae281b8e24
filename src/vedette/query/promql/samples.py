"""The samples of a scan, in the two forms that kernels read: with stale markers (instant selection) and without (windows)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vedette.kernels.histogram_resets import resolve_hints
from vedette.kernels.histogram_scaling import without_buckets
from vedette.kernels.histogram_table import table_of
from vedette.kernels.windows import longest, samples_of_grid, strip_stale
from vedette.model.blocks import Bools, Downsampled, Float64s, Int64s, SeriesColumns
from vedette.model.histograms import FLOAT, CounterReset, HistogramCells, offsets_of
from vedette.model.labels import Labels
from vedette.model.staleness import STALE_NAN_BITS
from vedette.query.promql.values import Matrix


@dataclass(frozen=True, slots=True)
class RangeColumns:
    """CSR columns without stale markers. `drop_name` as in Matrix: set where the samples are a subquery's.

    `histograms` and `start_times_ms` as in SeriesColumns. `resets` bool, parallel to them: histograms that are less than the one
    before; None where their own hints have to be asked first.
    """

    labels: Sequence[Labels]
    offsets: Int64s
    times_ms: Int64s
    values: Float64s
    drop_name: Bools
    downsampled: Downsampled | None = None
    histograms: HistogramCells | None = None
    resets: Bools | None = None
    start_times_ms: Int64s | None = None

    @property
    def n_series(self) -> int:
        return len(self.labels)

    @property
    def longest(self) -> int:
        return longest(self.offsets)


@dataclass(frozen=True, slots=True)
class Windows:
    """Window k of a range function ends at end0_ms + k * end_step_ms, is range_ms long and left-open."""

    columns: RangeColumns
    end0_ms: int
    end_step_ms: int
    range_ms: int


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
        if columns.histograms is not None or columns.start_times_ms is not None:
            return strip_stale_rows(self)
        arrays = (columns.offsets, columns.times_ms, columns.values)
        if columns.has_stale:
            arrays = strip_stale(*arrays)
        return RangeColumns(columns.labels, *arrays, np.zeros(columns.n_series, np.bool_), self.ranged_downsampled())

    def ranged_downsampled(self) -> Downsampled | None:
        downsampled = self.columns.downsampled
        if downsampled is None or downsampled.counts is None or not self.columns.has_stale:
            return downsampled
        return replace(downsampled, counts=downsampled.counts[self.bits != STALE_NAN_BITS])

    @cached_property
    def resolved(self) -> tuple[HistogramCells, Bools] | None:
        """The histograms with hints as the reference reads them from its store, and which of them are resets."""
        cells = self.columns.histograms
        if cells is None:
            return None
        hints, resets = np.empty(len(cells.rows), np.int64), np.empty(len(cells.rows), np.bool_)
        resolve_hints(table_of(cells.table), cells.rows, self.columns.offsets, hints, resets)
        return with_hints(cells, hints), resets

    def statistics(self, first_ms: int, step_ms: int, n_steps: int, reach_ms: int) -> Samples:
        """The samples for who wants counts and sums only: histograms without buckets, whose hints tell of resets.

        They are looked at from times that begin at `first_ms`, `reach_ms` back from each. The reference reads them so, too: what is
        reconciled or warned of depends on it, and gauges are compared without their buckets.
        Source: HistogramStatsIterator.
        """
        if self.resolved is None:
            return self
        cells, resets = self.resolved
        offsets, times_ms = self.columns.offsets, self.columns.times_ms
        hints = np.where(cells.rows == FLOAT, int(CounterReset.UNKNOWN), cells.table.hints[cells.rows])
        unknown = hints == int(CounterReset.UNKNOWN)
        known = np.where(resets, int(CounterReset.RESET), int(CounterReset.NOT_RESET))
        stretches = np.union1d(offsets, jumped_to(offsets, times_ms, first_ms, step_ms, n_steps, reach_ms))
        hints = np.where(unknown & ~firsts_of(cells.rows, stretches), known, hints)
        bare = HistogramCells(cells.rows, without_buckets(cells.table))
        bare_resets = np.empty(len(resets), np.bool_)
        resolve_hints(table_of(bare.table), cells.rows, offsets, np.empty(len(resets), np.int64), bare_resets)
        resets = np.where(hints == int(CounterReset.GAUGE), bare_resets, resets)
        samples = Samples(replace(self.columns, histograms=bare))
        samples.__dict__["resolved"] = (with_hints(bare, hints), resets)
        return samples


def jumped_to(
    offsets: Int64s, times_ms: Int64s, first_ms: int, step_ms: int, n_steps: int, reach_ms: int
) -> NDArray[np.intp]:
    """The samples that a reader comes to without having seen the one before: it looks `reach_ms` back from times that lie farther apart.

    From each of its times it has gone on to the first sample that is not before it; one that the next time does not reach is skipped.
    Source: Prometheus BufferedSeriesIterator.Seek and MemoizedSeriesIterator.Seek.
    """
    if step_ms <= reach_ms or n_steps < 2:
        return np.empty(0, np.intp)
    before, now = times_ms[:-1], times_ms[1:]
    step = (before - first_ms) // step_ms + 1
    reached = first_ms + step * step_ms - reach_ms
    jumps = (step >= 1) & (step < n_steps) & (before < reached) & (reached <= now)
    jumps[offsets[(offsets > 0) & (offsets < len(times_ms))] - 1] = False
    return np.flatnonzero(jumps) + 1


def with_hints(cells: HistogramCells, hints: Int64s) -> HistogramCells:
    """`hints` parallel to the cells. Each histogram belongs to one cell at most."""
    of_table = cells.table.hints.copy()
    is_histogram = cells.rows != FLOAT
    of_table[cells.rows[is_histogram]] = hints[is_histogram]
    return HistogramCells(cells.rows, replace(cells.table, hints=of_table))


def firsts_of(rows: Int64s, offsets: Int64s) -> Bools:
    """Which samples are the first histogram between two offsets."""
    is_histogram = rows != FLOAT
    before = offsets_of(is_histogram.astype(np.int64))
    none_before = before[:-1] == np.repeat(before[offsets[:-1]], np.diff(offsets))
    return np.asarray(is_histogram & none_before, np.bool_)


def strip_stale_rows(samples: Samples) -> RangeColumns:
    """As `strip_stale`, for columns that hold more than floats."""
    columns = samples.columns
    kept = samples.bits != STALE_NAN_BITS
    cells, resets = samples.resolved or (None, None)
    return RangeColumns(
        columns.labels,
        offsets_of(kept.astype(np.int64))[columns.offsets],
        columns.times_ms[kept],
        columns.values[kept],
        np.zeros(columns.n_series, np.bool_),
        downsampled=samples.ranged_downsampled(),
        histograms=None if cells is None else cells[kept],
        resets=None if resets is None else resets[kept],
        start_times_ms=None if columns.start_times_ms is None else columns.start_times_ms[kept],
    )


def range_columns_of(matrix: Matrix) -> RangeColumns:
    """A matrix over its grid as samples: the value of a subquery."""
    arrays = samples_of_grid(
        np.ascontiguousarray(matrix.values),
        np.ascontiguousarray(matrix.present),
        matrix.grid.start_ms,
        matrix.grid.step_ms,
    )
    cells = None if matrix.histograms is None else matrix.histograms[matrix.present]
    return RangeColumns(matrix.labels, *arrays, matrix.drop_name, histograms=cells)
