"""Answers of range queries kept for the steps whose samples have not changed since (`--query.results-cache`).

A dashboard asks the same query every few seconds over a range that has moved on by a step. Of an answer that was computed
before, the leading steps are taken whose samples nobody touched (ports.store.Store.unchanged_until: late samples, imports and
deletions all count); only the rest is evaluated. Kept are answers whose every step depends on nothing but its own time:
no `@`, no start(), end(), range() or step(), no info(), no annotations; on step-aligned grids, as dashboards ask them.

The key is the query's text with all that changes its meaning. An answer is stored with the number of the last change before
it was computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from vedette.model.bounded_cache import BoundedCache
from vedette.model.labels import Labels
from vedette.model.limits import QueryLimits
from vedette.model.telemetry import counter
from vedette.ports.store import Store
from vedette.query.promql.ast import (
    AggregateExpr,
    BinaryExpr,
    Call,
    Expr,
    MatrixSelector,
    ParenExpr,
    SubqueryExpr,
    UnaryExpr,
    VectorSelector,
)
from vedette.query.promql.plan import Plan
from vedette.query.promql.values import Matrix
from vedette.query.shared.steps import Grid

_STEPS: Final = counter(
    "vedette_results_cache_steps", "Steps of range queries, by whether they were kept.", ("result",)
)
_OWN_TIME: Final = frozenset({"start", "end", "range", "step", "info"})
_BYTES_PER_LABELS: Final = 400


@dataclass(frozen=True, slots=True)
class ResultKey:
    tenant: str
    query: str
    step_ms: int
    lookback_ms: int


@dataclass(frozen=True, slots=True)
class KeptResult:
    """`change`: every change up to it is in the matrix."""

    matrix: Matrix
    change: int

    @property
    def nbytes(self) -> int:
        return self.matrix.values.nbytes + self.matrix.present.nbytes + _BYTES_PER_LABELS * self.matrix.n_series


@dataclass(frozen=True, slots=True)
class Reach:
    """The samples that a step may depend on: from before_ms before it to after_ms after it."""

    before_ms: int
    after_ms: int


class ResultsCache:
    """Thread-safe. The longest unused answers go first."""

    def __init__(self, bytes_max: int) -> None:
        self._kept: BoundedCache[ResultKey, KeptResult] = BoundedCache(bytes_max)

    def leading_steps(self, key: ResultKey, grid: Grid, reach: Reach, store: Store) -> Matrix | None:
        """What is known and still true of the grid's first steps; None for nothing."""
        kept = self._kept.get(key)
        _STEPS.labels("asked").inc(grid.n_steps)
        if kept is None:
            return None
        old = kept.matrix.grid
        skipped = (grid.start_ms - old.start_ms) // grid.step_ms
        if skipped < 0 or skipped >= old.n_steps:
            return None
        first_ms, last_ms = grid.start_ms - reach.before_ms, min(grid.end_ms, old.end_ms) + reach.after_ms
        until_ms = store.unchanged_until(kept.change, first_ms, last_ms)
        n_steps = (until_ms - 1 - reach.after_ms - grid.start_ms) // grid.step_ms + 1
        if n_steps <= 0:
            return None
        _STEPS.labels("kept").inc(n_steps)
        return steps_of(kept.matrix, skipped, n_steps)

    def keep(self, key: ResultKey, matrix: Matrix, change: int) -> None:
        if matrix.histograms is None:
            kept = KeptResult(matrix, change)
            self._kept.put(key, kept, kept.nbytes)


def results_cache(limits: QueryLimits) -> ResultsCache | None:
    return ResultsCache(limits.results_bytes_max) if limits.results_bytes_max else None


def reach_of(expr: Expr, plan: Plan) -> Reach | None:
    """None when a step's value depends on more than its own time and the samples around it."""
    if any(_depends_on_range(each) for each in walk(expr)):
        return None
    before = max((plan.grid.start_ms - scan.min_time_ms for scan in plan.scans), default=0)
    after = max((scan.max_time_ms - plan.grid.end_ms for scan in plan.scans), default=0)
    return Reach(max(0, before), max(0, after))


def _depends_on_range(expr: Expr) -> bool:
    match expr:
        case VectorSelector() | SubqueryExpr():
            if expr.timestamp_ms is not None or expr.start_or_end is not None or expr.offset_expr is not None:
                return True
            return isinstance(expr, SubqueryExpr) and (expr.range_expr is not None or expr.step_expr is not None)
        case MatrixSelector():
            return expr.range_expr is not None
        case Call():
            return expr.function.name in _OWN_TIME
        case _:
            return False


def walk(expr: Expr) -> Iterator[Expr]:
    yield expr
    inner: tuple[Expr | None, ...] = ()
    match expr:
        case Call():
            inner = tuple(expr.args)
        case AggregateExpr():
            inner = (expr.expr, expr.param)
        case BinaryExpr():
            inner = (expr.lhs, expr.rhs)
        case UnaryExpr() | ParenExpr() | SubqueryExpr():
            inner = (expr.expr,)
        case MatrixSelector():
            inner = (expr.selector,)
    for each in inner:
        if each is not None:
            yield from walk(each)


def steps_of(matrix: Matrix, first: int, n_steps: int) -> Matrix:
    grid = Grid(matrix.grid.start_ms + first * matrix.grid.step_ms, matrix.grid.step_ms, n_steps)
    cells = slice(first, first + n_steps)
    return Matrix(matrix.labels, grid, matrix.values[:, cells], matrix.present[:, cells], matrix.drop_name)


def join_steps(before: Matrix, after: Matrix) -> Matrix:
    """The second's grid goes on where the first's ends. Series in the order of their labels, none without a value."""
    grid = Grid(before.grid.start_ms, before.grid.step_ms, before.grid.n_steps + after.grid.n_steps)
    rows: dict[Labels, int] = {}
    for labels in (*before.labels, *after.labels):
        rows.setdefault(labels, len(rows))
    values, present = np.zeros((len(rows), grid.n_steps)), np.zeros((len(rows), grid.n_steps), np.bool_)
    for part, cells in ((before, slice(0, before.grid.n_steps)), (after, slice(before.grid.n_steps, None))):
        places = np.array([rows[labels] for labels in part.labels], np.int64)
        values[places, cells], present[places, cells] = part.values, part.present
    return Matrix.of(list(rows), grid, values, present).without_empty_series().sorted_by_labels()
