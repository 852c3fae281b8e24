"""From the parsed tree to what is evaluated: times made concrete, constant parts marked, reads from the store listed.

    fold        start() end() range() step() and duration expressions become numbers; `@ start()` becomes `@ <time>`
    invariance  the largest parts that have the same value at every step go under StepInvariant: evaluated once
    scans       each selector's time range; selectors over the same series share one scan where their ranges overlap

The tree is not changed but rebuilt, so a parsed query may be cached. Source of semantics: Prometheus PreprocessExpr,
FindMinMaxTime, populateSeries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from vedette.model.matchers import Matcher
from vedette.model.time import MIN_TIME_MS
from vedette.ports.scan import Reduction, ScanPlan
from vedette.query.promql.ast import (
    AggregateExpr,
    BinaryExpr,
    Call,
    Expr,
    MatrixSelector,
    NumberLiteral,
    ParenExpr,
    StringLiteral,
    SubqueryExpr,
    UnaryExpr,
    ValueType,
    VectorSelector,
    children,
    walk,
)
from vedette.query.promql.durations import DurationContext
from vedette.query.promql.reductions import reduction_of
from vedette.query.shared.steps import Grid

AT_UNSAFE = frozenset(
    {
        *("days_in_month", "day_of_month", "day_of_week", "day_of_year", "hour", "minute", "month", "year", "time"),
        *("predict_linear", "timestamp", "start", "end", "range", "step"),
    }
)
"""Functions whose result changes with the evaluation time although their arguments do not."""
_OF_STATISTICS = frozenset({"histogram_count", "histogram_sum", "histogram_avg"})
_OF_BUCKETS = frozenset({"histogram_quantile", "histogram_quantiles", "histogram_fraction"})


@dataclass(frozen=True, slots=True)
class StepInvariant:
    """Evaluated at the first step; the result holds for every step."""

    expr: Expr

    @property
    def start(self) -> int:
        return self.expr.start

    @property
    def end(self) -> int:
        return self.expr.end

    @property
    def type(self) -> ValueType:
        return self.expr.type


PlanExpr = Expr | StepInvariant


@dataclass(frozen=True, slots=True)
class Settings:
    """What planning needs to know beside the query. `subquery_step_ms` stands for a step that is left out."""

    lookback_ms: int
    subquery_step_ms: int
    samples_max: int
    series_max: int
    resolution_max_ms: int = 0
    """Samples downsampled to this width are welcome."""
    raw_since_ms: int = MIN_TIME_MS
    """The store may answer with downsampled samples before this time in any case."""
    start_times: bool = False

    def may_be_downsampled(self, scan: ScanPlan) -> bool:
        return self.resolution_max_ms > 0 or scan.min_time_ms < self.raw_since_ms


@dataclass(frozen=True, slots=True)
class Plan:
    """`scans[selector_scan[s]]` holds every sample that selector s may read."""

    root: PlanExpr
    grid: Grid
    scans: tuple[ScanPlan, ...]
    selector_scan: Mapping[VectorSelector, int]
    statistics_only: frozenset[VectorSelector] = frozenset()
    """Selectors of whose histograms only counts and sums are looked at."""


def make_plan(expr: Expr, grid: Grid, query_end_ms: int, query_step_ms: int, settings: Settings) -> Plan:
    """`query_end_ms` and `query_step_ms` as the caller asked (the end need not be on the grid; step 0: instant query)."""
    folded = _Folder(grid.start_ms, query_end_ms, query_step_ms).fold(expr)
    root, _, wrap = mark_invariant(folded)
    reads = list(_Reads(settings, query_step_ms).of(root, grid.start_ms, max(grid.start_ms, grid.end_ms), _Outer()))
    scans, selector_scan = share_scans(reads, settings)
    marked = frozenset(find_statistics_only(root, wanted=False))
    return Plan(StepInvariant(root) if wrap else root, grid, scans, selector_scan, marked)


def move_plan(plan: Plan, by_ms: int) -> Plan:
    """The plan of an instant query as it is `by_ms` later. Only for queries that `moves_with_time`."""
    scans = tuple(
        replace(scan, min_time_ms=scan.min_time_ms + by_ms, max_time_ms=scan.max_time_ms + by_ms) for scan in plan.scans
    )
    return replace(plan, grid=Grid.instant(plan.grid.start_ms + by_ms), scans=scans)


def moves_with_time(expr: Expr) -> bool:
    """Whether an instant query's plan at one time is that at another, moved: no part of it is pinned to a time."""
    return not any(_is_pinned(node) for node in walk(expr))


