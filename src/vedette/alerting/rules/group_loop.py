"""One group's loop: evaluated at its slots until stopped, on worker threads; what has to be sent goes to the sink.

new --first slot--> running --stop()--> stopped (an evaluation under way is finished)
                       `--cancelled (shutdown)--> nothing more
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from vedette.alerting.alerts import Alert, AlertSink
from vedette.alerting.rules import metrics
from vedette.alerting.rules.environment import RuleEnvironment
from vedette.alerting.rules.groups import RuleGroup
from vedette.alerting.rules.restoring import restore_group
from vedette.alerting.rules.slots import Slots
from vedette.alerting.rules.workers import RuleWorkers
from vedette.model.errors import VedetteError

_LOG: Final = logging.getLogger(__name__)


class Surroundings(Protocol):
    """What all groups share; a reload replaces the environment between two evaluations."""

    environment: RuleEnvironment
    sink: AlertSink
    workers: RuleWorkers


@dataclass(slots=True)
class GroupLoop:
    group: RuleGroup
    shared: Surroundings
    restores: bool
    """Whether the group begins with what the store knows of its alerts."""
    _task: asyncio.Task[None] | None = None
    _stopping: bool = False
    _sleeping: bool = False

    def start(self) -> None:
        definition = self.group.definition
        metrics.show_group(self.group.key, len(definition.rules), definition.interval_ms)
        self._task = asyncio.create_task(self._run(), name=f"rules {self.group.key}")

    async def stop(self) -> None:
        """Lets an evaluation under way finish; then nothing more is evaluated."""
        self._stopping = True
        if self._task is not None:
            if self._sleeping:
                self._task.cancel()
            await asyncio.wait([self._task])

    async def abort(self) -> None:
        """For shutdown: the task ends now, an evaluation on its thread when it is done."""
        self._stopping = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        clock = self.shared.environment.clock
        slots = Slots.of_group(self.group.key, self.group.definition.interval_ms)
        slot_ms = slots.first(clock.now_ms())
        while not self._stopping:
            await self._sleep_until(slot_ms)
            await self._evaluate(slot_ms)
            slot_ms, missed = slots.next(slot_ms, clock.now_ms())
            if missed:
                metrics.MISSED.labels(self.group.key).inc(missed)
                metrics.SCHEDULED.labels(self.group.key).inc(missed)

    async def _sleep_until(self, slot_ms: int) -> None:
        """A clock that goes back makes the wait longer by an interval at most."""
        clock = self.shared.environment.clock
        self._sleeping = True
        try:
            while (wait_ms := slot_ms - clock.now_ms()) > 0:
                if wait_ms > 2 * self.group.definition.interval_ms:
                    return
                await clock.sleep(wait_ms / 1000)
        finally:
            self._sleeping = False

    async def _evaluate(self, slot_ms: int) -> None:
        metrics.SCHEDULED.labels(self.group.key).inc()
        try:
            alerts = await self.shared.workers.run(lambda: self._work(slot_ms))
            if alerts:
                await self._post(alerts)
        except Exception:  # noqa: BLE001 - the group's runner: a defect in one evaluation must not end the loop
            _LOG.exception("group %s failed unexpectedly", self.group.key)

    def _work(self, slot_ms: int) -> Sequence[Alert]:
        """On a worker thread."""
        environment = self.shared.environment
        if self.restores:
            self.restores = False
            restore_group(self.group, environment, slot_ms)
        return self.group.evaluate(environment, slot_ms, self.shared.workers.side_by_side)

    async def _post(self, alerts: Sequence[Alert]) -> None:
        try:
            await self.shared.sink.post(self.shared.environment.principal, alerts)
        except VedetteError as error:
            _LOG.error("group %s: %d alerts were not taken: %s", self.group.key, len(alerts), error.message)
