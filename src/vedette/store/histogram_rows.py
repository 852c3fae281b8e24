"""Histograms <-> rows of the table `histograms` as Arrow columns (docs/formats/tables.md).

A row's counts stand in one list: count, zero count, positive buckets, negative buckets. It is a list of integers where all of
them are whole (scraped histograms), else of floats; the other list is empty.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.model.blocks import Bools, Float64s, Int64s
from vedette.model.errors import StoreError
from vedette.model.histograms import CUSTOM_BUCKETS, EXPONENTIAL, Buckets, Histograms, offsets_of, stretches
from vedette.store.histogram_marks import bound_places

CONTENT_COLUMNS: Final = "schema, hint, sum, zero_threshold, positive, negative, whole, floats, bounds"

_WHOLE_MAX: Final = 2.0**53
_BEFORE_BUCKETS: Final = 2


def to_arrow(histograms: Histograms) -> dict[str, pa.Array]:
    """The content columns."""
    positive, negative = histograms.positive, histograms.negative
    offsets, counts = _joint_counts(histograms)
    whole = _whole_rows(offsets, counts)
    lengths = np.diff(offsets)
    bound_starts, bound_ends = bound_places(histograms)
    return {
        "schema": pa.array(histograms.schemas.astype(np.int8)),
        "hint": pa.array(histograms.hints.astype(np.uint8)),
        "sum": pa.array(np.ascontiguousarray(histograms.sums)),
        "zero_threshold": pa.array(histograms.zero_thresholds),
        "positive": _lists(positive.offsets, positive.indexes.astype(np.int32)),
        "negative": _lists(negative.offsets, negative.indexes.astype(np.int32)),
        "whole": _some_lists(offsets[:-1], np.where(whole, lengths, 0), counts, np.int64),
        "floats": _some_lists(offsets[:-1], np.where(whole, 0, lengths), counts, np.float64),
        "bounds": _some_lists(bound_starts, bound_ends - bound_starts, histograms.bounds, np.float64),
    }


def from_arrow(rows: pa.Table) -> Histograms:
    """Raises StoreError where a row's lists do not fit each other (a damaged table)."""
    rows = rows.combine_chunks()
    positive, negative, whole, floats, bounds = (
        _read_lists(rows[name]) for name in ("positive", "negative", "whole", "floats", "bounds")
    )
    n_positive, n_negative = np.diff(positive[0]), np.diff(negative[0])
    is_float = np.diff(floats[0]) > 0
    lengths = np.where(is_float, np.diff(floats[0]), np.diff(whole[0]))
    if (lengths != _BEFORE_BUCKETS + n_positive + n_negative).any():
        raise StoreError("the counts of a histogram row do not fit its buckets")
    counts = np.concatenate([whole[1].astype(np.float64), floats[1].astype(np.float64)])
    starts = np.where(is_float, floats[0][:-1] + len(whole[1]), whole[0][:-1])
    schemas, hints, sums, thresholds = (
        np.asarray(rows[name].to_numpy()) for name in ("schema", "hint", "sum", "zero_threshold")
    )
    layouts, bound_offsets, bound_values = _layouts(schemas == CUSTOM_BUCKETS, *bounds)
    first = starts + _BEFORE_BUCKETS
    return Histograms(
        schemas.astype(np.int64),
        counts[starts],
        sums,
        counts[starts + 1],
        thresholds,
        hints.astype(np.int64),
        Buckets(positive[0], positive[1].astype(np.int64), counts[stretches(first, n_positive)[1]]),
        Buckets(negative[0], negative[1].astype(np.int64), counts[stretches(first + n_positive, n_negative)[1]]),
        layouts,
        bound_offsets,
        bound_values,
    )


def _joint_counts(histograms: Histograms) -> tuple[Int64s, Float64s]:
    """(offsets int64[n+1], counts): row i's list of counts."""
    n = len(histograms)
    sides = [histograms.positive, histograms.negative]
    lengths = [np.diff(side.offsets) for side in sides]
    offsets = offsets_of(_BEFORE_BUCKETS + lengths[0] + lengths[1])
    counts = np.empty(offsets[-1], np.float64)
    starts = offsets[:-1]
    counts[starts], counts[starts + 1] = histograms.counts, histograms.zero_counts
    starts = starts + _BEFORE_BUCKETS
    for side, length in zip(sides, lengths, strict=True):
        own = slice(side.offsets[0], side.offsets[n])
        counts[stretches(starts, length)[1]] = side.counts[own]
        starts = starts + length
    return offsets, counts


def _whole_rows(offsets: Int64s, counts: Float64s) -> Bools:
    """bool[n]: every count of the row is a whole number that int64 and float64 both hold, and not -0."""
    if not len(counts):
        return np.empty(0, np.bool_)
    with np.errstate(invalid="ignore"):
        whole = (np.abs(counts) < _WHOLE_MAX) & (np.trunc(counts) == counts) & ~((counts == 0) & np.signbit(counts))
    return np.asarray(np.logical_and.reduceat(whole, offsets[:-1]))


def _layouts(is_custom: Bools, offsets: Int64s, values: Float64s) -> tuple[Int64s, Int64s, Float64s]:
    """(layouts, bound_offsets, bounds) of Histograms; equal neighbours share a layout."""
    lengths = np.diff(offsets)
    custom = np.flatnonzero(is_custom)
    layouts = np.full(len(lengths), EXPONENTIAL, np.int64)
    if not len(custom):
        return layouts, np.zeros(1, np.int64), np.empty(0, np.float64)
    fresh = np.ones(len(custom), np.bool_)
    fresh[1:] = ~_equal_neighbours(offsets[custom], lengths[custom], values)
    layouts[custom] = np.cumsum(fresh) - 1
    owners = custom[fresh]
    bound_offsets, places = stretches(offsets[owners], lengths[owners])
    return layouts, bound_offsets, values[places]


def _equal_neighbours(starts: Int64s, lengths: Int64s, values: Float64s) -> Bools:
    """bool[n-1]: list i+1 is list i."""
    same = lengths[1:] == lengths[:-1]
    compared = np.flatnonzero(same & (lengths[1:] > 0))
    if len(compared):
        offsets, left = stretches(starts[compared], lengths[compared])
        _, right = stretches(starts[compared + 1], lengths[compared])
        same[compared] = np.logical_and.reduceat(values[left] == values[right], offsets[:-1])
    return np.asarray(same)


def _lists(offsets: Int64s, items: NDArray[Any]) -> pa.Array:
    first = offsets[0]
    own = np.ascontiguousarray(items[first : offsets[-1]])
    return pa.ListArray.from_arrays(pa.array((offsets - first).astype(np.int32)), pa.array(own))


def _some_lists(starts: Int64s, lengths: Int64s, values: Float64s, dtype: Any) -> pa.Array:
    offsets, places = stretches(starts, lengths)
    return _lists(offsets, values[places].astype(dtype))


def _read_lists(column: pa.ChunkedArray) -> tuple[Int64s, NDArray[Any]]:
    whole = column.combine_chunks()
    offsets = np.asarray(whole.offsets.to_numpy()).astype(np.int64)
    values = np.asarray(whole.values.to_numpy(zero_copy_only=False))
    return offsets - offsets[0], values[offsets[0] : offsets[-1]]
