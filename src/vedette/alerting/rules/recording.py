"""A recording rule: its expression's answer, under the rule's name and labels. Source: Prometheus rules/recording.go."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from vedette.alerting.rules.definitions import RuleDefinition
from vedette.alerting.rules.environment import RuleEnvironment
from vedette.alerting.rules.health import RuleHealth
from vedette.alerting.rules.series import RuleSamples, RuleSeries
from vedette.model.errors import QueryFailed
from vedette.model.labels import METRIC_NAME, Labels

DUPLICATES = "vector contains metrics with the same labelset after applying rule labels"


@dataclass(slots=True)
class RecordingRule:
    definition: RuleDefinition
    series: RuleSeries = field(default_factory=RuleSeries)
    health: RuleHealth = field(default_factory=RuleHealth)

    def evaluate(self, environment: RuleEnvironment, now_ms: int, query_offset_ms: int, limit: int) -> RuleSamples:
        """Raises QueryFailed, and what the engine and the store raise."""
        vector = environment.ask(self.definition.query, now_ms - query_offset_ms)
        refs = self.series.refs_of(environment.store, environment.principal, vector.labels, self._named)
        known = refs[refs >= 0]
        if len(known) > 1 and len(np.unique(known)) < len(known):
            raise QueryFailed(DUPLICATES)
        if limit and len(vector) > limit:
            raise QueryFailed(f"exceeded limit of {limit} with {len(vector)} series")
        return RuleSamples(refs, vector.values, vector.histograms)

    def take_over(self, before: RecordingRule) -> None:
        """From the same rule of an older configuration."""
        self.series.written = before.series.written

    def _named(self, labels: Labels) -> Labels:
        definition = self.definition
        return Labels.of(dict(labels) | dict(definition.labels) | {METRIC_NAME: definition.name})
