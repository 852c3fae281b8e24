"""What each part of a query cost and gave: an Evaluation that keeps a record of every node and every read.

    Engine.explain -> ExplainedEvaluation -> Explanation -> tree_of -> NodeReport (the tree that people see)

An ordinary query pays nothing for this: it runs in `Evaluation` itself. A record is found by a node's class and place in
the query's text, which planning keeps: it rebuilds nodes, so identity does not last. Parentheses are left out of the tree,
and so is what planning replaced by a number. Times of a node include its operands; `own_seconds` do not.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from vedette.ports.scan import SampleSources, ScanPlan
from vedette.query.promql.ast import Expr, MatrixSelector, VectorSelector, children
from vedette.query.promql.evaluation import Evaluation
from vedette.query.promql.plan import PlanExpr, StepInvariant, unwrap
from vedette.query.promql.samples import Samples
from vedette.query.promql.stats import SampleStats
from vedette.query.promql.values import Matrix, RawSamples, Value
from vedette.query.shared.steps import Grid

Place = tuple[int, int]
"""First byte and the one after the last, in the query's text."""


@dataclass(slots=True)
class NodeRecord:
    """Sums over all evaluations of one node: a subquery evaluates its operand on a grid of its own."""

    evaluations: int = 0
    seconds: float = 0.0
    own_seconds: float = 0.0
    n_series: int = 0
    n_samples: int = 0
    n_steps: int = 0


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """What a selector had read for it. `shared`: another selector had read it already, it cost nothing more."""

    plan: ScanPlan
    seconds: float
    n_series: int
    n_samples: int
    sources: SampleSources
    shared: bool


@dataclass(slots=True)
class ExplainedEvaluation(Evaluation):
    nodes: dict[tuple[type, Place], NodeRecord] = field(default_factory=dict)
    reads: dict[Place, ReadRecord] = field(default_factory=dict)
    _sources: list[SampleSources] = field(default_factory=list)
    _operand_seconds: float = 0.0
    """Spent in nodes and reads below the node that is being evaluated."""

    def evaluate(self, node: PlanExpr, grid: Grid) -> Value:
        before, self._operand_seconds = self._operand_seconds, 0.0
        started_at = time.perf_counter()
        value = Evaluation.evaluate(self, node, grid)
        took = time.perf_counter() - started_at
        record = self.nodes.setdefault((type(node), (node.start, node.end)), NodeRecord())
        record.evaluations += 1
        record.seconds += took
        record.own_seconds += took - self._operand_seconds
        record.n_series += series_of(value)
        record.n_samples += value.n_samples
        record.n_steps += grid.n_steps
        self._operand_seconds = before + took
        return value

    def samples(self, selector: VectorSelector) -> Samples:
        plan = self.plan.scans[self.plan.selector_scan[selector]]
        shared = self.plan.selector_scan[selector] in self.scanned
        started_at = time.perf_counter()
        found = Evaluation.samples(self, selector)
        took = time.perf_counter() - started_at
        if not shared:
            self._operand_seconds += took
        columns, sources = found.columns, SampleSources() if shared else self._sources[-1]
        record = ReadRecord(plan, took, columns.n_series, columns.n_samples, sources, shared)
        self.reads.setdefault((selector.start, selector.end), record)
        return found

    def scan(self, plan: ScanPlan) -> Samples:
        self._sources.append(SampleSources())
        return Evaluation.scan(self, replace(plan, sources=self._sources[-1]))


@dataclass(frozen=True, slots=True)
class Explanation:
    """`query` evaluated once; `nodes` and `reads` say how. The value itself is not kept."""

    expr: Expr
    nodes: Mapping[tuple[type, Place], NodeRecord]
    reads: Mapping[Place, ReadRecord]
    n_series: int
    n_samples: int
    warnings: list[str]
    infos: list[str]
    stats: SampleStats


@dataclass(frozen=True, slots=True)
class NodeReport:
    """A node of the query as written. `record` None: nothing was computed for it; `constant`: once, not at each step."""

    expr: Expr
    record: NodeRecord | None
    read: ReadRecord | None
    constant: bool
    operands: tuple[NodeReport, ...]

    @property
    def gave_nothing(self) -> bool:
        """It was computed, or read, and has no sample."""
        if self.record is not None:
            return self.record.n_samples == 0
        return self.read is not None and self.read.n_samples == 0


def tree_of(explanation: Explanation) -> NodeReport:
    return _report(explanation, explanation.expr)


def _report(explanation: Explanation, written: Expr) -> NodeReport:
    expr = unwrap(written)
    place = (expr.start, expr.end)
    selector = expr.selector if isinstance(expr, MatrixSelector) else expr
    below = () if isinstance(expr, MatrixSelector) else children(expr)
    return NodeReport(
        expr=expr,
        record=explanation.nodes.get((type(expr), place)),
        read=explanation.reads.get((selector.start, selector.end)) if isinstance(selector, VectorSelector) else None,
        constant=any((StepInvariant, (one.start, one.end)) in explanation.nodes for one in (written, expr)),
        operands=tuple(_report(explanation, operand) for operand in below),
    )


def series_of(value: Value) -> int:
    """Series of a vector or range vector; a scalar or a string is one."""
    if isinstance(value, Matrix):
        return value.n_series
    return value.columns.n_series if isinstance(value, RawSamples) else 1
