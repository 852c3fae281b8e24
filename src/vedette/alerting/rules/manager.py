"""All rule groups that are in force: begun, kept, changed and ended as the configuration says.

A group that is declared as before goes on untouched; one that changed waits for its evaluation under way, hands over its
state and begins again; one that is gone ends its series two intervals later, unless another rule writes them by then.
Source: Prometheus rules/manager.go (Update).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

import numpy as np

from vedette.alerting.alerts import AlertSink
from vedette.alerting.rules import metrics
from vedette.alerting.rules.definitions import GroupDefinition
from vedette.alerting.rules.environment import RuleEnvironment
from vedette.alerting.rules.group_loop import GroupLoop
from vedette.alerting.rules.groups import RuleGroup, end_groups
from vedette.alerting.rules.series import NO_REFS, end_series
from vedette.alerting.rules.status import describe_group
from vedette.alerting.rules.workers import RuleWorkers
from vedette.model.blocks import Int64s
from vedette.model.errors import VedetteError
from vedette.ports.rules import GroupStatus

_LOG: Final = logging.getLogger(__name__)


class RuleManager:
    """`apply` from the event loop's thread, `groups` from any; `run` does the work."""

    def __init__(self, environment: RuleEnvironment, sink: AlertSink, workers: RuleWorkers | None = None) -> None:
        self.environment = environment
        self.sink = sink
        self.workers = workers or RuleWorkers()
        self._wanted: Sequence[GroupDefinition] = ()
        self._changed = asyncio.Event()
        self._settled = asyncio.Event()
        self._loops: dict[str, GroupLoop] = {}
        self._endings: set[asyncio.Task[None]] = set()

    def apply(self, groups: Sequence[GroupDefinition], environment: RuleEnvironment | None = None) -> None:
        if environment is not None:
            self.environment = environment
        self._wanted = groups
        self._settled.clear()
        self._changed.set()

    async def settled(self) -> None:
        """When what was applied last is in force."""
        await self._settled.wait()

    def groups(self) -> Sequence[GroupStatus]:
        loops = list(self._loops.values())
        return sorted((describe_group(loop.group) for loop in loops), key=lambda group: (group.file, group.name))

    async def run(self) -> None:
        """Until cancelled; then series are left as they are, because they go on after the next start."""
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                await self._reconcile({group.key: group for group in self._wanted})
                if not self._changed.is_set():
                    self._settled.set()
        finally:
            for ending in self._endings:
                ending.cancel()
            await asyncio.gather(*(loop.abort() for loop in self._loops.values()))
            await asyncio.to_thread(self.workers.close)

    async def _reconcile(self, wanted: dict[str, GroupDefinition]) -> None:
        before = self._loops
        kept = {key: loop for key, loop in before.items() if wanted.get(key) == loop.group.definition}
        await asyncio.gather(*(loop.stop() for key, loop in before.items() if key not in kept))
        self._loops = {key: kept.get(key) or self._begin(group, before.get(key)) for key, group in wanted.items()}
        gone = [loop.group for key, loop in before.items() if key not in wanted]
        for group in gone:
            metrics.forget_group(group.key)
            ending = asyncio.create_task(self._end(group), name=f"rules {group.key} end")
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)

    def _begin(self, definition: GroupDefinition, before: GroupLoop | None) -> GroupLoop:
        group = RuleGroup(definition, None if before is None else before.group)
        loop = GroupLoop(group, self, restores=before is None)
        loop.start()
        return loop

    async def _end(self, group: RuleGroup) -> None:
        """After two intervals: a group of another name may have taken the rules over."""
        clock = self.environment.clock
        stopped_ms = clock.now_ms()
        await clock.sleep(2 * group.definition.interval_ms / 1000)
        environment = self.environment
        refs = np.setdiff1d(end_groups([group]), self._live_refs())
        time_ms = stopped_ms - group.query_offset_ms(environment)
        try:
            await self.workers.run(lambda: end_series(environment.store, environment.principal, refs, time_ms))
        except VedetteError as error:
            _LOG.warning("group %s: its series could not be ended: %s", group.key, error.message)

    def _live_refs(self) -> Int64s:
        return np.concatenate([NO_REFS, *(loop.group.written() for loop in self._loops.values())])
