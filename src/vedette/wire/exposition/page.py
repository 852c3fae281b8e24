"""A scanned page: columns of samples, and the slow paths back to labels and metadata.

The columns are what every scrape reads; `labels(i)` is only for series never seen before. `Page` keeps the page's bytes,
so it is dropped as soon as its samples are appended. Arrays are borrowed: nobody writes to them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from vedette.kernels.exposition_series import NO_TIME as _NO_TIME
from vedette.model.blocks import Bools, Float64s, Int64s, MetricMetadata
from vedette.model.labels import Labels

NO_TIME: Final = _NO_TIME
"""Stands in `times_ms` where the page gives no timestamp."""


class SeriesSource(Protocol):
    """Where a page's labels and metadata come from; one for the text formats, one for protobuf."""

    def labels(self, i: int) -> Labels:
        """Raises MalformedPage for a label set that no series can have (a name twice, no metric name, not UTF-8)."""
        ...

    def raw(self, i: int) -> bytes: ...

    def metadata(self) -> list[MetricMetadata]: ...

    def exemplar_labels(self, start: int, end: int) -> Labels: ...

    def take(self, rows: Int64s) -> SeriesSource: ...


@dataclass(frozen=True, slots=True)
class Exemplars:
    """rows: int64[m], the sample an exemplar belongs to; spans: int64[m, 2] of its labels; times_ms: NO_TIME where absent."""

    rows: Int64s
    spans: Int64s
    times_ms: Int64s
    values: Float64s

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, which: Int64s | Bools) -> Exemplars:
        return Exemplars(self.rows[which], self.spans[which], self.times_ms[which], self.values[which])


@dataclass(frozen=True, slots=True)
class Page:
    """n samples in the order of the page.

    keys: uint64[n], keyed hash of the bytes that name the series; spans: int64[n, 2] of them in buffer: uint8[].
    times_ms: int64[n], NO_TIME where the page gives none; values: float64[n], bits kept (NaN from text is NORMAL_NAN).
    types: uint8[n], the metric type in force. start_times_ms: int64[n], 0 where unknown, or None where the format has none.
    natives: the native histograms among them, as a page of its own (native_histograms.py), or None; their classic series
    are samples of this page, too. An exemplar of native histogram k has the row -1 - k here.
    """

    n: int
    keys: NDArray[np.uint64]
    spans: Int64s
    buffer: NDArray[np.uint8]
    times_ms: Int64s
    values: Float64s
    types: NDArray[np.uint8]
    exemplars: Exemplars
    source: SeriesSource
    start_times_ms: Int64s | None = None
    natives: Page | None = None

    def labels(self, i: int) -> Labels:
        """The series of sample i as its target exposes it. Raises MalformedPage where no series can have such labels."""
        return self.source.labels(i)

    def raw(self, i: int) -> bytes:
        return self.source.raw(i)

    def metadata(self) -> list[MetricMetadata]:
        """One entry a metric family, in the page's order; parsed at each call."""
        return self.source.metadata()

    def take(self, rows: Int64s) -> Page:
        """The samples `rows`, ascending, with their exemplars; native histograms are left out."""
        place = np.full(self.n, -1, np.int64)
        place[rows] = np.arange(len(rows))
        owners = np.where(self.exemplars.rows >= 0, place[self.exemplars.rows], -1)
        exemplars = replace(self.exemplars.take(owners >= 0), rows=owners[owners >= 0])
        return Page(
            len(rows),
            self.keys[rows],
            self.spans[rows],
            self.buffer,
            self.times_ms[rows],
            self.values[rows],
            self.types[rows],
            exemplars,
            self.source.take(rows),
            None if self.start_times_ms is None else self.start_times_ms[rows],
        )

    def exemplar_labels(self, k: int) -> Labels:
        start, end = self.exemplars.spans[k]
        return self.source.exemplar_labels(int(start), int(end))
