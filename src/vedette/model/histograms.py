"""Native histograms as columns: n histograms in a handful of arrays, whatever their resolution.

A histogram has a schema (-4 to 8: exponential, 2^(2^-schema) per bucket; CUSTOM_BUCKETS: bounds of its own), a zero bucket,
positive and negative buckets by index, count and sum. Exponential bucket i covers (base^(i-1), base^i]; custom bucket i
covers (bounds[i-1], bounds[i]], from -Inf for the first, to +Inf for the one after the last bound. Counts are absolute, not
deltas, and floats throughout: whole numbers up to 2^53 are exact. A bucket that is not listed is empty; one that is listed may be.
Source: https://prometheus.io/docs/specs/native_histograms/, Prometheus model/histogram.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Float64s = NDArray[np.float64]
Int64s = NDArray[np.int64]

CUSTOM_BUCKETS: Final = -53
SCHEMA_MIN: Final = -4
SCHEMA_MAX: Final = 8
EXPONENTIAL: Final = -1
"""In `layouts`: the histogram has no bounds of its own."""
FLOAT: Final = -1
"""In HistogramCells.rows: this cell holds a float, or nothing."""


class CounterReset(IntEnum):
    """What is known of a counter reset between the sample before and this one."""

    UNKNOWN = 0
    RESET = 1
    NOT_RESET = 2
    GAUGE = 3


@dataclass(frozen=True, slots=True)
class NativeHistogram:
    """One histogram as a Python value: for tests, literals and printing; what is computed with is `Histograms`."""

    schema: int = 0
    count: float = 0.0
    sum: float = 0.0
    zero_count: float = 0.0
    zero_threshold: float = 0.0
    positive: dict[int, float] = field(default_factory=dict)
    negative: dict[int, float] = field(default_factory=dict)
    bounds: tuple[float, ...] = ()
    hint: CounterReset = CounterReset.UNKNOWN


@dataclass(frozen=True, slots=True)
class Buckets:
    """One side. Histogram i has the buckets `indexes[offsets[i]:offsets[i+1]]`, strictly ascending, and counts beside them.

    offsets int64[n+1], indexes int64[m], counts float64[m].
    """

    offsets: Int64s
    indexes: Int64s
    counts: Float64s

    def take(self, rows: Int64s) -> Buckets:
        starts, lengths = self.offsets[rows], self.offsets[rows + 1] - self.offsets[rows]
        offsets, places = stretches(starts, lengths)
        return Buckets(offsets, self.indexes[places], self.counts[places])


@dataclass(frozen=True, slots=True)
class Histograms:
    """n histograms. Arrays are borrowed: nobody writes to them.

    schemas int64[n]; counts, sums, zero_counts, zero_thresholds float64[n]; hints int64[n] of CounterReset; layouts int64[n]:
    EXPONENTIAL or k, whose custom bounds are bounds[bound_offsets[k]:bound_offsets[k+1]], ascending, without +Inf.
    Several histograms may share a layout, and equal layouts may occur twice.
    """

    schemas: Int64s
    counts: Float64s
    sums: Float64s
    zero_counts: Float64s
    zero_thresholds: Float64s
    hints: Int64s
    positive: Buckets
    negative: Buckets
    layouts: Int64s
    bound_offsets: Int64s
    bounds: Float64s

    def __len__(self) -> int:
        return len(self.schemas)

    def take(self, rows: Int64s) -> Histograms:
        """Those at `rows`, in their order; every layout is kept."""
        return Histograms(
            self.schemas[rows],
            self.counts[rows],
            self.sums[rows],
            self.zero_counts[rows],
            self.zero_thresholds[rows],
            self.hints[rows],
            self.positive.take(rows),
            self.negative.take(rows),
            self.layouts[rows],
            self.bound_offsets,
            self.bounds,
        )

    def at(self, row: int) -> NativeHistogram:
        return NativeHistogram(
            int(self.schemas[row]),
            float(self.counts[row]),
            float(self.sums[row]),
            float(self.zero_counts[row]),
            float(self.zero_thresholds[row]),
            _side(self.positive, row),
            _side(self.negative, row),
            self.bounds_of(row),
            CounterReset(int(self.hints[row])),
        )

    def bounds_of(self, row: int) -> tuple[float, ...]:
        layout = int(self.layouts[row])
        if layout == EXPONENTIAL:
            return ()
        return tuple(self.bounds[self.bound_offsets[layout] : self.bound_offsets[layout + 1]].tolist())

    @classmethod
    def of(cls, histograms: Sequence[NativeHistogram]) -> Histograms:
        layouts: dict[tuple[float, ...], int] = {}
        for each in histograms:
            if each.schema == CUSTOM_BUCKETS:
                layouts.setdefault(each.bounds, len(layouts))
        return cls(
            np.array([each.schema for each in histograms], np.int64),
            np.array([each.count for each in histograms], np.float64),
            np.array([each.sum for each in histograms], np.float64),
            np.array([each.zero_count for each in histograms], np.float64),
            np.array([each.zero_threshold for each in histograms], np.float64),
            np.array([each.hint for each in histograms], np.int64),
            _sides([each.positive for each in histograms]),
            _sides([each.negative for each in histograms]),
            np.array(
                [
                    layouts.get(each.bounds, EXPONENTIAL) if each.schema == CUSTOM_BUCKETS else EXPONENTIAL
                    for each in histograms
                ],
                np.int64,
            ),
            offsets_of([len(bounds) for bounds in layouts]),
            np.array([bound for bounds in layouts for bound in bounds], np.float64),
        )


@dataclass(frozen=True, slots=True)
class HistogramCells:
    """The histograms among the cells of an array: rows int64, shaped like the floats beside it: a row of `table`, or FLOAT."""

    rows: Int64s
    table: Histograms

    def __getitem__(self, places: Any) -> HistogramCells:
        return HistogramCells(self.rows[places], self.table)


def join_histograms(parts: Sequence[Histograms]) -> Histograms:
    """All of them, one part after another."""
    shifts = np.cumsum([0, *(len(part.bound_offsets) - 1 for part in parts)])[:-1].tolist()
    layouts = [
        np.where(part.layouts == EXPONENTIAL, EXPONENTIAL, part.layouts + shift)
        for part, shift in zip(parts, shifts, strict=True)
    ]
    return Histograms(
        _join([part.schemas for part in parts], np.int64),
        _join([part.counts for part in parts], np.float64),
        _join([part.sums for part in parts], np.float64),
        _join([part.zero_counts for part in parts], np.float64),
        _join([part.zero_thresholds for part in parts], np.float64),
        _join([part.hints for part in parts], np.int64),
        _join_buckets([part.positive for part in parts]),
        _join_buckets([part.negative for part in parts]),
        _join(layouts, np.int64),
        _join_offsets([part.bound_offsets for part in parts]),
        _join([part.bounds for part in parts], np.float64),
    )


def stretches(starts: Int64s, lengths: Int64s) -> tuple[Int64s, Int64s]:
    """(offsets int64[n+1] of the stretches laid end to end, places int64[sum(lengths)] of their items at the source)"""
    offsets = offsets_of(lengths)
    places = np.arange(offsets[-1], dtype=np.int64) + np.repeat(starts - offsets[:-1], lengths)
    return offsets, places


def offsets_of(lengths: Sequence[int] | Int64s) -> Int64s:
    """int64[n+1]: 0 and the running sums."""
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def _side(buckets: Buckets, row: int) -> dict[int, float]:
    own = slice(buckets.offsets[row], buckets.offsets[row + 1])
    return dict(zip(buckets.indexes[own].tolist(), buckets.counts[own].tolist(), strict=True))


def _sides(sides: Sequence[dict[int, float]]) -> Buckets:
    items = [sorted(side.items()) for side in sides]
    return Buckets(
        offsets_of([len(each) for each in items]),
        np.array([index for each in items for index, _ in each], np.int64),
        np.array([count for each in items for _, count in each], np.float64),
    )


def _join_buckets(parts: Sequence[Buckets]) -> Buckets:
    return Buckets(
        _join_offsets([part.offsets for part in parts]),
        _join([part.indexes for part in parts], np.int64),
        _join([part.counts for part in parts], np.float64),
    )


def _join_offsets(parts: Sequence[Int64s]) -> Int64s:
    return offsets_of(_join([np.diff(part) for part in parts], np.int64))


def _join(parts: Sequence[NDArray[Any]], dtype: Any) -> NDArray[Any]:
    return np.concatenate([np.empty(0, dtype), *parts])


NO_HISTOGRAMS: Final = Histograms.of([])
