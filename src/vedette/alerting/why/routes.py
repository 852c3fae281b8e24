"""An alert's way through the pipeline as it stands: every route it takes, every stage, and whether it would pass now.

Pure, and on the thread that owns the pipeline; it changes nothing. The stages ask what the pipeline itself asks, in its order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from vedette.alerting.alerts import Alert, format_fingerprint
from vedette.alerting.matchers.matcher import format_matchers
from vedette.alerting.pipeline.core import IntegrationName, Pipeline
from vedette.alerting.pipeline.groups import Group
from vedette.alerting.pipeline.moments import Moment
from vedette.alerting.pipeline.notification_log import LogEntry, LogKey, Reason, reason_to_send
from vedette.alerting.routing.routes import Route, group_key
from vedette.alerting.routing.time_intervals import holding
from vedette.model.labels import Labels


@dataclass(frozen=True, slots=True)
class Step:
    """`code` names what `step` found (wording.py has the words); `integration` is empty where the step is the route's."""

    step: str
    passes: bool
    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    integration: str = ""


@dataclass(frozen=True, slots=True)
class RouteReport:
    """`path`: the routes from the root down. `next_flush_ms` None: there is no group, or a flush is under way."""

    route: Route
    path: tuple[Route, ...]
    group_key: str
    group_labels: Labels
    next_flush_ms: int | None
    steps: tuple[Step, ...]

    @property
    def sent(self) -> bool:
        """The next flush tells this alert to somebody, if nothing changes."""
        if any(not step.passes for step in self.steps if not step.integration):
            return False
        blocked = {step.integration for step in self.steps if not step.passes and step.step in ("dedup", "acknowledge")}
        return bool({step.integration for step in self.steps if step.integration} - blocked)


def explain_routes(pipeline: Pipeline, alert: Alert, at: Moment) -> list[RouteReport]:
    labels = dict(alert.labels.pairs)
    found = [_explain(pipeline, route, alert, at) for route in pipeline.config.route.match(labels)]
    if alert.fingerprint not in pipeline.alerts:
        pipeline.muting.forget([alert.fingerprint])  # asking must not make the pipeline remember it
    return found


def _explain(pipeline: Pipeline, route: Route, alert: Alert, at: Moment) -> RouteReport:
    labels = route.group_labels(alert.labels)
    group = next((each for each in pipeline.groups_of(route) if each.labels == labels), None)
    waits = group is not None and not group.is_busy and alert.fingerprint in group.alerts
    return RouteReport(
        route,
        _path(pipeline.config.route, route),
        group_key(route, labels),
        labels,
        at.now_ms + max(0, group.next_ms - at.steady_ms) if waits and group is not None else None,
        (*_muting(pipeline, route, alert, at.now_ms), *_sending(pipeline, route, group, alert, at.now_ms)),
    )


def _path(root: Route, wanted: Route) -> tuple[Route, ...]:
    if root is wanted:
        return (root,)
    for child in root.routes:
        if below := _path(child, wanted):
            return (root, *below)
    return ()


def _muting(pipeline: Pipeline, route: Route, alert: Alert, now_ms: int) -> Iterator[Step]:
    status, options, intervals = pipeline.muting.status(alert, now_ms), route.options, pipeline.config.intervals
    if status.inhibited_by is None:
        yield Step("inhibit", True, "not_inhibited")
    else:
        rule = pipeline.muting.inhibitor.rule(alert, now_ms)
        source = pipeline.alerts.get(status.inhibited_by)
        facts = {
            "by": format_fingerprint(status.inhibited_by),
            "source": str(source.labels) if source else "",
            "rule": (rule.name or f"{format_matchers(rule.source)} > {format_matchers(rule.target)}") if rule else "",
        }
        yield Step("inhibit", False, "inhibited", facts)
    active = holding(intervals, options.active_intervals, now_ms)
    names = ", ".join(options.active_intervals)
    if not options.active_intervals:
        yield Step("active", True, "always_active")
    else:
        code = "active" if active else "not_active"
        yield Step("active", bool(active), code, {"intervals": ", ".join(active) or names})
    muted = holding(intervals, options.mute_intervals, now_ms)
    yield Step("mute", not muted, "muted" if muted else "not_muted", {"intervals": ", ".join(muted)})
    silences = ", ".join(status.silenced_by)
    yield Step("silence", not silences, "silenced" if silences else "not_silenced", {"silences": silences})


def _sending(pipeline: Pipeline, route: Route, group: Group | None, alert: Alert, now_ms: int) -> Iterator[Step]:
    names = pipeline.config.receivers[route.options.receiver]
    if not names:
        yield Step("dedup", False, "no_integrations", {"receiver": route.options.receiver})
        return
    audible = [each for each in group.ordered() if _is_audible(pipeline, each, now_ms)] if group else [alert]
    for name in names:
        yield from _sending_by(pipeline, route, name, group, audible, alert, now_ms)


def _is_audible(pipeline: Pipeline, alert: Alert, now_ms: int) -> bool:
    return not pipeline.muting.status(alert, now_ms).is_suppressed


def _sending_by(
    pipeline: Pipeline,
    route: Route,
    name: IntegrationName,
    group: Group | None,
    audible: list[Alert],
    alert: Alert,
    now_ms: int,
) -> Iterator[Step]:
    options, who = route.options, f"{name.kind}[{name.place}]"
    key = LogKey(group_key(route, route.group_labels(alert.labels)), options.receiver, name.kind, name.place)
    entry = pipeline.log.get(key)
    reason = reason_to_send(
        entry,
        frozenset([each.fingerprint for each in audible if each.ends_at_ms > now_ms]),
        frozenset([each.fingerprint for each in audible if each.ends_at_ms <= now_ms]),
        send_resolved=name.send_resolved,
        repeat_before_ms=now_ms - options.repeat_interval_ms,
    )
    if alert.resolved_at(now_ms) and not name.send_resolved:
        yield Step("dedup", False, "ends_not_told", {}, who)
    elif not audible:
        yield Step("dedup", False, "nothing_audible", {}, who)
    elif reason is not None:
        yield Step("dedup", True, "due", {"reason": reason.value}, who)
    elif entry is None:
        yield Step("dedup", False, "nothing_to_tell", {}, who)
    else:
        times = {"sent_at_ms": entry.sent_at_ms, "repeat_at_ms": entry.sent_at_ms + options.repeat_interval_ms}
        yield Step("dedup", False, "already_told", times, who)
    held = reason in (Reason.REPEAT, None) and entry is not None and pipeline.is_held(audible, now_ms)
    mine = pipeline.config.is_acknowledged(alert, now_ms)
    code = "repeats_held" if held else "acknowledged_with_others" if mine else "not_acknowledged"
    yield Step("acknowledge", not (held and reason is Reason.REPEAT), code, {}, who)
    busy = group is not None and group.is_busy
    yield Step("retry", True, "under_way" if busy else "not_under_way", {}, who)
    yield _logged(entry, alert, who)


def _logged(entry: LogEntry | None, alert: Alert, who: str) -> Step:
    if entry is not None and alert.fingerprint in entry.firing:
        return Step("set", True, "told_firing", {"sent_at_ms": entry.sent_at_ms}, who)
    if entry is not None and alert.fingerprint in entry.resolved:
        return Step("set", True, "told_resolved", {"sent_at_ms": entry.sent_at_ms}, who)
    return Step("set", True, "not_told", {}, who)
