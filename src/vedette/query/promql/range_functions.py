"""Functions of a range vector: one kernel each, run over the windows of all series.

A row of RANGE_FUNCTIONS says how to call the kernel; names, annotations and parameters are handled here, once. Source of
semantics: Prometheus promql/functions.go and evaluator.eval for Call.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vedette.kernels import rates, regression, window_ends, window_extremes, window_order, window_sums
from vedette.model.blocks import Bools, Float64s
from vedette.model.errors import QueryFailed
from vedette.model.histograms import HistogramCells
from vedette.model.label_rows import distinct_values, take_labels
from vedette.model.labels import METRIC_NAME, Labels
from vedette.query.promql.annotations import COUNTER_SUFFIXES
from vedette.query.promql.ast import Call, Expr, ValueType, annotated_place
from vedette.query.promql.downsampled import split_job
from vedette.query.promql.evaluation import Evaluation
from vedette.query.promql.extended_ranges import extended_kernel, extended_selector
from vedette.query.promql.mixed_extended import evaluate_extended
from vedette.query.promql.mixed_ranges import evaluate_mixed
from vedette.query.promql.samples import RangeColumns, Windows
from vedette.query.promql.selector_labels import exact_labels
from vedette.query.promql.selectors import windows_of
from vedette.query.promql.start_times import START_TIME_FUNCTIONS
from vedette.query.promql.values import Matrix
from vedette.query.shared.steps import Grid

KEEP_NAMES = frozenset({"last_over_time", "first_over_time"})
"""Functions that answer with samples as they are, like `offset`."""


@dataclass(frozen=True, slots=True)
class Job:
    """One call: its windows, and its scalar arguments as float64[n_steps] each."""

    evaluation: Evaluation
    call: Call
    grid: Grid
    windows: Windows
    parameters: Sequence[Float64s]

    def run(self, kernel: Any, *arguments: Any) -> tuple[Float64s, Bools]:
        """Arguments that are scratch space are given as what makes it: each slice has its own."""
        columns = self.windows.columns
        values, present = self.evaluation.allocate(columns.n_series, self.grid)
        arrays = (columns.offsets, columns.times_ms, columns.values)
        ends = (self.windows.end0_ms, self.windows.end_step_ms, self.windows.range_ms)

        def run_slice(low: int, high: int) -> None:
            own = [each() if callable(each) else each for each in arguments]
            kernel(*arrays, low, high, *ends, *own, values, present)

        self.evaluation.run_slices(run_slice, columns.n_series, columns.n_series * self.work_per_series)
        return values, present

    @property
    def work_per_series(self) -> float:
        """Samples in all windows of a series, about: windows may overlap, and some kernels pass over each of them."""
        columns, grid, range_ms = self.windows.columns, self.grid, self.windows.range_ms
        n_samples = len(columns.times_ms) / max(1, columns.n_series)
        return n_samples + grid.n_steps * (1 + n_samples * range_ms / (range_ms + grid.end_ms - grid.start_ms))

    def indices(self) -> Any:
        """Scratch space for one series."""
        return np.empty(self.windows.columns.longest, np.int64)

    def prefixes(self) -> Float64s:
        return np.empty((self.windows.columns.longest >> window_sums.BLOCK_SHIFT) + 1)

    def extremes(self) -> Float64s:
        return np.empty((2, self.windows.columns.longest // window_extremes.SAMPLES_PER_BLOCK + 1))

    def orders(self) -> Float64s:
        return np.empty((4, self.windows.columns.longest))


def evaluate_range_call(evaluation: Evaluation, call: Call, grid: Grid) -> Matrix:
    name = call.function.name
    place = next(i for i, arg in enumerate(call.args) if arg.type is ValueType.MATRIX)
    windows = windows_of(evaluation, call.args[place], grid)  # type: ignore[arg-type]  # the type checker saw to it
    parameters = [evaluation.scalar(arg, grid).values for i, arg in enumerate(call.args) if i != place]
    job = Job(evaluation, call, grid, windows, parameters)
    selector = extended_selector(call.args[place])
    columns = windows.columns
    cells = None
    if selector is not None and columns.histograms is not None:
        mixed = evaluate_extended(job, selector, columns.histograms)
        values, present, cells = mixed.values, mixed.present, HistogramCells(mixed.rows, mixed.table)
    elif selector is not None:
        kernel, arguments = extended_kernel(selector, name, evaluation.lookback_ms)
        values, present = job.run(kernel, *arguments)
    elif columns.downsampled is not None:
        values, present = split_job(job, columns.downsampled, function_of_floats(name, columns))
    elif columns.histograms is not None:
        mixed = evaluate_mixed(job, columns.histograms, function_of_floats(name, columns))
        values, present, cells = mixed.values, mixed.present, HistogramCells(mixed.rows, mixed.table)
    else:
        values, present = function_of_floats(name, columns)(job)
    matrix = Matrix(columns.labels, grid, values, present, columns.drop_name, cells).without_empty_series()
    matrix = matrix.as_selected()
    if name in ("rate", "increase"):
        having_floats = np.flatnonzero(matrix.float_present.any(axis=1))
        annotate_non_counters(evaluation, take_labels(matrix.labels, having_floats), annotated_place(call.args[0]))
    if name == "absent_over_time":
        return absence(evaluation, matrix, call.args[0])
    return matrix if name in KEEP_NAMES else evaluation.without_names(matrix)


def function_of_floats(name: str, columns: RangeColumns) -> Callable[[Job], tuple[Float64s, Bools]]:
    if columns.start_times_ms is not None and name in START_TIME_FUNCTIONS:
        return START_TIME_FUNCTIONS[name]
    return RANGE_FUNCTIONS[name]


def annotate_non_counters(evaluation: Evaluation, labels: Sequence[Labels], position: int) -> None:
    if evaluation.options.type_and_unit_labels:
        for metric, type_label in {(each.get(METRIC_NAME), each.get("__type__")) for each in labels}:
            if metric and type_label not in ("counter", "histogram"):
                evaluation.annotations.possible_non_counter_type(metric, type_label, position)
        return
    for metric in distinct_values(labels, METRIC_NAME):
        if metric and not metric.endswith(COUNTER_SUFFIXES):
            evaluation.annotations.possible_non_counter(metric, position)


def absence(evaluation: Evaluation, matrix: Matrix, arg: Expr) -> Matrix:
    """One series of ones where no series of the matrix has a value; its labels are those that the selector fixes."""
    present = np.logical_not(matrix.present.any(axis=0, keepdims=True))
    ones = Matrix.of([exact_labels(arg)], matrix.grid, np.ones(present.shape), present)
    return ones.without_empty_series()


def _rate(is_counter: bool, is_rate: bool) -> Callable[[Job], tuple[Float64s, Bools]]:
    return lambda job: job.run(rates.extrapolated_rate, is_counter, is_rate, job.indices)


def _ends(what: int) -> Callable[[Job], tuple[Float64s, Bools]]:
    return lambda job: job.run(window_ends.window_ends, what)


def _events(what: int) -> Callable[[Job], tuple[Float64s, Bools]]:
    return lambda job: job.run(window_ends.count_events, what, job.indices)


def _sums(what: int) -> Callable[[Job], tuple[Float64s, Bools]]:
    return lambda job: job.run(window_sums.window_sums, what, job.prefixes, job.prefixes)


def _extremes(largest: bool, as_time: bool) -> Callable[[Job], tuple[Float64s, Bools]]:
    return lambda job: job.run(window_extremes.window_extremes, largest, as_time, job.extremes)


def _quantile(job: Job) -> tuple[Float64s, Bools]:
    (quantiles,) = job.parameters
    values, present = job.run(window_order.window_quantiles, quantiles, job.orders)
    for q in np.unique(quantiles[present.any(axis=0)]).tolist():
        if not 0 <= q <= 1:
            job.evaluation.annotations.invalid_quantile(q, job.call.args[0].start)
    return values, present


def _predict(job: Job) -> tuple[Float64s, Bools]:
    return job.run(regression.window_predictions, job.grid.start_ms, job.grid.step_ms, job.parameters[0])


def _smooth(job: Job) -> tuple[Float64s, Bools]:
    smoothing, trend = job.parameters
    used = job.run(window_ends.window_ends, window_ends.PRESENT)[1].any(axis=0)
    for name, symbol, factors in (("smoothing", "sf", smoothing), ("trend", "tf", trend)):
        for factor in factors[used].tolist():
            if factor <= 0 or factor >= 1:
                text = f"{factor:f}" if math.isfinite(factor) else f"{'+' if factor > 0 else '-'}Inf"
                raise QueryFailed(f"invalid {name} factor. Expected: 0 < {symbol} < 1, got: {text}")
    return job.run(regression.window_smoothings, smoothing, trend)


RANGE_FUNCTIONS: dict[str, Callable[[Job], tuple[Float64s, Bools]]] = {
    "rate": _rate(True, True),
    "increase": _rate(True, False),
    "delta": _rate(False, False),
    "irate": lambda job: job.run(rates.instant_rate, True),
    "idelta": lambda job: job.run(rates.instant_rate, False),
    "count_over_time": _ends(window_ends.COUNT),
    "present_over_time": _ends(window_ends.PRESENT),
    "absent_over_time": _ends(window_ends.PRESENT),
    "first_over_time": _ends(window_ends.FIRST),
    "last_over_time": _ends(window_ends.LAST),
    "ts_of_first_over_time": _ends(window_ends.TIME_OF_FIRST),
    "ts_of_last_over_time": _ends(window_ends.TIME_OF_LAST),
    "resets": _events(window_ends.RESETS),
    "changes": _events(window_ends.CHANGES),
    "sum_over_time": _sums(window_sums.SUM),
    "avg_over_time": _sums(window_sums.AVG),
    "stdvar_over_time": lambda job: job.run(window_sums.window_variances, window_sums.STDVAR),
    "stddev_over_time": lambda job: job.run(window_sums.window_variances, window_sums.STDDEV),
    "max_over_time": _extremes(True, False),
    "min_over_time": _extremes(False, False),
    "ts_of_max_over_time": _extremes(True, True),
    "ts_of_min_over_time": _extremes(False, True),
    "quantile_over_time": _quantile,
    "mad_over_time": lambda job: job.run(window_order.window_deviations),
    "deriv": lambda job: job.run(regression.window_slopes),
    "predict_linear": _predict,
    "double_exponential_smoothing": _smooth,
}
