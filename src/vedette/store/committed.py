"""Committed rows as they are stored, to rows as a follower wants them: of one tenant, histograms for marks, start times."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vedette.model.blocks import Int64s, SeriesColumns
from vedette.model.histograms import FLOAT, HistogramCells, offsets_of
from vedette.ports.store import NO_EXEMPLARS, CommitParts, CommittedExemplars, CommittedRows
from vedette.store.histogram_marks import are_marks
from vedette.store.state import StoreState


def complete_rows(state: StoreState, tenant: str, rows: CommittedRows, parts: CommitParts) -> CommittedRows:
    """A histogram whose content is gone (deleted since) is left out. Raises StoreError."""
    owned = state.index.of_tenant(tenant, state.lookup.refs_of(rows.ids))
    if not parts.histograms:
        owned &= ~are_marks(rows.values)
    rows = replace(rows, exemplars=_own_exemplars(state, tenant, rows.exemplars) if parts.exemplars else NO_EXEMPLARS)
    if not owned.all():
        rows = _take(rows, np.flatnonzero(owned))
    if not len(rows) or not (parts.start_times or parts.histograms):
        return rows
    return _with_contents(state, rows, parts)


def _own_exemplars(state: StoreState, tenant: str, given: CommittedExemplars) -> CommittedExemplars:
    places = np.flatnonzero(state.index.of_tenant(tenant, state.lookup.refs_of(given.ids)))
    if len(places) == len(given):
        return given
    labels = [given.labels[place] for place in places.tolist()]
    return CommittedExemplars(given.ids[places], given.times_ms[places], given.values[places], labels)


def _with_contents(state: StoreState, rows: CommittedRows, parts: CommitParts) -> CommittedRows:
    """Both are looked up in the order of (series, time) and put back in that of the rows."""
    refs = state.lookup.refs_of(rows.ids)
    order = np.lexsort((rows.times_ms, refs))
    distinct, counts = np.unique(refs, return_counts=True)
    columns = SeriesColumns([], offsets_of(counts), rows.times_ms[order], rows.values[order])
    if parts.start_times:
        starts = state.start_times.of(distinct, columns, None)
        rows = replace(rows, start_times_ms=None if starts is None else _put_back(starts, order))
    if not parts.histograms:
        return rows
    cells = state.histograms.cells_of(distinct, columns, None)
    if cells is None:
        return rows
    back = _put_back(cells.rows, order)
    lost = are_marks(rows.values) & (back == FLOAT)
    rows = replace(rows, histograms=HistogramCells(back, cells.table))
    return _take(rows, np.flatnonzero(~lost)) if lost.any() else rows


def _put_back(ordered: Int64s, order: Int64s) -> Int64s:
    out = np.empty_like(ordered)
    out[order] = ordered
    return out


def _take(rows: CommittedRows, places: Int64s) -> CommittedRows:
    return replace(
        rows,
        ids=rows.ids[places],
        times_ms=rows.times_ms[places],
        values=rows.values[places],
        histograms=None if rows.histograms is None else rows.histograms[places],
        start_times_ms=None if rows.start_times_ms is None else rows.start_times_ms[places],
    )
