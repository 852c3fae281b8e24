"""Carrying out a flush: each attempt on its own, tried again until it succeeds, cannot, or the group's next time has come.

One task a flush, one an attempt: a receiver that hangs holds up nobody else, and its own group no longer than `group_interval`
(10 s at least). Groups that are due at one integration take turns (turns.py). What was sent is stored before it counts.
Source: alertmanager notify/retry_stage.go, set_notifies_stage.go.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from vedette.alerting.notification import Integration, Notification
from vedette.alerting.pipeline import metrics
from vedette.alerting.pipeline.core import Attempt, Flush, Pipeline
from vedette.alerting.pipeline.notification_log import LogEntry, LogKey
from vedette.alerting.pipeline.retrying import waits_s
from vedette.alerting.pipeline.turns import Line, Turn
from vedette.model.errors import Forbidden, NotSent, StoreUnavailable
from vedette.ports.clock import Clock

log: Final = logging.getLogger(__name__)

TIMEOUT_MIN_S: Final = 10.0
_TIMED_OUT: Final = "contextDeadlineExceeded"

IntegrationKey = tuple[str, str, int]
"""Receiver, kind, place among its kind."""


@dataclass(frozen=True, slots=True)
class Sender:
    """`keep` stores an entry of the log, and raises StoreUnavailable, or Forbidden on a server that leads no more; `count` lets it count."""

    integrations: Mapping[IntegrationKey, Integration]
    lines: Mapping[IntegrationKey, Line]
    keep: Callable[[LogEntry], Awaitable[None]]
    count: Callable[[LogEntry], Awaitable[None]]
    clock: Clock
    random: Random

    async def carry_out(self, flush: Flush) -> bool:
        """Whether every attempt succeeded."""
        timeout_s = max(flush.group.route.options.group_interval_ms / 1000, TIMEOUT_MIN_S)
        results = await asyncio.gather(*(self._attempt(attempt, timeout_s) for attempt in flush.attempts))
        return all(results)

    async def _attempt(self, attempt: Attempt, timeout_s: float) -> bool:
        key = attempt.key
        metrics.SENT.labels(key.integration).inc()
        with Turn(self.lines[key.receiver, key.integration, key.place]) as turn:
            try:
                entry = await self._send(attempt, turn, timeout_s)
                await self.keep(entry)
            except NotSent:
                return False
            except (StoreUnavailable, Forbidden) as error:
                log.error("a notification was sent and could not be logged", extra={**_named(key), "error": str(error)})
                return False
        await self.count(entry)
        return True

    async def _send(self, attempt: Attempt, turn: Turn, timeout_s: float) -> LogEntry:
        """Raises NotSent, which is reported by then."""
        kept = attempt.kept
        if attempt.notification is not None:
            key = attempt.key
            integration = self.integrations[key.receiver, key.integration, key.place]
            tries = _Tries(integration, turn, self.clock, self.random)
            try:
                async with asyncio.timeout(timeout_s):
                    kept = await tries.send(attempt.notification)
            except NotSent as error:
                _give_up(key, error, tries.made)
                raise
            except TimeoutError:
                late = tries.last or NotSent(f"no answer within {timeout_s:g} s", retry=True, reason=_TIMED_OUT)
                _give_up(key, late, tries.made)
                raise late from None
        return Pipeline.logged(attempt, kept, self.clock.now_ms())


class _Tries:
    """Of one attempt."""

    def __init__(self, integration: Integration, turn: Turn, clock: Clock, random: Random) -> None:
        self._integration = integration
        self._turn = turn
        self._clock = clock
        self._waits_s = waits_s(random)
        self.made = 0
        self.last: NotSent | None = None

    async def send(self, notification: Notification) -> Mapping[str, str]:
        """Raises NotSent when trying again is of no use; otherwise goes on until it is cancelled. After a success the turn is still held."""
        while True:
            await self._turn.begin()
            try:
                return await self._once(notification)
            except NotSent as error:
                self._turn.end()
                metrics.FAILED_REQUESTS.labels(self._integration.kind).inc()
                if not error.retry:
                    raise
                if self.last is None or self.last.message != error.message:
                    log.warning(
                        "a notification could not be sent and is tried again",
                        extra={"receiver": notification.receiver, "group": notification.group_key, "error": str(error)},
                    )
                self.last = error
            await self._clock.sleep(max(next(self._waits_s), self.last.after_s or 0.0))

    async def _once(self, notification: Notification) -> Mapping[str, str]:
        self.made += 1
        kind = self._integration.kind
        metrics.REQUESTS.labels(kind).inc()
        started_s = self._clock.monotonic_s()
        try:
            return await self._integration.notify(notification)
        except NotSent:
            raise
        except Exception as error:  # this runs integrations; one that breaks must not stop its siblings
            log.exception("an integration failed", extra={"receiver": notification.receiver, "kind": kind})
            raise NotSent(f"internal error: {error}", retry=False) from error
        finally:
            metrics.LATENCY.labels(kind).observe(self._clock.monotonic_s() - started_s)


def _give_up(key: LogKey, error: NotSent, tries: int) -> None:
    metrics.FAILED.labels(key.integration, error.reason).inc()
    log.error("a notification was not sent", extra={**_named(key), "tries": tries, "error": str(error)})


def _named(key: LogKey) -> dict[str, object]:
    return {"receiver": key.receiver, "integration": f"{key.integration}[{key.place}]", "group": key.group_key}
