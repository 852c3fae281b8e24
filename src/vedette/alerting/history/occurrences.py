"""Events of one alert folded into its occurrences: from when to when it fired, who was told, who had it in hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from vedette.alerting.history.kinds import EventKind
from vedette.ports.alert_history import AlertEvent


@dataclass(slots=True)
class Occurrence:
    """`ends_at_ms` None: it goes on, or its end was not seen."""

    starts_at_ms: int
    ends_at_ms: int | None = None
    notifications: int = 0
    failures: int = 0
    acknowledged_by: str = ""

    def lasted_ms(self, now_ms: int) -> int:
        return (now_ms if self.ends_at_ms is None else self.ends_at_ms) - self.starts_at_ms


def occurrences(events: Iterable[AlertEvent]) -> list[Occurrence]:
    """Newest first. The fold is by beginnings, so events may come in any order and miss some."""
    found: dict[int, Occurrence] = {}
    ordered = sorted(events, key=lambda event: event.time_ms)
    for event in ordered:
        if event.kind == EventKind.FIRING.value:
            found.setdefault(event.starts_at_ms, Occurrence(event.starts_at_ms))
    for event in ordered:
        own = found.get(event.starts_at_ms) or _last_begun(found, event.time_ms)
        if own is None:
            continue
        match EventKind(event.kind):
            case EventKind.FIRING:
                own.ends_at_ms = None
            case EventKind.RESOLVED:
                own.ends_at_ms = event.time_ms
            case EventKind.NOTIFIED:
                own.notifications += 1
            case EventKind.NOTIFY_FAILED:
                own.failures += 1
            case EventKind.ACKNOWLEDGED:
                own.acknowledged_by = event.by
    return sorted(found.values(), key=lambda one: one.starts_at_ms, reverse=True)


def median_ms(found: Sequence[Occurrence], now_ms: int) -> int | None:
    """How long it lasts, by those that have ended."""
    ended = [one.lasted_ms(now_ms) for one in found if one.ends_at_ms is not None]
    return int(median(ended)) if ended else None


def _last_begun(found: dict[int, Occurrence], time_ms: int) -> Occurrence | None:
    begun = [starts_at_ms for starts_at_ms in found if starts_at_ms <= time_ms]
    return found[max(begun)] if begun else None
