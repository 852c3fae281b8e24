"""An indicator as PromQL: how many events there were in a time, how many of them were bad.

Bad events are counted where there is any event: a counter of errors that does not exist yet is 0, one of successes too. Where a
classic histogram has no bucket at the threshold nothing is counted at all, since any answer would be made up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from vedette.alerting.slo.sections import EventsSection, IndicatorSection, LatencySection, parse_counter
from vedette.model.labels import METRIC_NAME
from vedette.model.matchers import Matcher, MatchType
from vedette.model.numbers import format_general
from vedette.query.promql.ast import VectorSelector
from vedette.query.promql.printer import print_expr


class Indicator(Protocol):
    """`function` is `rate` or `increase`, `window` a duration; both answers have the same labels."""

    def total(self, function: str, window: str) -> str: ...

    def bad(self, function: str, window: str) -> str: ...


def indicator_of(section: IndicatorSection, group_by: Sequence[str]) -> Indicator:
    """Of a section that was checked."""
    if section.events is not None:
        return _Events(section.events, group_by)
    assert section.latency is not None
    return (_NativeLatency if section.latency.native else _ClassicLatency)(section.latency, group_by)


@dataclass(frozen=True, slots=True)
class _Events:
    section: EventsSection
    group_by: Sequence[str]

    def total(self, function: str, window: str) -> str:
        return _sum(self.section.total, function, window, self.group_by)

    def bad(self, function: str, window: str) -> str:
        total = self.total(function, window)
        counted = f"({_sum(self.section.bad or self.section.good, function, window, self.group_by)} or 0 * {total})"
        return counted if self.section.bad else f"clamp_min({total} - {counted}, 0)"


@dataclass(frozen=True, slots=True)
class _ClassicLatency:
    section: LatencySection
    group_by: Sequence[str]

    def total(self, function: str, window: str) -> str:
        return _sum(_part(self.section.histogram, "_count"), function, window, self.group_by)

    def bad(self, function: str, window: str) -> str:
        bucket = _part(self.section.histogram, "_bucket", _bound(self.section.threshold))
        good = _sum(bucket, function, window, self.group_by)
        return f"clamp_min({self.total(function, window)} - {good}, 0)"


@dataclass(frozen=True, slots=True)
class _NativeLatency:
    section: LatencySection
    group_by: Sequence[str]

    def total(self, function: str, window: str) -> str:
        return f"histogram_count({_sum(self.section.histogram, function, window, self.group_by)})"

    def bad(self, function: str, window: str) -> str:
        histogram = _sum(self.section.histogram, function, window, self.group_by)
        good = f"histogram_fraction(-Inf, {format_general(self.section.threshold)}, {histogram})"
        return f"(histogram_count({histogram}) > 0) * (1 - {good})"


def _sum(selector: str, function: str, window: str, group_by: Sequence[str]) -> str:
    by = f" by ({', '.join(group_by)})" if group_by else ""
    return f"sum{by} ({function}({selector}[{window}]))"


def _part(histogram: str, suffix: str, *further: Matcher) -> str:
    """The selector of a classic histogram's series."""
    selector = parse_counter(histogram)
    name = Matcher(METRIC_NAME, MatchType.EQUAL, selector.name + suffix)
    matchers = (*(each for each in selector.matchers if each.name != METRIC_NAME), *further, name)
    part: VectorSelector = replace(selector, name=name.value, matchers=matchers)
    return print_expr(part)


def _bound(threshold: float) -> Matcher:
    """A whole bound is written `1` or `1.0`, by the age of the exposition."""
    text = format_general(threshold)
    if threshold.is_integer() and "e" not in text:
        return Matcher("le", MatchType.REGEX, rf"{text}(\.0)?")
    return Matcher("le", MatchType.EQUAL, text)
