"""Taking deleted samples out of rollups whose raw samples are gone: a bucket that one of them went into goes as a whole.

Where the raw samples are still there the day is rolled up again afterwards, and only what was deleted is missing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from vedette.kernels.rollups import N_AGGREGATES
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS
from vedette.store.deletions import Deletion
from vedette.store.engine import Lane
from vedette.store.partitions import Partition, day_of, replace_partition
from vedette.store.reading import column, without
from vedette.store.rolling_up import empty_rollup_drafts, insert_rows, rollup_rows
from vedette.store.rollup_reading import decode_buckets, widened
from vedette.store.rollup_tables import RESOLUTIONS, ROLLUP_COLUMNS, Resolution
from vedette.store.runs import merge
from vedette.store.sizes import bytes_of
from vedette.store.sql import literal
from vedette.store.state import StoreState


def clear_rollups(state: StoreState, deletion: Deletion, series: str, next_sequence: Callable[[], int]) -> int:
    """Returns the bytes freed. `series` is the condition on rows of the deletion's series. Raises StoreError."""
    freed = 0
    for resolution in RESOLUTIONS:
        table = resolution.table.name
        if not state.partitions.rollups(table):
            continue
        rows = state.engine.query(
            f"select distinct day, class from {table} where {series} "
            # the sample on a day's very end went into its last bucket
            f"and day between {literal(day_of(deletion.min_time_ms) - 1)} and {literal(day_of(deletion.max_time_ms))}",
            lane=Lane.BACKGROUND,
        )
        for row in rows.to_pylist():
            freed += _clear_day(state, resolution, Partition(row["day"], row["class"]), next_sequence)
    return freed


def _clear_day(state: StoreState, resolution: Resolution, day: Partition, next_sequence: Callable[[], int]) -> int:
    table, draft = resolution.table.name, resolution.draft.name
    with state.chunks_lock:
        bytes_before = bytes_of(state, table, day)
        with state.deletions.numbering:
            sequence = next_sequence()
        where = f"day = {day.unit} and class = {day.class_}"
        rows = state.engine.query(f"select {ROLLUP_COLUMNS} from {table} where {where}", lane=Lane.BACKGROUND)
        covering = [widened(one, resolution.width_ms) for one in state.deletions]
        kept = [
            _kept(state, (resolution, day, aggregate, sequence), rows, covering) for aggregate in range(N_AGGREGATES)
        ]
        try:
            insert_rows(state, resolution, kept)
            n_rows = sum(batch.num_rows for batch in kept)
            replace_partition(state.engine, table, draft, day, n_rows)
        finally:
            empty_rollup_drafts(state.engine)
        if not n_rows:
            state.partitions.forget_rollup(table, day)
        state.partitions.note_unrolled(day)
    return bytes_before - bytes_of(state, table, day)


def _kept(
    state: StoreState, about: tuple[Resolution, Partition, int, int], rows: pa.Table, covering: list[Deletion]
) -> pa.RecordBatch:
    """One aggregate's buckets that no deletion covers."""
    resolution, day, aggregate, sequence = about
    rows = rows.filter(pa.array(column(rows, "aggregate") == aggregate))
    ids, slots = np.unique(column(rows, "series"), return_inverse=True)
    runs = without(decode_buckets(rows, slots.astype(np.int64), resolution), ids, covering)
    buckets = merge([runs], len(ids), MIN_TIME_MS, MAX_TIME_MS)
    return rollup_rows(state, day, (aggregate, resolution.width_ms, sequence), state.lookup.known_refs_of(ids), buckets)
