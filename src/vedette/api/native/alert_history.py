"""`/api/v1/alerts/history` and `/api/v1/alerts/{fingerprint}/occurrences`: what became of alerts (docs/api_alerts.md)."""

from __future__ import annotations

from typing import Final

from vedette.alerting.alerts import Fingerprint, format_fingerprint
from vedette.alerting.history.kinds import EventKind
from vedette.alerting.history.occurrences import occurrences
from vedette.api.answers import Answer
from vedette.api.native.alert_shapes import describe_occurrences, read_fingerprint, seconds
from vedette.api.prometheus import envelope, parameters
from vedette.api.requests import Request
from vedette.api.routing import GET, Api, Route
from vedette.api.services import Document
from vedette.model.errors import BadInput
from vedette.ports.alert_history import AlertEvent, AlertHistory, HistoryQuestion
from vedette.query.promql.parser import parse_metric_selector

LIMIT: Final = 1_000
LIMIT_MAX: Final = 10_000
DAY_MS: Final = 24 * 3600_000
OCCURRENCES: Final = 50
_KINDS: Final = frozenset(kind.value for kind in EventKind)


def routes(history: AlertHistory) -> tuple[Route, ...]:
    door = _HistoryDoor(history)
    return (
        Route(GET, "/api/v1/alerts/history", door.events),
        Route(GET, "/api/v1/alerts/*/occurrences", door.occurrences),
    )


class _HistoryDoor:
    def __init__(self, history: AlertHistory) -> None:
        self._history = history

    async def events(self, api: Api, request: Request) -> Answer:
        given = await request.parameters()
        end_ms = parameters.time_or(given, "end", api.services.clock.now_ms())
        limit = parameters.limit(given) or LIMIT
        if limit > LIMIT_MAX:
            raise BadInput(f"limit must not exceed {LIMIT_MAX}: {limit}")
        kinds = frozenset(given.all("event"))
        if not kinds <= _KINDS:
            raise BadInput(f"no such event: {min(kinds - _KINDS)}", hint=f"one of {', '.join(sorted(_KINDS))}")
        # also selectors that match nearly all: there is a limit
        selectors = [parse_metric_selector(text) for text in given.all("match[]")]
        question = HistoryQuestion(
            limit,
            parameters.time_or(given, "start", end_ms - DAY_MS),
            end_ms,
            selectors,
            read_fingerprint(given.get("fingerprint")) if given.get("fingerprint") else None,
            kinds,
        )

        def work() -> Answer:
            answer = self._history.read(request.principal, question)
            return envelope.success(
                {
                    "events": list(map(_describe, answer.events)),
                    "truncated": answer.truncated,
                    "dropped": self._history.dropped,
                }
            )

        return await api.look_up(request, work)

    async def occurrences(self, api: Api, request: Request) -> Answer:
        fingerprint = read_fingerprint(request.path_values[0])
        limit = parameters.limit(await request.parameters()) or OCCURRENCES
        now_ms = api.services.clock.now_ms()

        def work() -> Answer:
            found = self._history.read(request.principal, HistoryQuestion(LIMIT_MAX, fingerprint=fingerprint))
            return envelope.success(describe_occurrences(occurrences(found.events), limit, now_ms))

        return await api.look_up(request, work)


def _describe(event: AlertEvent) -> Document:
    return {
        "time": seconds(event.time_ms),
        "fingerprint": format_fingerprint(Fingerprint(event.fingerprint)),
        "event": event.kind,
        "labels": dict(event.labels.pairs),
        "startsAt": seconds(event.starts_at_ms),
        "by": event.by,
        "receiver": event.receiver,
        "integration": event.integration,
        "text": event.text,
    }
