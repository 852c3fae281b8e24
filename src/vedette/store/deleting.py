"""Deletion: counted, made durable as ranges, visible at once; the space comes back when the day is rewritten.

Not ALTER DELETE: a mutation rewrites every part of a table and answers late, and a range may cut a chunk in two.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from vedette.model.blocks import Int64s
from vedette.model.telemetry import counter
from vedette.ports.scan import Reduction, ScanPlan
from vedette.ports.store import DeleteResult, Selector
from vedette.store.deletions import Deletion
from vedette.store.engine import Lane
from vedette.store.group_commit import GroupCommit
from vedette.store.head import Head
from vedette.store.rollup_reading import RolledSamples, choose_days
from vedette.store.selecting import Selecting
from vedette.store.state import StoreState
from vedette.store.writing import SeriesRows

_LOG = logging.getLogger(__name__)
_SAMPLES = counter("vedette_deleted_samples", "Samples that were deleted on request.")

_SERIES_AT_ONCE: Final = 1_000
"""Counting reads the samples of so many series at a time, to bound its memory."""


Counted = tuple[Int64s, Int64s]


def delete_samples(
    state: StoreState,
    head: Head,
    commits: GroupCommit,
    tenant: str,
    selectors: Sequence[Selector],
    bounds: tuple[int, int],
) -> DeleteResult:
    """Under the store's append lock: no sample is accepted between the commit of those before and the deletion."""
    commits.flush()
    selecting = Selecting(state, head)
    refs = selecting.refs_within(tenant, selectors, *bounds)
    refs, counts = _count(state, selecting, tenant, refs, bounds)
    refs = refs[counts > 0]
    if not len(refs):
        return DeleteResult(0, 0)
    totals = int(counts.sum()), len(refs)
    with state.deletions.numbering:
        deletion = Deletion(commits.next_sequence(), np.sort(state.index.ids[refs]), *bounds)
        state.engine.insert("deletions", _rows(deletion), lane=Lane.INGEST)
        state.deletions.add(deletion)
    head.delete(refs, *bounds)
    state.facts.cut(refs, *bounds)
    state.changes.note(*bounds)
    commits.append("spans", SeriesRows(refs), 0.0).result()
    _SAMPLES.inc(totals[0])
    _LOG.info("deleted %d samples of %d series; their space comes back when their days are rewritten", *totals)
    return DeleteResult(len(refs), totals[0])


def _count(state: StoreState, selecting: Selecting, tenant: str, refs: Int64s, bounds: tuple[int, int]) -> Counted:
    """(refs, samples of each within the bounds): raw ones, and those that went into buckets where these are gone."""
    plan = ScanPlan((), *bounds, samples_max=1 << 62, reduction=Reduction.COUNTED)
    chosen = choose_days(state.partitions, plan)
    found = []
    for start in range(0, len(refs), _SERIES_AT_ONCE):
        some, columns = selecting.read(tenant, refs[start : start + _SERIES_AT_ONCE], plan, None)
        counts = np.diff(columns.offsets)
        if chosen:
            rolled = selecting.read_rolled(tenant, some, plan, chosen, None)
            counts += _bucketed(rolled, bounds[0])
        found.append((some, counts))
    if not found:
        return refs, np.empty(0, np.int64)
    return np.concatenate([some for some, _ in found]), np.concatenate([counts for _, counts in found])


def _bucketed(rolled: RolledSamples, min_time_ms: int) -> Int64s:
    """int64 by slot: samples in buckets that end at the time or later."""
    assert rolled.counts is not None
    lengths = np.diff(rolled.columns.offsets)
    weights = np.where(rolled.columns.times_ms >= min_time_ms, rolled.counts, 0.0)
    owners = np.repeat(np.arange(len(lengths)), lengths)
    return np.bincount(owners, weights, minlength=len(lengths)).astype(np.int64)


def _rows(deletion: Deletion) -> pa.RecordBatch:
    n = len(deletion.ids)
    columns = {
        "seq": np.full(n, deletion.sequence, np.uint64),
        "series": deletion.ids,
        "min_ms": np.full(n, deletion.min_time_ms, np.int64),
        "max_ms": np.full(n, deletion.max_time_ms, np.int64),
    }
    return pa.RecordBatch.from_arrays([pa.array(column) for column in columns.values()], names=list(columns))
