"""Exemplars of a scrape: those that the target's last page had not, with the refs of their series.

A page repeats its exemplars until new ones come. One without a time of its own gets its sample's, so a repetition is told by
what the page says, not by that time; and what is repeated costs no labels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vedette.model.blocks import ExemplarBatch, Int64s
from vedette.model.labels import Labels
from vedette.wire.exposition import NO_TIME, Exemplars, Page

Said = tuple[int, bytes, int, float]
"""Key of the series, bytes of the labels, time, value."""


class ExemplarMemory:
    """One per target."""

    def __init__(self) -> None:
        self._last: frozenset[Said] = frozenset()
        self._current: set[Said] = set()

    def fresh(self, page: Page, exemplars: Exemplars) -> Sequence[int]:
        """Places of the exemplars that the last finished page did not have."""
        keys = page.keys[exemplars.rows].tolist()
        spans = exemplars.spans.tolist()
        said = [
            (key, page.buffer[start:end].tobytes(), time_ms, value)
            for key, (start, end), time_ms, value in zip(
                keys, spans, exemplars.times_ms.tolist(), exemplars.values.tolist(), strict=True
            )
        ]
        self._current.update(said)
        return [place for place, one in enumerate(said) if one not in self._last]

    def finish(self) -> None:
        """The page was read to its end."""
        self._last, self._current = frozenset(self._current), set()

    def forget(self) -> None:
        self._last, self._current = frozenset(), set()


def exemplar_rows(
    memory: ExemplarMemory, page: Page, exemplars: Exemplars, refs: Int64s, times_ms: Int64s
) -> ExemplarBatch | None:
    """Those of series that are stored (`refs`, by the page's rows) that are new; `times_ms` are the samples'."""
    stored = exemplars.take(refs[exemplars.rows] >= 0)
    places = memory.fresh(page, stored)
    if not places:
        return None
    some = stored.take(np.array(places, np.int64))
    times = np.where(some.times_ms == NO_TIME, times_ms[some.rows], some.times_ms)
    labels: list[Labels] = [page.source.exemplar_labels(start, end) for start, end in some.spans.tolist()]
    return ExemplarBatch(refs[some.rows], times, some.values, labels)


def join_exemplars(parts: Sequence[ExemplarBatch | None]) -> ExemplarBatch | None:
    found = [part for part in parts if part is not None]
    if len(found) < 2:
        return found[0] if found else None
    return ExemplarBatch(
        np.concatenate([part.refs for part in found]),
        np.concatenate([part.times_ms for part in found]),
        np.concatenate([part.values for part in found]),
        [labels for part in found for labels in part.labels],
    )
