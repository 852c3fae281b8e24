"""An answer in slices of whole series, so that whoever writes it out (remote read, export) holds one slice at a time.

How many samples a series has is not known before it is read: its time span within the bounds, at an assumed interval that
is shorter than most, says how many at most. Slices are independent of each other; a reader may have several under way.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from vedette.model.blocks import Int64s, SeriesColumns
from vedette.ports.scan import Deadline, ScanPlan
from vedette.ports.store import Slice
from vedette.store.selecting import Selecting
from vedette.store.state import StoreState

SAMPLES_PER_SLICE: Final = 1_000_000
ASSUMED_INTERVAL_MS: Final = 5_000
SERIES_PER_SLICE_MAX: Final = 10_000
"""Also where a series has few samples: labels and statements have a size, too."""


@dataclass(frozen=True, slots=True)
class Slicing:
    state: StoreState
    selecting: Selecting
    tenant: str
    plan: ScanPlan
    deadline: Deadline

    def slices(self, refs: Int64s, *, by_labels: bool) -> Sequence[Slice]:
        """Of these series, in the order of the chunk table or of their labels."""
        if by_labels:
            labels = self.state.index.labels_of(refs)
            refs = refs[np.array(sorted(range(len(refs)), key=labels.__getitem__), np.int64)]
        elif len(refs) > 1:
            refs = self.state.facts.by_metric(refs, self.state.index.ids[refs])
        cuts = _cut(self._most_samples(refs))
        return [partial(self._read, refs[start:end], by_labels) for start, end in itertools.pairwise(cuts)]

    def _most_samples(self, refs: Int64s) -> Int64s:
        """int64[n]: a guess from above, at least 1."""
        facts, plan = self.state.facts, self.plan
        first, last = (
            np.clip(bounds[refs], plan.min_time_ms, plan.max_time_ms) for bounds in (facts.first_ms, facts.last_ms)
        )
        guess: Int64s = np.maximum(last - first, 0) // ASSUMED_INTERVAL_MS + 1
        return guess

    def _read(self, refs: Int64s, by_labels: bool) -> SeriesColumns:
        self.deadline.check()
        columns = self.selecting.columns_of(self.tenant, refs, self.plan, self.deadline)
        if not by_labels:
            return columns
        return columns.take(np.array(sorted(range(columns.n_series), key=columns.labels.__getitem__), np.int64))


def _cut(samples: Int64s) -> list[int]:
    """Places where slices begin, and the end."""
    cuts, total, start = [0], 0, 0
    for place, n in enumerate(samples.tolist()):
        if place > start and (total + n > SAMPLES_PER_SLICE or place - start == SERIES_PER_SLICE_MAX):
            cuts.append(place)
            start, total = place, 0
        total += n
    return [*cuts, len(samples)] if len(samples) else cuts
