"""Marks: the floats that stand for native histograms among a series' samples.

A histogram is stored twice: its content as a row of `histograms`, and a mark, a NaN of the bits below, as an ordinary sample at its
time. So the head, the tables of samples and everything that merges, compacts, deletes and counts samples handles both kinds by one
set of rules, at no cost for floats: an equal histogram has an equal mark (idempotent), another one or a float has not (duplicate).

    bits 63..32  0x7FF4EDE7     a signalling NaN: no arithmetic makes one
    bits 31..0   a digest of the content (kernels/histogram_digests.py)

A mark without a row of that content is nothing: a damaged table, or a caller who sent these bits as a float.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from vedette.kernels.borrowing import borrowed
from vedette.kernels.histogram_digests import digest_histograms
from vedette.model.blocks import Bools, Float64s
from vedette.model.histograms import EXPONENTIAL, Buckets, Histograms, Int64s
from vedette.model.staleness import STALE_NAN_BITS
from vedette.store.runs import Columns

_PREFIX: Final = np.uint64(0x7FF4EDE7 << 32)
_HIGH: Final = np.uint64(0x7FF4EDE7)


def marks_of(histograms: Histograms) -> Float64s:
    """float64[n]; a histogram whose sum is the stale marker gets the stale marker."""
    out = np.empty(len(histograms), np.uint64)
    numbers = np.stack([histograms.counts, histograms.sums, histograms.zero_counts, histograms.zero_thresholds])
    starts, ends = bound_places(histograms)
    digest_histograms(
        borrowed(histograms.schemas, np.int64),
        borrowed(numbers, np.float64),
        _side(histograms.positive),
        _side(histograms.negative),
        (borrowed(starts, np.int64), borrowed(ends, np.int64), borrowed(histograms.bounds, np.float64)),
        out,
    )
    out |= _PREFIX
    out[is_stale(histograms)] = STALE_NAN_BITS
    return out.view(np.float64)


def are_marks(values: Float64s) -> Bools:
    return np.asarray(values.view(np.uint64) >> np.uint64(32) == _HIGH)


def without_marks(samples: Columns) -> Columns:
    """The floats among the samples: of histograms there are no rollups."""
    keep = ~are_marks(samples.values)
    if keep.all():
        return samples
    kept_before = np.append(0, np.cumsum(keep))
    return replace(
        samples,
        offsets=kept_before[samples.offsets],
        times_ms=samples.times_ms[keep],
        values=samples.values[keep],
    )


def is_stale(histograms: Histograms) -> Bools:
    return np.asarray(np.ascontiguousarray(histograms.sums).view(np.uint64) == STALE_NAN_BITS)


def bound_places(histograms: Histograms) -> tuple[Int64s, Int64s]:
    """(starts, ends) int64[n] of each one's own bounds in `bounds`; empty for exponential ones."""
    custom = histograms.layouts != EXPONENTIAL
    layouts = np.where(custom, histograms.layouts, 0)
    if not custom.any():
        return np.zeros_like(layouts), np.zeros_like(layouts)
    starts, ends = histograms.bound_offsets[layouts], histograms.bound_offsets[layouts + 1]
    return np.where(custom, starts, 0), np.where(custom, ends, 0)


def _side(buckets: Buckets) -> tuple[Int64s, Int64s, Float64s]:
    return (
        borrowed(buckets.offsets, np.int64),
        borrowed(buckets.indexes, np.int64),
        borrowed(buckets.counts, np.float64),
    )
