"""Deletion: counted, made durable as ranges, visible at once; the space comes back when the day is rewritten.

Not ALTER DELETE: a mutation rewrites every part of a table and answers late, and a range may cut a chunk in two.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from vedette.model.blocks import Int64s
from vedette.ports.scan import ScanPlan
from vedette.ports.store import DeleteResult, Selector
from vedette.store.deletions import Deletion
from vedette.store.engine import Lane
from vedette.store.group_commit import GroupCommit
from vedette.store.head import Head
from vedette.store.selecting import Selecting
from vedette.store.state import StoreState
from vedette.store.writing import SeriesRows

_SERIES_AT_ONCE: Final = 1_000
"""Counting reads the samples of so many series at a time, to bound its memory."""


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
    refs, counts = _count(selecting, tenant, refs, bounds)
    refs = refs[counts > 0]
    if not len(refs):
        return DeleteResult(0, 0)
    deletion = Deletion(commits.next_sequence(), np.sort(state.index.ids[refs]), *bounds)
    state.engine.insert("deletions", _rows(deletion), lane=Lane.INGEST)
    state.deletions.add(deletion)
    head.delete(refs, *bounds)
    state.facts.cut(refs, *bounds)
    commits.append("spans", SeriesRows(refs), 0.0).result()
    return DeleteResult(len(refs), int(counts.sum()))


def _count(selecting: Selecting, tenant: str, refs: Int64s, bounds: tuple[int, int]) -> tuple[Int64s, Int64s]:
    """(refs, samples of each within the bounds)"""
    plan = ScanPlan((), *bounds, samples_max=1 << 62)
    found = []
    for start in range(0, len(refs), _SERIES_AT_ONCE):
        some, columns = selecting.read(tenant, refs[start : start + _SERIES_AT_ONCE], plan, None)
        found.append((some, np.diff(columns.offsets)))
    if not found:
        return refs, np.empty(0, np.int64)
    return np.concatenate([some for some, _ in found]), np.concatenate([counts for _, counts in found])


def _rows(deletion: Deletion) -> pa.RecordBatch:
    n = len(deletion.ids)
    columns = {
        "seq": np.full(n, deletion.sequence, np.uint64),
        "series": deletion.ids,
        "min_ms": np.full(n, deletion.min_time_ms, np.int64),
        "max_ms": np.full(n, deletion.max_time_ms, np.int64),
    }
    return pa.RecordBatch.from_arrays([pa.array(column) for column in columns.values()], names=list(columns))
