"""A rule group: its rules evaluated together, at one time, in the order that their dependencies ask for.

Synchronous; one evaluation at a time, on a worker thread, with helpers where rules do not depend on each other. A rule that
fails keeps its state, says why, and holds up nobody. Source: Prometheus rules/group.go.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from vedette.alerting.alerts import Alert
from vedette.alerting.rules import metrics
from vedette.alerting.rules.alerting import AlertingRule
from vedette.alerting.rules.definitions import GroupDefinition, RuleDefinition, RuleKind
from vedette.alerting.rules.dependencies import evaluation_order
from vedette.alerting.rules.environment import RuleEnvironment
from vedette.alerting.rules.recording import RecordingRule
from vedette.alerting.rules.series import NO_REFS, end_series
from vedette.model.blocks import Int64s
from vedette.model.errors import QueryCanceled, VedetteError

_LOG: Final = logging.getLogger(__name__)

Rule = AlertingRule | RecordingRule

SideBySide = Callable[[Callable[[int], None], Sequence[int]], None]
"""Calls a function with each item, in any order, several at a time; returns when all are done."""


def one_by_one(work: Callable[[int], None], items: Sequence[int]) -> None:
    for item in items:
        work(item)


@dataclass(slots=True)
class GroupTimes:
    """Of the last evaluation; 0: there was none."""

    slot_ms: int = 0
    evaluated_at_ms: int = 0
    seconds: float = 0.0


class RuleGroup:
    def __init__(self, definition: GroupDefinition, before: RuleGroup | None = None) -> None:
        """`before`: an older configuration's group of this name; its rules' states and series go on."""
        self.definition = definition
        self.rules: tuple[Rule, ...] = tuple(map(build_rule, definition.rules))
        self.times = GroupTimes()
        self.left_over: Int64s = NO_REFS
        """Series of rules that are gone: they end with the next evaluation."""
        self._order = evaluation_order(definition.rules)
        if before is not None:
            self._take_over(before)

    @property
    def key(self) -> str:
        return self.definition.key

    def written(self) -> Int64s:
        """The refs of all series that the last evaluation wrote."""
        return np.concatenate([NO_REFS, *(rule.series.written for rule in self.rules)])

    def query_offset_ms(self, environment: RuleEnvironment) -> int:
        own = self.definition.query_offset_ms
        return environment.query_offset_ms if own is None else own

    def evaluate(self, environment: RuleEnvironment, now_ms: int, side_by_side: SideBySide = one_by_one) -> list[Alert]:
        """All rules at `now_ms`; the alerts that have to be sent."""
        begin, wall_ms = time.perf_counter(), environment.clock.now_ms()
        due: list[list[Alert]] = [[] for _ in self.rules]
        counts = [0] * len(self.rules)

        def run(place: int) -> None:
            due[place], counts[place] = self._run(self.rules[place], environment, now_ms, wall_ms)

        for batch in self._order:
            (side_by_side if len(batch) > 1 else one_by_one)(run, batch)
        self._end_left_over(environment, now_ms)
        self.times = GroupTimes(now_ms, wall_ms, time.perf_counter() - begin)
        self._show(sum(counts))
        return [alert for alerts in due for alert in alerts]

    def _run(self, rule: Rule, environment: RuleEnvironment, now_ms: int, wall_ms: int) -> tuple[list[Alert], int]:
        """(alerts to send, number of samples) of one rule."""
        begin = time.perf_counter()
        alerts: list[Alert] = []
        n_samples = 0
        offset_ms = self.query_offset_ms(environment)
        try:
            samples = rule.evaluate(environment, now_ms, offset_ms, self.definition.limit)
            n_samples = len(samples)
            if isinstance(rule, AlertingRule):
                alerts = rule.take_due(environment, now_ms, self.definition.interval_ms)
            problem = rule.series.write(environment.store, environment.principal, samples, now_ms - offset_ms)
        except VedetteError as error:
            problem = error.message
            if not isinstance(error, QueryCanceled):
                _LOG.warning("group %s: rule %s failed: %s", self.key, rule.definition.name, problem)
        rule.health.set(problem)
        rule.health.seconds, rule.health.evaluated_at_ms = time.perf_counter() - begin, wall_ms
        return alerts, n_samples

    def _take_over(self, before: RuleGroup) -> None:
        """Rules of the same name and labels go on, the first with the first, the second with the second."""
        self.times = before.times
        waiting: dict[object, list[Rule]] = defaultdict(list)
        for old in before.rules:
            waiting[old.definition.identity].append(old)
        for rule in self.rules:
            same = waiting[rule.definition.identity]
            if not same:
                continue
            match rule, same.pop(0):
                case AlertingRule(), AlertingRule() as old:
                    rule.take_over(old)
                case RecordingRule(), RecordingRule() as old:
                    rule.take_over(old)
                case _, old:
                    rule.series.written = old.series.written
        gone = [old.series.written for rules in waiting.values() for old in rules]
        self.left_over = np.concatenate([before.left_over, *gone])

    def _end_left_over(self, environment: RuleEnvironment, now_ms: int) -> None:
        """A series that a rule of this group writes again goes on."""
        if not len(self.left_over):
            return
        ended = np.setdiff1d(self.left_over, self.written())
        try:
            end_series(environment.store, environment.principal, ended, now_ms - self.query_offset_ms(environment))
            self.left_over = NO_REFS
        except VedetteError as error:
            _LOG.warning("group %s: series of former rules could not be ended: %s", self.key, error.message)

    def _show(self, n_samples: int) -> None:
        key = self.key
        metrics.EVALUATIONS.labels(key).inc(len(self.rules))
        failed = sum(1 for rule in self.rules if rule.health.last_error)
        if failed:
            metrics.FAILURES.labels(key).inc(failed)
        for rule in self.rules:
            metrics.EVALUATION_SECONDS.observe(rule.health.seconds)
        metrics.GROUP_SECONDS.observe(self.times.seconds)
        metrics.LAST_TIME.labels(key).set(self.times.evaluated_at_ms / 1000)
        metrics.LAST_SECONDS.labels(key).set(self.times.seconds)
        metrics.LAST_RULE_SECONDS.labels(key).set(sum(rule.health.seconds for rule in self.rules))
        metrics.SAMPLES.labels(key).set(n_samples)


def build_rule(definition: RuleDefinition) -> Rule:
    return AlertingRule(definition) if definition.kind is RuleKind.ALERTING else RecordingRule(definition)


def end_groups(groups: Iterable[RuleGroup]) -> Int64s:
    """The refs of all series of groups that are gone."""
    return np.concatenate([NO_REFS, *(part for group in groups for part in (group.written(), group.left_over))])
