"""Windows over series that hold native histograms, perhaps beside floats: the two kinds taken apart.

A range function of floats runs on `floats` as ever. What is done with histograms works on flat arrays of windows, one for each (series,
step), as places [begin, end) in the columns `histograms`. Series keep their rows, so results of both fit together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from vedette.kernels.histogram_resets import find_resets
from vedette.kernels.histogram_table import table_of
from vedette.kernels.places import first_places, window_places
from vedette.model.blocks import Bools, Float64s, Int64s
from vedette.model.histograms import CUSTOM_BUCKETS, FLOAT, CounterReset, HistogramCells, Histograms, offsets_of
from vedette.query.promql.samples import RangeColumns, Windows
from vedette.query.shared.steps import Grid


@dataclass(frozen=True, slots=True)
class Places:
    """begins, ends int64[n_series, n_steps]: window (s, k) holds the samples [begins[s, k], ends[s, k]) of its columns."""

    begins: Int64s
    ends: Int64s

    @property
    def counts(self) -> Int64s:
        return self.ends - self.begins


@dataclass(frozen=True, slots=True)
class HistogramSeries:
    """CSR columns of histograms only. `rows` int64[n] into `table`; `resets` bool[n]: less than the one before in its series."""

    offsets: Int64s
    times_ms: Int64s
    rows: Int64s
    resets: Bools
    table: Histograms
    start_times_ms: Int64s | None

    @property
    def is_custom(self) -> Bools:
        return np.asarray(self.table.schemas[self.rows] == CUSTOM_BUCKETS, np.bool_)

    @property
    def hints(self) -> Int64s:
        return self.table.hints[self.rows]


@dataclass(frozen=True, slots=True)
class Spans:
    """Windows [begins[i], ends[i]) of the columns `series`, each with a histogram at least; `resets` with those of start times."""

    series: HistogramSeries
    begins: Int64s
    ends: Int64s
    resets: Bools

    @property
    def starts_anew(self) -> Bools:
        """Whether the second histogram comes after a reset: then the first one counts for nothing."""
        second = np.minimum(self.begins + 1, self.ends - 1)
        return (self.ends - self.begins >= 2) & self.resets[second]

    def any_in(self, marks: Bools, begins: Int64s, ends: Int64s) -> Bools:
        running = offsets_of(marks.astype(np.int64))
        return running[np.maximum(begins, ends)] > running[begins]

    def agree(self, begins: Int64s) -> Bools:
        """Whether the histograms from `begins` on all have custom buckets, or none has."""
        custom = self.series.is_custom
        return ~(self.any_in(custom, begins, self.ends) & self.any_in(~custom, begins, self.ends))


class MixedWindows:
    """`windows` of columns that have histograms."""

    def __init__(self, windows: Windows, cells: HistogramCells, grid: Grid) -> None:
        self.windows = windows
        self.columns = windows.columns
        self.cells = cells if windows.columns.resets is not None else without_reset_hints(cells)
        self.grid = grid

    @cached_property
    def is_histogram(self) -> Bools:
        return np.asarray(self.cells.rows != FLOAT, np.bool_)

    @cached_property
    def all_places(self) -> Places:
        return self.places(self.columns.offsets, self.columns.times_ms)

    @cached_property
    def histogram_places(self) -> Places:
        return self.places(self.histograms.offsets, self.histograms.times_ms)

    @cached_property
    def n_histograms(self) -> Int64s:
        """int64[n_series, n_steps]"""
        return self.histogram_places.counts

    @cached_property
    def n_floats(self) -> Int64s:
        return self.all_places.counts - self.n_histograms

    @property
    def is_mixed(self) -> Bools:
        return np.asarray((self.n_floats > 0) & (self.n_histograms > 0), np.bool_)

    @property
    def has_histograms_only(self) -> Bools:
        return np.asarray((self.n_floats == 0) & (self.n_histograms > 0), np.bool_)

    @cached_property
    def floats(self) -> Windows:
        return replace(self.windows, columns=pick_samples(self.columns, ~self.is_histogram))

    @cached_property
    def histograms(self) -> HistogramSeries:
        columns = self.columns
        chosen = self.is_histogram
        offsets = offsets_of(chosen.astype(np.int64))[columns.offsets]
        rows = self.cells.rows[chosen]
        if columns.resets is not None:
            resets = columns.resets[chosen]
        else:
            resets = np.empty(len(rows), np.bool_)
            find_resets(table_of(self.cells.table), rows, offsets, resets)
        starts = None if columns.start_times_ms is None else columns.start_times_ms[chosen]
        return HistogramSeries(offsets, columns.times_ms[chosen], rows, resets, self.cells.table, starts)

    def places(self, offsets: Int64s, times_ms: Int64s) -> Places:
        shape = (self.columns.n_series, self.grid.n_steps)
        begins, ends = np.empty(shape, np.int64), np.empty(shape, np.int64)
        windows = self.windows
        window_places(offsets, times_ms, windows.end0_ms, windows.end_step_ms, windows.range_ms, begins, ends)
        return Places(begins, ends)

    def first_from(self, begins: Int64s, ends: Int64s, at_ms: Int64s) -> Int64s:
        """The first histogram in each flat window [begins[i], ends[i]) that is not before at_ms[i], or the window's end."""
        series = self.histograms
        out = np.empty(len(begins), np.int64)
        first_places(series.times_ms, begins, ends, at_ms, out)
        return out

    @property
    def window_ends_ms(self) -> Int64s:
        """int64[n_steps]"""
        return self.windows.end0_ms + self.windows.end_step_ms * np.arange(self.grid.n_steps, dtype=np.int64)


def without_reset_hints(cells: HistogramCells) -> HistogramCells:
    """For what a subquery yields: its steps may pass over samples, or over one twice, so only gauges are known to be such."""
    hints = cells.table.hints
    known = np.where(hints == int(CounterReset.GAUGE), hints, int(CounterReset.UNKNOWN))
    return HistogramCells(cells.rows, replace(cells.table, hints=known))


def pick_samples(columns: RangeColumns, chosen: Bools) -> RangeColumns:
    """The float columns of the chosen samples."""
    starts = columns.start_times_ms
    return RangeColumns(
        columns.labels,
        offsets_of(chosen.astype(np.int64))[columns.offsets],
        columns.times_ms[chosen],
        columns.values[chosen],
        columns.drop_name,
        start_times_ms=None if starts is None else starts[chosen],
    )


@dataclass(frozen=True, slots=True)
class MixedCells:
    """A result over (series, step): `values` and `present` for floats and histograms alike, `rows` into `table` or FLOAT."""

    values: Float64s
    present: Bools
    rows: Int64s
    table: Histograms

    @classmethod
    def of_floats(cls, values: Float64s, present: Bools, table: Histograms) -> MixedCells:
        return cls(values, present, np.full(values.shape, FLOAT, np.int64), table)

    @classmethod
    def join(cls, floats: tuple[Float64s, Bools], places: Any, rows: Int64s, table: Histograms) -> MixedCells:
        """Floats, and histograms at the flat `places`: rows[i] of the table, or nothing where it is negative."""
        values, present = floats
        values, present = np.where(present, values, np.nan), present.copy()
        cells = np.full(values.shape, FLOAT, np.int64)
        cells.reshape(-1)[places] = rows
        return cls(values, present | (cells != FLOAT), cells, table)
