"""One query being evaluated: the samples it read, what it has to say about them, and the limits it runs under.

`evaluate(node, grid)` computes a node at every time of a grid and returns a value over that grid; which function does so is
looked up in a table by the node's type (`evaluators`). A node evaluates its operands the same way, a subquery on a grid of
its own. Between nodes the deadline is checked and the samples held are counted: a node's result replaces its operands'.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vedette.kernels.threads import Task, run_slices, split_evenly
from vedette.model.errors import QueryFailed, QueryTooLarge
from vedette.model.label_rows import have_duplicates, hide_labels
from vedette.model.labels import Labels
from vedette.model.limits import QueryLimits
from vedette.ports.principal import Principal
from vedette.ports.scan import Deadline, ScanPlan
from vedette.ports.store import Store
from vedette.query.promql.annotations import Annotations
from vedette.query.promql.ast import VectorSelector
from vedette.query.promql.options import EngineOptions
from vedette.query.promql.plan import Plan, PlanExpr
from vedette.query.promql.samples import Samples
from vedette.query.promql.stats import SampleStats
from vedette.query.promql.values import METADATA_LABELS, SAME_LABELSET, Matrix, Scalar, Value
from vedette.query.shared.steps import Grid

Evaluator = Callable[["Evaluation", Any, Grid], Value]


@dataclass(slots=True)
class Evaluation:
    store: Store
    principal: Principal
    plan: Plan
    limits: QueryLimits
    options: EngineOptions
    lookback_ms: int
    deadline: Deadline
    annotations: Annotations
    stats: SampleStats
    evaluators: Mapping[type, Evaluator]
    scanned: dict[int, Samples]

    def evaluate(self, node: PlanExpr, grid: Grid) -> Value:
        """Raises QueryFailed, QueryTooLarge, QueryTimeout, QueryCanceled."""
        self.deadline.pause("expression evaluation")
        if grid.n_steps == 0:
            return Matrix.empty(grid)
        self.check_cells(1, grid)
        held = self.stats.held
        value = self.evaluators[type(node)](self, node, grid)
        self.hold(value.n_samples)
        self.stats.held = held + value.n_samples
        return value

    def matrix(self, node: PlanExpr, grid: Grid) -> Matrix:
        """The value of an instant vector."""
        value = self.evaluate(node, grid)
        assert isinstance(value, Matrix), node
        return value

    def scalar(self, node: PlanExpr, grid: Grid) -> Scalar:
        value = self.evaluate(node, grid)
        assert isinstance(value, Scalar), node
        return value

    def hold(self, n_samples: int) -> None:
        """Raises QueryTooLarge if the query cannot hold so many samples beside those it holds."""
        self.stats.held += n_samples
        self.stats.peak = max(self.stats.peak, self.stats.held)
        if self.stats.held > self.limits.samples_max:
            raise too_many_samples(self.limits)

    def allocate(self, n_series: int, grid: Grid) -> tuple[Any, Any]:
        """Uninitialised values and mask of a result. Raises QueryTooLarge where they alone would pass the limit by far."""
        self.check_cells(n_series, grid)
        shape = (n_series, grid.n_steps)
        return np.empty(shape), np.empty(shape, np.bool_)

    def check_cells(self, n_series: int, grid: Grid) -> None:
        """Raises QueryTooLarge. Cells need not hold samples, but they need room: twice the limit is allowed for them."""
        if n_series * grid.n_steps > 2 * self.limits.samples_max:
            raise too_many_samples(self.limits)

    def samples(self, selector: VectorSelector) -> Samples:
        """What the selector's scan read; each scan is read once."""
        index = self.plan.selector_scan[selector]
        if index not in self.scanned:
            self.scanned[index] = self.scan(self.plan.scans[index])
        samples = self.scanned[index]
        if (downsampled := samples.columns.downsampled) is not None:
            self.annotations.downsampled(downsampled.width_ms, downsampled.until_ms, selector.start)
        return samples

    def scan(self, plan: ScanPlan) -> Samples:
        with self.stats.timing("scan"):
            columns = self.store.select(self.principal, plan, self.deadline)
        return Samples(columns)

    def run_slices(self, task: Task, n: int, work: float) -> None:
        """Calls the task with slices of range(n), on all cores where that pays; others may go first before each.

        `work`: samples or steps passed over in all.
        """

        def checked(low: int, high: int) -> None:
            self.deadline.pause("expression evaluation")
            task(low, high)

        run_slices(checked, split_evenly(n, work))

    def without_names(self, matrix: Matrix, *, merge: Callable[[Matrix], Matrix] | None = None) -> Matrix:
        """The result of an operation after which the metric name no longer fits: dropped now, or when the query is done.

        Dropped now, series may get equal labels: `merge` joins them; without it that is an error.
        """
        if self.options.delayed_name_removal:
            return replace(matrix, drop_name=np.ones(matrix.n_series, np.bool_))
        renamed = matrix.named(drop_metadata(matrix.labels))
        if merge is not None:
            return merge(renamed)
        if have_duplicates(renamed.labels):
            raise QueryFailed(SAME_LABELSET)
        return renamed


def drop_metadata(labels: Sequence[Labels]) -> Sequence[Labels]:
    return hide_labels(labels, METADATA_LABELS)


def too_many_samples(limits: QueryLimits) -> QueryTooLarge:
    return QueryTooLarge(
        "query processing would load too many samples into memory in query execution",
        hint=f"the limit samples_max is {limits.samples_max}; ask for fewer series, a shorter range or a longer step",
    )
