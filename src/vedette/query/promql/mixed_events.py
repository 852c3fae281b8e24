"""resets and changes where a series holds native histograms, or floats and histograms: a change of kind counts as either.

Source of semantics: Prometheus funcResets, funcChanges.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vedette.kernels.histogram_equality import equal_rows
from vedette.kernels.histogram_table import table_of
from vedette.model.blocks import Bools, Float64s
from vedette.query.promql.histogram_windows import MixedWindows, Places
from vedette.query.promql.start_times import is_start_reset


def events_between(marks: Bools, places: Places, present: Bools) -> Float64s:
    """How many samples of each window are marked, but for the first one."""
    running = np.cumsum(np.concatenate([[0], marks]))
    events = running[places.ends] - running[np.minimum(places.begins + 1, places.ends)]
    return np.where(present, events, 0).astype(np.float64)


def resets_of_both(windows: MixedWindows) -> Bools:
    columns, kinds = windows.columns, windows.is_histogram
    marks = np.zeros(len(kinds), np.bool_)
    marks[kinds] = windows.histograms.resets
    fell = np.concatenate([np.zeros(min(1, len(kinds)), np.bool_), columns.values[1:] < columns.values[:-1]])
    marks = _changed_kind(kinds) | np.where(kinds, marks, fell)
    if columns.start_times_ms is not None:
        marks |= is_start_reset(columns.start_times_ms, columns.times_ms) & ~_changed_kind(kinds)
    return np.asarray(marks, np.bool_)


def changes_of_both(windows: MixedWindows) -> Bools:
    kinds, values, rows = windows.is_histogram, windows.columns.values, windows.cells.rows
    unlike = (values[1:] != values[:-1]) & ~(np.isnan(values[1:]) & np.isnan(values[:-1]))
    marks = np.concatenate([np.zeros(min(1, len(kinds)), np.bool_), unlike])
    both = 1 + np.flatnonzero(kinds[1:] & kinds[:-1])
    equal = np.empty(len(both), np.bool_)
    equal_rows(table_of(windows.cells.table), rows[both], rows[both - 1], equal)
    marks[both] = ~equal
    return np.asarray(marks | _changed_kind(kinds), np.bool_)


def _changed_kind(kinds: Bools) -> Bools:
    return np.concatenate([np.zeros(min(1, len(kinds)), np.bool_), kinds[1:] != kinds[:-1]])


EVENTS_OF_BOTH: dict[str, Callable[[MixedWindows], Bools]] = {"resets": resets_of_both, "changes": changes_of_both}
"""Marks the samples of a series that differ so from the one before."""
