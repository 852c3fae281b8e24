"""Reads of the two sample tables as sorted runs: one SQL statement each, Arrow to numpy, no Python object per row.

The order of reads matters while compaction moves rows from `samples_recent` to `chunks` and the head lets go of old
ones: head first, then recent rows, then chunks. Rows that left one place since were in the next one before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.kernels.borrowing import borrowed
from vedette.kernels.chunks import ChunkColumns
from vedette.kernels.gathering import gather_stretches
from vedette.model.blocks import Bools, Int64s
from vedette.model.telemetry import counter
from vedette.model.time import BLOCK_MS, MAX_TIME_MS, MIN_TIME_MS, block_of
from vedette.ports.scan import Deadline, SampleSources, ScanPlan
from vedette.store.chunk_cache import ChunkCache, ColumnsKey
from vedette.store.chunks import check_chunks, decode, decode_to, from_arrow, has_stale
from vedette.store.deletions import Deletion, Ids, surviving
from vedette.store.engine import Engine
from vedette.store.partitions import day_of
from vedette.store.runs import RECENT_RANK, Columns, Runs, keep_runs, merge, run_starts
from vedette.store.sql import literal, literals

IDS_LISTED_MAX: Final = 20_000
"""Beyond it a statement reads the metrics' (or blocks') rows whole and the ids are compared here."""

METRICS_LISTED_MAX: Final = 2_000

_UNSOUND = counter("vedette_unsound_chunk_rows", "Chunk rows that could not be decoded and were left out of an answer.")

CHUNK_COLUMNS: Final = (
    "series, seq, t1, t0, period, samples, kind, exponent, first, dev16, dev32, d8, d16, d32, d64, floats, stale"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The series of one read. `ids` uint64[n], by slot; `complete`: they are all series of `metrics` (of that tenant)."""

    tenant: str
    ids: Ids
    metrics: list[str]
    complete: bool
    min_time_ms: int
    max_time_ms: int

    def slots_of(self, ids: Ids) -> Int64s:
        """int64, parallel to `ids`; -1 for a series that is not wanted."""
        order = np.argsort(self.ids, kind="stable")
        ascending = self.ids[order]
        places = np.searchsorted(ascending, ids)
        places[places == len(ascending)] = 0
        return np.where(ascending[places] == ids, order[places], -1)


def read_recent(engine: Engine, wanted: Wanted, deletions: list[Deletion], deadline: Deadline | None) -> Runs:
    """Rows of `samples_recent`; of equal (series, time) the first committed."""
    conditions = [
        f"block between {block_of(wanted.min_time_ms)} and {block_of(wanted.max_time_ms)}",
        f"time_ms between {literal(wanted.min_time_ms)} and {literal(wanted.max_time_ms)}",
    ]
    if len(wanted.ids) <= IDS_LISTED_MAX:
        conditions.append(f"series in {literals(wanted.ids.tolist())}")
    rows = engine.query(
        f"select series, time_ms, value, seq from samples_recent where {' and '.join(conditions)}",
        deadline=deadline,
    )
    ids, found = recent_columns(rows, deletions)
    slots = wanted.slots_of(ids)
    runs = Runs(
        slots, found.offsets[:-1], found.offsets[1:], np.full(len(ids), RECENT_RANK), found.times_ms, found.values
    )
    keep_runs(runs, slots >= 0)
    return runs


def recent_columns(rows: pa.Table, deletions: Iterable[Deletion]) -> tuple[Ids, Columns]:
    """Rows of `samples_recent` in the order of its parts, as CSR over the series' ids, which are returned too, ascending.

    Deleted samples are left out; of equal (series, time) the first committed stays.
    """
    ids, times, values = (column(rows, name) for name in ("series", "time_ms", "value"))
    sequences = column(rows, "seq").view(np.int64)
    alive = surviving(deletions, ids, times, sequences)
    if not alive.all():
        ids, times, values, sequences = ids[alive], times[alive], values[alive], sequences[alive]
    breaks = np.ones(len(ids), np.bool_)
    breaks[1:] = (ids[1:] != ids[:-1]) | (times[1:] <= times[:-1])
    starts = np.flatnonzero(breaks)
    order = np.argsort(ids[starts], kind="stable")  # parts are sorted: it finds ascending runs
    heads = ids[starts[order]]
    groups = run_starts(heads)
    offsets = np.empty(len(groups) + 1, np.int64)
    out = np.empty(len(ids), np.int64), np.empty(len(ids), np.float64)
    columns = borrowed(times, np.int64), borrowed(values, np.float64), borrowed(sequences, np.int64)
    bounds = borrowed(np.append(groups, len(order)), np.int64), borrowed(np.append(starts, len(ids)), np.int64)
    written = gather_stretches(order, *bounds, columns, offsets, out)
    return heads[groups], Columns(offsets, out[0][:written], out[1][:written])


def read_chunks(
    cache: ChunkCache,
    wanted: Wanted,
    deletions: list[Deletion],
    deadline: Deadline | None,
    plan: ScanPlan,
) -> Columns:
    """The samples of chunk rows, one per (slot, time), of whole blocks: more than the wanted bounds.

    Raises QueryTooLarge before too many samples for the plan are decoded.
    """
    blocks = block_of(wanted.min_time_ms), block_of(wanted.max_time_ms)
    key = ColumnsKey(wanted.tenant, wanted.ids.tobytes(), *blocks, tuple(one.sequence for one in deletions))
    is_kept = plan.sources is not None and cache.holds_columns(key)
    columns = cache.columns(key, lambda: _read_columns(cache, wanted, deletions, deadline, plan))
    if plan.sources is not None:
        count_chunks(plan.sources, len(columns.times_ms), is_kept=is_kept)
    return columns


