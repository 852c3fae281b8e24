"""What the start timestamps of samples say: since when a counter has been counting. 0 is unknown.

Functions of floats that have start timestamps stand here in a table of their own. Source of semantics: Prometheus
isStartTimestampReset, checkStartTimeOverlap, extrapolatedRate, instantValue, funcResets.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from vedette.kernels.places import window_places
from vedette.kernels.start_time_rates import count_marks, started_rate
from vedette.model.blocks import Bools, Float64s, Int64s
from vedette.model.labels import METRIC_NAME
from vedette.query.promql.ast import annotated_place
from vedette.query.promql.samples import RangeColumns

if TYPE_CHECKING:
    from vedette.query.promql.range_functions import Job


def is_start_reset(starts: Int64s, times: Int64s) -> Bools:
    """bool[n]: the counter began anew since the sample before. The first sample of a series means nothing."""
    if not len(starts):
        return np.zeros(0, np.bool_)
    start, time = starts[1:], times[1:]
    start_before, time_before = starts[:-1], times[:-1]
    at_once = (start_before <= time_before) & (start_before != 0) & (start_before != time_before)
    known = (start != 0) & (start < time) & (start >= time_before)
    return np.concatenate([[False], known & ((start > time_before) | at_once)])


def overlaps(starts: Int64s, times: Int64s) -> Bools:
    """bool[n]: the counter says that it began before the sample before, which said otherwise."""
    if not len(starts):
        return np.zeros(0, np.bool_)
    return np.concatenate([[False], (starts[1:] != 0) & (starts[1:] < times[:-1]) & (starts[1:] != starts[:-1])])


def start_times_of(columns: RangeColumns) -> Int64s:
    assert columns.start_times_ms is not None
    return columns.start_times_ms


def resets_of(columns: RangeColumns) -> Bools:
    """bool[n]: samples below the one before them, or begun since then."""
    fell = np.concatenate([np.zeros(min(1, len(columns.values)), np.bool_), columns.values[1:] < columns.values[:-1]])
    return np.asarray(fell | is_start_reset(start_times_of(columns), columns.times_ms), np.bool_)


def count_in_windows(job: Job, marks: Bools) -> tuple[Int64s, Int64s, Int64s]:
    """How many samples after the first of each window are marked; and the windows' begins and ends."""
    columns, windows = job.windows.columns, job.windows
    shape = (columns.n_series, job.grid.n_steps)
    begins, ends, out = np.empty(shape, np.int64), np.empty(shape, np.int64), np.empty(shape, np.int64)
    ends_of = (windows.end0_ms, windows.end_step_ms, windows.range_ms)
    window_places(columns.offsets, columns.times_ms, *ends_of, begins, ends)
    count_marks(marks, begins, ends, out)
    return out, begins, ends


def _rate(is_rate: bool) -> Callable[[Job], tuple[Float64s, Bools]]:
    def compute(job: Job) -> tuple[Float64s, Bools]:
        columns = job.windows.columns
        starts = start_times_of(columns)
        crossed, _, _ = count_in_windows(job, overlaps(starts, columns.times_ms))
        for row in np.flatnonzero((crossed > 0).any(axis=1)).tolist():
            name = columns.labels[row].get(METRIC_NAME)
            n_windows = int(np.count_nonzero(crossed[row]))
            job.evaluation.annotations.start_time_overlap(name, annotated_place(job.call.args[0]), n_windows)
        return job.run(started_rate, is_rate, starts, resets_of(columns))

    return compute


def _instant_rate(job: Job) -> tuple[Float64s, Bools]:
    columns = job.windows.columns
    _, begins, ends = count_in_windows(job, np.zeros(len(columns.values), np.bool_))
    present = ends - begins >= 2
    last = np.where(present, ends - 1, 1)
    if len(columns.values) < 2:
        return np.zeros(present.shape), present
    now, before = columns.values[last], columns.values[last - 1]
    change = np.where(resets_of(columns)[last], now, now - before)
    seconds = (columns.times_ms[last] - columns.times_ms[last - 1]) / 1000.0
    return np.where(present, change / seconds, 0.0), present


def _resets(job: Job) -> tuple[Float64s, Bools]:
    counts, begins, ends = count_in_windows(job, resets_of(job.windows.columns))
    return counts.astype(np.float64), ends > begins


START_TIME_FUNCTIONS: dict[str, Callable[[Job], tuple[Float64s, Bools]]] = {
    "rate": _rate(is_rate=True),
    "increase": _rate(is_rate=False),
    "irate": _instant_rate,
    "resets": _resets,
}