def _is_pinned(node: Expr) -> bool:
    match node:
        case VectorSelector() | SubqueryExpr():
            return node.timestamp_ms is not None or node.start_or_end is not None
        case Call():
            return node.function.name in ("start", "end")
        case _:
            return False


@dataclass(frozen=True, slots=True)
class _Folder:
    start_ms: int
    end_ms: int
    step_ms: int

    @property
    def durations(self) -> DurationContext:
        return DurationContext(self.step_ms / 1000, (self.end_ms - self.start_ms) / 1000)

    def fold(self, expr: Expr) -> Expr:
        match expr:
            case VectorSelector():
                return self._fold_selector(expr)
            case MatrixSelector():
                return self._fold_matrix(expr)
            case SubqueryExpr():
                return self._fold_subquery(expr)
            case Call() if expr.function.name in ("start", "end", "range", "step"):
                return NumberLiteral(self._context_value(expr.function.name), expr.start, expr.end)
            case Call():
                return replace(expr, args=tuple(self.fold(unwrap(arg)) for arg in expr.args))
            case AggregateExpr():
                param = None if expr.param is None else self.fold(unwrap(expr.param))
                return replace(expr, expr=self.fold(unwrap(expr.expr)), param=param)
            case BinaryExpr():
                return replace(expr, lhs=self.fold(expr.lhs), rhs=self.fold(expr.rhs))
            case UnaryExpr() | ParenExpr():
                return replace(expr, expr=self.fold(expr.expr))
            case _:
                return expr

    def _context_value(self, name: str) -> float:
        match name:
            case "start":
                return self.start_ms / 1000
            case "end":
                return self.end_ms / 1000
            case "range":
                return (self.end_ms - self.start_ms) / 1000
            case _:
                return self.step_ms / 1000 if self.start_ms != self.end_ms else 0.0

    def _at(self, node: VectorSelector | SubqueryExpr) -> int | None:
        if node.start_or_end is None:
            return node.timestamp_ms
        return self.start_ms if node.start_or_end == "start" else self.end_ms

    def _offset(self, node: VectorSelector | SubqueryExpr) -> int:
        if node.offset_expr is None:
            return node.offset_ms
        return self.durations.resolve_ms(node.offset_expr, may_be_negative=True)

    def _fold_selector(self, node: VectorSelector) -> VectorSelector:
        return replace(node, offset_ms=self._offset(node), timestamp_ms=self._at(node))

    def _fold_matrix(self, node: MatrixSelector) -> MatrixSelector:
        range_ms = node.range_ms
        if node.range_expr is not None:
            range_ms = self.durations.resolve_ms(node.range_expr, may_be_negative=False)
        return replace(node, selector=self._fold_selector(node.selector), range_ms=range_ms)

    def _fold_subquery(self, node: SubqueryExpr) -> SubqueryExpr:
        range_ms, step_ms = node.range_ms, node.step_ms
        offset_ms = self._offset(node)
        if node.step_expr is not None:
            step_ms = self.durations.resolve_ms(node.step_expr, may_be_negative=False)
        if node.range_expr is not None:
            range_ms = self.durations.resolve_ms(node.range_expr, may_be_negative=False)
        return replace(
            node,
            expr=self.fold(node.expr),
            range_ms=range_ms,
            step_ms=step_ms,
            offset_ms=offset_ms,
            timestamp_ms=self._at(node),
        )


def unwrap(expr: Expr) -> Expr:
    """Without superfluous parentheses."""
    while isinstance(expr, ParenExpr):
        expr = expr.expr
    return expr


