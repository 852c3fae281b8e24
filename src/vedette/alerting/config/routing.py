"""From the sections to what the pipeline routes by: matchers of three spellings become one list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from vedette.alerting.config.sections import InhibitRule, Route
from vedette.alerting.matchers import AlertMatcher, MatcherMode, Matchers
from vedette.alerting.routing.routes import RouteSpec
from vedette.model.matchers import MatchType


def route_spec(route: Route, mode: MatcherMode) -> RouteSpec:
    return RouteSpec(
        receiver=route.receiver or None,
        matchers=_matchers(route.match, route.match_re, route.matchers, mode),
        continues=route.continue_,
        group_by=route.group_by,
        group_wait_ms=route.group_wait,
        group_interval_ms=route.group_interval,
        repeat_interval_ms=route.repeat_interval,
        mute_intervals=route.mute_time_intervals,
        active_intervals=route.active_time_intervals,
        labels=route.labels,
        routes=tuple(route_spec(child, mode) for child in route.routes),
    )


def source_matchers(rule: InhibitRule, mode: MatcherMode) -> Matchers:
    return _matchers(rule.source_match, rule.source_match_re, rule.source_matchers, mode)


def target_matchers(rule: InhibitRule, mode: MatcherMode) -> Matchers:
    return _matchers(rule.target_match, rule.target_match_re, rule.target_matchers, mode)


def _matchers(
    equal: Mapping[str, str], expressions: Mapping[str, str], texts: Iterable[str], mode: MatcherMode
) -> Matchers:
    """Raises BadInput; a loaded configuration was checked."""
    return (
        *(AlertMatcher(name, MatchType.EQUAL, value) for name, value in equal.items()),
        *(AlertMatcher(name, MatchType.REGEX, pattern) for name, pattern in expressions.items()),
        *(matcher for text in texts for matcher in mode.matchers(text, "config")),
    )
