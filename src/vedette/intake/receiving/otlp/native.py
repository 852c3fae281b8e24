"""Points of exponential histograms as native ones, and of explicit ones as native ones with bounds of their own.

OTLP's bucket i covers (base^i, base^(i+1)], a native one's (base^(i-1), base^i]: indexes shift by one. More resolution than
schema 8 is merged away. Source: Prometheus storage/remote/otlptranslator, histograms.go.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from vedette.model.errors import BadInput
from vedette.model.histograms import CUSTOM_BUCKETS, SCHEMA_MAX, SCHEMA_MIN, CounterReset, NativeHistogram

Document = dict[str, Any]

ZERO_THRESHOLD: Final = 1e-128


def exponential_histogram(point: Document) -> NativeHistogram:
    """Raises BadInput for a resolution below the coarsest native one."""
    scale = point.get("scale", 0)
    if scale < SCHEMA_MIN:
        raise BadInput(f"cannot convert exponential to native histogram. Scale must be >= {SCHEMA_MIN}, was {scale}")
    merged = max(0, scale - SCHEMA_MAX)
    return NativeHistogram(
        schema=scale - merged,
        count=float(point.get("count", 0)),
        sum=point.get("sum", 0.0),
        zero_count=float(point.get("zeroCount", 0)),
        zero_threshold=ZERO_THRESHOLD,
        positive=_buckets(point.get("positive") or {}, merged),
        negative=_buckets(point.get("negative") or {}, merged),
    )


def custom_histogram(point: Document) -> NativeHistogram:
    counts = enumerate(point.get("bucketCounts", ()))
    return NativeHistogram(
        schema=CUSTOM_BUCKETS,
        count=float(point.get("count", 0)),
        sum=point.get("sum", 0.0),
        positive={index: float(count) for index, count in counts if count},
        bounds=tuple(point.get("explicitBounds", ())),
    )


def add(total: NativeHistogram, more: NativeHistogram) -> NativeHistogram:
    """The sum of two histograms of one series; the coarser resolution wins. Of other bounds than before: a new start."""
    if total.schema != more.schema and CUSTOM_BUCKETS in (total.schema, more.schema):
        return more
    if total.bounds != more.bounds:
        return more
    schema = min(total.schema, more.schema)
    total, more = coarser(total, schema), coarser(more, schema)
    return replace(
        total,
        count=total.count + more.count,
        sum=total.sum + more.sum,
        zero_count=total.zero_count + more.zero_count,
        positive=_added(total.positive, more.positive),
        negative=_added(total.negative, more.negative),
    )


def as_gauge(histogram: NativeHistogram) -> NativeHistogram:
    """A delta that is stored as it comes."""
    return replace(histogram, hint=CounterReset.GAUGE)


def _buckets(side: Document, merged: int) -> dict[int, float]:
    offset = side.get("offset", 0)
    found: dict[int, float] = {}
    for place, count in enumerate(side.get("bucketCounts", ())):
        if count:
            index = (offset + place >> merged) + 1
            found[index] = found.get(index, 0.0) + count
    return found


def coarser(histogram: NativeHistogram, schema: int) -> NativeHistogram:
    """The same observations at a lower resolution."""
    by = histogram.schema - schema
    if not by:
        return histogram
    sides = []
    for side in (histogram.positive, histogram.negative):
        merged: dict[int, float] = {}
        for index, count in side.items():
            coarse = ((index - 1) >> by) + 1
            merged[coarse] = merged.get(coarse, 0.0) + count
        sides.append(merged)
    return replace(histogram, schema=schema, positive=sides[0], negative=sides[1])


def _added(side: dict[int, float], more: dict[int, float]) -> dict[int, float]:
    return side | {index: side.get(index, 0.0) + count for index, count in more.items()}
