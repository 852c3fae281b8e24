"""Import of samples of any age: straight to chunk rows, past the head and the queues.

Flow: batches of columns are gathered up to a bound, sorted by (series, time), encoded and inserted day by day. What the
store held before stays (its sequence is lower); the same file again adds nothing to an answer. At the end the days that
were left in short chunks are rewritten.

Samples younger than the head's horizon go to the head as well, because a read does not ask the engine about times that
the head covers; for older times the head gives up its claim first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from vedette.model.blocks import Float64s, Int64s, SampleBatch
from vedette.model.time import BLOCK_MS
from vedette.store.chunk_rows import write_chunk_rows
from vedette.store.group_commit import GroupCommit
from vedette.store.head import Head
from vedette.store.partitions import Partition, day_of
from vedette.store.rewriting import fragmented_days, rewrite_day
from vedette.store.runs import Columns
from vedette.store.state import StoreState

ROWS_PER_CHUNK_MAX: Final = 1.5
"""A day with more rows for each series and block than this is rewritten when the import ends."""


@dataclass(slots=True)
class ImportProgress:
    samples: int = 0
    chunk_rows: int = 0
    min_time_ms: int = 0
    max_time_ms: int = 0


class Importer:
    """One import; not thread-safe. Series are registered with the store as for `append`; a ref of -1 is skipped."""

    def __init__(
        self,
        state: StoreState,
        head: Head,
        commits: GroupCommit,
        make_spans_durable: Callable[[Int64s], None],
        report: Callable[[ImportProgress], None],
    ) -> None:
        self._state = state
        self._head = head
        self._commits = commits
        self._make_spans_durable = make_spans_durable
        self._report = report
        self._progress = ImportProgress()
        self._days: set[Partition] = set()

    def run(self, batches: Iterable[SampleBatch]) -> ImportProgress:
        """Raises StoreError; what was reported before stays imported."""
        waiting: list[SampleBatch] = []
        n = 0
        for batch in batches:
            waiting.append(batch)
            n += len(batch)
            if n >= self._state.limits.compaction_samples_max:
                self._write(waiting)
                waiting, n = [], 0
        if n:
            self._write(waiting)
        for day in fragmented_days(self._state, sorted(self._days), ROWS_PER_CHUNK_MAX):
            rewrite_day(self._state, day, self._commits.next_sequence)
        return self._progress

    def _write(self, batches: list[SampleBatch]) -> None:
        refs, times, values = sorted_samples(batches)
        if not len(refs):
            return
        self._commits.flush()  # series rows before their samples
        self._tell_head(refs, times, values)
        changes = np.ones(len(refs), np.bool_)
        changes[1:] = refs[1:] != refs[:-1]
        starts = np.flatnonzero(changes)
        owners = refs[starts]
        with self._state.chunks_lock:
            samples = Columns(np.append(starts, len(refs)), times, values)
            n_rows = write_chunk_rows(self._state, owners, samples, self._commits.next_sequence())
        self._state.facts.widen_spans(owners, np.minimum.reduceat(times, starts), np.maximum.reduceat(times, starts))
        self._make_spans_durable(owners)
        self._note(owners, times, n_rows)

    def _tell_head(self, refs: Int64s, times: Int64s, values: Float64s) -> None:
        """Before the rows are written: a read between the two then looks in both places."""
        horizon = self._state.clock.now_ms() - BLOCK_MS
        self._head.cover_from(max(self._head.covered_from_ms, min(horizon, int(times.max()) + 1)))
        young = times >= self._head.covered_from_ms
        if young.any():
            self._head.load(refs[young], times[young], values[young])

    def _note(self, owners: Int64s, times: Int64s, n_rows: int) -> None:
        first, last = int(times.min()), int(times.max())
        progress = self._progress
        progress.min_time_ms = min(first, progress.min_time_ms) if progress.samples else first
        progress.max_time_ms = max(last, progress.max_time_ms) if progress.samples else last
        progress.samples += len(times)
        progress.chunk_rows += n_rows
        classes = np.unique(self._state.facts.classes(owners)).tolist()
        self._days.update(
            Partition(day, class_) for day in range(day_of(first), day_of(last) + 1) for class_ in classes
        )
        self._report(progress)


def sorted_samples(batches: list[SampleBatch]) -> tuple[Int64s, Int64s, Float64s]:
    """(refs, times, values) ordered by (ref, time), one per pair: of equal ones the first given stays."""
    refs = np.concatenate([batch.refs for batch in batches])
    times = np.concatenate([batch.times_ms for batch in batches])
    values = np.concatenate([batch.values for batch in batches])
    ascending = (refs[1:] > refs[:-1]) | ((refs[1:] == refs[:-1]) & (times[1:] > times[:-1]))
    if not ascending.all():
        order = np.lexsort((times, refs))
        refs, times, values = refs[order], times[order], values[order]
    keep = refs >= 0
    keep[1:] &= (refs[1:] != refs[:-1]) | (times[1:] != times[:-1])
    return (refs, times, values) if keep.all() else (refs[keep], times[keep], values[keep])
