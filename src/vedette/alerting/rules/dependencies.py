"""Which rules of a group need another one's result: the others may be evaluated side by side.

A rule depends on an earlier one whose name its selectors may match; `ALERTS` and `ALERTS_FOR_STATE` are the results of alerting
rules. A selector without a metric name may match anything: then all rules go one after another.
Source: Prometheus rules/group.go (buildDependencyMap), rules/manager.go (SplitGroupIntoBatches).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vedette.alerting.alerts import ALERT_NAME
from vedette.alerting.rules.definitions import RuleDefinition, RuleKind
from vedette.model.labels import METRIC_NAME
from vedette.model.matchers import Matcher
from vedette.query.promql.ast import VectorSelector, walk

_META_METRICS: Final = ("ALERTS", "ALERTS_FOR_STATE")


def evaluation_order(rules: Sequence[RuleDefinition]) -> list[list[int]]:
    """Batches of places in the group: each is evaluated once those before it are done, its members in any order."""
    needs = find_dependencies(rules)
    if needs is None:
        return [[place] for place in range(len(rules))]
    needed = {other for places in needs for other in places}
    first = [place for place in range(len(rules)) if not needs[place]]
    between = [[place] for place in range(len(rules)) if needs[place] and place in needed]
    last = [place for place in range(len(rules)) if needs[place] and place not in needed]
    return [batch for batch in (first, *between, last) if batch]


def find_dependencies(rules: Sequence[RuleDefinition]) -> list[set[int]] | None:
    """Which earlier rules each rule needs; None where that cannot be known."""
    found: list[set[int]] = []
    for place, rule in enumerate(rules):
        needs: set[int] = set()
        for selector in walk(rule.query.expr):
            if not isinstance(selector, VectorSelector):
                continue
            name = _matcher_of(selector, METRIC_NAME)
            if name is None:
                if len(rules) > 1:
                    return None
                continue
            needs.update(other for other in range(place) if _may_read(selector, name, rules[other]))
        found.append(needs)
    return found


def _may_read(selector: VectorSelector, name: Matcher, other: RuleDefinition) -> bool:
    if name.matches(other.name):
        return True
    if other.kind is not RuleKind.ALERTING or not any(map(name.matches, _META_METRICS)):
        return False
    alert = _matcher_of(selector, ALERT_NAME)
    return alert is None or alert.matches(other.name)


def _matcher_of(selector: VectorSelector, label: str) -> Matcher | None:
    return next((matcher for matcher in selector.matchers if matcher.name == label), None)
