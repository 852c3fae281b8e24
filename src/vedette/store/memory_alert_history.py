"""Alert history in memory: the twin that says what store/alert_history.py must answer."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Final

from vedette.ports.alert_history import AlertEvent, HistoryAnswer, HistoryQuestion
from vedette.ports.principal import Principal

WEEK_MS: Final = 7 * 24 * 3600_000


class MemoryAlertHistory:
    """ports.alert_history.AlertHistory. `events_max` of all tenants."""

    def __init__(self, events_max: int = 1_000_000) -> None:
        self._events_max = events_max
        self._lock = threading.Lock()
        self._events: dict[str, set[AlertEvent]] = {}
        self.dropped = 0

    def record(self, principal: Principal, events: Sequence[AlertEvent]) -> None:
        with self._lock:
            if sum(map(len, self._events.values())) + len(events) > self._events_max:
                self.dropped += len(events)
            else:
                self._events.setdefault(principal.tenant, set()).update(events)

    def read(self, principal: Principal, question: HistoryQuestion) -> HistoryAnswer:
        with self._lock:
            found = [event for event in self._events.get(principal.tenant, ()) if question.takes(event)]
        found.sort(key=lambda event: event[:3], reverse=True)
        return HistoryAnswer(found[: question.limit], truncated=len(found) > question.limit)

    def forget_before(self, time_ms: int) -> None:
        with self._lock:
            for tenant, events in self._events.items():
                self._events[tenant] = {event for event in events if event.time_ms // WEEK_MS >= time_ms // WEEK_MS}
