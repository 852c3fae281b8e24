"""Coarser histograms: buckets of a finer schema merged into those of a coarser one, and the limit on buckets that asks for it.

Schema s - 1 has half the buckets of s: its bucket i covers those with indexes 2i - 1 and 2i of s.
Source: Prometheus model/histogram ReduceResolution; scrape/target.go bucketLimitAppender, maxSchemaAppender.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np

from vedette.model.blocks import Int64s
from vedette.model.errors import BadInput
from vedette.model.histograms import CUSTOM_BUCKETS, SCHEMA_MAX, SCHEMA_MIN, Buckets, Histograms, offsets_of

_FACTOR_OF_FINEST: Final = 1.00271


class BucketLimitExceeded(BadInput):
    code = "bucket_limit"


def schema_for(bucket_factor: float) -> int:
    """The finest schema whose buckets grow at least by the factor (native_histogram_min_bucket_factor)."""
    factor = bucket_factor if bucket_factor > 1 else _FACTOR_OF_FINEST
    return min(SCHEMA_MAX, max(SCHEMA_MIN, math.floor(-math.log2(math.log2(factor)))))


def limit_schema(histograms: Histograms, schema_max: int) -> Histograms:
    """Those that are finer than `schema_max` at `schema_max`."""
    if (histograms.schemas <= schema_max).all():
        return histograms
    return at_schemas(histograms, np.minimum(histograms.schemas, schema_max))


def limit_buckets(histograms: Histograms, buckets_max: int) -> Histograms:
    """Each as fine as at most `buckets_max` buckets allow. Raises BucketLimitExceeded where none does."""
    while True:
        excess = _bucket_counts(histograms) > buckets_max
        if not excess.any():
            return histograms
        if (excess & ((histograms.schemas == CUSTOM_BUCKETS) | (histograms.schemas <= SCHEMA_MIN))).any():
            raise BucketLimitExceeded("histogram bucket limit exceeded")
        histograms = at_schemas(histograms, histograms.schemas - excess)


def at_schemas(histograms: Histograms, schemas: Int64s) -> Histograms:
    """`schemas` int64[n], none finer than the histogram's own; custom buckets stay."""
    steps = np.where(histograms.schemas == CUSTOM_BUCKETS, 0, histograms.schemas - schemas)
    return replace(
        histograms,
        schemas=histograms.schemas - steps,
        positive=_merged(histograms.positive, steps),
        negative=_merged(histograms.negative, steps),
    )


def _merged(buckets: Buckets, steps: Int64s) -> Buckets:
    owners = np.repeat(np.arange(len(steps)), np.diff(buckets.offsets))
    shifts = steps[owners]
    indexes = np.where(shifts > 0, ((buckets.indexes - 1) >> shifts) + 1, buckets.indexes)
    if not len(indexes):
        return buckets
    fresh = np.ones(len(indexes), np.bool_)
    fresh[1:] = (indexes[1:] != indexes[:-1]) | (owners[1:] != owners[:-1])
    starts = np.flatnonzero(fresh)
    lengths = np.bincount(owners[starts], minlength=len(steps))
    return Buckets(offsets_of(lengths), indexes[starts], np.add.reduceat(buckets.counts, starts))


def _bucket_counts(histograms: Histograms) -> Int64s:
    return np.diff(histograms.positive.offsets) + np.diff(histograms.negative.offsets)
