"""Giving back the space of what was deleted: the days that hold covered samples are rewritten, then the range is forgotten.

A deletion is forgotten only when no row on disk holds a sample that it covers: one that still stands in `samples_recent`
goes when its block is compacted. Until then every read leaves it out, so a kill at any point brings nothing back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from vedette.model.telemetry import counter, gauge
from vedette.model.time import block_of
from vedette.store.deletions import Deletion
from vedette.store.engine import Lane
from vedette.store.id_lookup import UNKNOWN
from vedette.store.partitions import Partition, day_of
from vedette.store.reading import IDS_LISTED_MAX, METRICS_LISTED_MAX, column
from vedette.store.rewriting import rewrite_day
from vedette.store.rollup_clearing import clear_rollups
from vedette.store.sql import literal, literals
from vedette.store.state import StoreState

_LOG = logging.getLogger(__name__)
_FREED = counter("vedette_deletion_freed_bytes", "Bytes on disk that clearing deleted samples gave back.")
_PENDING = gauge("vedette_deletions_pending", "Deletions whose samples are hidden, but still take space.")


def clear_deletions(state: StoreState, next_sequence: Callable[[], int]) -> int:
    """Returns the bytes freed. Raises StoreError; what was rewritten before stays so."""
    freed = 0
    for deletion in state.deletions:
        days = _days_holding(state, deletion)
        for done, day in enumerate(days, 1):
            freed += rewrite_day(state, day, next_sequence)
            state.partitions.note_unrolled(day)
            _LOG.info("clearing deletion %d: %d of %d days, %d bytes freed", deletion.sequence, done, len(days), freed)
        freed += clear_rollups(state, deletion, _covered_series(state, deletion), next_sequence)
        if not _recent_rows_hold(state, deletion):
            _forget(state, deletion)
    _FREED.inc(max(0, freed))
    _PENDING.set(len(state.deletions))
    return freed


def _days_holding(state: StoreState, deletion: Deletion) -> list[Partition]:
    """Partitions of chunks with rows that may hold samples that the deletion covers."""
    if not state.partitions.any_chunks(deletion.min_time_ms, deletion.max_time_ms):
        return []
    found = state.engine.query(
        f"select distinct day, class from chunks where {_covered_series(state, deletion)} "
        f"and day between {day_of(deletion.min_time_ms)} and {day_of(deletion.max_time_ms)} "
        f"and t0 <= {literal(deletion.max_time_ms)} and t1 >= {literal(deletion.min_time_ms)}",
        lane=Lane.BACKGROUND,
    )
    return sorted(Partition(row["day"], row["class"]) for row in found.to_pylist())


def _recent_rows_hold(state: StoreState, deletion: Deletion) -> bool:
    bounds = deletion.min_time_ms, deletion.max_time_ms
    if not state.partitions.any_recent(*bounds):
        return False
    found = state.engine.query(
        f"select count() as n from samples_recent where block between {block_of(bounds[0])} and {block_of(bounds[1])} "
        f"and time_ms between {literal(bounds[0])} and {literal(bounds[1])} and seq < {deletion.sequence}"
        + (f" and series in {literals(deletion.ids.tolist())}" if len(deletion.ids) <= IDS_LISTED_MAX else ""),
        lane=Lane.BACKGROUND,
    )
    return int(column(found, "n")[0]) > 0


def _covered_series(state: StoreState, deletion: Deletion) -> str:
    """Conditions on chunk rows; wide deletions look at more rows than they must."""
    conditions = [f"seq < {deletion.sequence}"]
    refs = state.lookup.refs_of(deletion.ids)
    metrics, _ = state.facts.metrics_of(refs[refs != UNKNOWN])
    if len(metrics) <= METRICS_LISTED_MAX:
        conditions.append(f"metric in {literals(metrics)}")
    if len(deletion.ids) <= IDS_LISTED_MAX:
        conditions.append(f"series in {literals(deletion.ids.tolist())}")
    return " and ".join(conditions)


def _forget(state: StoreState, deletion: Deletion) -> None:
    state.histograms.clear(deletion)
    state.engine.execute(f"alter table deletions delete where seq = {deletion.sequence}")
    state.deletions.forget(frozenset([deletion.sequence]))
    _LOG.info("deletion %d is cleared", deletion.sequence)
