"""Native histograms times a number each, and without buckets that are zero: plain array arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from vedette.model.blocks import Bools, Float64s
from vedette.model.histograms import Buckets, CounterReset, Histograms, offsets_of


def multiply(histograms: Histograms, factors: Float64s) -> Histograms:
    """A negative factor makes a gauge. Source: Prometheus FloatHistogram.Mul, Compact."""
    return _scaled(histograms, factors, np.multiply)


def divide(histograms: Histograms, divisors: Float64s) -> Histograms:
    """Divided by zero a histogram loses its buckets. Source: Prometheus FloatHistogram.Div, Compact."""
    return _scaled(histograms, divisors, np.divide)


def _scaled(
    histograms: Histograms, numbers: Float64s, operation: Callable[[Float64s, Float64s], Float64s]
) -> Histograms:
    divides_by_zero = (numbers == 0.0) if operation is np.divide else np.zeros(len(numbers), np.bool_)
    sides = []
    for side in (histograms.positive, histograms.negative):
        lengths = np.diff(side.offsets)
        counts = operation(side.counts, np.repeat(numbers, lengths))
        sides.append(compact(replace(side, counts=np.where(np.repeat(divides_by_zero, lengths), 0.0, counts))))
    return replace(
        histograms,
        counts=operation(histograms.counts, numbers),
        sums=operation(histograms.sums, numbers),
        zero_counts=np.where(histograms.layouts >= 0, 0.0, operation(histograms.zero_counts, numbers)),
        hints=np.where(numbers < 0.0, int(CounterReset.GAUGE), histograms.hints),
        positive=sides[0],
        negative=sides[1],
    )


def compact(side: Buckets) -> Buckets:
    """Without the buckets that are zero."""
    kept = side.counts != 0.0
    return side if kept.all() else take_buckets(side, kept)


def take_buckets(side: Buckets, kept: Bools) -> Buckets:
    """The buckets chosen by a mask over all of them."""
    running = offsets_of(kept.astype(np.int64))
    return Buckets(running[side.offsets], side.indexes[kept], side.counts[kept])


def without_buckets(histograms: Histograms) -> Histograms:
    """Count, sum, schema and hint alone. Source: Prometheus HistogramStatsIterator."""
    nothing = Buckets(np.zeros(len(histograms) + 1, np.int64), np.empty(0, np.int64), np.empty(0))
    custom = histograms.layouts >= 0
    return replace(
        histograms,
        zero_counts=np.zeros(len(histograms)),
        zero_thresholds=np.zeros(len(histograms)),
        positive=nothing,
        negative=nothing,
        layouts=np.where(custom, 0, histograms.layouts),
        bound_offsets=np.zeros(2, np.int64),
        bounds=np.empty(0),
    )
