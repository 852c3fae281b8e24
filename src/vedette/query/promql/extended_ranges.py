"""`anchored` and `smoothed` selectors: which functions take them, and what they are alone.

Source of semantics: Prometheus evaluator.eval for Call, matrixSelector, smoothSeries.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vedette.kernels import extended, window_ends
from vedette.model.blocks import Float64s, Int64s
from vedette.model.errors import QueryFailed
from vedette.query.promql.ast import MatrixSelector, VectorSelector
from vedette.query.promql.evaluation import Evaluation
from vedette.query.promql.plan import PlanExpr
from vedette.query.promql.samples import RangeColumns, Samples
from vedette.query.promql.values import Matrix
from vedette.query.shared.steps import Grid

RATES = {"delta": (False, False), "increase": (True, False), "rate": (True, True)}
EVENTS = {"changes": window_ends.CHANGES, "resets": window_ends.RESETS}


def extended_selector(expr: PlanExpr) -> VectorSelector | None:
    """The selector of a range vector that is anchored or smoothed."""
    if isinstance(expr, MatrixSelector) and (expr.selector.anchored or expr.selector.smoothed):
        return expr.selector
    return None


def extended_kernel(selector: VectorSelector, function: str, lookback_ms: int) -> tuple[Any, tuple[Any, ...]]:
    """The kernel that computes the function over such a selector, and its own arguments. Raises QueryFailed for others."""
    if function in RATES:
        return extended.extended_rate, (lookback_ms, selector.smoothed, *RATES[function])
    if function in EVENTS and selector.anchored:
        return extended.anchored_events, (lookback_ms, EVENTS[function])
    modifier, allowed = ("anchored", {**RATES, **EVENTS}) if selector.anchored else ("smoothed", RATES)
    raise QueryFailed(f"{modifier} modifier can only be used with: {', '.join(sorted(allowed))} - not with {function}")


def smoothed_vector(evaluation: Evaluation, samples: Samples, times: tuple[int, int], grid: Grid) -> Matrix:
    return smoothed_floats(evaluation, samples.ranged, times, grid)


def smoothed_floats(evaluation: Evaluation, columns: RangeColumns, times: tuple[int, int], grid: Grid) -> Matrix:
    values, present = evaluation.allocate(columns.n_series, grid)
    arrays = (columns.offsets, columns.times_ms, columns.values)

    def smooth_slice(low: int, high: int) -> None:
        extended.smoothed_values(*arrays, low, high, *times, evaluation.lookback_ms, values, present)

    evaluation.run_slices(smooth_slice, columns.n_series, values.size)
    return Matrix.of(columns.labels, grid, values, present)


def extend_samples(times: Int64s, values: Float64s, edges: tuple[int, int], smoothed: bool) -> tuple[Int64s, Float64s]:
    """The samples of one series inside the edges, and one on each edge; `times` hold the lookback beside them too."""
    nothing = np.empty(0, np.int64), np.empty(0)
    if not len(times):
        return nothing
    last = len(times) - 1
    first = max(0, int(np.searchsorted(times[:last], edges[0], side="right")) - 1)
    if smoothed:
        last = int(np.searchsorted(times[:last], edges[1], side="left"))
    if times[last] <= edges[0]:
        return nothing
    left, right = extended.boundary_values(times, values, 0, (first, last), edges, smoothed, False)
    inside = slice(first + int(times[first] <= edges[0]), last + int(times[last] < edges[1]))
    return (
        np.concatenate([[edges[0]], times[inside], [edges[1]]]).astype(np.int64),
        np.concatenate([[left], values[inside], [right]]),
    )
