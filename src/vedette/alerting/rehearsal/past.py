"""Alerts of a stretch of the past, as the history tells them: what was posted when, for a pipeline that lives through it again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from vedette.alerting.alerts import Alert, Fingerprint
from vedette.alerting.history.kinds import EventKind
from vedette.model.time import MAX_TIME_MS
from vedette.ports.alert_history import AlertEvent

TURNS: Final = frozenset({EventKind.FIRING.value, EventKind.RESOLVED.value})


class Posting(NamedTuple):
    """In the order of time."""

    time_ms: int
    alert: Alert


def postings(events: Iterable[AlertEvent], start_ms: int, end_ms: int) -> list[Posting]:
    """What began before the start and had not ended is posted at the start; what ended before it is left out."""
    begun: dict[tuple[int, int], AlertEvent] = {}
    ended: dict[tuple[int, int], int] = {}
    for event in sorted(events, key=lambda event: event.time_ms):
        key = event.fingerprint, event.starts_at_ms
        if event.kind == EventKind.FIRING.value:
            begun.setdefault(key, event)
            ended.pop(key, None)
        else:
            ended[key] = event.time_ms
    found: list[Posting] = []
    for key, event in begun.items():
        until_ms = ended.get(key, MAX_TIME_MS)
        from_ms = max(event.time_ms, start_ms)
        if from_ms > end_ms or until_ms <= start_ms:
            continue
        found.append(Posting(from_ms, _alert(event, MAX_TIME_MS, from_ms)))
        if until_ms <= end_ms:
            found.append(Posting(until_ms, _alert(event, until_ms, until_ms)))
    return sorted(found, key=lambda posting: posting.time_ms)


def _alert(event: AlertEvent, ends_at_ms: int, updated_at_ms: int) -> Alert:
    return Alert(
        event.labels,
        event.starts_at_ms,
        ends_at_ms,
        updated_at_ms=updated_at_ms,
        fingerprint=Fingerprint(event.fingerprint),
    )
