"""Alerts that keep others quiet: while a source fires, targets with the same values of the `equal` labels are not notified.

An alert that is both source and target of a rule is not inhibited by another such alert. The firing sources of a rule stand under
their `equal` values, so that a target costs one look-up for each rule that it matches. The reference keeps one source for each such
value and loses an inhibition when that one ends before another; we keep them all.
Source: alertmanager inhibit/inhibit.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from vedette.alerting.alerts import Alert, Fingerprint
from vedette.alerting.matchers.index import MatcherIndex
from vedette.alerting.matchers.matcher import Matchers, matches_all


@dataclass(frozen=True, slots=True)
class InhibitRule:
    source: Matchers
    target: Matchers
    equal: tuple[str, ...] = ()
    name: str = ""


@dataclass(slots=True)
class _Source:
    alert: Alert
    is_target: bool


_Sources = dict[tuple[str, ...], dict[Fingerprint, _Source]]


class _Target(NamedTuple):
    """A rule that may inhibit an alert: its place, the alert's `equal` values, whether the alert is a source of it as well."""

    place: int
    values: tuple[str, ...]
    is_source: bool


class Inhibitor:
    """Which rules an alert is a source or a target of depends on its labels alone, and is remembered until `forget`."""

    def __init__(self, rules: Sequence[InhibitRule]) -> None:
        self._rules = tuple(rules)
        self._by_source = MatcherIndex([rule.source for rule in rules])
        self._by_target = MatcherIndex([rule.target for rule in rules])
        self._sources: list[_Sources] = [{} for _ in rules]
        self._targeted: dict[Fingerprint, tuple[_Target, ...]] = {}
        self._combinations: dict[tuple[_Target, ...], tuple[_Target, ...]] = {}
        """Few, and each is kept once."""
        self._sourced: dict[Fingerprint, tuple[int, ...]] = {}

    def update(self, alert: Alert) -> None:
        """A report of an alert."""
        places = self._sourced.get(alert.fingerprint)
        if places is None:
            places = tuple(self._by_source.matching(dict(alert.labels.pairs)))
            self._sourced[alert.fingerprint] = places
        if not places:
            return
        labels = dict(alert.labels.pairs)
        for place in places:
            rule = self._rules[place]
            of_value = self._sources[place].setdefault(_values(rule, labels), {})
            of_value.pop(alert.fingerprint, None)  # the last word of all stands last
            of_value[alert.fingerprint] = _Source(alert, matches_all(rule.target, labels))

    def inhibitor(self, alert: Alert, now_ms: int) -> Fingerprint | None:
        """The firing alert that keeps this one quiet, by the first rule that has one."""
        found = self._found(alert, now_ms)
        return found[1] if found else None

    def rule(self, alert: Alert, now_ms: int) -> InhibitRule | None:
        """The rule by which it is kept quiet."""
        found = self._found(alert, now_ms)
        return found[0] if found else None

    def _found(self, alert: Alert, now_ms: int) -> tuple[InhibitRule, Fingerprint] | None:
        targets = self._targeted.get(alert.fingerprint)
        if targets is None:
            targets = self._targets(dict(alert.labels.pairs))
            targets = self._targeted[alert.fingerprint] = self._combinations.setdefault(targets, targets)
        for place, values, is_source in targets:
            sources = self._sources[place].get(values)
            if not sources:
                continue
            firing = [
                source.alert
                for source in sources.values()
                if source.alert.ends_at_ms > now_ms and not (is_source and source.is_target)
            ]
            if firing:
                return self._rules[place], max(reversed(firing), key=_end).fingerprint
        return None

    def _targets(self, labels: Mapping[str, str]) -> tuple[_Target, ...]:
        rules = [(place, self._rules[place]) for place in self._by_target.matching(labels)]
        return tuple([_Target(place, _values(rule, labels), matches_all(rule.source, labels)) for place, rule in rules])

    def remove_resolved(self, now_ms: int) -> None:
        for sources in self._sources:
            for value, of_value in list(sources.items()):
                for key in [key for key, source in of_value.items() if source.alert.ends_at_ms <= now_ms]:
                    del of_value[key]
                if not of_value:
                    del sources[value]

    def forget(self, fingerprints: Iterable[Fingerprint]) -> None:
        """Alerts that are gone."""
        for fingerprint in fingerprints:
            self._targeted.pop(fingerprint, None)
            self._sourced.pop(fingerprint, None)
        if len(self._combinations) > 2 * len(self._targeted):
            self._combinations = {targets: targets for targets in self._targeted.values()}


def _values(rule: InhibitRule, labels: Mapping[str, str]) -> tuple[str, ...]:
    return tuple([labels.get(name, "") for name in rule.equal])


def _end(alert: Alert) -> int:
    return alert.ends_at_ms