def _read_columns(
    cache: ChunkCache,
    wanted: Wanted,
    deletions: list[Deletion],
    deadline: Deadline | None,
    plan: ScanPlan,
) -> Columns:
    rows = cache.query(f"select {CHUNK_COLUMNS} from chunks where {_chunk_conditions(wanted)}", deadline)
    slots = wanted.slots_of(column(rows, "series"))
    if not (slots >= 0).all():
        rows, slots = rows.filter(pa.array(slots >= 0)), slots[slots >= 0]
    inner = (column(rows, "t0") >= wanted.min_time_ms) & (column(rows, "t1") <= wanted.max_time_ms)
    # half: two rows of one block may repeat each other's samples; the exact number is checked after merging
    plan.check_samples(int(column(rows, "samples")[inner].sum()) // 2)
    if deadline is not None:
        deadline.check()
    if not deletions and (order := _order_apart(rows, slots)) is not None:
        return _decode_in_order(rows, slots, order, len(wanted.ids))
    runs = decode_rows(rows, slots)
    if deletions:
        runs = without(runs, wanted.ids, deletions)
    return merge([runs], len(wanted.ids), MIN_TIME_MS, MAX_TIME_MS)


def _order_apart(rows: pa.Table, slots: Int64s) -> Int64s | None:
    """The rows by slot and time; None where two of a slot overlap (a late sample, a block caught in compaction)."""
    first_times, last_times = column(rows, "t0"), column(rows, "t1")
    order = np.lexsort((first_times, slots))
    same = slots[order[1:]] == slots[order[:-1]]
    apart = first_times[order[1:]] > last_times[order[:-1]]
    return order if (apart | ~same).all() else None


def _decode_in_order(rows: pa.Table, slots: Int64s, order: Int64s, n_slots: int) -> Columns:
    """Each row's samples go to their place at once: a copy of all samples costs more than decoding them."""
    columns, sound = _sound_columns(rows)
    if not sound.all():
        kept = np.flatnonzero(sound)
        return _decode_in_order(rows.take(kept), slots[kept], np.argsort(np.argsort(order)[kept]), n_slots)
    lengths = columns.samples.astype(np.int64)
    starts = np.empty(len(order), np.int64)
    starts[order] = np.cumsum(lengths[order]) - lengths[order]
    offsets = np.zeros(n_slots + 1, np.int64)
    np.add.at(offsets, slots + 1, lengths)
    np.cumsum(offsets, out=offsets)
    return Columns(offsets, *decode_to(columns, starts, int(lengths.sum())), has_stale(columns))


def count_chunks(sources: SampleSources, n_samples: int, *, is_kept: bool) -> None:
    if is_kept:
        sources.cache += n_samples
    else:
        sources.engine += n_samples


def decode_rows(rows: pa.Table, slots: Int64s) -> Runs:
    """A run per chunk row; rows that no decoder can read (a damaged table) are left out and counted."""
    columns, sound = _sound_columns(rows)
    if not sound.all():
        rows, slots = rows.filter(pa.array(sound)), slots[sound]
        columns = from_arrow(rows.combine_chunks())
    offsets, times, values, any_stale = decode(columns)
    ranks = column(rows, "seq").view(np.int64)
    return Runs(slots, offsets[:-1].copy(), offsets[1:].copy(), ranks, times, values, any_stale)


def _sound_columns(rows: pa.Table) -> tuple[ChunkColumns, Bools]:
    """The rows' columns, and which rows can be decoded; the others are counted."""
    columns = from_arrow(rows.combine_chunks())
    sound = check_chunks(columns)
    _UNSOUND.inc(int((~sound).sum()))
    return columns, sound


def column(rows: pa.Table, name: str) -> NDArray[Any]:
    """A fixed-width column, without copying where it is in one piece."""
    chunks = rows[name].chunks
    if len(chunks) == 1:
        return np.asarray(chunks[0].to_numpy())
    return np.asarray(rows[name].to_numpy())


def _chunk_conditions(wanted: Wanted) -> str:
    conditions = [
        f"tenant = {literal(wanted.tenant)}",
        # a chunk lies within one block, hence within one day
        f"day between {day_of(wanted.min_time_ms)} and {day_of(wanted.max_time_ms)}",
        # the same text for a range that moves on within its blocks: what is too much is left out when it is here
        f"t0 < {literal((block_of(wanted.max_time_ms) + 1) * BLOCK_MS)}",
        f"t1 >= {literal(block_of(wanted.min_time_ms) * BLOCK_MS)}",
    ]
    if len(wanted.metrics) <= METRICS_LISTED_MAX:
        conditions.append(f"metric in {literals(wanted.metrics)}")
    if not wanted.complete and len(wanted.ids) <= IDS_LISTED_MAX:
        conditions.append(f"series in {literals(wanted.ids.tolist())}")
    return " and ".join(conditions)


def without(runs: Runs, ids: Ids, deletions: list[Deletion]) -> Runs:
    """The runs with deleted samples taken out; `ids` by slot. A run may be left empty."""
    lengths = runs.ends - runs.starts
    keep = surviving(deletions, np.repeat(ids[runs.slots], lengths), runs.times_ms, np.repeat(runs.ranks, lengths))
    kept_before = np.append(0, np.cumsum(keep))
    runs.starts, runs.ends = kept_before[runs.starts], kept_before[runs.ends]
    runs.times_ms, runs.values = runs.times_ms[keep], runs.values[keep]
    return runs
