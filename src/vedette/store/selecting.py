"""Reads: which series, which places, merged to one sample per (series, time).

Order of places is part of correctness, see reading.py. What the RAM knows first spares statements: a range that the head
covers costs none, and a table without a partition in the range is not asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vedette.model.blocks import Int64s, SeriesColumns
from vedette.model.staleness import STALE_NAN_BITS
from vedette.ports.scan import Deadline, ScanPlan
from vedette.ports.store import Selector
from vedette.store.head import Head
from vedette.store.reading import Wanted, read_chunks, read_recent
from vedette.store.runs import HEAD_RANK, Columns, Runs, merge, one_run_per_slot
from vedette.store.state import StoreState


class Selecting:
    def __init__(self, state: StoreState, head: Head) -> None:
        self._state = state
        self._head = head

    def select(self, tenant: str, plan: ScanPlan, deadline: Deadline) -> SeriesColumns:
        deadline.check()
        refs = self.refs_within(tenant, (plan.matchers,), plan.min_time_ms, plan.max_time_ms)
        plan.check_series(len(refs))
        refs, found = self.read(tenant, refs, plan, deadline)
        plan.check_samples(len(found.times_ms))
        has_stale = bool((found.values.view(np.uint64) == STALE_NAN_BITS).any())
        labels = self._state.index.labels_of(refs)
        answer = SeriesColumns(labels, found.offsets, found.times_ms, found.values, has_stale)
        return self._with_companions(refs, answer, plan, deadline)

    def refs_within(self, tenant: str, selectors: Sequence[Selector], min_time_ms: int, max_time_ms: int) -> Int64s:
        """Ascending refs of the tenant's series that any selector matches and that may have samples in the bounds."""
        n = len(self._state.facts)  # before the index, which grows first
        refs = self._state.index.select(tenant, selectors)
        return self._state.facts.within(refs[refs < n], min_time_ms, max_time_ms)

    def read(self, tenant: str, refs: Int64s, plan: ScanPlan, deadline: Deadline | None) -> tuple[Int64s, Columns]:
        """(refs in the order of the answer, their samples)"""
        state = self._state
        if len(refs) > 1:
            refs = state.facts.by_metric(refs, state.index.ids[refs])
        parts: list[Runs] = []
        covered_before = self._head.covered_from_ms
        offsets, times, values, _ = self._head.select(refs, plan.min_time_ms, plan.max_time_ms)
        # the head may let go of samples, or end its rebuilding, on either side of the read: only what it covered before
        # and after is whole
        covered_from_ms = max(covered_before, self._head.covered_from_ms)
        if len(times):
            parts.append(one_run_per_slot(Columns(offsets, times, values), HEAD_RANK))
        if len(refs) and plan.min_time_ms < covered_from_ms:
            parts += self._read_engine(tenant, refs, plan, min(plan.max_time_ms, covered_from_ms - 1), deadline)
        if not parts:
            return refs, Columns(np.zeros(len(refs) + 1, np.int64), np.empty(0, np.int64), np.empty(0, np.float64))
        return refs, merge(parts, len(refs), plan.min_time_ms, plan.max_time_ms)

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
    ) -> list[Runs]:
        state = self._state
        bounds = plan.min_time_ms, max_time_ms
        metrics, complete = state.facts.metrics_of(refs)
        wanted = Wanted(tenant, state.index.ids[refs], metrics, complete, *bounds)
        deletions = state.deletions.overlapping(*bounds)
        parts = []
        if state.partitions.any_recent(*bounds):
            parts.append(read_recent(state.engine, wanted, deletions, deadline))
        if state.partitions.any_chunks(*bounds):
            parts.append(read_chunks(state.chunk_cache, wanted, deletions, deadline, plan.check_samples))
        return [part for part in parts if len(part.slots)]
