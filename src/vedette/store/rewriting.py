"""Rewriting a day of chunk rows: deleted samples go, rows that overlap or are short become one chunk per series and block.

    1. slice by slice of the series: read, merge, write to `chunks_draft` with a new sequence
    2. REPLACE PARTITION of `chunks` from the draft: one atomic step of the engine
    3. empty the draft

A kill before 2 leaves the day as it was; the draft is emptied at the next start. Who writes chunk rows holds
`StoreState.chunks_lock`, so that no row comes in between 1 and 2.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

import numpy as np

from vedette.model.errors import StoreError
from vedette.model.time import BLOCK_MS, MAX_TIME_MS, MIN_TIME_MS
from vedette.store.chunk_rows import write_chunk_rows
from vedette.store.engine import Engine, Lane
from vedette.store.id_lookup import id_ranges
from vedette.store.partitions import Partition, replace_partition
from vedette.store.reading import CHUNK_COLUMNS, column, decode_rows, without
from vedette.store.runs import merge
from vedette.store.sizes import bytes_of
from vedette.store.state import StoreState

_LOG = logging.getLogger(__name__)


def empty_draft(engine: Engine) -> None:
    engine.execute("truncate table chunks_draft")


def rewrite_day(state: StoreState, partition: Partition, next_sequence: Callable[[], int]) -> int:
    """Returns the bytes that the day is smaller by. Raises StoreError; then the day is as it was."""
    started = state.clock.monotonic_s()
    with state.chunks_lock:
        empty_draft(state.engine)
        bytes_before = bytes_of(state, "chunks", partition)
        where = f"day = {partition.unit} and class = {partition.class_}"
        found = state.engine.query(f"select sum(samples) as n from chunks where {where}", lane=Lane.BACKGROUND)
        n_samples = int(column(found, "n")[0])
        with state.deletions.numbering:
            sequence = next_sequence()
        n_rows = 0
        for low, high in id_ranges(n_samples, state.limits.compaction_samples_max):
            n_rows += _rewrite_slice(state, partition, f"{where} and series between {low} and {high}", sequence)
        replace_partition(state.engine, "chunks", "chunks_draft", partition, n_rows)
        state.chunk_cache.clear()
        empty_draft(state.engine)
        if not n_rows:
            state.partitions.forget_chunks(partition)
        freed = bytes_before - bytes_of(state, "chunks", partition)
    seconds = state.clock.monotonic_s() - started
    day = partition.unit, partition.class_
    _LOG.info("rewrote day %d class %d: %d samples in %.2f s, %d bytes freed", *day, n_samples, seconds, freed)
    return freed


def fragmented_days(state: StoreState, days: Iterable[Partition], rows_per_chunk: float) -> list[Partition]:
    """Those with more rows than `rows_per_chunk` times the (series, block) pairs they hold."""
    found = []
    for day in days:
        rows = state.engine.query(
            f"select count() as n, uniqExact(series, intDiv(t0, {BLOCK_MS})) as chunks from chunks "
            f"where day = {day.unit} and class = {day.class_}",
            lane=Lane.BACKGROUND,
        )
        if int(column(rows, "n")[0]) > rows_per_chunk * int(column(rows, "chunks")[0]):
            found.append(day)
    return found


def _rewrite_slice(state: StoreState, day: Partition, where: str, sequence: int) -> int:
    """Returns the number of rows written."""
    rows = state.engine.query(f"select {CHUNK_COLUMNS} from chunks where {where}", lane=Lane.BACKGROUND)
    ids, slots = np.unique(column(rows, "series"), return_inverse=True)
    refs = state.lookup.known_refs_of(ids)
    runs = decode_rows(rows, slots.astype(np.int64))
    if len(runs.slots) < rows.num_rows:
        raise StoreError(f"chunk rows that cannot be decoded must not be rewritten: {rows.num_rows - len(runs.slots)}")
    samples = merge([without(runs, ids, list(state.deletions))], len(ids), MIN_TIME_MS, MAX_TIME_MS)
    return write_chunk_rows(state, refs, samples, sequence, table="chunks_draft", class_=day.class_)
