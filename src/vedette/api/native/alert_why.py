"""`/api/v1/alerts/{fingerprint}/why`: everything that is known of one alert (docs/api_alerts.md)."""

from __future__ import annotations

from collections.abc import Sequence

from vedette.alerting.alerts import format_fingerprint
from vedette.alerting.notes.book import NoteBook
from vedette.alerting.why.beside import Beside
from vedette.alerting.why.explaining import (
    OCCURRENCES_SHOWN,
    Bounds,
    Compared,
    Explainer,
    Located,
    Report,
    SeriesBehind,
    Side,
)
from vedette.alerting.why.expression import Line
from vedette.alerting.why.routes import RouteReport, Step
from vedette.alerting.why.wording import say, tell
from vedette.api.answers import Answer
from vedette.api.native.alert_shapes import (
    describe_notes,
    describe_occurrences,
    language_of,
    optional_seconds,
    read_fingerprint,
    seconds,
)
from vedette.api.principals import require_owner
from vedette.api.prometheus import envelope, parameters
from vedette.api.requests import Parameters, Request
from vedette.api.routing import GET, Api, Route
from vedette.api.services import Document


def routes(explainer: Explainer, book: NoteBook) -> tuple[Route, ...]:
    async def why(api: Api, request: Request) -> Answer:
        require_owner(request.principal)
        given = await request.parameters()
        language = language_of(request, given)
        now_ms = api.services.clock.now_ms()
        bounds = _bounds(given, now_ms)
        located = await explainer.locate(request.principal, read_fingerprint(request.path_values[0]))
        deadline = api.new_deadline()

        def work() -> Answer:
            report = explainer.report(request.principal, located, bounds, deadline)
            notes = book.of(located.alert.fingerprint).at(located.alert.starts_at_ms, now_ms)
            document = _describe(report, language, now_ms)
            document["alert"]["notes"] = describe_notes(notes)
            return envelope.success(document, report.problems)

        return await api.queries.run(request, deadline, work)

    return (Route(GET, "/api/v1/alerts/*/why", why),)


def _bounds(given: Parameters, now_ms: int) -> Bounds | None:
    if not given.get("start"):
        return None
    return Bounds(parameters.required_time(given, "start"), parameters.time_or(given, "end", now_ms))


def _describe(report: Report, language: str, now_ms: int) -> Document:
    located = report.located
    return {
        "alert": _describe_alert(located),
        "rule": _describe_rule(located),
        "values": {
            "start": seconds(report.bounds.start_ms),
            "end": seconds(report.bounds.end_ms),
            "step": seconds(report.bounds.step_ms),
            "comparisons": list(map(_describe_compared, report.compared)),
        }
        if report.compared
        else None,
        "series": list(map(_describe_series, report.series)),
        "beside": list(map(_describe_beside, report.beside)),
        **describe_occurrences(report.occurrences, OCCURRENCES_SHOWN, now_ms),
        "routes": [_describe_route(route, language) for route in report.routes],
    }


def _describe_alert(located: Located) -> Document:
    alert = located.alert
    return {
        "fingerprint": format_fingerprint(alert.fingerprint),
        "labels": dict(alert.labels.pairs),
        "annotations": dict(alert.annotations.pairs),
        "state": located.state,
        "startsAt": seconds(alert.starts_at_ms),
        "endsAt": seconds(alert.ends_at_ms) if located.state == "resolved" else None,
        "updatedAt": seconds(alert.updated_at_ms),
        "generatorURL": alert.generator_url,
    }


def _describe_rule(located: Located) -> Document | None:
    group, rule = located.group, located.rule
    if group is None or rule is None:
        return None
    return {
        "group": group.name,
        "file": group.file,
        "name": rule.name,
        "query": rule.query,
        "for": seconds(rule.hold_ms),
        "keepFiringFor": seconds(rule.keep_firing_ms),
        "health": rule.health,
        "lastError": rule.last_error,
        "lastEvaluation": seconds(rule.last_evaluation_ms) if rule.last_evaluation_ms else None,
    }


def _describe_compared(compared: Compared) -> Document:
    right = None if compared.right is None else _describe_side(compared.right)
    return {"op": compared.op, "left": _describe_side(compared.left), "right": right}


def _describe_side(side: Side) -> Document:
    return {"query": side.query, "constant": side.constant, "series": _describe_lines(side.lines)}


def _describe_series(series: SeriesBehind) -> Document:
    return {"selector": series.selector, "matched": series.matched, "series": _describe_lines(series.lines)}


def _describe_lines(lines: Sequence[Line]) -> list[Document]:
    return [{"labels": dict(line.labels.pairs), "points": line.points} for line in lines]


def _describe_beside(beside: Beside) -> Document:
    return {
        "fingerprint": format_fingerprint(beside.fingerprint),
        "labels": dict(beside.labels.pairs),
        "startsAt": seconds(beside.starts_at_ms),
        "endsAt": optional_seconds(beside.ends_at_ms),
        "after": seconds(beside.after_ms),
        "shared": beside.shared,
    }


def _describe_route(report: RouteReport, language: str) -> Document:
    options = report.route.options
    return {
        "receiver": options.receiver,
        "path": [
            {"matchers": [str(matcher) for matcher in route.matchers], "continue": route.continues}
            for route in report.path
        ],
        "groupKey": report.group_key,
        "groupLabels": dict(report.group_labels.pairs),
        "groupWait": seconds(options.group_wait_ms),
        "groupInterval": seconds(options.group_interval_ms),
        "repeatInterval": seconds(options.repeat_interval_ms),
        "nextFlush": optional_seconds(report.next_flush_ms),
        "sent": report.sent,
        "steps": [_describe_step(step, language) for step in report.steps],
    }


def _describe_step(step: Step, language: str) -> Document:
    parts = tell(step, language)
    return {
        "step": step.step,
        "integration": step.integration,
        "passes": step.passes,
        "code": step.code,
        "text": say(parts),
        "parts": [part if isinstance(part, str) else seconds(part) for part in parts],
    }
