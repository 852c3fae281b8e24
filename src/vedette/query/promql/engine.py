"""The PromQL engine: a query's text in, its value out.

    parse (parser) -> plan (times, constant parts, scans) -> scan (store) -> exec (kernels over series x steps)

Synchronous; called in worker threads, each call with its own Deadline. An engine holds no state of a query and is shared
by all threads. An instant query is a range query of one step, so there is one way to evaluate. Source of semantics:
Prometheus 3.14, promql/engine.go.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

import numpy as np

from vedette.model.errors import BadInput
from vedette.model.limits import QueryLimits
from vedette.model.telemetry import histogram
from vedette.ports.principal import Principal
from vedette.ports.scan import Deadline
from vedette.ports.store import Store
from vedette.query.promql.annotations import Annotations
from vedette.query.promql.ast import Expr, ValueType
from vedette.query.promql.calls import EVALUATORS
from vedette.query.promql.evaluation import Evaluation, drop_metadata
from vedette.query.promql.explaining import ExplainedEvaluation, Explanation, series_of
from vedette.query.promql.instant_functions import vector_of
from vedette.query.promql.options import EngineOptions
from vedette.query.promql.parsed import ParsedQuery
from vedette.query.promql.parser import parse_expr
from vedette.query.promql.plan import Settings, make_plan
from vedette.query.promql.results_cache import ResultKey, ResultsCache, join_steps, reach_of, steps_of
from vedette.query.promql.stats import SampleStats
from vedette.query.promql.values import Matrix, RawSamples, Scalar, StringValue, Value, merge_same_labels
from vedette.query.shared.steps import Grid

AnyEvaluation = TypeVar("AnyEvaluation", bound=Evaluation)

__all__ = ["Engine", "EngineOptions", "Matrix", "QueryResult", "RawSamples", "Scalar", "StringValue"]

_PHASES: Final = histogram(
    "vedette_query_phase_seconds",
    "Time of a query by phase: parse, plan, exec, and scan, which is part of exec.",
    ("phase",),
    buckets=(0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0, 60.0),
)


@dataclass(frozen=True, slots=True)
class QueryResult:
    """`value` of an instant query: a Matrix of one step, a Scalar, a StringValue or RawSamples; of a range query a Matrix.

    `warnings` and `infos` are complete texts with their place in the query. `stats`: what the query cost.
    """

    value: Value
    warnings: list[str]
    infos: list[str]
    stats: SampleStats


@dataclass(frozen=True, slots=True)
class _Request:
    query: str
    grid: Grid
    end_ms: int
    step_ms: int
    """0 for an instant query."""
    lookback_ms: int
    detailed_stats: bool
    resolution_max_ms: int = 0
    parsed: ParsedQuery | None = None
    """Of an instant query that is asked again and again."""


@dataclass(frozen=True, slots=True)
class Engine:
    store: Store
    limits: QueryLimits = field(default_factory=QueryLimits)
    options: EngineOptions = field(default_factory=EngineOptions)
    results: ResultsCache | None = None
    """Not shared with an engine of other options."""

    def instant(
        self,
        principal: Principal,
        query: str | ParsedQuery,
        time_ms: int,
        deadline: Deadline,
        *,
        lookback_ms: int | None = None,
        detailed_stats: bool = False,
        resolution_max_ms: int = 0,
    ) -> QueryResult:
        """Raises QueryParseError, QueryFailed, QueryTooLarge, QueryTimeout, QueryCanceled, and what the store raises.

        `resolution_max_ms`: samples downsampled to this width at most are welcome; 0: only where raw ones have expired.
        """
        lookback = self.limits.lookback_ms if lookback_ms is None else lookback_ms
        text, parsed = (query.text, query) if isinstance(query, ParsedQuery) else (query, None)
        grid = Grid.instant(time_ms)
        request = _Request(text, grid, time_ms, 0, lookback, detailed_stats, resolution_max_ms, parsed)
        return self._run(principal, request, deadline)

    def range(
        self,
        principal: Principal,
        query: str,
        start_ms: int,
        end_ms: int,
        step_ms: int,
        deadline: Deadline,
        *,
        lookback_ms: int | None = None,
        detailed_stats: bool = False,
        use_kept: bool = True,
        resolution_max_ms: int = 0,
    ) -> QueryResult:
        """The value is a Matrix sorted by labels. Raises as `instant`, and BadInput for times that make no grid.

        `use_kept`: steps that were computed before may be taken from the results cache, if there is one.
        """
        if step_ms <= 0:
            raise BadInput("zero or negative query resolution step widths are not accepted. Try a positive integer")
        if end_ms < start_ms:
            raise BadInput("end timestamp must not be before start time")
        lookback = self.limits.lookback_ms if lookback_ms is None else lookback_ms
        grid = Grid.between(start_ms, end_ms, step_ms)
        request = _Request(query, grid, end_ms, step_ms, lookback, detailed_stats, resolution_max_ms)
        plain = grid.n_steps > 1 and not (detailed_stats or resolution_max_ms)
        if self.results is not None and use_kept and plain and start_ms % step_ms == 0:
            return self._complete(principal, request, deadline, self.results)
        return self._run(principal, request, deadline)

    def explain(
        self,
        principal: Principal,
        query: str,
        start_ms: int,
        end_ms: int,
        step_ms: int,
        deadline: Deadline,
        *,
        lookback_ms: int | None = None,
    ) -> Explanation:
        """Evaluates as `range`, or as `instant` at `end_ms` where `step_ms` is 0, and says what each part cost and gave."""
        lookback = self.limits.lookback_ms if lookback_ms is None else lookback_ms
        grid = Grid.between(start_ms, end_ms, step_ms) if step_ms else Grid.instant(end_ms)
        request = _Request(query, grid, end_ms, step_ms, lookback, detailed_stats=True, resolution_max_ms=0)
        stats = SampleStats(request.grid, request.detailed_stats)
        expr = self._parse(request, stats)
        evaluation = self._prepare(principal, expr, request, deadline, stats, ExplainedEvaluation)
        result = self._execute(evaluation, expr, request)
        size = series_of(result.value), result.value.n_samples
        return Explanation(expr, evaluation.nodes, evaluation.reads, *size, result.warnings, result.infos, stats)

    def _complete(
        self, principal: Principal, request: _Request, deadline: Deadline, results: ResultsCache
    ) -> QueryResult:
        """The leading steps that are kept, and the others evaluated. An answer with annotations is not kept."""
        change = self.store.change_count  # before anything is read
        stats = SampleStats(request.grid)
        expr = self._parse(request, stats)
        reach = reach_of(expr, self._prepare(principal, expr, request, deadline, stats, Evaluation).plan)
        if reach is None:
            return self._run(principal, request, deadline)
        key = ResultKey(principal.tenant, request.query, request.step_ms, request.lookback_ms)
        known = results.leading_steps(key, request.grid, reach, self.store)
        if known is not None and known.grid.n_steps == request.grid.n_steps - 1:
            # a grid of one step is evaluated as an instant query, which has other annotations
            known = steps_of(known, 0, known.grid.n_steps - 1)
        n_known = 0 if known is None else known.grid.n_steps
        left = Grid(request.grid.start_ms + n_known * request.step_ms, request.step_ms, request.grid.n_steps - n_known)
        result = self._run(principal, replace(request, grid=left), deadline)
        value = result.value
        assert isinstance(value, Matrix)
        if known is not None:
            if value.histograms is not None:
                return self._run(principal, request, deadline)
            value = join_steps(known, value)
        if not result.warnings and not result.infos:
            results.keep(key, value, change)
        return replace(result, value=value)

    def _run(self, principal: Principal, request: _Request, deadline: Deadline) -> QueryResult:
        stats = SampleStats(request.grid, request.detailed_stats)
        try:
            return self._evaluate(principal, request, deadline, stats)
        finally:
            for phase, seconds in stats.seconds.items():
                _PHASES.labels(phase).observe(seconds)

    def _evaluate(self, principal: Principal, request: _Request, deadline: Deadline, stats: SampleStats) -> QueryResult:
        expr = self._parse(request, stats)
        return self._execute(self._prepare(principal, expr, request, deadline, stats, Evaluation), expr, request)

    def _parse(self, request: _Request, stats: SampleStats) -> Expr:
        if request.parsed is not None:
            return request.parsed.expr
        with stats.timing("parse"):
            expr = parse_expr(request.query, self.options.parser)
        if request.step_ms and expr.type not in (ValueType.VECTOR, ValueType.SCALAR):
            kind = expr.type.documented
            raise BadInput(f'invalid expression type "{kind}" for range query, must be Scalar or instant Vector')
        return expr

    def _prepare(
        self,
        principal: Principal,
        expr: Expr,
        request: _Request,
        deadline: Deadline,
        stats: SampleStats,
        kind: type[AnyEvaluation],
    ) -> AnyEvaluation:
        settings = Settings(
            request.lookback_ms,
            self.options.subquery_step_ms,
            self.limits.samples_max,
            self.limits.series_max,
            request.resolution_max_ms,
            self.store.raw_since_ms(principal),
            self.options.use_start_timestamps,
        )
        with stats.timing("plan"):
            if request.parsed is not None:
                plan = request.parsed.instant_plan(request.end_ms, settings)
            else:
                plan = make_plan(expr, request.grid, request.end_ms, request.step_ms, settings)
        return kind(
            store=self.store,
            principal=principal,
            plan=plan,
            limits=self.limits,
            options=self.options,
            lookback_ms=request.lookback_ms,
            deadline=deadline,
            annotations=Annotations(),
            stats=stats,
            evaluators=EVALUATORS,
            scanned={},
        )

    def _execute(self, evaluation: Evaluation, expr: Expr, request: _Request) -> QueryResult:
        stats, annotations = evaluation.stats, evaluation.annotations
        with stats.timing("exec"), np.errstate(all="ignore"):
            value = evaluation.evaluate(evaluation.plan.root, request.grid)
            value = self._finish(value, request, expr.type)
        return QueryResult(value, annotations.warnings(request.query), annotations.infos(request.query), stats)

    def _finish(self, value: Value, request: _Request, kind: ValueType) -> Value:
        """Names that were to be dropped at the end go; a range query's series are sorted, a scalar becomes a series."""
        if isinstance(value, Matrix) and self.options.delayed_name_removal:
            value = remove_names(value)
        if not request.step_ms:
            return value
        if isinstance(value, Scalar):
            return vector_of(value)
        assert isinstance(value, Matrix), kind
        return value.sorted_by_labels()


def remove_names(matrix: Matrix) -> Matrix:
    """Delayed name removal. Raises QueryFailed where that leaves two values for one series."""
    if not matrix.drop_name.any():
        return merge_same_labels(matrix)
    renamed = drop_metadata(matrix.labels)
    pairs = zip(matrix.drop_name.tolist(), matrix.labels, renamed, strict=True)
    labels = [new if drop else old for drop, old, new in pairs]
    return merge_same_labels(replace(matrix, labels=labels, drop_name=np.zeros(len(labels), np.bool_)))
