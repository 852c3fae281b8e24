"""Looks at all alerts again and again, notes what changed, and forgets what is too old.

A look costs time on the pipeline's own thread, so it takes some thousand alerts at a time, and the pause after it is fifty times
as long as the look itself: 2 % of a core, however many alerts there are.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol, TypeVar

from vedette.alerting.alerts import ALERT_NAME, Alert, Fingerprint
from vedette.alerting.fingerprints import fingerprints
from vedette.alerting.history.pending import PendingAlerts
from vedette.alerting.history.watching import Look, Seen, changes, merge_looks, see, see_pending
from vedette.alerting.pipeline.core import Pipeline
from vedette.alerting.pipeline.keeping import Runner
from vedette.model.errors import StoreError
from vedette.model.limits import AlertLimits
from vedette.model.time import format_duration
from vedette.ports.alert_history import AlertHistory
from vedette.ports.clock import Clock
from vedette.ports.principal import Principal

log: Final = logging.getLogger(__name__)
T = TypeVar("T")

LOOK_S: Final = 5.0
"""Between two looks, at least."""
PAUSE_PER_LOOK: Final = 50.0
ALERTS_AT_ONCE: Final = 2_000
FORGET_S: Final = 6 * 3600.0


class ReadsPipeline(Protocol):
    """`vedette.alerting.pipeline.shell.Shell`, as far as it is read."""

    def read(self, look: Callable[[Pipeline, int], T]) -> Awaitable[T]: ...


async def _nobody(alerts: Sequence[Alert]) -> None:
    """Nobody else looks."""


@dataclass(slots=True)
class Watcher:
    """`look` from the event loop; `history` from threads."""

    shell: ReadsPipeline
    pending: PendingAlerts
    history: AlertHistory
    principal: Principal
    clock: Clock
    io: Runner
    on_look: Callable[[Sequence[Alert]], Awaitable[None]] = _nobody
    """Told of all alerts at each look."""
    ignored: frozenset[str] = frozenset()
    """Names of alerts that are not noted: our own signs of life."""
    keep_ms: int = AlertLimits().history_ms
    _before: Look | None = None

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch())
            tasks.create_task(self._forget())

    async def look(self) -> None:
        """Once; what changed is noted."""
        alerts = await self.shell.read(lambda pipeline, _: list(pipeline.alerts))
        seen: list[tuple[Fingerprint, Seen]] = []
        for start in range(0, len(alerts), ALERTS_AT_ONCE):
            seen += await self.shell.read(partial(_see_all, alerts[start : start + ALERTS_AT_ONCE]))
        await self.io(partial(self._note, seen))
        await self.on_look(alerts)

    def _note(self, seen: Sequence[tuple[Fingerprint, Seen]]) -> None:
        """On a thread: comparing 50,000 alerts takes some ten ms."""
        now_ms = self.clock.now_ms()
        pending = self.pending.at(now_ms)
        keys = fingerprints([alert.labels for alert in pending])
        waiting = [see_pending(alert.labels, alert.starts_at_ms) for alert in pending]
        look = merge_looks(seen, zip(keys, waiting, strict=True))
        found = changes(self._before, look, now_ms)
        events = [event for event in found if event.labels.get(ALERT_NAME) not in self.ignored]
        self._before = look
        if events:
            self.history.record(self.principal, events)

    async def _watch(self) -> None:
        while True:
            started_s = self.clock.monotonic_s()
            await self.look()
            took_s = self.clock.monotonic_s() - started_s
            await self.clock.sleep(max(LOOK_S, PAUSE_PER_LOOK * took_s))

    async def _forget(self) -> None:
        while True:
            await self.clock.sleep(FORGET_S)
            before_ms = self.clock.now_ms() - self.keep_ms
            try:
                await self.io(partial(self.history.forget_before, before_ms))
            except StoreError as error:
                log.error(
                    "the history of alerts older than %s is not removed yet: %s", format_duration(self.keep_ms), error
                )


def _see_all(alerts: Sequence[Alert], pipeline: Pipeline, now_ms: int) -> list[tuple[Fingerprint, Seen]]:
    status = pipeline.muting.status
    return [(alert.fingerprint, see(alert, status(alert, now_ms), now_ms)) for alert in alerts]
