"""Aggregators: one table row each. Sums and their siblings make one series a group; topk and its kin keep some of the input.

Source of semantics: Prometheus rangeEvalAgg, aggregation, aggregationK.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vedette.kernels import aggregation, ranking
from vedette.model.blocks import Bools, Float64s, Int64s
from vedette.model.errors import QueryFailed
from vedette.model.histograms import HistogramCells
from vedette.model.numbers import format_general
from vedette.query.promql.ast import AggregateExpr
from vedette.query.promql.counting import count_values
from vedette.query.promql.evaluation import Evaluation
from vedette.query.promql.histogram_aggregations import aggregate_histograms
from vedette.query.promql.sampling import in_ratio
from vedette.query.promql.values import Matrix, merge_same_labels
from vedette.query.shared.grouping import Groups, group_series
from vedette.query.shared.steps import Grid

_INT64_MAX = 9223372036854774784.0
_INT64_MIN = -9223372036854775808.0


@dataclass(frozen=True, slots=True)
class Job:
    """One aggregation. `parameter` float64[n_steps]: k, q or ratio; empty for aggregators without one."""

    evaluation: Evaluation
    node: AggregateExpr
    matrix: Matrix
    groups: Groups
    parameter: Float64s

    @property
    def place(self) -> int:
        """Where annotations about the parameter point."""
        return self.node.start if self.node.param is None else self.node.param.start

    def run(self, kernel: Any, rows: tuple[Any, ...], arguments: tuple[Any, ...], out: tuple[Any, ...]) -> None:
        """Calls the kernel on slices of steps. Arguments that are scratch space are given as what makes it."""

        def run_slice(low: int, high: int) -> None:
            own = [each() if callable(each) else each for each in arguments]
            kernel(*rows, low, high, *own, *out)

        self.evaluation.run_slices(run_slice, self.matrix.grid.n_steps, self.matrix.values.size)

    def floats(self) -> Float64s:
        return np.empty(self.matrix.n_series)

    def places(self) -> Int64s:
        return np.empty(self.matrix.n_series, np.int64)

    def reduce(self, kernel: Any, *arguments: Any) -> tuple[Float64s, Bools]:
        out = self.evaluation.allocate(self.groups.n, self.matrix.grid)
        self.run(kernel, (self.matrix.values, self.matrix.present, self.groups.of_series), arguments, out)
        return out


def evaluate_aggregate(evaluation: Evaluation, node: AggregateExpr, grid: Grid) -> Matrix:
    if node.op == "count_values":
        return count_values(evaluation, node, grid)
    parameter = np.empty(0) if node.param is None else evaluation.scalar(node.param, grid).values
    matrix = evaluation.matrix(node.expr, grid)
    if node.op in SELECTIONS or node.op in _ROUNDED_IN_ORDER:
        # Which of equals is chosen must not depend on the order in which a store found the series, nor a last digit.
        matrix = matrix.sorted_by_labels()
    groups = group_series(matrix.labels, node.grouping, without=node.without)
    job = Job(evaluation, node, matrix, groups, parameter)
    if node.op in SELECTIONS:
        return SELECTIONS[node.op](job)
    values, present, cells = reduce_all(job)
    drop_name = np.zeros(groups.n, np.bool_)
    np.logical_or.at(drop_name, groups.of_series, matrix.drop_name)
    return Matrix(groups.labels, grid, values, present, drop_name, cells).without_empty_series()


def reduce_all(job: Job) -> tuple[Float64s, Bools, HistogramCells | None]:
    op, matrix = job.node.op, job.matrix
    if matrix.histograms is None or op in ("count", "group"):
        return (*REDUCTIONS[op](job), None)
    of_floats = REDUCTIONS[op](replace(job, matrix=matrix.with_cells(matrix.values, matrix.float_present)))
    position = job.node.expr.start
    if op in ("sum", "avg"):
        averaged = op == "avg"
        annotations = job.evaluation.annotations
        return aggregate_histograms(matrix, job.groups, of_floats, annotations, position, averaged=averaged)
    if matrix.histogram_present.any():
        job.evaluation.annotations.histogram_ignored_in_aggregation(op, position)
    return (*of_floats, None)


def _quantile(job: Job) -> tuple[Float64s, Bools]:
    q = job.parameter
    if np.isnan(q).any():
        job.evaluation.annotations.invalid_quantile(np.nan, job.place)
    if (q > 1).any():
        job.evaluation.annotations.invalid_quantile(float(np.nanmax(q)), job.place)
    if (q < 0).any():
        job.evaluation.annotations.invalid_quantile(float(np.nanmin(q)), job.place)
    out = job.evaluation.allocate(job.groups.n, job.matrix.grid)
    rows = (job.matrix.values, job.matrix.present, job.groups.members, job.groups.starts)
    job.run(ranking.group_quantiles, rows, (q, job.floats), out)
    return out


REDUCTIONS: dict[str, Callable[[Job], tuple[Float64s, Bools]]] = {
    "sum": lambda job: job.reduce(aggregation.group_sums),
    "avg": lambda job: job.reduce(aggregation.group_averages),
    "min": lambda job: job.reduce(aggregation.group_extremes, aggregation.MIN),
    "max": lambda job: job.reduce(aggregation.group_extremes, aggregation.MAX),
    "count": lambda job: job.reduce(aggregation.group_extremes, aggregation.COUNT),
    "group": lambda job: job.reduce(aggregation.group_extremes, aggregation.GROUP),
    "stdvar": lambda job: job.reduce(aggregation.group_variances, False),
    "stddev": lambda job: job.reduce(aggregation.group_variances, True),
    "quantile": _quantile,
}


def counts_of(job: Job) -> Int64s | None:
    """k at each step; None when it is below one everywhere. Raises QueryFailed where it is no int64."""
    k = job.parameter
    if k.max() < 1:
        return None
    if np.isnan(k).any():
        raise QueryFailed("Parameter value is NaN")
    if k.min() <= _INT64_MIN:
        raise QueryFailed(f"Scalar value {format_general(float(k.min()))} underflows int64")
    if k.max() >= _INT64_MAX:
        raise QueryFailed(f"Scalar value {format_general(float(k.max()))} overflows int64")
    return np.minimum(k, job.matrix.n_series).astype(np.int64)


def keep(job: Job, kept: Bools) -> Matrix:
    """The input where `kept`, group by group for an instant query."""
    matrix = replace(job.matrix, present=kept)
    if matrix.grid.is_instant:
        return matrix.rows(job.groups.members).without_empty_series()
    return merge_same_labels(matrix.without_empty_series())


def rank(job: Job, largest: bool) -> Matrix:
    """topk, bottomk; for an instant query each group is in order, best first, NaN last."""
    matrix = job.matrix
    counts = counts_of(job)
    if counts is None:
        return Matrix.empty(matrix.grid)
    if matrix.histogram_present[:, counts > 0].any():
        job.evaluation.annotations.histogram_ignored_in_aggregation(job.node.op, job.node.start)
    matrix = matrix.with_cells(matrix.values, matrix.float_present)
    job = replace(job, matrix=matrix)
    kept = np.empty(matrix.present.shape, np.bool_)
    rows = (matrix.values, matrix.present, job.groups.members, job.groups.starts)
    job.run(ranking.keep_best, rows, (counts, largest, job.places), (kept,))
    if not matrix.grid.is_instant:
        return keep(job, kept)
    chosen = np.flatnonzero(kept[:, 0])
    values = matrix.values[chosen, 0]
    keys = -values if largest else values
    return replace(matrix, present=kept).rows(
        chosen[np.lexsort((keys, np.isnan(values), job.groups.of_series[chosen]))]
    )


def limit(job: Job) -> Matrix:
    counts = counts_of(job)
    if counts is None:
        return Matrix.empty(job.matrix.grid)
    kept = np.empty(job.matrix.present.shape, np.bool_)
    job.run(ranking.keep_first, (job.matrix.present, job.groups.members, job.groups.starts), (counts,), (kept,))
    return keep(job, kept)


def limit_ratio(job: Job) -> Matrix:
    ratio = job.parameter
    if (ratio == 0).all():
        return Matrix.empty(job.matrix.grid)
    if np.isnan(ratio).any():
        raise QueryFailed("Ratio value is NaN")
    if ratio.max() > 1:
        job.evaluation.annotations.invalid_ratio(float(ratio.max()), 1.0, job.place)
    if ratio.min() < -1:
        job.evaluation.annotations.invalid_ratio(float(ratio.min()), -1.0, job.place)
    return keep(job, job.matrix.present & in_ratio(job.matrix.labels, np.clip(ratio, -1.0, 1.0)))


_ROUNDED_IN_ORDER = frozenset({"stddev", "stdvar"})
"""Sums without compensation: their last digits depend on the order of the series."""
SELECTIONS: dict[str, Callable[[Job], Matrix]] = {
    "topk": lambda job: rank(job, True),
    "bottomk": lambda job: rank(job, False),
    "limitk": limit,
    "limit_ratio": limit_ratio,
}
