"""histogram_quantile, histogram_quantiles and histogram_fraction over classic histograms: series with an `le` label.

Series that differ in `le` only are one histogram. Source of semantics: Prometheus resetHistograms, funcHistogramQuantile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vedette.kernels import buckets
from vedette.model.blocks import Bools, Float64s, Int64s
from vedette.model.labels import METRIC_NAME, Labels
from vedette.model.numbers import format_openmetrics, parse_float
from vedette.query.promql.ast import Call, Expr, StringLiteral
from vedette.query.promql.evaluation import Evaluation
from vedette.query.promql.values import Matrix, merge_same_labels
from vedette.query.promql.vector_matching import settle
from vedette.query.shared.steps import Grid

BUCKET_LABEL = "le"


@dataclass(frozen=True, slots=True)
class Histograms:
    """Histogram g has the labels labels[g], without `le`, and the rows members[starts[g]:starts[g+1]], bounds ascending."""

    matrix: Matrix
    labels: list[Labels]
    members: Int64s
    bounds: Float64s
    starts: Int64s

    def scratch(self) -> Float64s:
        return np.empty((2, int(np.diff(self.starts).max(initial=0))))

    def out(self, evaluation: Evaluation) -> tuple[Float64s, Bools]:
        out: tuple[Float64s, Bools] = evaluation.allocate(len(self.labels), self.matrix.grid)
        return out

    def arrays(self) -> tuple[Any, ...]:
        return self.matrix.values, self.matrix.present, self.members, self.bounds, self.starts


def gather_histograms(evaluation: Evaluation, arg: Expr, grid: Grid) -> Histograms:
    """Warns of series whose `le` is missing or no number."""
    matrix = evaluation.matrix(arg, grid)
    places: dict[Labels, int] = {}
    rows: list[tuple[int, float, int]] = []
    for row, labels in enumerate(matrix.labels):
        text = labels.get(BUCKET_LABEL)
        bound = parse_float(text)
        if bound is None:
            name = labels.get(METRIC_NAME) if evaluation.options.delayed_name_removal else ""
            evaluation.annotations.bad_bucket_label(name, text, arg.start)
            continue
        group = places.setdefault(labels.without({BUCKET_LABEL}), len(places))
        rows.append((group, bound, row))
    rows.sort(key=lambda each: each[:2])
    groups = np.array([group for group, _, _ in rows], np.int64)
    starts = np.concatenate([[0], np.cumsum(np.bincount(groups, minlength=len(places)))]).astype(np.int64)
    members = np.array([row for _, _, row in rows], np.int64)
    return Histograms(matrix, list(places), members, np.array([bound for _, bound, _ in rows], np.float64), starts)


def histogram_quantile(evaluation: Evaluation, call: Call, grid: Grid) -> Matrix:
    q = evaluation.scalar(call.args[0], grid).values
    annotate_quantiles(evaluation, q, call.args[0])
    histograms = gather_histograms(evaluation, call.args[1], grid)
    values, present = quantiles_of(evaluation, histograms, q, call.args[1])
    return _finish(evaluation, Matrix.of(histograms.labels, grid, values, present))


def histogram_quantiles(evaluation: Evaluation, call: Call, grid: Grid) -> Matrix:
    """Several quantiles at once, each with its value in the label that the second argument names."""
    label = call.args[1]
    assert isinstance(label, StringLiteral)
    quantiles = [evaluation.scalar(arg, grid).values for arg in call.args[2:]]
    for q, arg in zip(quantiles, call.args[2:], strict=True):
        annotate_quantiles(evaluation, q, arg)
    histograms = gather_histograms(evaluation, call.args[0], grid)
    labels: list[Labels] = []
    parts: list[tuple[Float64s, Bools]] = []
    for q in quantiles:
        values, present = quantiles_of(evaluation, histograms, q, call.args[0])
        for each in np.unique(q).tolist():
            at = np.isnan(q) if np.isnan(each) else q == each
            labels += [one.replace(label.value, format_openmetrics(each)) for one in histograms.labels]
            parts.append((values, present & at))
    values = np.concatenate([part[0] for part in parts])
    return _finish(evaluation, Matrix.of(labels, grid, values, np.concatenate([part[1] for part in parts])))


def histogram_fraction(evaluation: Evaluation, call: Call, grid: Grid) -> Matrix:
    lower, upper = (evaluation.scalar(arg, grid).values for arg in call.args[:2])
    histograms = gather_histograms(evaluation, call.args[2], grid)
    values, present = histograms.out(evaluation)
    arrays = histograms.arrays()

    def run_slice(low: int, high: int) -> None:
        buckets.bucket_fractions(*arrays, low, high, lower, upper, histograms.scratch(), values, present)

    evaluation.run_slices(run_slice, len(histograms.labels), histograms.matrix.values.size)
    return _finish(evaluation, Matrix.of(histograms.labels, grid, values, present))


def quantiles_of(evaluation: Evaluation, histograms: Histograms, q: Float64s, arg: Expr) -> tuple[Float64s, Bools]:
    values, present = histograms.out(evaluation)
    forced = np.empty((*values.shape, 3))
    arrays = histograms.arrays()

    def run_slice(low: int, high: int) -> None:
        buckets.bucket_quantiles(*arrays, low, high, q, histograms.scratch(), values, present, forced)

    evaluation.run_slices(run_slice, len(histograms.labels), histograms.matrix.values.size)
    annotate_forced(evaluation, histograms.labels, forced, histograms.matrix.grid, arg)
    return values, present


def annotate_quantiles(evaluation: Evaluation, q: Float64s, arg: Expr) -> None:
    for each in np.unique(q).tolist():
        if not 0 <= each <= 1:
            evaluation.annotations.invalid_quantile(each, arg.start)


def annotate_forced(evaluation: Evaluation, labels: Sequence[Labels], forced: Float64s, grid: Grid, arg: Expr) -> None:
    for row in np.flatnonzero((forced[:, :, 2] > 0).any(axis=1)).tolist():
        steps = np.flatnonzero(forced[row, :, 2] > 0)
        least, greatest, difference = forced[row, steps].T
        name = labels[row].get(METRIC_NAME) if evaluation.options.delayed_name_removal else ""
        evaluation.annotations.forced_monotonicity(
            name,
            arg.start,
            (int(grid.times_ms[steps[0]]), int(grid.times_ms[steps[-1]])),
            (float(least.min()), float(greatest.max())),
            (float(difference.max()), len(steps)),
        )


def _finish(evaluation: Evaluation, matrix: Matrix) -> Matrix:
    if evaluation.options.delayed_name_removal:
        return settle(evaluation, evaluation.without_names(matrix.without_empty_series()))
    return evaluation.without_names(matrix.without_empty_series(), merge=merge_same_labels)