def mark_invariant(expr: Expr) -> tuple[Expr, bool, bool]:
    """The tree with StepInvariant nodes below; whether all of it is invariant; whether it gains from being marked itself."""
    match expr:
        case VectorSelector():
            return expr, expr.timestamp_ms is not None, expr.timestamp_ms is not None
        case MatrixSelector():
            return expr, expr.selector.timestamp_ms is not None, False
        case SubqueryExpr():
            inner, invariant, _ = mark_invariant(expr.expr)
            return replace(expr, expr=_marked(inner, invariant)), expr.timestamp_ms is not None, False
        case AggregateExpr():
            inner, invariant, wrap = mark_invariant(expr.expr)
            return replace(expr, expr=inner), invariant, wrap
        case UnaryExpr() | ParenExpr():
            inner, invariant, wrap = mark_invariant(expr.expr)
            return replace(expr, expr=inner), invariant, wrap
        case BinaryExpr():
            return _mark_binary(expr)
        case Call():
            return _mark_call(expr)
        case _:
            return expr, True, False


def _mark_binary(expr: BinaryExpr) -> tuple[Expr, bool, bool]:
    lhs, lhs_invariant, lhs_wrap = mark_invariant(expr.lhs)
    rhs, rhs_invariant, rhs_wrap = mark_invariant(expr.rhs)
    if lhs_invariant and rhs_invariant:
        return replace(expr, lhs=lhs, rhs=rhs), True, True
    return replace(expr, lhs=_marked(lhs, lhs_wrap), rhs=_marked(rhs, rhs_wrap)), False, False


def _mark_call(expr: Call) -> tuple[Expr, bool, bool]:
    marks = [mark_invariant(arg) for arg in expr.args]
    name = expr.function.name
    args_invariant = all(invariant for _, invariant, _ in marks)
    own_time = name == "timestamp" and all(isinstance(arg, VectorSelector) for arg in expr.args)
    if args_invariant and (name not in AT_UNSAFE or own_time):
        return replace(expr, args=tuple(arg for arg, _, _ in marks)), True, True
    return replace(expr, args=tuple(_marked(arg, wrap) for arg, _, wrap in marks)), False, False


def _marked(expr: Expr, mark: bool) -> Expr:
    return StepInvariant(expr) if mark else expr  # type: ignore[return-value]  # the tree's type does not know plan nodes


def find_statistics_only(expr: PlanExpr, *, wanted: bool) -> Iterator[VectorSelector]:
    """`wanted`: whether a function around looks at counts and sums only. None are found below what looks at buckets, or at times.

    Source: Prometheus detectHistogramStatsDecoding.
    """
    match expr:
        case VectorSelector():
            if wanted:
                yield expr
            return
        case SubqueryExpr():
            return
        case Call() if expr.function.name in _OF_BUCKETS:
            return
        case BinaryExpr() if expr.op in ("</", ">/"):
            return
        case Call() if expr.function.name in _OF_STATISTICS:
            wanted = True
        case _:
            pass
    inner = (expr.expr,) if isinstance(expr, StepInvariant) else children(expr)
    for child in inner:
        yield from find_statistics_only(child, wanted=wanted)


@dataclass(frozen=True, slots=True)
class _Outer:
    """What stands around a selector: hints for the store."""

    function: str = ""
    grouping: tuple[str, ...] = ()
    grouping_by: bool = False


