"""Finished blocks of `samples_recent` become chunk rows; then their partition is dropped.

The engine has no transaction over two tables, so every step may be the last before a kill:

    1. read a slice of the partition's series (those of its rows with seq <= S), write its chunk rows with seq = S
    2. ... for every slice                          a kill here: the next run finds the slices written with S, and goes on
    3. make the series' time spans durable          a kill here: both tables hold the block; reads keep one sample
    4. drop the partition, unless rows came late    a kill here: as before
    5. forget it

S is the highest seq in the partition when the run starts. Commits into the partition are held off for step 4 only: rows
with a higher seq found then are late ones, and a further round writes them as chunk rows of their own (reads and
`rewriting` merge those). An insert of one slice is one part, so a slice is written whole or not at all.

Not INSERT SELECT groupArray: the narrow types are chosen per chunk, and the engine's groupArray costs more than the kernel.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vedette.model.blocks import Int64s
from vedette.model.errors import StoreError
from vedette.model.telemetry import counter, gauge, histogram
from vedette.model.time import BLOCK_MS
from vedette.store.chunk_rows import write_chunk_rows
from vedette.store.engine import Lane
from vedette.store.feed import HELD_BACK_MS
from vedette.store.id_lookup import id_ranges
from vedette.store.partitions import Partition, day_of
from vedette.store.reading import column, recent_columns
from vedette.store.state import StoreState
from vedette.store.writing import Writer

_LOG = logging.getLogger(__name__)

_BUCKETS = (0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0)
_SAMPLES = counter("vedette_compacted_samples", "Samples moved from recent rows to chunk rows.")
_SECONDS = histogram("vedette_compaction_seconds", "Duration of one partition's compaction.", buckets=_BUCKETS)
_WAITING = gauge("vedette_compaction_partitions", "Finished partitions that wait for compaction.")


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows of a partition with low <= series <= high and after < seq <= last."""

    partition: Partition
    low: int
    high: int
    after: int
    last: int


class Compaction:
    """One thread at a time. `step` is called with a step's name before and after it: fault tests kill there.

    `wanted_from`: rows with a higher sequence number are still to be handed on (store/feed.py); None: nobody follows.
    """

    def __init__(
        self,
        state: StoreState,
        writer: Writer,
        make_spans_durable: Callable[[Int64s], None],
        step: Callable[[str], None] = lambda name: None,
        wanted_from: Callable[[], int | None] = lambda: None,
    ) -> None:
        self._state = state
        self._writer = writer
        self._make_spans_durable = make_spans_durable
        self._step = step
        self._wanted_from = wanted_from

    def run(self, finished_before_ms: int) -> int:
        """Compacts the partitions whose block ended at or before the time; returns the number of samples moved."""
        recent = self._state.partitions.recent
        finished = sorted(one for one in recent if (one.unit + 1) * BLOCK_MS <= finished_before_ms)
        finished = [one for one in finished if not self._is_held_back(one)]
        moved = 0
        for done, partition in enumerate(finished):
            _WAITING.set(len(finished) - done)
            try:
                moved += self._compact(partition)
            except StoreError as error:  # the others must not wait for it; it is tried again next time
                _LOG.warning("block %d class %d is not compacted: %s", partition.unit, partition.class_, error)
        _WAITING.set(0)
        return moved

    def _is_held_back(self, partition: Partition) -> bool:
        """Somebody who follows the commits has not had all its rows yet, and they are not too old to wait for that."""
        wanted_from = self._wanted_from()
        if wanted_from is None or self._state.clock.now_ms() - (partition.unit + 1) * BLOCK_MS > HELD_BACK_MS:
            return False
        return self._extent(partition, wanted_from)[1] > 0

    def _compact(self, partition: Partition) -> int:
        started = self._state.clock.monotonic_s()
        after, moved = -1, 0
        while True:
            last, n_rows = self._extent(partition, after)
            touched = [np.empty(0, np.int64)]
            for low, high in id_ranges(n_rows, self._state.limits.compaction_samples_max):
                refs, samples = self._write_slice(Slice(partition, low, high, after, last))
                touched.append(refs)
                moved += samples
            self._step("spans")
            self._make_spans_durable(np.concatenate(touched))
            self._step("drop")
            after = max(last, after)
            if self._drop(partition, after):
                break
        self._step("dropped")
        seconds = self._state.clock.monotonic_s() - started
        _SAMPLES.inc(moved)
        _SECONDS.observe(seconds)
        _LOG.info("compacted block %d class %d: %d samples in %.2f s", partition.unit, partition.class_, moved, seconds)
        return moved

    def _extent(self, partition: Partition, after: int) -> tuple[int, int]:
        """(highest seq, number of rows) above `after`."""
        found = self._state.engine.query(
            f"select max(seq) as last, count() as n from samples_recent where {_where(partition)} and seq > {after}",
            lane=Lane.BACKGROUND,
        )
        return int(column(found, "last")[0]), int(column(found, "n")[0])

    def _write_slice(self, part: Slice) -> tuple[Int64s, int]:
        """(refs, number of samples). Leaves out series whose rows an interrupted run with the same S has written: a slice
        is one atomic insert of whole series."""
        self._step("slice")
        start = part.partition.unit * BLOCK_MS
        in_slice = f"series between {part.low} and {part.high}"
        rows = self._state.engine.query(
            f"select series, time_ms, value, seq from samples_recent where {_where(part.partition)} and {in_slice} "
            f"and seq > {part.after} and seq <= {part.last} and series not in ("
            f"select series from chunks where day = {day_of(start)} and class = {part.partition.class_} and {in_slice} "
            f"and t0 between {start} and {start + BLOCK_MS - 1} and seq = {part.last})",
            lane=Lane.BACKGROUND,
        )
        ids, samples = recent_columns(rows, self._state.deletions)
        refs = self._state.lookup.known_refs_of(ids)
        with self._state.chunks_lock:
            write_chunk_rows(self._state, refs, samples, part.last, class_=part.partition.class_)
        self._step("slice written")
        return refs, len(samples.times_ms)

    def _drop(self, partition: Partition, after: int) -> bool:
        """False when rows came after `after`. No commit gets between the look and the drop."""
        with self._writer.lock:
            if self._extent(partition, after)[1]:
                return False
            self._state.engine.execute(f"alter table samples_recent drop partition {partition.literal()}")
            self._state.partitions.forget_recent(partition)
        return True


def _where(partition: Partition) -> str:
    return f"block = {partition.unit} and class = {partition.class_}"
