"""An alerting rule: each series of its expression's answer is an alert. Source: Prometheus rules/alerting.go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from vedette.alerting.alerts import ALERT_NAME, Alert
from vedette.alerting.rules.alert_states import ActiveAlert, AlertState, AlertStates, Found, Recall
from vedette.alerting.rules.definitions import RuleDefinition
from vedette.alerting.rules.environment import RuleEnvironment
from vedette.alerting.rules.expansion import RuleTexts
from vedette.alerting.rules.health import RuleHealth
from vedette.alerting.rules.series import NO_SAMPLES, RuleSamples, RuleSeries
from vedette.model.errors import QueryFailed
from vedette.model.histograms import NativeHistogram
from vedette.model.labels import METRIC_NAME, Labels
from vedette.signals.template.functions import escape_query

ALERTS: Final = "ALERTS"
ALERTS_FOR_STATE: Final = "ALERTS_FOR_STATE"
DUPLICATES: Final = "vector contains metrics with the same labelset after applying alert labels"


@dataclass(slots=True)
class AlertingRule:
    definition: RuleDefinition
    series: RuleSeries = field(default_factory=RuleSeries)
    health: RuleHealth = field(default_factory=RuleHealth)
    recall: Recall | None = None
    """What was known before a restart, while it is of use."""
    states: AlertStates = field(init=False)
    _texts: RuleTexts = field(init=False)

    def __post_init__(self) -> None:
        rule = self.definition
        self.states = AlertStates(rule.hold_ms, rule.keep_firing_ms)
        self._texts = RuleTexts(rule.name, rule.labels, rule.annotations)

    def evaluate(self, environment: RuleEnvironment, now_ms: int, query_offset_ms: int, limit: int) -> RuleSamples:
        """Raises QueryFailed, and what the engine and the store raise."""
        found = self.find(environment, now_ms, query_offset_ms)
        n_active = self.states.update(found, now_ms, self.recall)
        if limit and n_active > limit:
            self.states.clear()
            raise QueryFailed(f"exceeded limit of {limit} with {n_active} alerts")
        return self._samples(environment) if n_active else NO_SAMPLES

    def find(self, environment: RuleEnvironment, now_ms: int, query_offset_ms: int) -> Mapping[Labels, Found]:
        """The alerts that the expression raises at a time, whatever was before. Raises as `evaluate`."""
        vector = environment.ask(self.definition.query, now_ms - query_offset_ms)
        if not len(vector):
            return {}
        self._texts.at(now_ms, environment.surroundings)
        found: dict[Labels, Found] = {}
        for series, value in vector.pairs():
            labels, annotations = self._texts.expand(series, value)
            if labels in found:
                raise QueryFailed(DUPLICATES)
            found[labels] = Found(annotations, 0.0 if isinstance(value, NativeHistogram) else value)
        self._texts.forget_all_but(list(vector.labels))
        return found

    def take_due(self, environment: RuleEnvironment, now_ms: int, interval_ms: int) -> list[Alert]:
        """What has to be sent after an evaluation."""
        if not self.states.active:
            return []
        link = f"/graph?g0.expr={escape_query(self.definition.query.text)}&g0.tab=1"
        return self.states.take_due(now_ms, interval_ms, environment.resend_delay_ms, environment.external_url + link)

    def take_over(self, before: AlertingRule) -> None:
        """From the same rule of an older configuration."""
        self.series.written = before.series.written
        self.states.active = dict(before.states.active)
        self.recall = before.recall

    @property
    def state(self) -> AlertState:
        return self.states.highest if self.health.evaluated_at_ms else AlertState.UNKNOWN

    def _samples(self, environment: RuleEnvironment) -> RuleSamples:
        """`ALERTS` and `ALERTS_FOR_STATE` of each alert that is pending or firing."""
        alerts = list(self.states.firing_or_pending())
        keys = [key for alert in alerts for key in self._series_of(alert)]
        values = np.ones(len(keys))
        values[1::2] = [alert.active_at_ms // 1000 for alert in alerts]
        refs = self.series.refs_of(environment.store, environment.principal, keys, lambda labels: labels)
        return RuleSamples(refs, values)

    def _series_of(self, alert: ActiveAlert) -> tuple[Labels, Labels]:
        """`ALERTS` and `ALERTS_FOR_STATE`. The rule's labels, as they are written, stand under the alert's own, as upstream."""
        if alert.series is None or alert.series[0] is not alert.state:
            named = self._named(alert.labels) | {METRIC_NAME: ALERTS, "alertstate": alert.state.text}
            alert.series = alert.state, Labels.of(named), self.for_state_series(alert.labels)
        return alert.series[1:]

    def for_state_series(self, alert_labels: Labels) -> Labels:
        """The `ALERTS_FOR_STATE` series of an alert."""
        return Labels.of(self._named(alert_labels) | {METRIC_NAME: ALERTS_FOR_STATE})

    def _named(self, alert_labels: Labels) -> dict[str, str]:
        return dict(self.definition.labels) | dict(alert_labels) | {ALERT_NAME: self.definition.name}
