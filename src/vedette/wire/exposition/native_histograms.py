"""The native histograms of a protobuf page as columns, and the page without their classic series.

A histogram in a page may be both: its classic series are samples like any others unless its native form is taken. Errors are
those of a scrape that Prometheus would refuse: spans that do not fit the buckets, negative counts, counts that do not add up.
Source: Prometheus model/textparse/protobufparse.go, model/histogram Validate, messages included.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from vedette.kernels import native_histograms as kernel
from vedette.kernels.borrowing import borrowed
from vedette.kernels.exposition_series import GAUGE_HISTOGRAM
from vedette.model.blocks import Bools, Float64s, Int64s
from vedette.model.errors import BadInput, MalformedPage
from vedette.model.histograms import (
    CUSTOM_BUCKETS,
    EXPONENTIAL,
    SCHEMA_MAX,
    SCHEMA_MIN,
    Buckets,
    CounterReset,
    Histograms,
    offsets_of,
)
from vedette.model.numbers import format_general
from vedette.wire.exposition.page import NO_TIME, Exemplars, Page

SCHEMA_MAX_RESERVED: Final = 52
"""Finer schemas than ours, up to this one, are read where a setting makes them coarser."""
_SUM_RULE: Final = (
    "histogram's observation count should equal the number of observations found in the buckets (in absence of NaN)"
)
_NEGATIVE_RULE: Final = "histogram has a bucket whose observation count is negative"
_NAN_RULE: Final = "histogram's observation count should be at least the number of observations found in the buckets"
_SIDES: Final = (("positive", kernel.POSITIVE), ("negative", kernel.NEGATIVE))


@dataclass(frozen=True, slots=True)
class NativeRows:
    """`page`: one row per native histogram, for its series, time and start time; `histograms` beside it, schemas as the
    target says (up to SCHEMA_MAX_RESERVED); `exemplars`: rows are those of `page`, all with a time."""

    page: Page
    histograms: Histograms
    exemplars: Exemplars


class InvalidHistogram(BadInput):
    """`before`: samples of the page that stand before the histogram."""

    code = "invalid_histogram"

    def __init__(self, message: str, before: int) -> None:
        super().__init__(message)
        self.before = before


def take_natives(page: Page, *, keep_classic: bool, schema_max: int = SCHEMA_MAX_RESERVED) -> tuple[Page, NativeRows]:
    """(the page's other samples, its native histograms). `page.natives` is not None.

    `schema_max`: SCHEMA_MAX, or SCHEMA_MAX_RESERVED where the caller makes finer ones coarser. `keep_classic`: the classic series of those that have classic buckets stay. Raises MalformedPage, BadInput, InvalidHistogram.
    """
    natives = page.natives
    assert natives is not None
    histograms, is_float = _decode(natives)
    owners = _owners(page.spans[:, 0], natives.spans[:, 0])
    dropped = owners >= 0
    if keep_classic:
        has_buckets = natives.values.view(np.int64) > 0
        dropped[dropped] = ~has_buckets[owners[dropped]]
    rest = page.take(np.flatnonzero(~dropped))
    invalid = _first_invalid(histograms, is_float, schema_max)
    if invalid is not None:
        row, text = invalid
        raise InvalidHistogram(text, row + int(np.count_nonzero(rest.spans[:, 0] < natives.spans[row, 0])))
    positive, negative = _compact(histograms.positive), _compact(histograms.negative)
    histograms = replace(histograms, positive=positive, negative=negative)
    return rest, NativeRows(natives, histograms, _exemplars(page.exemplars, owners, natives.n))


def without_natives(page: Page) -> Page:
    """The page as one that never had native histograms: their classic series stay, their own exemplars go."""
    own = page.exemplars.rows >= 0
    return replace(page, natives=None, exemplars=page.exemplars if own.all() else page.exemplars.take(own))


def of_natives(page: Page, natives: Page) -> Bools:
    """bool[n]: the sample is a classic series of one of the native histograms."""
    return _owners(page.spans[:, 0], natives.spans[:, 0]) >= 0


def _owners(metrics: Int64s, natives: Int64s) -> Int64s:
    """int64[n]: the native histogram whose message a sample comes from, or -1. Both ascend."""
    places = np.minimum(np.searchsorted(natives, metrics), len(natives) - 1)
    return np.where(natives[places] == metrics, places, -1)


def _exemplars(given: Exemplars, owners: Int64s, n: int) -> Exemplars:
    """Those in the histogram itself, else those of its classic buckets; by time, then value."""
    own = given.rows < 0
    rows = np.where(own, -1 - given.rows, owners[np.where(own, 0, given.rows)] if len(owners) else -1)
    has_own = np.zeros(n, np.bool_)
    has_own[rows[own]] = True
    wanted = own | ((rows >= 0) & ~has_own[rows])
    found = np.flatnonzero(wanted & (given.times_ms != NO_TIME))
    order = found[np.lexsort((given.values[found], given.times_ms[found], rows[found]))]
    return replace(given.take(order), rows=rows[order])


def _decode(natives: Page) -> tuple[Histograms, Bools]:
    """(the histograms, which of them are of floats)"""
    starts, stops = (np.ascontiguousarray(natives.spans[:, column]) for column in (0, 1))
    measures = np.empty((natives.n, kernel.MEASURES), np.int64)
    buffer = borrowed(natives.buffer, np.uint8)
    kernel.measure_natives(buffer, borrowed(starts, np.int64), borrowed(stops, np.int64), measures)
    _check_measures(natives, measures)
    schemas, numbers = np.empty(natives.n, np.int64), np.empty((4, natives.n))
    positive, negative = (_room(measures[:, base + kernel.BUCKETS]) for _, base in _SIDES)
    if not kernel.read_natives(buffer, measures, schemas, numbers, positive, negative):
        raise MalformedPage("malformed or truncated protobuf message in a native histogram")
    is_float = measures[:, kernel.IS_FLOAT] != 0
    gauges = natives.types == GAUGE_HISTOGRAM
    histograms = Histograms(
        schemas,
        numbers[kernel.COUNT],
        numbers[kernel.SUM],
        numbers[kernel.ZERO_COUNT],
        numbers[kernel.ZERO_THRESHOLD],
        np.where(gauges, CounterReset.GAUGE, CounterReset.UNKNOWN).astype(np.int64),
        Buckets(*positive),
        Buckets(*negative),
        np.full(natives.n, EXPONENTIAL, np.int64),
        np.zeros(1, np.int64),
        np.empty(0, np.float64),
    )
    return histograms, is_float


def _room(lengths: Int64s) -> tuple[Int64s, Int64s, Float64s]:
    offsets = offsets_of(lengths)
    return offsets, np.empty(offsets[-1], np.int64), np.empty(offsets[-1], np.float64)


def _check_measures(natives: Page, measures: Int64s) -> None:
    if not measures[:, kernel.SOUND].all():
        raise MalformedPage("malformed or truncated protobuf message in a native histogram")
    for side, base in _SIDES:
        spanned, held = measures[:, base + kernel.SPANNED], measures[:, base + kernel.BUCKETS]
        for row in np.flatnonzero(spanned != held)[:1].tolist():
            name = natives.labels(row).name
            raise BadInput(f'histogram "{name}": {side} side: spans require {spanned[row]} buckets, have {held[row]}')


def _first_invalid(histograms: Histograms, is_float: Bools, schema_max: int) -> tuple[int, str] | None:
    """(row, what Prometheus' histogram validation says of it) of the first that no store takes."""
    found = [
        *_bad_schemas(histograms.schemas, schema_max),
        *_bad_side("negative", histograms.negative),
        *_bad_side("positive", histograms.positive),
        *_bad_counts(histograms, is_float),
    ]
    return min(found, key=lambda one: one[0], default=None)


def _bad_schemas(schemas: Int64s, schema_max: int) -> Iterator[tuple[int, str]]:
    for row in np.flatnonzero((schemas < SCHEMA_MIN) | (schemas > schema_max))[:1].tolist():
        yield (
            row,
            f"histogram has an invalid schema, which must be between {SCHEMA_MIN} and {SCHEMA_MAX} for exponential "
            f"buckets, or {CUSTOM_BUCKETS} for custom buckets, got schema {schemas[row]}",
        )


def _bad_side(side: str, buckets: Buckets) -> Iterator[tuple[int, str]]:
    for place in np.flatnonzero(buckets.counts < 0)[:1].tolist():
        row = int(np.searchsorted(buckets.offsets, place, side="right")) - 1
        number, count = place - int(buckets.offsets[row]) + 1, format_general(float(buckets.counts[place]))
        yield row, f"{side} side: bucket number {number} has observation count of {count}: {_NEGATIVE_RULE}"
    falls = np.setdiff1d(np.flatnonzero(np.diff(buckets.indexes) <= 0) + 1, buckets.offsets)
    for place in falls[:1].tolist():
        row = int(np.searchsorted(buckets.offsets, place, side="right")) - 1
        yield row, f"{side} side: histogram has a span whose offset is negative"


def _bad_counts(histograms: Histograms, is_float: Bools) -> Iterator[tuple[int, str]]:
    for row in np.flatnonzero((histograms.counts < 0) | (histograms.zero_counts < 0))[:1].tolist():
        yield row, "histogram's observation count is negative"
    totals = histograms.zero_counts + _sums(histograms.positive) + _sums(histograms.negative)
    unsure = np.isnan(histograms.sums)
    wrong = np.where(unsure, totals > histograms.counts, totals != histograms.counts) & ~is_float
    for row in np.flatnonzero(wrong)[:1].tolist():
        total, count = int(totals[row]), int(histograms.counts[row])
        rule = _NAN_RULE if unsure[row] else _SUM_RULE
        yield row, f"{total} observations found in buckets, but the Count field is {count}: {rule}"


def _sums(buckets: Buckets) -> Float64s:
    lengths = np.diff(buckets.offsets)
    owners = np.repeat(np.arange(len(lengths)), lengths)
    return np.bincount(owners, weights=buckets.counts, minlength=len(lengths)).astype(np.float64, copy=False)


def _compact(buckets: Buckets) -> Buckets:
    """Without the empty ones."""
    keep = buckets.counts != 0
    if keep.all():
        return buckets
    kept_before = np.append(0, np.cumsum(keep))
    return Buckets(kept_before[buckets.offsets], buckets.indexes[keep], buckets.counts[keep])
