"""Import of samples of any age: old ones straight to chunk rows, past the head and the queues.

Flow: batches of columns are gathered up to a bound, sorted by (series, time), encoded and inserted day by day. At the end
the days that were left in short chunks are rewritten. What the store held before stays; the same file again adds nothing.

Old means: of a block that is finished, and finished blocks are compacted before the import starts. So a chunk row of an
import never meets an older recent row, and "the first committed stays" needs no look at what is there. Younger samples go
the way of scraped ones: into the head and, by a commit, into `samples_recent`, where the order of commits decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from vedette.model.blocks import Float64s, HistogramBatch, Int64s, SampleBatch
from vedette.store.chunk_rows import write_chunk_rows
from vedette.store.group_commit import GroupCommit
from vedette.store.head import Head
from vedette.store.native_histograms import marked, storable
from vedette.store.partitions import DAY_MS, Partition
from vedette.store.rewriting import fragmented_days, rewrite_day
from vedette.store.runs import Columns, run_starts
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
        old_before_ms: int,
        report: Callable[[ImportProgress], None],
    ) -> None:
        self._state = state
        self._head = head
        self._commits = commits
        self._make_spans_durable = make_spans_durable
        self._old_before_ms = old_before_ms
        self._report = report
        self._progress = ImportProgress()
        self._days: set[Partition] = set()

    def run(self, batches: Iterable[SampleBatch | HistogramBatch]) -> ImportProgress:
        """Raises StoreError; what was reported before stays imported."""
        waiting: list[SampleBatch] = []
        n = 0
        for batch in batches:
            waiting.append(self._write_companions(batch))
            n += len(batch)
            if n >= self._state.limits.compaction_samples_max:
                self._write(waiting)
                waiting, n = [], 0
        if n:
            self._write(waiting)
        for day in fragmented_days(self._state, sorted(self._days), ROWS_PER_CHUNK_MAX):
            rewrite_day(self._state, day, self._commits.next_sequence)
        return self._progress

    def _write_companions(self, batch: SampleBatch | HistogramBatch) -> SampleBatch:
        """The batch as samples; what is kept beside those is on disk when it returns."""
        state = self._state
        known = batch.refs >= 0
        # imported samples may stand before any others, so each start time is said for its own sample alone
        starts = None if batch.start_times_ms is None else batch.start_times_ms[known]
        late = np.ones(int(known.sum()), np.bool_)
        changes = state.start_times.note(batch.refs[known], batch.times_ms[known], starts, late)
        if changes is not None:
            state.start_times.write([changes], self._commits.next_sequence())
        if isinstance(batch, SampleBatch):
            return batch
        rows = marked(batch)
        state.histograms.write([rows.take(storable(rows))], self._commits.next_sequence())
        return SampleBatch(batch.refs, batch.times_ms, rows.marks)

    def _write(self, batches: list[SampleBatch]) -> None:
        refs, times, values = sorted_samples(batches)
        if not len(refs):
            return
        self._commits.flush()  # series rows before their samples
        starts = run_starts(refs)
        owners = refs[starts]
        self._state.facts.widen_spans(owners, np.minimum.reduceat(times, starts), np.maximum.reduceat(times, starts))
        old = times < self._old_before_ms
        n_rows = self._write_old(refs[old], times[old], values[old])
        self._write_young(SampleBatch(refs[~old], times[~old], values[~old]))
        self._make_spans_durable(owners)
        self._note(times, n_rows)

    def _write_old(self, refs: Int64s, times: Int64s, values: Float64s) -> int:
        if not len(refs):
            return 0
        starts = run_starts(refs)
        # from here on a read asks the engine about these times, even before the rows are there
        self._head.cover_from(max(self._head.covered_from_ms, int(times.max()) + 1))
        classes = self._state.facts.classes(refs[starts])
        days = np.unique(times // DAY_MS).tolist()
        self._days.update(Partition(day, class_) for day in days for class_ in np.unique(classes).tolist())
        with self._state.chunks_lock:
            samples = Columns(np.append(starts, len(refs)), times, values)
            n_rows = write_chunk_rows(self._state, refs[starts], samples, self._commits.next_sequence())
        self._state.changes.note_samples(times)
        return n_rows

    def _write_young(self, rows: SampleBatch) -> None:
        if len(rows):
            self._head.load(rows.refs, rows.times_ms, rows.values)
            self._state.changes.note_samples(rows.times_ms)
            self._commits.append("samples", rows, 0.0).result()

    def _note(self, times: Int64s, n_rows: int) -> None:
        first, last = int(times.min()), int(times.max())
        progress = self._progress
        progress.min_time_ms = min(first, progress.min_time_ms) if progress.samples else first
        progress.max_time_ms = max(last, progress.max_time_ms) if progress.samples else last
        progress.samples += len(times)
        progress.chunk_rows += n_rows
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
