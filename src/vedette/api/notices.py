"""What an operator should know of the server right now, and who is told when it changes.

A notice is active from `announce` to `withdraw`. A subscriber first gets what is active, then every change, through a queue of
its own; one that does not read loses changes, never holds up others. All calls are made on the event loop.
Source: prometheus util/notifications.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from vedette.model.telemetry import counter, gauge
from vedette.ports.clock import Clock, SystemClock

RELOAD_FAILED: Final = "Configuration reload has failed."
SHUTTING_DOWN: Final = "Vedette is shutting down and finishes what it has begun."
SUBSCRIBERS_MAX: Final = 16
WAITING_MAX: Final = 10
"""Changes that a subscriber may leave unread."""

_SUBSCRIBERS = gauge("prometheus_api_notification_active_subscribers", "Callers that follow notifications.")
_SENT = counter("prometheus_api_notification_updates_sent", "Changes of notifications given to subscribers.")
_DROPPED = counter("prometheus_api_notification_updates_dropped", "Changes that a subscriber did not read in time.")


@dataclass(frozen=True, slots=True)
class Notice:
    text: str
    time_ms: int
    active: bool = True


class Notices:
    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._active: dict[str, Notice] = {}
        self._queues: set[asyncio.Queue[Notice | None]] = set()
        self._closed = False

    @property
    def active(self) -> list[Notice]:
        return list(self._active.values())

    def announce(self, text: str) -> None:
        """One that is active already gets the new time."""
        notice = self._active[text] = Notice(text, self._clock.now_ms())
        self._tell(notice)

    def withdraw(self, text: str) -> None:
        notice = self._active.pop(text, None)
        if notice is not None:
            self._tell(replace(notice, active=False))

    def close(self) -> None:
        """Ends every subscription."""
        self._closed = True
        for queue in self._queues:
            with suppress(asyncio.QueueFull):
                queue.put_nowait(None)

    @property
    def has_room(self) -> bool:
        return len(self._queues) < SUBSCRIBERS_MAX and not self._closed

    async def follow(self) -> AsyncIterator[Notice]:
        """What is active, then every change, until `close`."""
        queue: asyncio.Queue[Notice | None] = asyncio.Queue(WAITING_MAX + len(self._active))
        for notice in self._active.values():
            queue.put_nowait(notice)
        self._queues.add(queue)
        _SUBSCRIBERS.set(len(self._queues))
        try:
            while not (self._closed and queue.empty()) and (notice_or_end := await queue.get()) is not None:
                yield notice_or_end
        finally:
            self._queues.discard(queue)
            _SUBSCRIBERS.set(len(self._queues))

    def _tell(self, notice: Notice) -> None:
        for queue in self._queues:
            try:
                queue.put_nowait(notice)
                _SENT.inc()
            except asyncio.QueueFull:
                _DROPPED.inc()
