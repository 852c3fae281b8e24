"""Functions of a range vector that holds native histograms, or histograms beside floats.

A window of floats only has the value it always has; for others each function says in MIXED_FUNCTIONS what it does: ignores the histograms,
counts both, takes one of them, or computes a histogram. Source of semantics: Prometheus promql/functions.go.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from vedette.model.blocks import Bools, Float64s
from vedette.model.histograms import FLOAT, HistogramCells
from vedette.model.labels import METRIC_NAME
from vedette.query.promql.ast import annotated_place
from vedette.query.promql.histogram_averages import add_over_windows
from vedette.query.promql.histogram_rates import histogram_increase, last_histogram_change
from vedette.query.promql.histogram_windows import MixedCells, MixedWindows
from vedette.query.promql.mixed_events import EVENTS_OF_BOTH, events_between

if TYPE_CHECKING:
    from vedette.query.promql.range_functions import Job

FloatFunction = Callable[["Job"], tuple[Float64s, Bools]]


@dataclass(frozen=True, slots=True)
class MixedJob:
    """`job` is the call over all samples, `floats` the same over the floats alone, `of_floats` what computes it for them."""

    job: Job
    floats: Job
    windows: MixedWindows
    of_floats: FloatFunction

    @classmethod
    def of(cls, job: Job, cells: HistogramCells, of_floats: FloatFunction) -> MixedJob:
        windows = MixedWindows(job.windows, cells, job.grid)
        return cls(job, replace(job, windows=windows.floats), windows, of_floats)

    @property
    def position(self) -> int:
        return annotated_place(self.job.call.args[0])

    def names(self, where: Bools) -> set[str]:
        """The metrics of the series that are marked at some step."""
        labels = self.windows.columns.labels
        return {labels[row].get(METRIC_NAME) for row in np.flatnonzero(where.any(axis=1)).tolist()}

    def warn_of_mix(self) -> None:
        for name in self.names(self.windows.is_mixed):
            self.job.evaluation.annotations.mixed_floats_and_histograms(name, self.position)

    def plain(self, values: Float64s, present: Bools) -> MixedCells:
        return MixedCells.of_floats(values, present, self.windows.cells.table)


def evaluate_mixed(job: Job, cells: HistogramCells, of_floats: FloatFunction) -> MixedCells:
    mixed = MixedJob.of(job, cells, of_floats)
    return MIXED_FUNCTIONS[job.call.function.name](mixed)


def _of_floats_only(mixed: MixedJob) -> MixedCells:
    for name in mixed.names(mixed.windows.is_mixed):
        mixed.job.evaluation.annotations.histogram_ignored_in_range(name, mixed.position)
    return mixed.plain(*mixed.of_floats(mixed.floats))


def _of_all(mixed: MixedJob) -> MixedCells:
    return mixed.plain(*mixed.of_floats(mixed.job))


def _end(last: bool) -> Callable[[MixedJob], MixedCells]:
    """first_over_time, last_over_time."""

    def pick(mixed: MixedJob) -> MixedCells:
        places = mixed.windows.all_places
        present = places.counts > 0
        chosen = np.where(present, places.ends - 1 if last else places.begins, 0)
        columns, cells = mixed.windows.columns, mixed.windows.cells
        if not len(columns.values):
            return mixed.plain(np.zeros(present.shape), present)
        rows = np.where(present, cells.rows[chosen], FLOAT)
        return MixedCells(columns.values[chosen], present, rows, cells.table)

    return pick


def _increase(is_counter: bool, is_rate: bool) -> Callable[[MixedJob], MixedCells]:
    def compute(mixed: MixedJob) -> MixedCells:
        mixed.warn_of_mix()
        values, present = mixed.of_floats(mixed.floats)
        windows = mixed.windows
        found = histogram_increase(windows, windows.has_histograms_only, is_counter=is_counter, is_rate=is_rate)
        found.annotate(mixed.job.evaluation.annotations, windows.columns.labels, mixed.position)
        floats = values, present & (windows.n_histograms == 0)
        return MixedCells.join(floats, found.places, found.rows, found.table)

    return compute


def _last_change(is_rate: bool) -> Callable[[MixedJob], MixedCells]:
    def compute(mixed: MixedJob) -> MixedCells:
        windows = mixed.windows
        places = windows.all_places
        enough = places.counts >= 2
        kinds = windows.is_histogram
        if not len(kinds):
            return mixed.plain(*mixed.of_floats(mixed.floats))
        last, before = kinds[np.maximum(places.ends - 1, 0)], kinds[np.maximum(places.ends - 2, 0)]
        for name in mixed.names(enough & (last != before)):
            mixed.job.evaluation.annotations.mixed_floats_and_histograms(name, mixed.position)
        values, present = mixed.of_floats(mixed.job)
        found = last_histogram_change(windows, enough & last & before, is_rate=is_rate)
        found.annotate(mixed.job.evaluation.annotations, windows.columns.labels, mixed.position)
        return MixedCells.join((values, present & enough & ~last & ~before), found.places, found.rows, found.table)

    return compute


def _add(averaged: bool) -> Callable[[MixedJob], MixedCells]:
    """sum_over_time, avg_over_time."""

    def compute(mixed: MixedJob) -> MixedCells:
        mixed.warn_of_mix()
        windows = mixed.windows
        values, present = mixed.of_floats(mixed.floats)
        found = add_over_windows(windows, windows.has_histograms_only, averaged=averaged)
        found.annotate(mixed.job.evaluation.annotations, windows.columns.labels, mixed.position)
        floats = values, present & (windows.n_histograms == 0)
        return MixedCells.join(floats, found.places, found.rows, found.table)

    return compute


def _count_events(name: str) -> Callable[[MixedJob], MixedCells]:
    def count(mixed: MixedJob) -> MixedCells:
        places = mixed.windows.all_places
        present = places.counts > 0
        return mixed.plain(events_between(EVENTS_OF_BOTH[name](mixed.windows), places, present), present)

    return count


MIXED_FUNCTIONS: dict[str, Callable[[MixedJob], MixedCells]] = {
    **dict.fromkeys(("min_over_time", "max_over_time", "ts_of_min_over_time", "ts_of_max_over_time"), _of_floats_only),
    **dict.fromkeys(("stddev_over_time", "stdvar_over_time", "mad_over_time", "quantile_over_time"), _of_floats_only),
    **dict.fromkeys(("deriv", "predict_linear", "double_exponential_smoothing"), _of_floats_only),
    **dict.fromkeys(("count_over_time", "present_over_time", "absent_over_time"), _of_all),
    **dict.fromkeys(("ts_of_first_over_time", "ts_of_last_over_time"), _of_all),
    "first_over_time": _end(last=False),
    "last_over_time": _end(last=True),
    "rate": _increase(is_counter=True, is_rate=True),
    "increase": _increase(is_counter=True, is_rate=False),
    "delta": _increase(is_counter=False, is_rate=False),
    "irate": _last_change(is_rate=True),
    "idelta": _last_change(is_rate=False),
    "sum_over_time": _add(averaged=False),
    "avg_over_time": _add(averaged=True),
    "resets": _count_events("resets"),
    "changes": _count_events("changes"),
}
