"""convert_classic_histograms_to_nhcb: the classic histograms of a page as native ones with custom buckets.

What a series is in its histogram (which bound, count or sum) is learned once per series, by the key of its bytes. The rest is
a loop over the samples of histograms, in Python: the setting is an option for few targets, not the usual way of a scrape.
A histogram whose counts do not fit each other is left out, as its classic series are. Source: Prometheus
model/textparse/nhcbparse.go.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from vedette.kernels.exposition_series import GAUGE_HISTOGRAM, HISTOGRAM
from vedette.model.blocks import Bools, Int64s, MetricMetadata
from vedette.model.errors import BadInput
from vedette.model.histograms import CounterReset, Histograms, NativeHistogram
from vedette.model.labels import EMPTY_LABELS, Labels, series_id
from vedette.signals.nhcb import (
    BUCKET_LABEL,
    BUCKET_SUFFIX,
    COUNT_SUFFIX,
    SUM_SUFFIX,
    ClassicHistogram,
    native_labels,
    native_name,
)
from vedette.wire.exposition import Exemplars, NativeRows, Page

_KNOWN_MAX: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class _Part:
    """What one classic series says: `kind` is its suffix, `bound` is of a bucket."""

    histogram: Labels
    kind: str
    bound: float = 0.0


class ClassicConversion:
    """One per target."""

    def __init__(self) -> None:
        self._parts: dict[int, _Part | None] = {}

    def convert(self, page: Page, excluded: Bools, *, keep_classic: bool) -> tuple[Page, NativeRows | None]:
        """(the other samples of the page, the histograms). `excluded` bool[n]: not to be looked at."""
        is_histogram = (page.types == HISTOGRAM) | (page.types == GAUGE_HISTOGRAM)
        places = np.flatnonzero(is_histogram & ~excluded).tolist()
        parts = {place: part for place in places if (part := self._part_of(page, place)) is not None}
        if not parts:
            return page, None
        rows = _collect(page, parts)
        kept = page
        if not keep_classic:
            rest = np.ones(page.n, np.bool_)
            rest[list(parts)] = False
            kept = page.take(np.flatnonzero(rest))
        return kept, rows

    def _part_of(self, page: Page, place: int) -> _Part | None:
        key = int(page.keys[place])
        if key not in self._parts:
            if len(self._parts) >= _KNOWN_MAX:
                self._parts.clear()
            self._parts[key] = _read_part(page.labels(place))
        return self._parts[key]


def _read_part(labels: Labels) -> _Part | None:
    _, suffix = native_name(labels.name)
    if suffix in (COUNT_SUFFIX, SUM_SUFFIX):
        return _Part(native_labels(labels), suffix)
    if suffix != BUCKET_SUFFIX:
        return None
    try:
        bound = float(labels.get(BUCKET_LABEL))
    except ValueError:
        return None
    return None if math.isnan(bound) else _Part(native_labels(labels), suffix, bound)


@dataclass(slots=True)
class _Collected:
    first: int
    classic: ClassicHistogram


def _collect(page: Page, parts: dict[int, _Part]) -> NativeRows | None:
    found: dict[Labels, _Collected] = {}
    for place, part in parts.items():
        own = found.setdefault(part.histogram, _Collected(place, ClassicHistogram()))
        value = float(page.values[place])
        if part.kind == COUNT_SUFFIX:
            own.classic.count = value
        elif part.kind == SUM_SUFFIX:
            own.classic.sum = value
        elif value >= 0:
            own.classic.set_bucket(part.bound, value)
    histograms: dict[Labels, NativeHistogram] = {}
    for labels, own in found.items():
        try:
            native = own.classic.convert()
        except BadInput:
            continue
        gauge = page.types[own.first] == GAUGE_HISTOGRAM
        histograms[labels] = replace(native, hint=CounterReset.GAUGE) if gauge else native
    if not histograms:
        return None
    firsts = np.array([found[labels].first for labels in histograms], np.int64)
    row_of = {labels: row for row, labels in enumerate(histograms)}
    return NativeRows(
        _native_page(page, list(histograms), firsts),
        Histograms.of(list(histograms.values())),
        _bucket_exemplars(page, parts, row_of),
    )


def _native_page(page: Page, labels: Sequence[Labels], firsts: Int64s) -> Page:
    keys = np.array([series_id("", one) | 1 for one in labels], np.uint64)
    return Page(
        len(labels),
        keys,
        page.spans[firsts],
        page.buffer,
        page.times_ms[firsts],
        page.values[firsts],
        page.types[firsts],
        page.exemplars.take(np.empty(0, np.int64)),
        ListedSeries(labels),
        None if page.start_times_ms is None else page.start_times_ms[firsts],
    )


def _bucket_exemplars(page: Page, parts: dict[int, _Part], row_of: dict[Labels, int]) -> Exemplars:
    owners = [row_of.get(parts[row].histogram, -1) if row in parts else -1 for row in page.exemplars.rows.tolist()]
    rows = np.array(owners, np.int64)
    return replace(page.exemplars.take(rows >= 0), rows=rows[rows >= 0])


@dataclass(frozen=True, slots=True)
class ListedSeries:
    """A page's series whose labels are known already."""

    listed: Sequence[Labels]

    def labels(self, i: int) -> Labels:
        return self.listed[i]

    def raw(self, i: int) -> bytes:
        return str(self.listed[i]).encode()

    def metadata(self) -> list[MetricMetadata]:
        return []

    def exemplar_labels(self, start: int, end: int) -> Labels:
        return EMPTY_LABELS

    def take(self, rows: Int64s) -> ListedSeries:
        return ListedSeries([self.listed[row] for row in rows.tolist()])
