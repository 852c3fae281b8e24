"""How many samples of 16 bytes a native histogram stands for in a query's statistics.

Source: Prometheus promql/value.go HPoint.size, model/histogram FloatHistogram.Size.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from vedette.model.blocks import Bools, Int64s
from vedette.model.histograms import EXPONENTIAL, FLOAT, Buckets, HistogramCells, Histograms, offsets_of
from vedette.query.promql.histogram_windows import MixedWindows
from vedette.query.promql.samples import Windows
from vedette.query.promql.values import Matrix
from vedette.query.shared.steps import Grid

_SAMPLE_BYTES: Final = 16
_POINT_BYTES: Final = 168 + 8
"""The reference's struct and its time; a span, a bucket and a bound have eight bytes each."""
_ITEM_BYTES: Final = 8


def histogram_sizes(histograms: Histograms) -> Int64s:
    """int64[n], in samples."""
    assert EXPONENTIAL == -1  # the last entry: no bounds
    items = np.append(np.diff(histograms.bound_offsets), 0)[histograms.layouts]
    for side in (histograms.positive, histograms.negative):
        items = items + np.diff(side.offsets) + _span_counts(side)
    return (_POINT_BYTES + _ITEM_BYTES * items) // _SAMPLE_BYTES


def count_vector(matrix: Matrix) -> Int64s:
    """int64[n_steps]: the samples of each step."""
    return np.asarray(_weighed(matrix.present, matrix.histograms).sum(axis=0))


def count_windows(windows: Windows, cells: HistogramCells, grid: Grid) -> Int64s:
    """int64[n_steps]: the samples of each step's windows, which hold histograms."""
    weights = _weighed(np.ones(len(cells.rows), np.bool_), cells)
    running = offsets_of(weights)
    places = MixedWindows(windows, cells, grid).all_places
    return np.asarray((running[places.ends] - running[places.begins]).sum(axis=0))


def _weighed(present: Bools, cells: HistogramCells | None) -> Int64s:
    """1 for a float, a histogram's size for a histogram, 0 for nothing."""
    if cells is None:
        return present.astype(np.int64)
    sizes = np.append(histogram_sizes(cells.table), 1)
    assert FLOAT == -1  # the last entry
    return np.where(present, sizes[cells.rows], 0)


def _span_counts(side: Buckets) -> Int64s:
    """int64[n]: runs of neighbouring buckets."""
    opens = np.ones(len(side.indexes), np.int64)
    opens[1:] = side.indexes[1:] != side.indexes[:-1] + 1
    firsts = side.offsets[:-1][np.diff(side.offsets) > 0]
    opens[firsts] = 1
    return np.diff(offsets_of(opens)[side.offsets])
