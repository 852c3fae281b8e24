"""`/api/v1/alerts/.../{notes,acknowledgement,assignee,comments}`: who has an alert in hand, and what they found out."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

import msgspec

from vedette.alerting.alerts import Alert, Fingerprint, format_fingerprint
from vedette.alerting.history.kinds import EventKind
from vedette.alerting.history.watcher import ReadsPipeline
from vedette.alerting.notes.book import NoteBook
from vedette.alerting.notes.notes import NAME_LENGTH_MAX, NO_NOTES, Note, NoteKind, Notes
from vedette.alerting.pipeline.core import Pipeline
from vedette.api.answers import Answer
from vedette.api.native.alert_shapes import describe_notes, read_body, read_fingerprint
from vedette.api.principals import require_owner
from vedette.api.prometheus import envelope
from vedette.api.requests import Request
from vedette.api.routing import DELETE, GET, POST, PUT, Api, Route
from vedette.model.errors import BadInput, NotFound
from vedette.model.labels import EMPTY_LABELS
from vedette.ports.alert_history import AlertEvent, AlertHistory, HistoryQuestion


class Noting(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`by` counts where nobody logs in."""

    by: str = ""


class Acknowledging(Noting):
    comment: str = ""
    seconds: float = 0.0


class Assigning(Noting):
    assignee: str


class Commenting(Noting):
    text: str


def routes(book: NoteBook, shell: ReadsPipeline, history: AlertHistory) -> tuple[Route, ...]:
    door = NoteDoor(book, shell, history)
    return (
        Route(GET, "/api/v1/alerts/notes", door.all),
        Route(GET, "/api/v1/alerts/*/notes", door.of_one),
        Route(POST, "/api/v1/alerts/*/acknowledgement", door.acknowledge),
        Route(DELETE, "/api/v1/alerts/*/acknowledgement", door.take_back),
        Route(PUT, "/api/v1/alerts/*/assignee", door.assign),
        Route(POST, "/api/v1/alerts/*/comments", door.comment),
    )


class NoteDoor:
    """Takes notes on alerts that fire or once did."""

    def __init__(self, book: NoteBook, shell: ReadsPipeline, history: AlertHistory) -> None:
        self._book = book
        self._shell = shell
        self._history = history

    async def all(self, api: Api, request: Request) -> Answer:
        require_owner(request.principal)
        alerts, now_ms = await self._shell.read(_firing)
        found = {
            format_fingerprint(alert.fingerprint): describe_notes(notes)
            for alert in alerts
            if (notes := self._book.of(alert.fingerprint).at(alert.starts_at_ms, now_ms)) != NO_NOTES
        }
        return envelope.success({"notes": found})

    async def of_one(self, api: Api, request: Request) -> Answer:
        require_owner(request.principal)
        return await self._answer(read_fingerprint(request.path_values[0]))

    async def acknowledge(self, api: Api, request: Request) -> Answer:
        given = await read_body(request, Acknowledging)
        if not 0 <= given.seconds <= _YEAR_S:
            raise BadInput(f"an acknowledgement holds for up to a year: {given.seconds:g} s")
        until_ms = api.services.clock.now_ms() + int(given.seconds * 1000) if given.seconds else 0
        return await self._write(api, request, Note(NoteKind.ACKNOWLEDGED, given.comment, until_ms), given.by)

    async def take_back(self, api: Api, request: Request) -> Answer:
        given = await read_body(request, Noting)
        return await self._write(api, request, Note(NoteKind.UNACKNOWLEDGED), given.by)

    async def assign(self, api: Api, request: Request) -> Answer:
        given = await read_body(request, Assigning)
        return await self._write(api, request, Note(NoteKind.ASSIGNED, given.assignee), given.by)

    async def comment(self, api: Api, request: Request) -> Answer:
        given = await read_body(request, Commenting)
        return await self._write(api, request, Note(NoteKind.COMMENTED, given.text), given.by)

    async def _write(self, api: Api, request: Request, note: Note, by: str) -> Answer:
        require_owner(request.principal)
        fingerprint = read_fingerprint(request.path_values[0])
        if len(by) > NAME_LENGTH_MAX:
            raise BadInput(f"a name of more than {NAME_LENGTH_MAX} characters")
        principal = replace(request.principal, user=request.principal.user or by)
        alert = await self._find(fingerprint)
        if alert is None and not await self._is_remembered(api, request, fingerprint):
            raise NotFound(f"no such alert: {format_fingerprint(fingerprint)}")
        notes = await self._book.write(principal, fingerprint, note)
        self._history.record(
            principal,
            [
                AlertEvent(
                    self._book.clock.now_ms(),
                    fingerprint,
                    note.kind.value,
                    alert.labels if alert else EMPTY_LABELS,
                    alert.starts_at_ms if alert else 0,
                    principal.user,
                    text=note.text,
                )
            ],
        )
        return self._describe(notes, alert)

    async def _is_remembered(self, api: Api, request: Request, fingerprint: Fingerprint) -> bool:
        """A pending alert is, too; what was only noted on it does not count."""
        question = HistoryQuestion(1, fingerprint=fingerprint, kinds=_BEGINNINGS)
        look = partial(self._history.read, request.principal, question)
        return bool((await api.lookups.run(request, api.new_deadline(), look)).events)

    async def _answer(self, fingerprint: Fingerprint) -> Answer:
        return self._describe(self._book.of(fingerprint), await self._find(fingerprint))

    async def _find(self, fingerprint: Fingerprint) -> Alert | None:
        return await self._shell.read(lambda pipeline, _: pipeline.alerts.get(fingerprint))

    def _describe(self, notes: Notes, alert: Alert | None) -> Answer:
        now_ms = self._book.clock.now_ms()
        return envelope.success(describe_notes(notes.at(alert.starts_at_ms, now_ms) if alert else notes))


_BEGINNINGS: Final = frozenset({EventKind.PENDING.value, EventKind.FIRING.value})
_YEAR_S = 366 * 86_400.0


def _firing(pipeline: Pipeline, now_ms: int) -> tuple[list[Alert], int]:
    return [alert for alert in pipeline.alerts if alert.ends_at_ms > now_ms], now_ms
