"""Downsampled samples for a scan: which days of which class they answer, and what one of them stands for.

A day is answered from a rollup where its chunk rows are gone (retention), or where the plan welcomes the width. The finer
rollup is taken where both are there, unless the plan welcomes the coarser one. Buckets are known by their end, so the
windows of range functions, which are left-open like them, see whole buckets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from vedette.kernels.borrowing import borrowed
from vedette.kernels.rollups import COUNT, INCREASE, LAST, MAX, MIN, SUM, chain_increases
from vedette.model.blocks import Float64s, Int64s
from vedette.model.time import MAX_TIME_MS
from vedette.ports.scan import Deadline, Reduction, ScanPlan
from vedette.store.deletions import Deletion
from vedette.store.histogram_marks import are_marks
from vedette.store.native_histograms import TABLE as HISTOGRAMS
from vedette.store.partitions import DAY_MS, Partition, Partitions, day_of
from vedette.store.reading import IDS_LISTED_MAX, METRICS_LISTED_MAX, Wanted, column, decode_rows, without
from vedette.store.rollup_tables import COARSEST_MS, RESOLUTIONS, ROLLUP_COLUMNS, TIME_DIVISOR, Resolution
from vedette.store.runs import Columns, Runs, merge, one_run_per_slot
from vedette.store.sql import literal, literals
from vedette.store.state import StoreState

_AGGREGATES = {
    Reduction.LAST: (LAST,),
    Reduction.MIN: (MIN,),
    Reduction.MAX: (MAX,),
    Reduction.SUM: (SUM,),
    Reduction.COUNTED: (SUM, COUNT),
    Reduction.INCREASE: (LAST, INCREASE),
}

Chosen = Mapping[Resolution, frozenset[Partition]]


@dataclass(frozen=True, slots=True)
class RolledSamples:
    """CSR by slot. `counts`: parallel to the values, where the reduction asks for them."""

    columns: Columns
    counts: Float64s | None


def choose_days(partitions: Partitions, plan: ScanPlan) -> Chosen:
    """Which days a plan reads from which rollup; empty, at no cost, where all is raw."""
    first, last = day_of(plan.min_time_ms - COARSEST_MS), day_of(plan.max_time_ms - 1)
    if first >= partitions.raw_since_day and not plan.resolution_max_ms:
        return {}
    raw = partitions.chunks
    chosen: dict[Resolution, frozenset[Partition]] = {}
    taken: frozenset[Partition] = frozenset()
    for resolution in _by_preference(plan.resolution_max_ms):
        welcome = resolution.width_ms <= plan.resolution_max_ms
        available = partitions.rollups(resolution.table.name)
        if welcome:
            available -= partitions.unrolled
        days = frozenset(day for day in available - taken if first <= day.unit <= last and (welcome or day not in raw))
        if days:
            chosen[resolution] = days
            taken |= days
    return chosen


def _by_preference(welcome_ms: int) -> list[Resolution]:
    """The coarsest welcome one first, then the finest of the others."""
    welcome = [one for one in RESOLUTIONS if one.width_ms <= welcome_ms]
    return [*reversed(welcome), *(one for one in RESOLUTIONS if one not in welcome)]


def raw_from_ms(partitions: Partitions, chosen: Chosen, plan: ScanPlan) -> int:
    """The plan's raw samples that no chosen day stands for are not older than this."""
    if not plan.resolution_max_ms or not chosen:
        return plan.min_time_ms  # chosen days have no raw samples
    if partitions.any_beside(HISTOGRAMS, plan.min_time_ms, plan.max_time_ms):
        return plan.min_time_ms  # native histograms are not rolled up
    taken = frozenset[Partition]().union(*chosen.values())
    left = [day.unit for day in partitions.chunks - taken if day.unit >= day_of(plan.min_time_ms)]
    first = min(left, default=max(day.unit for day in taken) + 1)
    return max(plan.min_time_ms, first * DAY_MS)


def without_days(samples: Columns, classes: Int64s, chosen: Chosen) -> Columns:
    """Raw samples that the chosen days do not stand for, native histograms among them. `classes` by slot. A day ends with
    its last bucket's end."""
    taken = np.array([(day.unit << 16) | day.class_ for days in chosen.values() for day in days], np.int64)
    owners = np.repeat(np.arange(len(classes)), np.diff(samples.offsets))
    days = (samples.times_ms - 1) // DAY_MS
    keep = ~np.isin((days << 16) | classes[owners], taken) | are_marks(samples.values)
    offsets = np.append(0, np.cumsum(np.bincount(owners[keep], minlength=len(classes))))
    return Columns(offsets, samples.times_ms[keep], samples.values[keep])


