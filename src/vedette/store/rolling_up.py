"""Building rollups: a day of chunk rows becomes a day of buckets, for each resolution that its retention class keeps.

    1. slice by slice of the series: read the day's samples (and the two hours before, for the first increases), bucket
       them, write the rows to the resolution's draft table
    2. REPLACE PARTITION of the rollup from the draft: one atomic step of the engine
    3. empty the draft

A day is built when no sample can come any more, in order or late, and again whenever its chunk rows change (a late import,
a deletion) while they are still there. A kill before 2 leaves no trace; whether a day is up to date is said by the sequence
numbers in the tables: those of its rollup are higher than those of its chunk rows.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.kernels.borrowing import borrowed
from vedette.kernels.rollups import INCREASE, N_AGGREGATES, count_falls, roll_up
from vedette.model.blocks import Bools, Int64s
from vedette.model.errors import StoreError
from vedette.model.telemetry import counter
from vedette.model.time import BLOCK_MS
from vedette.store.chunks import encode, to_arrow
from vedette.store.engine import Engine, Lane
from vedette.store.histogram_marks import without_marks
from vedette.store.id_lookup import id_ranges
from vedette.store.partitions import DAY_MS, Partition, replace_partition
from vedette.store.reading import CHUNK_COLUMNS, column, decode_rows, without
from vedette.store.rollup_tables import RESOLUTIONS, TIME_DIVISOR, Resolution
from vedette.store.runs import Columns, merge
from vedette.store.state import StoreState

_LOG = logging.getLogger(__name__)
_BUCKETS = counter("vedette_rollup_buckets", "Buckets of downsampled history that were built.", ("resolution",))

FALLS_SHARE_MAX = 0.05
"""A series that falls more often than this is a gauge: nobody asks for its increase."""


def empty_rollup_drafts(engine: Engine) -> None:
    for resolution in RESOLUTIONS:
        engine.execute(f"truncate table {resolution.draft.name}")


def forget_built_days(state: StoreState) -> None:
    """After a start: of the days that hold chunk rows, those whose rollups are newer need no work."""
    if not state.partitions.unrolled:
        return
    written = _sequences(state, "chunks", "max")
    for resolution in RESOLUTIONS:
        built = _sequences(state, resolution.table.name, "min")
        written = {day: seq for day, seq in written.items() if built.get(day, -1) > seq}
    for day in written:
        state.partitions.take_unrolled(day)


def _sequences(state: StoreState, table: str, which: str) -> dict[Partition, int]:
    rows = state.engine.query(
        f"select day, class, {which}(seq) as seq from {table} group by day, class", lane=Lane.BACKGROUND
    )
    return {Partition(row["day"], row["class"]): row["seq"] for row in rows.to_pylist()}


def is_over(day: Partition, finished_before_ms: int) -> bool:
    """Neither the day nor the sample on its very end, which is the next day's first, can change by a scrape any more."""
    return (day.unit + 1) * DAY_MS + BLOCK_MS <= finished_before_ms


