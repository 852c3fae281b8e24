"""histogram_quantile, histogram_quantiles and histogram_fraction over classic histograms: series with an `le` label.

Series that differ in `le` only are one histogram. Source of semantics: Prometheus resetHistograms, funcHistogramQuantile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vedette.kernels import buckets
from vedette.model.blocks import Bools, Float64s, Int64s
from vedette.model.labels import METRIC_NAME, Labels
from vedette.model.numbers import format_openmetrics, parse_float
from vedette.model.remembering import remembered
from vedette.query.promql.ast import Call, Expr, StringLiteral
from vedette.query.promql.evaluation import Evaluation, drop_metadata
from vedette.query.promql.histogram_functions import native_fractions, native_quantiles
from vedette.query.promql.values import Matrix, merge_same_labels
from vedette.query.promql.vector_matching import join_rows
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


def gather_histograms(evaluation: Evaluation, matrix: Matrix, arg: Expr) -> Histograms:
    """Warns of series whose `le` is missing or no number."""
    if matrix.histograms is not None:
        matrix = matrix.with_cells(matrix.values, matrix.float_present).without_empty_series()
    found = group_buckets(matrix.labels)
    for labels in found.others:
        name = labels.get(METRIC_NAME) if evaluation.options.delayed_name_removal else ""
        evaluation.annotations.bad_bucket_label(name, labels.get(BUCKET_LABEL), arg.start)
    return Histograms(matrix, found.labels, found.members, found.bounds, found.starts)


@dataclass(frozen=True, slots=True)
class Buckets:
    """As in Histograms. `others`: series without a bound."""

    labels: list[Labels]
    members: Int64s
    bounds: Float64s
    starts: Int64s
    others: list[Labels]


@remembered
def group_buckets(series: Sequence[Labels]) -> Buckets:
    places: dict[Labels, int] = {}
    rows: list[tuple[int, float, int]] = []
    others: list[Labels] = []
    for row, labels in enumerate(series):
        bound = parse_float(labels.get(BUCKET_LABEL))
        if bound is None:
            others.append(labels)
            continue
        group = places.setdefault(labels.without({BUCKET_LABEL}), len(places))
        rows.append((group, bound, row))
    rows.sort(key=lambda each: each[:2])
    groups = np.array([group for group, _, _ in rows], np.int64)
    starts = np.concatenate([[0], np.cumsum(np.bincount(groups, minlength=len(places)))]).astype(np.int64)
    members = np.array([row for _, _, row in rows], np.int64)
    bounds = np.array([bound for _, bound, _ in rows], np.float64)
    return Buckets(list(places), members, bounds, starts, others)


def histogram_quantile(evaluation: Evaluation, call: Call, grid: Grid) -> Matrix:
    q = evaluation.scalar(call.args[0], grid).values
    annotate_quantiles(evaluation, q, call.args[0])
    matrix = evaluation.matrix(call.args[1], grid)
    histograms = gather_histograms(evaluation, matrix, call.args[1])
    native = without_classic(evaluation, matrix, histograms, call.args[1])
    values, present = quantiles_of(evaluation, histograms, q, call.args[1])
    parts = [Matrix.of(histograms.labels, grid, values, present & ~native.doubled)]
    return _finish(evaluation, [*native_quantiles(evaluation, native.matrix, q, call.args[1]), *parts])


def histogram_quantiles(evaluation: Evaluation, call: Call, grid: Grid) -> Matrix:
    """Several quantiles at once, each with its value in the label that the second argument names."""
    label = call.args[1]
    assert isinstance(label, StringLiteral)
    quantiles = [evaluation.scalar(arg, grid).values for arg in call.args[2:]]
    for q, arg in zip(quantiles, call.args[2:], strict=True):
        annotate_quantiles(evaluation, q, arg)
    matrix = evaluation.matrix(call.args[0], grid)
    histograms = gather_histograms(evaluation, matrix, call.args[0])
    native = without_classic(evaluation, matrix, histograms, call.args[0])
    parts: list[Matrix] = []
    for q in quantiles:
        values, present = quantiles_of(evaluation, histograms, q, call.args[0])
        classic = Matrix.of(histograms.labels, grid, values, present & ~native.doubled)
        for part in (*native_quantiles(evaluation, native.matrix, q, call.args[0]), classic):
            for each in np.unique(q).tolist():
                at = np.isnan(q) if np.isnan(each) else q == each
                labels = [one.replace(label.value, format_openmetrics(each)) for one in part.labels]
                parts.append(Matrix.of(labels, grid, part.values, part.present & at))
    return _finish(evaluation, parts)


def histogram_fraction(evaluation: Evaluation, call: Call, grid: Grid) -> Matrix:
    lower, upper = (evaluation.scalar(arg, grid).values for arg in call.args[:2])
    matrix = evaluation.matrix(call.args[2], grid)
    histograms = gather_histograms(evaluation, matrix, call.args[2])
    native = without_classic(evaluation, matrix, histograms, call.args[2])
    values, present = histograms.out(evaluation)
    arrays = histograms.arrays()

    def run_slice(low: int, high: int) -> None:
        buckets.bucket_fractions(*arrays, low, high, lower, upper, histograms.scratch(), values, present)

    evaluation.run_slices(run_slice, len(histograms.labels), histograms.matrix.values.size)
    parts = [Matrix.of(histograms.labels, grid, values, present & ~native.doubled)]
    return _finish(evaluation, [*native_fractions(evaluation, native.matrix, (lower, upper), call.args[2]), *parts])


@dataclass(frozen=True, slots=True)
class Natives:
    """The native histograms among the input, and bool[n_classic, n_steps]: classic ones that stand beside a native one."""

    matrix: Matrix
    doubled: Bools


def without_classic(evaluation: Evaluation, matrix: Matrix, histograms: Histograms, arg: Expr) -> Natives:
    """Warns where a native histogram and classic buckets have the same labels: then neither counts."""
    grid = matrix.grid
    doubled = np.zeros((len(histograms.labels), grid.n_steps), np.bool_)
    if matrix.histograms is None:
        return Natives(Matrix.empty(grid), doubled)
    native = replace(matrix, present=matrix.histogram_present).without_empty_series()
    classic_present = histograms.matrix.present
    place = {labels: row for row, labels in enumerate(histograms.labels)}
    present = native.present.copy()
    for row, labels in enumerate(native.labels):
        group = place.get(labels)
        if group is None:
            continue
        members = histograms.members[histograms.starts[group] : histograms.starts[group + 1]]
        doubled[group] = present[row] & classic_present[members].any(axis=0)
        if doubled[group].any():
            name = labels.get(METRIC_NAME) if evaluation.options.delayed_name_removal else ""
            evaluation.annotations.mixed_classic_and_native(name, arg.start)
            present[row] &= ~doubled[group]
    return Natives(replace(native, present=present), doubled)


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


def _finish(evaluation: Evaluation, parts: list[Matrix]) -> Matrix:
    parts = [part.without_empty_series() for part in parts]
    if evaluation.options.delayed_name_removal:
        return evaluation.without_names(join_rows(evaluation, parts))
    named = [part.named(drop_metadata(part.labels)) for part in parts]
    return merge_same_labels(join_rows(evaluation, named))
