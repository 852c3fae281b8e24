"""Groups over a memory store: what tests of rules share."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vedette.alerting.rules.definitions import GroupDefinition, define_group
from vedette.alerting.rules.environment import RuleEnvironment
from vedette.alerting.rules.file_format import RuleDialect, parse_rule_file
from vedette.alerting.rules.groups import RuleGroup
from vedette.model.blocks import SampleBatch
from vedette.model.labels import Labels
from vedette.model.staleness import is_stale
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS
from vedette.ports.principal import SYSTEM
from vedette.ports.scan import Deadline, ScanPlan
from vedette.query.promql.engine import Engine
from vedette.query.promql.parser import parse_metric_selector
from vedette.store.memory import MemoryStore

STEP_MS = 15_000


def definition_of(text: str, file: str = "test.yml") -> GroupDefinition:
    """Of the first group of a rule file's text."""
    section = parse_rule_file(text, file, RuleDialect()).groups[0]
    return define_group(section, file, STEP_MS)


class Bench:
    """A store, an engine and one group; time goes in steps."""

    def __init__(self, text: str, store: MemoryStore | None = None, **environment: object) -> None:
        self.store = store or MemoryStore(windows=False)
        self.environment = RuleEnvironment(self.store, Engine(self.store), SYSTEM, **environment)  # type: ignore[arg-type]
        self.group = RuleGroup(definition_of(text))

    def put(self, time_ms: int, samples: Mapping[str, float]) -> None:
        labels = [labels_of(text) for text in samples]
        refs = self.store.register(SYSTEM, labels)
        times = np.full(len(refs), time_ms, np.int64)
        self.store.append(SYSTEM, SampleBatch(refs, times, np.array(list(samples.values()), np.float64)))

    def evaluate(self, time_ms: int) -> list[str]:
        """The alerts that had to be sent, as `name{labels} firing|resolved`."""
        alerts = self.group.evaluate(self.environment, time_ms)
        return [f"{alert.labels} {'resolved' if alert.resolved_at(time_ms) else 'firing'}" for alert in alerts]

    def stored(self, selector: str) -> dict[str, list[tuple[int, float | str]]]:
        return stored_samples(self.store, selector)


def stored_samples(store: MemoryStore, selector: str) -> dict[str, list[tuple[int, float | str]]]:
    """All samples of matching series; a stale marker reads `stale`."""
    plan = ScanPlan(parse_metric_selector(selector), MIN_TIME_MS, MAX_TIME_MS, 1_000_000)
    columns = store.select(SYSTEM, plan, Deadline(10))
    found = {}
    for row, labels in enumerate(columns.labels):
        own = slice(int(columns.offsets[row]), int(columns.offsets[row + 1]))
        pairs = zip(columns.times_ms[own].tolist(), columns.values[own].tolist(), strict=True)
        found[str(labels)] = [(time, "stale" if is_stale(value) else value) for time, value in pairs]
    return found


def labels_of(text: str) -> Labels:
    return Labels((matcher.name, matcher.value) for matcher in parse_metric_selector(text))
