"""Which pushed native histograms no store should take, in the reference's words.

Source: Prometheus model/histogram (Histogram.Validate, FloatHistogram.Validate).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from vedette.intake.receiving.otlp.native import coarser
from vedette.model.blocks import Bools, Float64s
from vedette.model.histograms import CUSTOM_BUCKETS, SCHEMA_MAX, SCHEMA_MIN, Buckets, Histograms
from vedette.model.staleness import STALE_NAN_BITS

RESERVED_SCHEMA_MAX: Final = 52
_RELATIVE_SLACK: Final = 1e-9
"""Counts of float histograms are sums of rounded numbers."""


def invalid_histograms(table: Histograms) -> list[tuple[int, str]]:
    """(row, what is wrong with it), ascending, the first fault of each. Stale markers are not judged."""
    stale = table.sums.view(np.uint64) == STALE_NAN_BITS
    faults: dict[int, str] = {}
    for words, is_wrong in _verdicts(table):
        for row in np.flatnonzero(is_wrong & ~stale).tolist():
            faults.setdefault(row, words)
    return sorted(faults.items())


def with_known_resolution(table: Histograms) -> Histograms:
    """Schemas that are reserved for finer buckets than any store has are merged down to the finest known one."""
    finer = np.flatnonzero((table.schemas > SCHEMA_MAX) & (table.schemas <= RESERVED_SCHEMA_MAX))
    if not len(finer):
        return table
    rows = [table.at(row) for row in range(len(table))]
    for row in finer.tolist():
        rows[row] = coarser(rows[row], SCHEMA_MAX)
    return Histograms.of(rows)


def _verdicts(table: Histograms) -> list[tuple[str, Bools]]:
    custom = table.schemas == CUSTOM_BUCKETS
    totals = _sums(table.positive) + _sums(table.negative) + table.zero_counts
    negative = (_lowest(table.positive) < 0) | (_lowest(table.negative) < 0)
    slack = _RELATIVE_SLACK * np.maximum(totals, 1.0)
    too_few = np.where(np.isnan(table.sums), totals > table.counts + slack, np.abs(totals - table.counts) > slack)
    return [
        (
            f"histogram has an unknown schema, which must be between {SCHEMA_MIN} and {SCHEMA_MAX} for exponential "
            f"buckets, or {CUSTOM_BUCKETS} for custom buckets",
            ~custom & ((table.schemas < SCHEMA_MIN) | (table.schemas > SCHEMA_MAX)),
        ),
        ("custom buckets: must have zero count of 0", custom & (table.zero_counts != 0)),
        ("custom buckets: must have zero threshold of 0", custom & (table.zero_thresholds != 0)),
        ("custom buckets: must not have negative buckets", custom & (np.diff(table.negative.offsets) > 0)),
        ("histogram custom bounds must be in strictly increasing order", custom & _unordered_bounds(table)),
        ("histogram custom bounds are too few", custom & _beyond_bounds(table)),
        ("histogram has a bucket whose observation count is negative", negative),
        ("histogram's observation count is negative", (table.counts < 0) | (table.zero_counts < 0)),
        (
            "histogram's observation count should equal the number of observations found in the buckets "
            "(in absence of NaN)",
            too_few,
        ),
    ]


def _sums(side: Buckets) -> Float64s:
    totals = np.append(0.0, np.cumsum(side.counts))
    sums: Float64s = totals[side.offsets[1:]] - totals[side.offsets[:-1]]
    return sums


def _lowest(side: Buckets) -> Float64s:
    """The lowest count of each, 0 where there is none."""
    owners = np.repeat(np.arange(len(side.offsets) - 1), np.diff(side.offsets))
    lowest = np.zeros(len(side.offsets) - 1)
    np.minimum.at(lowest, owners, side.counts)
    return lowest


def _unordered_bounds(table: Histograms) -> Bools:
    """Not ascending, not finite, or not a number."""
    layouts = len(table.bound_offsets) - 1
    owners = np.repeat(np.arange(layouts), np.diff(table.bound_offsets))
    bad = np.zeros(layouts, np.bool_)
    bad[owners[~np.isfinite(table.bounds)]] = True
    same = owners[1:] == owners[:-1]
    bad[owners[1:][same & ~(table.bounds[1:] > table.bounds[:-1])]] = True
    return _of_layouts(table, bad)


def _beyond_bounds(table: Histograms) -> Bools:
    """A bucket behind the one that ends at +Inf, or before the first."""
    owners = np.repeat(np.arange(len(table)), np.diff(table.positive.offsets))
    allowed = _of_layouts(table, np.diff(table.bound_offsets))
    beyond = np.zeros(len(table), np.bool_)
    beyond[owners[(table.positive.indexes > allowed[owners]) | (table.positive.indexes < 0)]] = True
    return beyond


def _of_layouts(table: Histograms, of_layout: NDArray[Any]) -> NDArray[Any]:
    """By histogram what is known by layout; zero for those without one."""
    with_none = np.append(of_layout, np.zeros(1, of_layout.dtype))
    return with_none[table.layouts]
