"""After a restart `for` goes on where it stood: what an alert was is read back from its `ALERTS_FOR_STATE` series.

    last sample        the evaluation that last saw the alert (`heard`); its value: active since, in seconds
    since, to the ms   the sample of that second, which the first evaluation wrote
    it had fired       `for` was over when it was last seen: it goes on firing, since when it did
    it was pending     the evaluations that were missed are made up for, over the samples we have: where each finds the
                       alert, the time counts; where one does not, or the gap is longer than a sample stays valid, nobody knows,
                       and the gap does not count

The reference rounds to seconds, leaves rules with a short `for` out, and lets an alert wait for ten minutes at least (its grace
period), because it does not look: docs/adr/0074. Source: Prometheus rules/group.go (RestoreForState).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from vedette.alerting.alerts import ALERT_NAME
from vedette.alerting.rules import metrics
from vedette.alerting.rules.alert_states import NEVER, Past
from vedette.alerting.rules.alerting import ALERTS_FOR_STATE, AlertingRule
from vedette.alerting.rules.environment import RuleEnvironment
from vedette.alerting.rules.groups import RuleGroup
from vedette.model.blocks import Float64s, Int64s
from vedette.model.errors import VedetteError
from vedette.model.labels import METRIC_NAME, Labels
from vedette.model.matchers import Matcher, MatchType
from vedette.model.staleness import is_stale
from vedette.ports.scan import Deadline, ScanPlan

_LOG: Final = logging.getLogger(__name__)
_SAMPLES_MAX: Final = 50_000_000


@dataclass(frozen=True, slots=True)
class Heard:
    """Of one alert, before the restart."""

    active_at_ms: int
    heard_at_ms: int


def restore_group(group: RuleGroup, environment: RuleEnvironment, now_ms: int) -> None:
    """Its rules ask from now on what their alerts were. A store that cannot say leaves them as new."""
    begin = time.perf_counter()
    for rule in group.rules:
        if isinstance(rule, AlertingRule):
            try:
                heard = read_heard(rule, environment, now_ms, group.query_offset_ms(environment))
            except VedetteError as error:
                _LOG.error("group %s: alerts of %s begin anew: %s", group.key, rule.definition.name, error.message)
                continue
            if heard:
                rule.recall = Recollection(rule, group, environment, heard, now_ms)
    metrics.LAST_RESTORE_SECONDS.labels(group.key).set(time.perf_counter() - begin)


def read_heard(
    rule: AlertingRule, environment: RuleEnvironment, now_ms: int, query_offset_ms: int
) -> Mapping[Labels, Heard]:
    """By the labels of `ALERTS_FOR_STATE`; those that were active within the outage tolerance. Raises what the store raises."""
    wanted = dict(rule.definition.labels) | {METRIC_NAME: ALERTS_FOR_STATE, ALERT_NAME: rule.definition.name}
    matchers = tuple(Matcher(name, MatchType.EQUAL, value) for name, value in wanted.items() if "{{" not in value)
    tolerance_ms = environment.outage_tolerance_ms
    first_ms = now_ms - 2 * tolerance_ms - rule.definition.hold_ms
    plan = ScanPlan(matchers, first_ms, now_ms, _SAMPLES_MAX)
    columns = environment.store.select(environment.principal, plan, Deadline(environment.timeout_s))
    found = {}
    for row, labels in enumerate(columns.labels):
        own = slice(int(columns.offsets[row]), int(columns.offsets[row + 1]))
        times, values = columns.times_ms[own] + query_offset_ms, columns.values[own]
        if len(times) and times[-1] >= now_ms - tolerance_ms and not is_stale(float(values[-1])):
            found[labels] = Heard(_active_since(times, values), int(times[-1]))
    return found


def _active_since(times_ms: Int64s, values: Float64s) -> int:
    """To the ms where the first sample is there that says so, else to the second."""
    since_s = int(values[-1])
    first = int(np.searchsorted(times_ms, since_s * 1000))
    exact = first < len(times_ms) and int(times_ms[first]) // 1000 == since_s and values[first] == since_s
    return int(times_ms[first]) if exact else since_s * 1000


@dataclass
class Recollection:
    """Asked by one rule's states (`Recall`). What is not asked for within a sample's validity is of no use any more."""

    rule: AlertingRule
    group: RuleGroup
    environment: RuleEnvironment
    heard: Mapping[Labels, Heard]
    begun_ms: int

    def __call__(self, labels: Labels, now_ms: int) -> Past | None:
        if now_ms - self.begun_ms > self.environment.lookback_ms:
            self.rule.recall = None
            return None
        one = self.heard.get(self.rule.for_state_series(labels))
        if one is None:
            return None
        definition, interval_ms = self.rule.definition, self.group.definition.interval_ms
        if one.heard_at_ms - one.active_at_ms >= definition.hold_ms:
            held = -(-definition.hold_ms // interval_ms) * interval_ms
            return Past(one.active_at_ms, min(one.active_at_ms + held, one.heard_at_ms))
        if self._was_active_since(labels, one.heard_at_ms, now_ms):
            return Past(one.active_at_ms, NEVER)
        return Past(one.active_at_ms + now_ms - one.heard_at_ms, NEVER)

    def _was_active_since(self, labels: Labels, heard_at_ms: int, now_ms: int) -> bool:
        if now_ms > self.begun_ms or now_ms - heard_at_ms > self.environment.lookback_ms:
            return False
        return all(labels in found for time_ms, found in self._missed.items() if time_ms > heard_at_ms)

    @cached_property
    def _missed(self) -> Mapping[int, frozenset[Labels]]:
        """The alerts at each evaluation that was missed, as far back as samples stay valid."""
        interval_ms = self.group.definition.interval_ms
        earliest_ms = max(
            min(one.heard_at_ms for one in self.heard.values()), self.begun_ms - self.environment.lookback_ms
        )
        offset_ms = self.group.query_offset_ms(self.environment)
        times = range(self.begun_ms - interval_ms, earliest_ms, -interval_ms)
        try:
            return {time_ms: frozenset(self.rule.find(self.environment, time_ms, offset_ms)) for time_ms in times}
        except VedetteError:
            return {self.begun_ms - interval_ms: frozenset()}
