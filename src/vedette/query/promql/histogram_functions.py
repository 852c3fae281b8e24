"""Functions that make a number of each native histogram; floats have none. Source of semantics: Prometheus promql/functions.go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from vedette.kernels import histogram_shapes as shapes
from vedette.kernels.histogram_table import table_of
from vedette.model.blocks import Float64s, Int64s
from vedette.model.histograms import Histograms
from vedette.model.labels import METRIC_NAME
from vedette.query.promql.ast import Call, Expr
from vedette.query.promql.evaluation import Evaluation
from vedette.query.promql.values import Matrix, merge_same_labels
from vedette.query.shared.steps import Grid


def _deviation(square_root: bool) -> Callable[[Histograms, Int64s], Float64s]:
    def compute(table: Histograms, rows: Int64s) -> Float64s:
        out = np.empty(len(rows))
        shapes.histogram_variances(table_of(table), rows, square_root, out)
        return out

    return compute


HISTOGRAM_FUNCTIONS: dict[str, Callable[[Histograms, Int64s], Float64s]] = {
    "histogram_count": lambda table, rows: table.counts[rows],
    "histogram_sum": lambda table, rows: table.sums[rows],
    "histogram_avg": lambda table, rows: table.sums[rows] / table.counts[rows],
    "histogram_stddev": _deviation(square_root=True),
    "histogram_stdvar": _deviation(square_root=False),
}


def measure_histograms(evaluation: Evaluation, call: Call, grid: Grid) -> Matrix:
    matrix = evaluation.matrix(call.args[0], grid)
    if matrix.histograms is None:
        return Matrix.empty(grid)
    present = matrix.histogram_present
    values = np.full(present.shape, np.nan)
    values[present] = HISTOGRAM_FUNCTIONS[call.function.name](matrix.histograms.table, matrix.histograms.rows[present])
    result = matrix.with_cells(values, present).without_empty_series()
    if evaluation.options.delayed_name_removal:
        return evaluation.without_names(result)
    # The type and unit stay, unlike with other functions.
    return merge_same_labels(result.named([labels.without({METRIC_NAME}) for labels in result.labels]))


@dataclass(frozen=True, slots=True)
class NativeCells:
    """The cells of a matrix that hold histograms, flat: rows of the table, and the step and series of each."""

    matrix: Matrix
    table: Histograms
    rows: Int64s
    series: Int64s
    steps: Int64s

    def with_values(self, values: Float64s) -> Matrix:
        out = np.full(self.matrix.present.shape, np.nan)
        out[self.series, self.steps] = values
        return self.matrix.with_cells(out, self.matrix.present)

    def names(self, where: Int64s, evaluation: Evaluation) -> set[str]:
        if not evaluation.options.delayed_name_removal:
            return {""} if len(where) else set()
        return {self.matrix.labels[row].get(METRIC_NAME) for row in np.unique(self.series[where]).tolist()}


def native_cells(matrix: Matrix) -> NativeCells | None:
    """None where there is none. All of the matrix' present cells are histograms."""
    if matrix.histograms is None or not matrix.n_series:
        return None
    series, steps = np.nonzero(matrix.present)
    return NativeCells(matrix, matrix.histograms.table, matrix.histograms.rows[series, steps], series, steps)


def native_quantiles(evaluation: Evaluation, matrix: Matrix, q: Float64s, arg: Expr) -> Sequence[Matrix]:
    """Of a matrix of histograms, q float64[n_steps]; nothing where it is empty."""
    cells = native_cells(matrix)
    if cells is None:
        return ()
    out, flags = np.empty(len(cells.rows)), np.empty(len(cells.rows), np.int64)
    shapes.histogram_quantiles(table_of(cells.table), cells.rows, q[cells.steps], out, flags)
    for name in cells.names(np.flatnonzero(flags == shapes.NAN_RESULT), evaluation):
        evaluation.annotations.nan_quantile(name, arg.start)
    for name in cells.names(np.flatnonzero(flags == shapes.NAN_SKEW), evaluation):
        evaluation.annotations.nan_skewed_quantile(name, arg.start)
    return (cells.with_values(out),)


def native_fractions(
    evaluation: Evaluation, matrix: Matrix, bounds: tuple[Float64s, Float64s], arg: Expr
) -> Sequence[Matrix]:
    cells = native_cells(matrix)
    if cells is None:
        return ()
    out, flags = np.empty(len(cells.rows)), np.empty(len(cells.rows), np.int64)
    lower, upper = (np.ascontiguousarray(bound[cells.steps]) for bound in bounds)
    shapes.histogram_fractions(table_of(cells.table), cells.rows, lower, upper, out, flags)
    for name in cells.names(np.flatnonzero(flags == shapes.NAN_SKEW), evaluation):
        evaluation.annotations.nan_outside_fraction(name, arg.start)
    return (cells.with_values(out),)
