"""Everything that is known of one alert, gathered: the pipeline and rules as they stand, graphs, history.

`locate` runs on the event loop and asks the pipeline; `report` blocks and belongs to a worker thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, Protocol

from vedette.alerting.alerts import Alert, Fingerprint, format_fingerprint
from vedette.alerting.history.kinds import EventKind
from vedette.alerting.history.occurrences import Occurrence, occurrences
from vedette.alerting.history.pending import PENDING, PendingAlerts
from vedette.alerting.history.watcher import ReadsPipeline
from vedette.alerting.pipeline.core import Pipeline
from vedette.alerting.pipeline.keeping import Runner
from vedette.alerting.pipeline.moments import read_clock
from vedette.alerting.why.beside import AROUND_MS, Beside, began_beside
from vedette.alerting.why.expression import (
    Line,
    as_read,
    comparisons,
    constant_of,
    lines_of,
    restricted,
    selectors,
    step_ms,
    told_apart_by,
)
from vedette.alerting.why.routes import RouteReport, Step, explain_routes
from vedette.model.errors import BadInput, NotFound, QueryFailed
from vedette.model.labels import EMPTY_LABELS, Labels
from vedette.ports.alert_history import AlertEvent, AlertHistory, HistoryQuestion
from vedette.ports.clock import Clock
from vedette.ports.principal import Principal
from vedette.ports.rules import GroupStatus, RuleStatus
from vedette.ports.scan import Deadline
from vedette.query.promql.ast import Expr, VectorSelector
from vedette.query.promql.engine import QueryResult
from vedette.query.promql.parser import parse_expr
from vedette.query.promql.printer import print_expr

BEFORE_MS: Final = 3600_000
"""Graphs begin so long before the alert, unless somebody asks for other bounds."""
SPAN_MAX_MS: Final = 31 * 24 * 3600_000
EVENTS_MAX: Final = 10_000
OCCURRENCES_SHOWN: Final = 50
_TURNS: Final = frozenset({EventKind.FIRING.value, EventKind.RESOLVED.value})
_SENDINGS: Final = frozenset({EventKind.NOTIFIED.value, EventKind.NOTIFY_FAILED.value})


class RangeQueries(Protocol):
    """`vedette.query.promql.engine.Engine`, as far as it is asked here."""

    def range(
        self, principal: Principal, query: str, start_ms: int, end_ms: int, step_ms: int, deadline: Deadline
    ) -> QueryResult: ...


@dataclass(frozen=True, slots=True)
class Located:
    """`state`: pending, firing or resolved. `rule` None: another program sent the alert, or its rule is gone."""

    alert: Alert
    state: str
    routes: Sequence[RouteReport]
    group: GroupStatus | None = None
    rule: RuleStatus | None = None


@dataclass(frozen=True, slots=True)
class Side:
    query: str
    constant: float | None
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Compared:
    op: str
    left: Side
    right: Side | None


@dataclass(frozen=True, slots=True)
class SeriesBehind:
    """`matched`: how many there are; not all may be shown."""

    selector: str
    matched: int
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Bounds:
    start_ms: int
    end_ms: int

    @property
    def step_ms(self) -> int:
        return step_ms(self.start_ms, self.end_ms)


@dataclass(frozen=True, slots=True)
class Report:
    """`problems`: queries that could not be answered; the rest of the report is whole."""

    located: Located
    bounds: Bounds
    compared: Sequence[Compared]
    series: Sequence[SeriesBehind]
    beside: Sequence[Beside]
    occurrences: Sequence[Occurrence]
    routes: Sequence[RouteReport]
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Explainer:
    shell: ReadsPipeline
    pending: PendingAlerts
    history: AlertHistory
    engine: RangeQueries
    clock: Clock
    io: Runner

    async def locate(self, principal: Principal, key: Fingerprint) -> Located:
        """Raises NotFound."""
        known = await self.shell.read(lambda pipeline, _: pipeline.alerts.get(key))
        now_ms = self.clock.now_ms()
        alert, state = known, "firing"
        if known is None or known.resolved_at(now_ms):
            pending = self._pending(key, now_ms)
            if pending is not None:
                alert, state = pending, PENDING
            else:
                alert, state = known or await self.io(partial(self._last_known, principal, key)), "resolved"
        assert alert is not None
        routes = await self.shell.read(self._routes_of(alert))
        group, rule = self._rule_of(alert)
        return Located(alert, state, routes, group, rule)

    def report(self, principal: Principal, located: Located, bounds: Bounds | None, deadline: Deadline) -> Report:
        """Raises BadInput for bounds that span too much, QueryTimeout, StoreError."""
        alert, now_ms = located.alert, self.clock.now_ms()
        if bounds is None:
            end_ms = now_ms if located.state != "resolved" else min(now_ms, alert.ends_at_ms + BEFORE_MS)
            bounds = Bounds(max(alert.starts_at_ms - BEFORE_MS, end_ms - SPAN_MAX_MS), end_ms)
        if not 0 < bounds.end_ms - bounds.start_ms <= SPAN_MAX_MS:
            raise BadInput("graphs span up to 31 days, and end after they begin")
        graphs = _Graphs(self.engine, principal, bounds, deadline)
        compared, series = graphs.of(located.rule, alert.labels) if located.rule is not None else ([], [])
        own = self.history.read(principal, HistoryQuestion(EVENTS_MAX, fingerprint=alert.fingerprint)).events
        around = (alert.starts_at_ms - AROUND_MS, now_ms)
        others = self.history.read(principal, HistoryQuestion(EVENTS_MAX, *around, kinds=_TURNS)).events
        return Report(
            located,
            bounds,
            compared,
            series,
            began_beside(alert.fingerprint, alert.labels, alert.starts_at_ms, others),
            occurrences(own),
            [_with_failures(route, own) for route in located.routes],
            graphs.problems,
        )

    def _routes_of(self, alert: Alert) -> Callable[[Pipeline, int], list[RouteReport]]:
        return lambda pipeline, _: explain_routes(pipeline, alert, read_clock(self.clock))

    def _pending(self, key: Fingerprint, now_ms: int) -> Alert | None:
        return next((alert for alert in self.pending.at(now_ms) if alert.fingerprint == key), None)

    def _last_known(self, principal: Principal, key: Fingerprint) -> Alert:
        question = HistoryQuestion(1, fingerprint=key, kinds=_TURNS)
        events = self.history.read(principal, question).events
        if not events:
            raise NotFound(f"no such alert: {format_fingerprint(key)}")
        last = events[0]
        return Alert(last.labels, last.starts_at_ms, last.time_ms, fingerprint=key)

    def _rule_of(self, alert: Alert) -> tuple[GroupStatus | None, RuleStatus | None]:
        """The one that says so itself, else one of the alert's name whose plain labels the alert has."""
        candidate: tuple[GroupStatus | None, RuleStatus | None] = (None, None)
        for group in self.pending.rules.groups():
            for rule in group.rules:
                if rule.kind != "alerting" or rule.name != alert.name:
                    continue
                if any(_has(alert, each.labels) for each in rule.alerts):
                    return group, rule
                plain = Labels(pair for pair in rule.labels if "{{" not in pair[1])
                if candidate[1] is None and _has(alert, plain):
                    candidate = group, rule
        return candidate


