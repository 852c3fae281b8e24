"""What a request of remote write carries, as rows: floats, native histograms and exemplars of some series.

Rows of a series stand together: first its samples, times ascending, then its exemplars. A request is a stretch of rows; it
begins where an exemplar is not torn from its series' samples, because receivers of version 2 refuse a series without any.
Where a series turns from floats to histograms or back, a new message of it begins: the reference appends a message's floats
before its histograms, and would find some of both out of order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vedette.kernels.json_rows import Texts
from vedette.model.blocks import Bools, Float64s, Int64s
from vedette.model.histograms import NO_HISTOGRAMS, Histograms
from vedette.model.labels import Labels
from vedette.wire.series_messages import FloatSamples, encode_histograms

FLOAT: Final = 0
HISTOGRAM: Final = 1
EXEMPLAR: Final = 2
N_KINDS: Final = 3


@dataclass(frozen=True, slots=True)
class Entries:
    """n rows. `series`: numbers of the catalog; `kinds` uint8; `places`: a histogram's row of `histograms`, an exemplar's of `exemplar_labels`.

    `start_times_ms` 0 where unknown, None where none is known.
    """

    series: Int64s
    times_ms: Int64s
    values: Float64s
    kinds: NDArray[np.uint8]
    places: Int64s
    start_times_ms: Int64s | None = None
    histograms: Histograms = NO_HISTOGRAMS
    exemplar_labels: Sequence[Labels] = ()

    def __len__(self) -> int:
        return len(self.series)

    def take(self, rows: Int64s | Bools | slice) -> Entries:
        return replace(
            self,
            series=self.series[rows],
            times_ms=self.times_ms[rows],
            values=self.values[rows],
            kinds=self.kinds[rows],
            places=self.places[rows],
            start_times_ms=None if self.start_times_ms is None else self.start_times_ms[rows],
        )

    def counts(self) -> tuple[int, ...]:
        """By kind."""
        return tuple(np.bincount(self.kinds, minlength=N_KINDS).tolist())

    def firsts(self) -> Int64s:
        """Where series begin."""
        changes = np.ones(len(self), np.bool_)
        changes[1:] = self.series[1:] != self.series[:-1]
        return np.flatnonzero(changes)

    def message_starts(self) -> Int64s:
        """Where messages begin: one for each run of a series' samples of one kind, with the exemplars behind it."""
        begins = np.ones(len(self), np.bool_)
        begins[1:] = (self.kinds[1:] != self.kinds[:-1]) & (self.kinds[1:] != EXEMPLAR)
        begins[self.firsts()] = True
        return np.flatnonzero(begins)

    def cut(self, rows_max: int) -> list[Entries]:
        """Requests of at most so many rows; exemplars that follow a sample of their series are not counted."""
        bounds = [*self._openings()[::rows_max].tolist(), len(self)]
        return [self.take(slice(start, end)) for start, end in pairwise(bounds)]

    def halves(self) -> tuple[Entries, ...]:
        """Between two series, or within the only one; none where there is nothing to part."""
        firsts = self.firsts()
        openings = firsts if len(firsts) > 1 else self._openings()
        if len(openings) < 2:
            return ()
        middle = int(openings[len(openings) // 2])
        return self.take(slice(0, middle)), self.take(slice(middle, len(self)))

    def _openings(self) -> Int64s:
        """Rows that may be a request's first."""
        opens = self.kinds != EXEMPLAR
        opens[self.firsts()] = True
        return np.flatnonzero(opens)


def floats_of(entries: Entries, firsts: Int64s, *, with_starts: bool) -> FloatSamples:
    is_float = entries.kinds == FLOAT
    before = np.append(0, np.cumsum(is_float))
    starts = entries.start_times_ms if with_starts else None
    return FloatSamples(
        before[np.append(firsts, len(entries))],
        entries.times_ms[is_float],
        entries.values[is_float],
        None if starts is None else starts[is_float],
    )


def histogram_fields(entries: Entries, firsts: Int64s, tag: int, *, with_starts: bool) -> list[bytes]:
    """For each message, which begin at `firsts`, the fields of its histograms."""
    rows = np.flatnonzero(entries.kinds == HISTOGRAM)
    starts = entries.start_times_ms if with_starts else None
    messages = encode_histograms(
        entries.histograms.take(entries.places[rows]),
        entries.times_ms[rows],
        None if starts is None else starts[rows],
        tag,
    )
    return parts_of(messages, np.searchsorted(rows, np.append(firsts, len(entries))))


def parts_of(texts: Texts, bounds: Int64s) -> list[bytes]:
    """The texts bounds[i]:bounds[i + 1], joined, for each i."""
    data, cuts = texts.data.tobytes(), texts.offsets[bounds].tolist()
    return [data[start:end] for start, end in pairwise(cuts)]
