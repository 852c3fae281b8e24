"""Reads: which series, which places, merged to one sample per (series, time).

Order of places is part of correctness, see reading.py. What the RAM knows first spares statements: a range that the head
covers costs none, and a table without a partition in the range is not asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vedette.model.blocks import Downsampled, Int64s, SeriesColumns
from vedette.ports.scan import Deadline, ScanPlan
from vedette.ports.store import Selector
from vedette.store.derived_refs import DerivedRefs
from vedette.store.head import Head
from vedette.store.reading import Wanted, read_chunks, read_recent
from vedette.store.rollup_reading import (
    Chosen,
    RolledSamples,
    choose_days,
    merge_in_front,
    raw_from_ms,
    read_rollups,
    without_days,
)
from vedette.store.rollup_tables import COARSEST_MS
from vedette.store.runs import (
    CHUNKS_RANK,
    HEAD_RANK,
    Columns,
    Runs,
    cut,
    merge,
    no_columns,
    no_runs,
    one_run_per_slot,
    trim,
)
from vedette.store.state import StoreState


class Selecting:
    def __init__(self, state: StoreState, head: Head) -> None:
        self._state = state
        self._head = head
        self._derived = DerivedRefs()

    def select(self, tenant: str, plan: ScanPlan, deadline: Deadline) -> SeriesColumns:
        deadline.check()
        chosen = choose_days(self._state.partitions, plan)
        first_ms = plan.min_time_ms - (COARSEST_MS if chosen else 0)
        refs = self.refs_within(tenant, (plan.matchers,), first_ms, plan.max_time_ms)
        plan.check_series(len(refs))
        if chosen:
            return self._with_rollups(tenant, refs, plan, chosen, deadline)
        return self.columns_of(tenant, refs, plan, deadline)

    def columns_of(self, tenant: str, refs: Int64s, plan: ScanPlan, deadline: Deadline) -> SeriesColumns:
        """The answer of raw samples for these series, whatever the plan's matchers say."""
        refs, found = self.read(tenant, refs, plan, deadline)
        return self._answer(refs, found, plan, deadline)

    def _answer(
        self, refs: Int64s, found: Columns, plan: ScanPlan, deadline: Deadline, downsampled: Downsampled | None = None
    ) -> SeriesColumns:
        plan.check_samples(len(found.times_ms))
        labels = self._state.index.label_rows(refs)
        arrays = found.offsets, found.times_ms, found.values
        answer = SeriesColumns(labels, *arrays, found.has_stale, downsampled=downsampled)
        return self._with_companions(refs, answer, plan, deadline)

    def refs_within(self, tenant: str, selectors: Sequence[Selector], min_time_ms: int, max_time_ms: int) -> Int64s:
        """Ascending refs of the tenant's series that any selector matches and that may have samples in the bounds."""
        n = len(self._state.facts)  # before the index, which grows first
        refs = self._state.index.select(tenant, selectors)
        if len(refs) and refs[-1] >= n:
            refs = refs[refs < n]
        within = self._state.facts.within(refs, min_time_ms, max_time_ms)
        return refs if within.all() else self._derived.of(refs, within.tobytes(), lambda: refs[within])

    def read(self, tenant: str, refs: Int64s, plan: ScanPlan, deadline: Deadline | None) -> tuple[Int64s, Columns]:
        """(refs in the order of the answer, their samples)"""
        state = self._state
        if len(refs) > 1:
            refs = self._derived.of(refs, b"by metric", lambda: state.facts.by_metric(refs, state.index.ids[refs]))
        covered_before = self._head.covered_from_ms
        held = Columns(*self._head.select(refs, plan.min_time_ms, plan.max_time_ms))
        # the head may let go of samples, or end its rebuilding, on either side of the read: only what it covered before
        # and after is whole
        covered_from_ms = max(covered_before, self._head.covered_from_ms)
        if plan.sources is not None:
            plan.sources.head += len(held.times_ms)
        parts: list[Runs] = []
        if len(refs) and plan.min_time_ms < covered_from_ms:
            older_ms = min(plan.max_time_ms, covered_from_ms - 1)
            recent, chunks = self._read_engine(tenant, refs, plan, older_ms, deadline)
            if not len(held.times_ms) and not len(recent.slots):
                exact = plan.exact_bounds or len(chunks.times_ms) > plan.samples_max
                return refs, cut(chunks, plan.min_time_ms, plan.max_time_ms) if exact else chunks
            parts = [one_run_per_slot(chunks, CHUNKS_RANK), recent]
            trim(parts[0], plan.min_time_ms, older_ms)
        if not parts:
            return refs, held
        if len(held.times_ms):
            parts.append(one_run_per_slot(held, HEAD_RANK))
        return refs, merge(parts, len(refs), plan.min_time_ms, plan.max_time_ms)

    def _with_rollups(
        self, tenant: str, refs: Int64s, plan: ScanPlan, chosen: Chosen, deadline: Deadline
    ) -> SeriesColumns:
        """Raw samples of the days that are not chosen, behind the downsampled ones."""
        state = self._state
        raw_plan = replace(plan, min_time_ms=raw_from_ms(state.partitions, chosen, plan), exact_bounds=True)
        refs, raw = self.read(tenant, refs, raw_plan, deadline)
        if plan.resolution_max_ms:
            raw = without_days(raw, state.facts.classes(refs).astype(np.int64), chosen)
        rolled = self.read_rolled(tenant, refs, plan, chosen, deadline)
        if not len(rolled.columns.times_ms):
            return self._answer(refs, raw, plan, deadline)
        if plan.sources is not None:
            plan.sources.rollup += len(rolled.columns.times_ms)
        counts = None
        if rolled.counts is not None:
            ones = replace(raw, values=np.ones(len(raw.values)))
            counts = merge_in_front(replace(rolled.columns, values=rolled.counts), ones, plan).values
        width_ms = max(resolution.width_ms for resolution in chosen)
        downsampled = Downsampled(width_ms, int(rolled.columns.times_ms.max()), counts)
        return self._answer(refs, merge_in_front(rolled.columns, raw, plan), plan, deadline, downsampled)

    def read_rolled(
        self, tenant: str, refs: Int64s, plan: ScanPlan, chosen: Chosen, deadline: Deadline | None
    ) -> RolledSamples:
        """The downsampled samples of the chosen days, in the order of the refs."""
        metrics, complete = self._state.facts.metrics_of(refs)
        bounds = plan.min_time_ms, plan.max_time_ms
        wanted = Wanted(tenant, self._state.index.ids[refs], metrics, complete, *bounds)
        return read_rollups(self._state, wanted, chosen, plan.reduction, deadline)

    def _with_companions(self, refs: Int64s, found: SeriesColumns, plan: ScanPlan, deadline: Deadline) -> SeriesColumns:
        """What is kept beside the samples: start times, and the histograms that some of them stand for."""
        state = self._state
        if plan.start_times:
            found = replace(found, start_times_ms=state.start_times.of(refs, found, deadline))
        if state.histograms.may_be_within(plan.min_time_ms, plan.max_time_ms):
            found = state.histograms.complete(refs, found, deadline)
        return found

    def _read_engine(
        self, tenant: str, refs: Int64s, plan: ScanPlan, max_time_ms: int, deadline: Deadline | None
    ) -> tuple[Runs, Columns]:
        """(recent rows, chunk rows)"""
        state = self._state
        bounds = plan.min_time_ms, max_time_ms
        metrics, complete = state.facts.metrics_of(refs)
        wanted = Wanted(tenant, state.index.ids[refs], metrics, complete, *bounds)
        deletions = state.deletions.overlapping(*bounds)
        recent, chunks = no_runs(), no_columns(len(refs))
        if state.partitions.any_recent(*bounds):
            recent = read_recent(state.engine, wanted, deletions, deadline)
            if plan.sources is not None:
                plan.sources.engine += len(recent.times_ms)
        if state.partitions.any_chunks(*bounds):
            chunks = read_chunks(state.chunk_cache, wanted, deletions, deadline, plan)
        return recent, chunks
