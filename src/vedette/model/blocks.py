"""Columns of samples as they travel between rooms. Times are int64 ms; stale markers stay in `values` as STALE_NAN bits.

A batch goes in (rows, any order); a `SeriesColumns` comes out (series by series, times ascending). Arrays are borrowed:
who receives them must not write to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vedette.model.histograms import FLOAT, HistogramCells, Histograms, stretches
from vedette.model.labels import Labels

Float64s = NDArray[np.float64]
Int64s = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SampleBatch:
    """Rows to append: `refs` int64[n] from `Store.register`, `times_ms` int64[n], `values` float64[n] (bits are kept).

    `start_times_ms` int64[n], 0 where unknown: since when a counter has been counting; None where no row has one.
    """

    refs: Int64s
    times_ms: Int64s
    values: Float64s
    start_times_ms: Int64s | None = None

    def __len__(self) -> int:
        return len(self.refs)

    def take(self, rows: Int64s) -> SampleBatch:
        """Those at `rows`, in their order."""
        starts = None if self.start_times_ms is None else self.start_times_ms[rows]
        return SampleBatch(self.refs[rows], self.times_ms[rows], self.values[rows], starts)


@dataclass(frozen=True, slots=True)
class HistogramBatch:
    """Native histograms to append, parallel to `refs` and `times_ms`. One whose sum is STALE_NAN is a stale marker."""

    refs: Int64s
    times_ms: Int64s
    histograms: Histograms
    start_times_ms: Int64s | None = None

    def __len__(self) -> int:
        return len(self.refs)


@dataclass(frozen=True, slots=True)
class ExemplarBatch:
    """Exemplars to append: row i belongs to the series refs[i] and carries labels of its own (a trace id)."""

    refs: Int64s
    times_ms: Int64s
    values: Float64s
    labels: Sequence[Labels]

    def __len__(self) -> int:
        return len(self.refs)


@dataclass(frozen=True, slots=True)
class Downsampled:
    """What is not raw among samples: those up to `until_ms` stand for all samples of the `width_ms` before their time.

    `counts` float64, parallel to the samples, says how many raw ones each stands for, where the scan asked for it.
    """

    width_ms: int
    until_ms: int
    counts: Float64s | None = None


@dataclass(frozen=True, slots=True)
class SeriesColumns:
    """Samples of n series, one after another (CSR).

    `labels[i]` owns samples `offsets[i]:offsets[i+1]` of `times_ms` and `values`; within a series times ascend strictly.
    `has_stale` is False only when no value carries the stale marker. A series without samples may occur.
    `histograms`, where not None, is parallel to `values` and says which samples are native histograms (their value is
    NaN); a stale marker is a float. `start_times_ms` int64, parallel to `values`, 0 where unknown; None where none is known or
    none was asked for.
    """

    labels: Sequence[Labels]
    offsets: Int64s
    times_ms: Int64s
    values: Float64s
    has_stale: bool = True
    histograms: HistogramCells | None = None
    start_times_ms: Int64s | None = None
    downsampled: Downsampled | None = None
    """None: all samples are raw."""

    @property
    def n_series(self) -> int:
        return len(self.labels)

    @property
    def n_samples(self) -> int:
        return len(self.times_ms)

    def floats_only(self) -> SeriesColumns:
        """Without the native histograms; series stay, be it without samples."""
        if self.histograms is None:
            return self
        keep = self.histograms.rows == FLOAT
        kept_before = np.append(0, np.cumsum(keep))
        starts = None if self.start_times_ms is None else self.start_times_ms[keep]
        return SeriesColumns(
            self.labels,
            kept_before[self.offsets],
            self.times_ms[keep],
            self.values[keep],
            self.has_stale,
            start_times_ms=starts,
        )

    def take(self, rows: Int64s) -> SeriesColumns:
        """The series at `rows`, in their order."""
        starts = self.offsets[rows]
        offsets, places = stretches(starts, self.offsets[rows + 1] - starts)
        return SeriesColumns(
            [self.labels[row] for row in rows.tolist()],
            offsets,
            self.times_ms[places],
            self.values[places],
            self.has_stale,
            None if self.histograms is None else self.histograms[places],
            None if self.start_times_ms is None else self.start_times_ms[places],
        )


METRIC_TYPES: Final = ("unknown", "counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset")
"""By their number in scanned pages and in both versions of remote write."""


@dataclass(frozen=True, slots=True)
class MetricMetadata:
    """`type` is one of METRIC_TYPES."""

    metric: str
    type: str
    help: str
    unit: str = ""


def empty_columns() -> SeriesColumns:
    return SeriesColumns([], np.zeros(1, np.int64), np.empty(0, np.int64), np.empty(0, np.float64), has_stale=False)