class RollingUp:
    """One thread at a time. `step` is called with a step's name: tests kill there."""

    def __init__(
        self, state: StoreState, next_sequence: Callable[[], int], step: Callable[[str], None] = lambda name: None
    ) -> None:
        self._state = state
        self._next_sequence = next_sequence
        self._step = step
        self._knows_built = False

    def run(self, wanted: Callable[[int], frozenset[str]], finished_before_ms: int) -> int:
        """Builds what is due; `wanted` names a class' resolutions. Returns the number of days built. Raises StoreError."""
        if not self._knows_built:
            forget_built_days(self._state)
            self._knows_built = True
        built = 0
        for day in sorted(self._state.partitions.unrolled):
            names = wanted(day.class_)
            resolutions = [one for one in RESOLUTIONS if one.name in names]
            if is_over(day, finished_before_ms) and resolutions:
                self._build(day, resolutions)
                built += 1
        return built

    def _build(self, day: Partition, resolutions: Sequence[Resolution]) -> None:
        state, started = self._state, self._state.clock.monotonic_s()
        with state.chunks_lock:
            state.partitions.take_unrolled(day)
            try:
                n_buckets = self._replace_day(day, resolutions)
            except StoreError:
                state.partitions.note_unrolled(day)
                raise
            finally:
                empty_rollup_drafts(state.engine)
        seconds = state.clock.monotonic_s() - started
        _LOG.info("rolled up day %d class %d: %d buckets in %.2f s", day.unit, day.class_, n_buckets, seconds)

    def _replace_day(self, day: Partition, resolutions: Sequence[Resolution]) -> int:
        state = self._state
        where = f"day = {day.unit} and class = {day.class_}"
        found = state.engine.query(f"select sum(samples) as n from chunks where {where}", lane=Lane.BACKGROUND)
        with state.deletions.numbering:
            sequence = self._next_sequence()
        n_buckets = dict.fromkeys(resolutions, 0)
        for low, high in id_ranges(int(column(found, "n")[0]), state.limits.compaction_samples_max):
            refs, samples = self._read_slice(day, low, high)
            for resolution in resolutions:
                n_buckets[resolution] += self._write_slice(day, resolution, refs, samples, sequence)
        for resolution in resolutions:
            self._step("rollup")
            table = resolution.table.name
            if n_buckets[resolution]:
                state.partitions.note_rollup(table, day)
            replace_partition(state.engine, table, resolution.draft.name, day, n_buckets[resolution])
            self._step("rollup replaced")
        return sum(n_buckets.values())

    def _read_slice(self, day: Partition, low: int, high: int) -> tuple[Int64s, Columns]:
        """The series' samples in the day, with the two hours before it and the sample on its very end."""
        state, start = self._state, day.unit * DAY_MS
        end = start + DAY_MS
        rows = state.engine.query(
            f"select {CHUNK_COLUMNS} from chunks where class = {day.class_} and series between {low} and {high} and ("
            f"day = {day.unit} or (day = {day.unit - 1} and t1 >= {start - BLOCK_MS}) "
            f"or (day = {day.unit + 1} and t0 = {end}))",
            lane=Lane.BACKGROUND,
        )
        ids, slots = np.unique(column(rows, "series"), return_inverse=True)
        refs = state.lookup.known_refs_of(ids)
        runs = decode_rows(rows, slots.astype(np.int64))
        if len(runs.slots) < rows.num_rows:
            raise StoreError(f"chunk rows that cannot be decoded: {rows.num_rows - len(runs.slots)}")
        runs = without(runs, ids, list(state.deletions))
        samples = merge([runs], len(ids), start - BLOCK_MS, end)
        return refs, without_marks(samples) if state.histograms.may_be_within(start - BLOCK_MS, end) else samples

    def _write_slice(
        self, day: Partition, resolution: Resolution, refs: Int64s, samples: Columns, sequence: int
    ) -> int:
        start = day.unit * DAY_MS
        offsets, ends, aggregates = bucket(samples, (start, start + DAY_MS), resolution.width_ms)
        falls = np.empty(len(refs), np.int64)
        arrays = (borrowed(samples.offsets, np.int64), borrowed(samples.times_ms, np.int64))
        count_falls(*arrays, borrowed(samples.values, np.float64), start, falls)
        lengths = np.diff(samples.offsets)
        resets = (falls > 0) & (falls <= FALLS_SHARE_MAX * lengths)
        batches = []
        for aggregate in range(N_AGGREGATES):
            chosen = resets if aggregate == INCREASE else np.ones(len(refs), np.bool_)
            buckets = _chosen(Columns(offsets, ends, aggregates[aggregate]), chosen)
            about = (aggregate, resolution.width_ms, sequence)
            batches.append(rollup_rows(self._state, day, about, refs[chosen], buckets))
        insert_rows(self._state, resolution, batches)
        _BUCKETS.labels(resolution.name).inc(len(ends))
        return len(ends)


def insert_rows(state: StoreState, resolution: Resolution, batches: Sequence[pa.RecordBatch]) -> None:
    """Into the draft; one insert, because each costs a part."""
    whole = pa.Table.from_batches(batches).combine_chunks().to_batches()
    for batch in whole:
        state.engine.insert(resolution.draft.name, batch, lane=Lane.BACKGROUND)


def bucket(samples: Columns, bounds: tuple[int, int], width_ms: int) -> tuple[Int64s, Int64s, NDArray[np.float64]]:
    """(offsets by series, ends int64[n], aggregates float64[N_AGGREGATES, n]) of the buckets that end within (after, until]."""
    room = int(np.minimum(np.diff(samples.offsets), (bounds[1] - bounds[0]) // width_ms).sum())
    offsets, ends = np.empty(len(samples.offsets), np.int64), np.empty(room, np.int64)
    aggregates = np.empty((N_AGGREGATES, room))
    arrays = borrowed(samples.offsets, np.int64), borrowed(samples.times_ms, np.int64)
    n = roll_up(*arrays, borrowed(samples.values, np.float64), bounds, width_ms, offsets, ends, aggregates)
    return offsets, ends[:n], aggregates[:, :n]


def rollup_rows(
    state: StoreState, day: Partition, about: tuple[int, int, int], refs: Int64s, buckets: Columns
) -> pa.RecordBatch:
    """Rows of one aggregate; `about`: the aggregate, the buckets' width, the sequence number."""
    aggregate, width_ms, sequence = about
    starts = (buckets.times_ms - width_ms) // TIME_DIVISOR
    sources, columns = encode(buckets.offsets, starts, buckets.values)
    owners, n = refs[sources], len(sources)
    rows = to_arrow(columns)
    beside = {
        "day": pa.array(np.full(n, day.unit, np.int32)),
        "class": pa.array(np.full(n, day.class_, np.uint16)),
        "tenant": state.facts.tenant_column(owners),
        "metric": state.facts.metric_column(owners),
        "aggregate": pa.array(np.full(n, aggregate, np.int8)),
        "series": pa.array(state.index.ids[owners]),
        "seq": pa.array(np.full(n, sequence, np.uint64)),
    }
    return pa.RecordBatch.from_arrays([*beside.values(), *rows.columns], names=[*beside, *rows.schema.names])


def _chosen(columns: Columns, which: Bools) -> Columns:
    if which.all():
        return columns
    lengths = np.diff(columns.offsets)
    keep = np.repeat(which, lengths)
    offsets = np.append(0, np.cumsum(lengths[which]))
    return Columns(offsets, columns.times_ms[keep], columns.values[keep])
