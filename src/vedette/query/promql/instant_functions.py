"""Functions of an instant vector, value by value, and those that make or take scalars.

Source of semantics: Prometheus promql/functions.go.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from vedette.model.blocks import Float64s
from vedette.model.labels import EMPTY_LABELS
from vedette.query.promql.ast import Call, VectorSelector
from vedette.query.promql.evaluation import Evaluation
from vedette.query.promql.go_math import go_max, go_min
from vedette.query.promql.range_functions import absence
from vedette.query.promql.selectors import newest_places_of, reference_times, select_times
from vedette.query.promql.values import Matrix, Scalar, merge_same_labels
from vedette.query.shared.steps import Grid


def _sign(values: Float64s) -> Float64s:
    return np.where(values < 0, -1.0, np.where(values > 0, 1.0, values))


VALUE_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "abs": np.abs,
    "ceil": np.ceil,
    "floor": np.floor,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "ln": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "rad": lambda values: values * np.pi / 180,
    "deg": lambda values: values * 180 / np.pi,
    "sgn": _sign,
}


def map_values(evaluation: Evaluation, call: Call, grid: Grid) -> Matrix:
    matrix = evaluation.matrix(call.args[0], grid)
    values = VALUE_FUNCTIONS[call.function.name](matrix.values)
    return finish(evaluation, matrix.with_cells(values, matrix.float_present))


def finish(evaluation: Evaluation, matrix: Matrix) -> Matrix:
    """Names dropped, empty series gone."""
    return evaluation.without_names(matrix.without_empty_series(), merge=merge_same_labels)


def clamp(evaluation: Evaluation, call: Call, grid: Grid) -> Matrix:
    """clamp, clamp_min, clamp_max. Empty at steps whose bounds are the wrong way round."""
    matrix = evaluation.matrix(call.args[0], grid)
    bounds = [evaluation.scalar(arg, grid).values for arg in call.args[1:]]
    low: Any = np.full(grid.n_steps, -np.inf)
    high: Any = np.full(grid.n_steps, np.inf)
    match call.function.name:
        case "clamp":
            low, high = bounds
        case "clamp_min":
            (low,) = bounds
        case _:
            (high,) = bounds
    values = go_max(low, go_min(high, matrix.values))
    return finish(evaluation, matrix.with_cells(values, matrix.float_present & ~(high < low)))


def round_values(evaluation: Evaluation, call: Call, grid: Grid) -> Matrix:
    """To a multiple of the second argument; ties up."""
    matrix = evaluation.matrix(call.args[0], grid)
    inverse: Any = 1.0
    if len(call.args) > 1:
        inverse = 1.0 / evaluation.scalar(call.args[1], grid).values
    values = np.floor(matrix.values * inverse + 0.5) / inverse
    return finish(evaluation, matrix.with_cells(values, matrix.float_present))


def absent(evaluation: Evaluation, call: Call, grid: Grid) -> Matrix:
    return absence(evaluation, evaluation.matrix(call.args[0], grid), call.args[0])


def to_scalar(evaluation: Evaluation, call: Call, grid: Grid) -> Scalar:
    """The value of the only series; NaN where there are none or several."""
    matrix = evaluation.matrix(call.args[0], grid)
    present = matrix.float_present
    alone = np.count_nonzero(present, axis=0) == 1
    sums = np.where(present, matrix.values, 0.0).sum(axis=0)
    return Scalar(grid, np.where(alone, sums, np.nan))


def to_vector(evaluation: Evaluation, call: Call, grid: Grid) -> Matrix:
    return vector_of(evaluation.scalar(call.args[0], grid))


def vector_of(scalar: Scalar) -> Matrix:
    """One series without labels."""
    values = scalar.values.reshape(1, -1)
    return Matrix.of([EMPTY_LABELS], scalar.grid, values, np.ones(values.shape, np.bool_))


def time_now(evaluation: Evaluation, call: Call, grid: Grid) -> Scalar:
    return Scalar(grid, grid.times_ms / 1000.0)


def pi(evaluation: Evaluation, call: Call, grid: Grid) -> Scalar:
    return Scalar(grid, np.full(grid.n_steps, np.pi))


def extreme_of_two(evaluation: Evaluation, call: Call, grid: Grid) -> Scalar:
    """max_of, min_of."""
    a, b = (evaluation.scalar(arg, grid).values for arg in call.args)
    return Scalar(grid, go_max(a, b) if call.function.name == "max_of" else go_min(a, b))


def timestamp(evaluation: Evaluation, call: Call, grid: Grid) -> Matrix:
    """Of a selector: the samples' own times. Of anything else: the time of evaluation. Seconds."""
    arg = call.args[0]
    if not isinstance(arg, VectorSelector):
        matrix = evaluation.matrix(arg, grid)
        values = np.broadcast_to(grid.times_ms / 1000.0, matrix.present.shape)
        return finish(evaluation, matrix.with_cells(np.ascontiguousarray(values), matrix.present))
    # The reference forgets a selector's offset here when it has an `@` modifier.
    offset_ms = arg.offset_ms if arg.timestamp_ms is None else 0
    times = reference_times(arg.timestamp_ms, offset_ms, grid)
    matrix = select_times(evaluation, evaluation.samples(arg), times, grid)
    return finish(evaluation, replace(matrix, values=matrix.values / 1000.0))


def start_timestamp(evaluation: Evaluation, call: Call, grid: Grid) -> Matrix:
    """Of a selector: since when its samples have been counting, 0 where unknown. Nothing of anything else."""
    arg = call.args[0]
    if not isinstance(arg, VectorSelector) or not evaluation.options.use_start_timestamps:
        evaluation.matrix(arg, grid)
        return Matrix.empty(grid)
    samples = evaluation.samples(arg)
    # As in timestamp(): with an `@` modifier the offset is forgotten.
    offset_ms = arg.offset_ms if arg.timestamp_ms is None else 0
    places = newest_places_of(evaluation, samples, reference_times(arg.timestamp_ms, offset_ms, grid), grid)
    starts = samples.columns.start_times_ms
    present = places >= 0
    values = np.zeros(places.shape) if starts is None else np.where(present, starts[places], 0) / 1000.0
    return finish(evaluation, Matrix.of(samples.labels, grid, values, present))
