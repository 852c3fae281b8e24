"""The native histograms of a protobuf page as columns, and the page without their classic series.

A histogram in a page may be both: its classic series are samples like any others unless its native form is taken. Errors are
those of a scrape that Prometheus would refuse: spans that do not fit the buckets, negative counts, counts that do not add up.
Source: Prometheus model/textparse/protobufparse.go, model/histogram Validate, messages included.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from vedette.kernels import native_histograms as kernel
from vedette.kernels.borrowing import borrowed
from vedette.kernels.exposition_series import GAUGE_HISTOGRAM
from vedette.model.blocks import Bools, Float64s, Int64s
from vedette.model.errors import BadInput, MalformedPage
from vedette.model.histograms import (
    EXPONENTIAL,
    SCHEMA_MAX,
    SCHEMA_MIN,
    Buckets,
    CounterReset,
    Histograms,
    offsets_of,
)
from vedette.wire.exposition.page import NO_TIME, Exemplars, Page

SCHEMA_MAX_RESERVED: Final = 52
"""Finer schemas than ours up to this one are read and made coarser."""
_SUM_RULE: Final = (
    "histogram's observation count should equal the number of observations found in the buckets (in absence of NaN)"
)
_NAN_RULE: Final = "histogram's observation count should be at least the number of observations found in the buckets"
_SIDES: Final = (("positive", kernel.POSITIVE), ("negative", kernel.NEGATIVE))


@dataclass(frozen=True, slots=True)
class NativeRows:
    """`page`: one row per native histogram, for its series, time and start time; `histograms` beside it, schemas as the
    target says (up to SCHEMA_MAX_RESERVED); `exemplars`: rows are those of `page`, all with a time."""

    page: Page
    histograms: Histograms
    exemplars: Exemplars


def take_natives(page: Page, *, keep_classic: bool) -> tuple[Page, NativeRows]:
    """(the page's other samples, its native histograms). `page.natives` is not None.

    `keep_classic`: the classic series of those that have classic buckets stay. Raises MalformedPage, BadInput.
    """
    natives = page.natives
    assert natives is not None
    histograms = _decode(natives)
    owners = _owners(page.spans[:, 0], natives.spans[:, 0])
    dropped = owners >= 0
    if keep_classic:
        has_buckets = natives.values.view(np.int64) > 0
        dropped[dropped] = ~has_buckets[owners[dropped]]
    rest = page.take(np.flatnonzero(~dropped))
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


def _decode(natives: Page) -> Histograms:
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
    _check_histograms(histograms, is_float)
    return replace(histograms, positive=_compact(histograms.positive), negative=_compact(histograms.negative))


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


def _check_histograms(histograms: Histograms, is_float: Bools) -> None:
    """Raises BadInput in the words of Prometheus' histogram validation."""
    bad = (histograms.schemas < SCHEMA_MIN) | (histograms.schemas > SCHEMA_MAX_RESERVED)
    for row in np.flatnonzero(bad)[:1].tolist():
        raise BadInput(
            f"histogram has an invalid schema, which must be between {SCHEMA_MIN} and {SCHEMA_MAX} for exponential "
            f"buckets, or -53 for custom buckets, got schema {histograms.schemas[row]}"
        )
    for side, buckets in (("negative", histograms.negative), ("positive", histograms.positive)):
        _check_side(side, buckets)
    if ((histograms.counts < 0) | (histograms.zero_counts < 0)).any():
        raise BadInput("histogram's observation count is negative")
    totals = histograms.zero_counts + _sums(histograms.positive) + _sums(histograms.negative)
    missing = np.where(np.isnan(histograms.sums), totals > histograms.counts, totals != histograms.counts)
    for row in np.flatnonzero(missing & ~is_float)[:1].tolist():
        rule = _NAN_RULE if np.isnan(histograms.sums[row]) else _SUM_RULE
        total, count = int(totals[row]), int(histograms.counts[row])
        raise BadInput(f"{total} observations found in buckets, but the Count field is {count}: {rule}")


def _check_side(side: str, buckets: Buckets) -> None:
    for place in np.flatnonzero(buckets.counts < 0)[:1].tolist():
        row = int(np.searchsorted(buckets.offsets, place, side="right")) - 1
        number = place - int(buckets.offsets[row]) + 1
        raise BadInput(
            f"{side} side: bucket number {number} has observation count of {buckets.counts[place]:g}: "
            "histogram has a bucket whose observation count is negative"
        )
    falls = np.flatnonzero(np.diff(buckets.indexes) <= 0) + 1
    if len(np.setdiff1d(falls, buckets.offsets)):
        raise BadInput(f"{side} side: histogram has a span whose offset is negative")


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