def read_rollups(
    state: StoreState, wanted: Wanted, chosen: Chosen, reduction: Reduction, deadline: Deadline | None
) -> RolledSamples:
    """The buckets that end within the wanted times, and as much as the coarsest width before: a look-back finds the last."""
    deletions = state.deletions.overlapping(wanted.min_time_ms - COARSEST_MS, wanted.max_time_ms)
    found: dict[int, list[Runs]] = {aggregate: [] for aggregate in _AGGREGATES[reduction]}
    for resolution, days in chosen.items():
        rows = state.engine.query(_statement(wanted, resolution, days, tuple(found)), deadline=deadline)
        slots, kinds = wanted.slots_of(column(rows, "series")), column(rows, "aggregate")
        covering = [widened(one, resolution.width_ms) for one in deletions]
        for aggregate, parts in found.items():
            places = (kinds == aggregate) & (slots >= 0)
            runs = decode_buckets(rows.filter(pa.array(places)), slots[places], resolution)
            parts.append(without(runs, wanted.ids, covering) if covering else runs)
    merged = {
        aggregate: merge(parts, len(wanted.ids), wanted.min_time_ms - COARSEST_MS, wanted.max_time_ms)
        for aggregate, parts in found.items()
    }
    if reduction is Reduction.COUNTED:
        return RolledSamples(merged[SUM], merged[COUNT].values)
    if reduction is Reduction.INCREASE:
        return RolledSamples(_chained(merged[LAST], merged[INCREASE]), None)
    (columns,) = merged.values()
    return RolledSamples(columns, None)


def merge_in_front(rolled: Columns, raw: Columns, plan: ScanPlan) -> Columns:
    """Where both hold a time (a day's very end), the bucket stays: the sample is in it."""
    parts = [one_run_per_slot(rolled, 0), one_run_per_slot(raw, 1)]
    return merge(parts, len(raw.offsets) - 1, plan.min_time_ms - COARSEST_MS, plan.max_time_ms)


def _statement(wanted: Wanted, resolution: Resolution, days: frozenset[Partition], aggregates: tuple[int, ...]) -> str:
    listed = ", ".join(day.literal() for day in sorted(days))
    conditions = [
        f"tenant = {literal(wanted.tenant)}",
        f"aggregate in {literals(aggregates)}",
        f"(day, class) in ({listed})",
    ]
    if len(wanted.metrics) <= METRICS_LISTED_MAX:
        conditions.append(f"metric in {literals(wanted.metrics)}")
    if not wanted.complete and len(wanted.ids) <= IDS_LISTED_MAX:
        conditions.append(f"series in {literals(wanted.ids.tolist())}")
    return f"select {ROLLUP_COLUMNS} from {resolution.table.name} where {' and '.join(conditions)}"


def decode_buckets(rows: pa.Table, slots: Int64s, resolution: Resolution) -> Runs:
    """Times are the buckets' ends."""
    runs = decode_rows(rows, slots)
    runs.times_ms = runs.times_ms * TIME_DIVISOR + resolution.width_ms
    return runs


def widened(deletion: Deletion, width_ms: int) -> Deletion:
    """What it takes from raw samples, it takes from every bucket that one of them went into."""
    return replace(deletion, max_time_ms=min(deletion.max_time_ms, MAX_TIME_MS - width_ms) + width_ms - 1)


def _chained(last: Columns, increases: Columns) -> Columns:
    """The counter without its resets. Days without any have no increases of their own: those are the steps of `last`."""
    steps = np.full(len(last.times_ms), np.nan)
    if len(increases.times_ms):
        places = np.searchsorted(_keys(last), _keys(increases))
        steps[places] = increases.values
    out = np.empty(len(steps))
    chain_increases(
        borrowed(last.offsets, np.int64), borrowed(last.values, np.float64), borrowed(steps, np.float64), out
    )
    return Columns(last.offsets, last.times_ms, out)


def _keys(columns: Columns) -> Int64s:
    """Ascending over (slot, time). Ends are whole numbers of the finest width."""
    owners = np.repeat(np.arange(len(columns.offsets) - 1), np.diff(columns.offsets))
    return (owners << 40) + columns.times_ms // RESOLUTIONS[0].width_ms + (1 << 39)
