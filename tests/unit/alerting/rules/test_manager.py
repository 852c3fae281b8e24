"""Groups begin, change and go while time is turned by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np

from tests.unit.alerting.rules.rule_groups import definition_of, labels_of, stored_samples
from vedette.alerting.alerts import Alert
from vedette.alerting.rules.environment import RuleEnvironment
from vedette.alerting.rules.manager import RuleManager
from vedette.alerting.rules.workers import RuleWorkers
from vedette.model.blocks import SampleBatch
from vedette.ports.principal import SYSTEM, Principal
from vedette.query.promql.engine import Engine
from vedette.store.memory import MemoryStore

T = TypeVar("T")

QUIET_TURNS = 10
START_MS = 1_700_000_000_000
ONE = "groups: [{name: g, interval: 10s, rules: [{record: r, expr: m}, {alert: A, expr: m > 1}]}]"


class TurnedClock:
    """Sleepers wake when `turn` has brought their time."""

    def __init__(self) -> None:
        self.time_ms = START_MS
        self.workers = CountedWorkers()
        self._sleepers: list[tuple[int, asyncio.Future[None]]] = []

    def now_ms(self) -> int:
        return self.time_ms

    def monotonic_s(self) -> float:
        return self.time_ms / 1000

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.time_ms + round(seconds * 1000), woken))
        await woken

    async def turn(self, seconds: float, step_ms: int = 1_000) -> None:
        end_ms = self.time_ms + round(seconds * 1000)
        while self.time_ms < end_ms:
            self.time_ms = min(end_ms, self.time_ms + step_ms)
            due = [woken for at_ms, woken in self._sleepers if at_ms <= self.time_ms and not woken.done()]
            self._sleepers = [(at_ms, woken) for at_ms, woken in self._sleepers if at_ms > self.time_ms]
            for woken in due:
                woken.set_result(None)
            if due:
                await self.settle()

    async def settle(self) -> None:
        """Until loops and worker threads have nothing to do any more."""
        n_quiet = 0
        while n_quiet < QUIET_TURNS:
            await asyncio.sleep(0.001)
            n_quiet = 0 if self.workers.n_busy else n_quiet + 1


class CountedWorkers(RuleWorkers):
    def __init__(self) -> None:
        super().__init__()
        self.n_busy = 0

    async def run(self, work: Callable[[], T]) -> T:
        self.n_busy += 1
        try:
            return await super().run(work)
        finally:
            self.n_busy -= 1


class Heard:
    def __init__(self) -> None:
        self.alerts: list[Alert] = []

    async def post(self, principal: Principal, alerts: Sequence[Alert]) -> None:
        self.alerts += alerts


class Running:
    def __init__(self) -> None:
        self.clock, self.store, self.heard = TurnedClock(), MemoryStore(windows=False), Heard()
        environment = RuleEnvironment(self.store, Engine(self.store), SYSTEM, clock=self.clock)
        self.manager = RuleManager(environment, self.heard)
        self.manager.workers = self.clock.workers
        self.task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Running:
        self.task = asyncio.create_task(self.manager.run())
        return self

    async def __aexit__(self, *error: object) -> None:
        assert self.task is not None
        self.task.cancel()
        await asyncio.wait([self.task])

    async def apply(self, *texts: str) -> None:
        self.manager.apply([definition_of(text) for text in texts])
        await self.manager.settled()
        await self.clock.settle()

    def put(self, text: str, value: float) -> None:
        refs = self.store.register(SYSTEM, [labels_of(text)])
        self.store.append(SYSTEM, SampleBatch(refs, np.array([self.clock.time_ms]), np.array([value])))

    def stored(self, selector: str) -> list[float | str]:
        return [value for _, value in stored_samples(self.store, selector).get(selector, [])]


def test_a_group_is_evaluated_at_its_slots_and_its_alerts_are_posted() -> None:
    async def scenario() -> None:
        async with Running() as running:
            await running.apply(ONE)
            running.put("m", 2)
            await running.clock.turn(35)
            times = [time_ms for time_ms, _ in stored_samples(running.store, "r")["r"]]
            assert [b - a for a, b in pairwise(times)] == [10_000] * (len(times) - 1)
            assert 3 <= len(times) <= 4
            assert [str(alert.labels) for alert in running.heard.alerts] == ['{alertname="A"}']
            (group,) = running.manager.groups()
            assert [rule.health for rule in group.rules] == ["ok", "ok"]
            assert group.rules[1].state == "firing"

    asyncio.run(scenario())


def test_a_group_that_is_gone_ends_its_series_after_two_intervals() -> None:
    async def scenario() -> None:
        async with Running() as running:
            await running.apply(ONE)
            running.put("m", 2)
            await running.clock.turn(12)
            n = len(running.stored("r"))
            await running.apply()
            assert running.manager.groups() == []
            await running.clock.turn(15)
            assert len(running.stored("r")) == n
            await running.clock.turn(10)
            assert running.stored("r") == [2.0] * n + ["stale"]

    asyncio.run(scenario())


def test_a_rule_that_moves_to_another_group_does_not_end() -> None:
    async def scenario() -> None:
        async with Running() as running:
            await running.apply(ONE)
            running.put("m", 2)
            await running.clock.turn(12)
            await running.apply(ONE.replace("name: g", "name: renamed"))
            await running.clock.turn(40)
            assert "stale" not in running.stored("r")

    asyncio.run(scenario())


def test_an_unchanged_group_goes_on_through_a_reload() -> None:
    async def scenario() -> None:
        async with Running() as running:
            await running.apply(ONE)
            running.put("m", 2)
            await running.clock.turn(12)
            before = running.manager.groups()[0].last_evaluation_ms
            await running.apply(ONE, "groups: [{name: other, rules: [{record: o, expr: m}]}]")
            groups = running.manager.groups()
            assert [group.name for group in groups] == ["g", "other"]
            assert groups[0].last_evaluation_ms == before

    asyncio.run(scenario())