@dataclass(frozen=True, slots=True)
class _Reads:
    """Walks a tree with the range of times it is evaluated at, both ends inclusive."""

    settings: Settings
    step_ms: int

    def of(
        self, expr: PlanExpr, first_ms: int, last_ms: int, outer: _Outer
    ) -> Iterator[tuple[VectorSelector, ScanPlan]]:
        match expr:
            case VectorSelector():
                yield expr, self._scan(expr, 0, first_ms, last_ms, outer)
            case MatrixSelector():
                yield expr.selector, self._scan(expr.selector, expr.range_ms, first_ms, last_ms, outer)
            case SubqueryExpr():
                at = expr.timestamp_ms
                first, last = (first_ms, last_ms) if at is None else (at, at)
                inner = replace(self, step_ms=expr.step_ms or self.settings.subquery_step_ms)
                first = first - expr.offset_ms - expr.range_ms
                yield from inner.of(expr.expr, first, last - expr.offset_ms, replace(outer, grouping=()))
            case BinaryExpr():
                yield from self.of(expr.lhs, first_ms, last_ms, _Outer())
                yield from self.of(expr.rhs, first_ms, last_ms, _Outer())
            case Call(args=args):
                if expr.function.name == "info":
                    args = args[:1]
                for arg in args:
                    yield from self.of(arg, first_ms, last_ms, _Outer(expr.function.name))
            case AggregateExpr():
                yield from self.of(expr.expr, first_ms, last_ms, _Outer(expr.op, expr.grouping, not expr.without))
                if expr.param is not None:
                    yield from self.of(expr.param, first_ms, last_ms, _Outer())
            case UnaryExpr() | ParenExpr() | StepInvariant():
                yield from self.of(expr.expr, first_ms, last_ms, outer)
            case NumberLiteral() | StringLiteral():
                pass

    def _scan(self, node: VectorSelector, range_ms: int, first_ms: int, last_ms: int, outer: _Outer) -> ScanPlan:
        lookback = self.settings.lookback_ms
        first, last = (first_ms, last_ms) if node.timestamp_ms is None else (node.timestamp_ms, node.timestamp_ms)
        before = range_ms or lookback
        if range_ms and (node.anchored or node.smoothed):
            before += lookback
        after = lookback if node.smoothed else 0
        return ScanPlan(
            matchers=node.matchers,
            min_time_ms=first - node.offset_ms - before + 1,
            max_time_ms=last - node.offset_ms + after,
            samples_max=self.settings.samples_max,
            series_max=self.settings.series_max,
            function=outer.function,
            range_ms=range_ms,
            step_ms=self.step_ms,
            grouping=outer.grouping,
            grouping_by=outer.grouping_by,
            exact_bounds=False,
            reduction=reduction_of(outer.function, range_ms),
            resolution_max_ms=self.settings.resolution_max_ms,
            start_times=self.settings.start_times,
        )


def share_scans(
    reads: list[tuple[VectorSelector, ScanPlan]], settings: Settings
) -> tuple[tuple[ScanPlan, ...], Mapping[VectorSelector, int]]:
    """One scan for all that read the same series over overlapping times; hints survive only where all agree.

    Where samples may be downsampled, only those share one that want the same of them.
    """

    def key_of(scan: ScanPlan) -> tuple[tuple[Matcher, ...], Reduction | None]:
        return scan.matchers, scan.reduction if settings.may_be_downsampled(scan) else None

    scans: list[ScanPlan] = []
    by_key: dict[tuple[tuple[Matcher, ...], Reduction | None], list[int]] = {}
    for _, scan in sorted(reads, key=lambda read: read[1].min_time_ms):
        places = by_key.setdefault(key_of(scan), [])
        if places and scan.min_time_ms <= scans[places[-1]].max_time_ms + 1:
            scans[places[-1]] = _union(scans[places[-1]], scan)
        else:
            places.append(len(scans))
            scans.append(scan)
    selector_scan = {
        selector: next(i for i in by_key[key_of(scan)] if scan.max_time_ms <= scans[i].max_time_ms)
        for selector, scan in reads
    }
    return tuple(scans), selector_scan


def _union(a: ScanPlan, b: ScanPlan) -> ScanPlan:
    first, last = min(a.min_time_ms, b.min_time_ms), max(a.max_time_ms, b.max_time_ms)
    if replace(a, min_time_ms=first, max_time_ms=last) == replace(b, min_time_ms=first, max_time_ms=last):
        return replace(a, min_time_ms=first, max_time_ms=last)
    reduction = a.reduction if a.reduction is b.reduction else Reduction.LAST
    return ScanPlan(
        a.matchers,
        first,
        last,
        a.samples_max,
        a.series_max,
        exact_bounds=False,
        reduction=reduction,
        resolution_max_ms=a.resolution_max_ms,
        start_times=a.start_times,
    )