def _has(alert: Alert, labels: Labels) -> bool:
    """It may have more: external labels."""
    return all(alert.labels.get(name) == value for name, value in labels)


@dataclass(slots=True)
class _Graphs:
    engine: RangeQueries
    principal: Principal
    bounds: Bounds
    deadline: Deadline
    problems: list[str] = field(default_factory=list)

    def of(self, rule: RuleStatus, alert: Labels) -> tuple[list[Compared], list[SeriesBehind]]:
        expr, known = parse_expr(rule.query), told_apart_by(alert, rule.labels or EMPTY_LABELS)
        compared = [
            Compared(each.op, self._side(each.left, known), self._side(each.right, known) if each.right else None)
            for each in comparisons(expr)
        ]
        return compared, [self._behind(selector, known) for selector in selectors(expr)]

    def _side(self, expr: Expr, known: dict[str, str]) -> Side:
        constant = constant_of(expr)
        query = print_expr(expr)
        lines = (
            () if constant is not None else [line for part in self._ask(query) for line in lines_of(part.value, known)]
        )
        return Side(query, constant, lines)

    def _behind(self, selector: VectorSelector, known: dict[str, str]) -> SeriesBehind:
        """Labels that a rule's expression makes up would leave nothing: then all series of the selector are shown."""
        for each, told in ((restricted(selector, known), known), (selector, {})):
            for part in self._ask(print_expr(each)):
                lines = lines_of(part.value, told)
                if lines:
                    found = getattr(part.value, "labels", [line.labels for line in lines])
                    return SeriesBehind(print_expr(as_read(selector, told, found)), len(found), lines)
        return SeriesBehind(print_expr(selector), 0, ())

    def _ask(self, query: str) -> Iterator[QueryResult]:
        bounds = self.bounds
        try:
            yield self.engine.range(
                self.principal, query, bounds.start_ms, bounds.end_ms, bounds.step_ms, self.deadline
            )
        except (BadInput, QueryFailed) as error:
            self.problems.append(f"{query}: {error.message}")


def _with_failures(route: RouteReport, events: Sequence[AlertEvent]) -> RouteReport:
    """The step `retry` says what the last try of each integration came to."""
    last: dict[tuple[str, str], AlertEvent] = {}
    for event in events:
        if event.kind in _SENDINGS:
            last.setdefault((event.receiver, event.integration), event)  # newest first

    def told(step: Step) -> Step:
        event = last.get((route.route.options.receiver, step.integration))
        if step.step == "retry" and event is not None and event.kind == EventKind.NOTIFY_FAILED.value:
            return replace(step, passes=False, code="last_failed", facts={"error": event.text})
        return step

    return replace(route, steps=tuple(map(told, route.steps)))
