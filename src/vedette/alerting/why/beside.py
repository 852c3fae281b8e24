"""What else began in the same minutes, and shares labels with an alert: pure, over the history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from vedette.alerting.alerts import ALERT_NAME, Fingerprint
from vedette.alerting.history.kinds import EventKind
from vedette.model.labels import Labels
from vedette.ports.alert_history import AlertEvent

AROUND_MS: Final = 10 * 60_000
SHOWN_MAX: Final = 50
_NOT_A_PLACE: Final = frozenset({ALERT_NAME, "severity", "prometheus", "__name__"})
"""Labels that alerts share without having anything to do with each other."""


@dataclass(frozen=True, slots=True)
class Beside:
    fingerprint: Fingerprint
    labels: Labels
    starts_at_ms: int
    ends_at_ms: int | None
    after_ms: int
    shared: tuple[str, ...]


def began_beside(
    fingerprint: Fingerprint, labels: Labels, starts_at_ms: int, events: Iterable[AlertEvent]
) -> list[Beside]:
    """`events`: firing and resolved ones around that time. Those that share most come first, then the closest in time."""
    own = {pair for pair in labels if pair[0] not in _NOT_A_PLACE}
    ends: dict[tuple[int, int], int] = {}
    begun: dict[int, AlertEvent] = {}
    for event in sorted(events, key=lambda event: event.time_ms):
        if event.fingerprint == fingerprint:
            continue
        if event.kind == EventKind.RESOLVED.value:
            ends[event.fingerprint, event.starts_at_ms] = event.time_ms
        elif event.kind == EventKind.FIRING.value and abs(event.starts_at_ms - starts_at_ms) <= AROUND_MS:
            begun[event.fingerprint] = event
    found = [
        Beside(
            Fingerprint(event.fingerprint),
            event.labels,
            event.starts_at_ms,
            ends.get((event.fingerprint, event.starts_at_ms)),
            event.starts_at_ms - starts_at_ms,
            tuple(name for name, value in event.labels if (name, value) in own),
        )
        for event in begun.values()
    ]
    found = [one for one in found if one.shared]
    return sorted(found, key=lambda one: (-len(one.shared), abs(one.after_ms), one.fingerprint))[:SHOWN_MAX]
