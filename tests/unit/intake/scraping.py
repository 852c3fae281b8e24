"""A clock that tests turn, a target that answers what it is told, a store that says when something was appended."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from vedette.intake.config import PrometheusConfig, load_config
from vedette.intake.manager import ScrapeManager
from vedette.model.blocks import SampleBatch
from vedette.model.matchers import Matcher, MatchType
from vedette.model.staleness import is_stale
from vedette.ports.clock import Clock
from vedette.ports.principal import SYSTEM, Principal
from vedette.ports.scan import Deadline, ScanPlan
from vedette.ports.store import AppendResult
from vedette.store.memory import MemoryStore

START_MS = 1_700_000_000_000
WAIT_S = 10.0
"""Only a broken test waits so long."""


class TurnedClock(Clock):
    """Time passes when `turn` is called; whoever sleeps then wakes in order."""

    def __init__(self) -> None:
        self._now_s = 0.0
        self.jump_ms = 0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now_ms(self) -> int:
        return START_MS + self.jump_ms + round(self._now_s * 1000)

    def monotonic_s(self) -> float:
        return self._now_s

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now_s + seconds, next(self._order), future))
        await future

    async def turn(self, seconds: float) -> None:
        """Wakes every sleeper that is due, at its own time, and lets the loop run between them."""
        end = self._now_s + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            self._now_s, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                future.set_result(None)
                await settle()
        self._now_s = end

    @property
    def sleepers(self) -> int:
        return sum(not future.done() for _, _, future in self._sleepers)


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


class SignallingStore(MemoryStore):
    """Counts appends, and wakes the test that waits for them."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock=clock)
        self.appends = 0
        self._loop = asyncio.get_running_loop()
        self._appended = asyncio.Event()

    def append(self, principal: Principal, batch: SampleBatch) -> AppendResult:
        result = super().append(principal, batch)
        self._loop.call_soon_threadsafe(self._count)
        return result

    def _count(self) -> None:
        self.appends += 1
        self._appended.set()

    async def appended(self, count: int) -> None:
        """Until so many appends were made in all."""
        async with asyncio.timeout(WAIT_S):
            while self.appends < count:
                self._appended.clear()
                await self._appended.wait()
        await settle()

    def values(self, selector: str) -> dict[str, list[float | str]]:
        """`name` or `name{label="value"}` without braces' niceties: series to values, `stale` for a marker."""
        columns = self.select(
            SYSTEM,
            ScanPlan((Matcher("__name__", MatchType.REGEX, selector),), 0, START_MS * 2, 1_000_000),
            Deadline(WAIT_S),
        )
        return {
            str(labels): [
                "stale" if is_stale(value) else value
                for value in columns.values[columns.offsets[i] : columns.offsets[i + 1]].tolist()
            ]
            for i, labels in enumerate(columns.labels)
        }

    def times(self, name: str) -> list[int]:
        columns = self.select(
            SYSTEM,
            ScanPlan((Matcher("__name__", MatchType.EQUAL, name),), 0, START_MS * 2, 1_000_000),
            Deadline(WAIT_S),
        )
        return [int(time) for time in columns.times_ms]


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Endpoint:
    """What the target answers next, and what it was asked."""

    body: bytes | str = "a 1\n"
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "text/plain; version=0.0.4"})
    handler: Handler | None = None
    requests: list[web.Request] = field(default_factory=list)
    address: str = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        if self.handler is not None:
            return await self.handler(request)
        body = self.body.encode() if isinstance(self.body, str) else self.body
        return web.Response(body=body, status=self.status, headers=self.headers)


@contextlib.asynccontextmanager
async def serve(endpoint: Endpoint, *, unix_socket: str = "", ssl: object = None) -> AsyncIterator[Endpoint]:
    application = web.Application(client_max_size=1 << 30)
    application.router.add_route("*", "/{path:.*}", endpoint.answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    try:
        if unix_socket:
            await web.UnixSite(runner, unix_socket).start()
        else:
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=ssl).start()  # type: ignore[arg-type]
            endpoint.address = f"127.0.0.1:{runner.addresses[0][1]}"
        yield endpoint
    finally:
        await runner.cleanup()


@dataclass
class Scene:
    clock: TurnedClock
    store: SignallingStore
    manager: ScrapeManager
    endpoint: Endpoint

    async def scrape(self, count: int = 1, interval_s: float = 15.0) -> None:
        """Turns the clock by an interval and waits for the target's append, so many times."""
        for _ in range(count):
            wanted = self.store.appends + 1
            await self.clock.turn(interval_s)
            await self.store.appended(wanted)
            await self.at_rest()

    async def at_rest(self) -> None:
        """Until no scrape is under way."""
        async with asyncio.timeout(WAIT_S):
            while any(loop.scraping for pool in self.manager._pools.values() for loop in pool.loops.values()):
                await settle()

    async def apply(self, text: str) -> None:
        await self.clock.turn(
            0.001
        )  # off the grid: a new loop whose slot is now, one in a hundred, would scrape at once
        self.manager.apply(config(text, self.endpoint.address))
        await self.manager.settled()
        await settle()

    def error(self) -> str:
        return self.manager.targets.active()[0].last_error


def config(text: str, address: str) -> PrometheusConfig:
    """`text` is the job's settings, one YAML line each; the target's address stands for ADDRESS."""
    lines = "".join(f"  {line}\n" for line in text.replace("ADDRESS", address).splitlines())
    if "static_configs" not in text and "_sd_configs" not in text:
        lines += f"  static_configs: [{{targets: ['{address}']}}]\n"
    return load_config(
        "prometheus.yml",
        text=f"global: {{scrape_interval: 15s}}\nscrape_configs:\n- job_name: x\n{lines}",
        environment={},
    )


@contextlib.asynccontextmanager
async def scene(text: str = "", endpoint: Endpoint | None = None, **serving: object) -> AsyncIterator[Scene]:
    """A manager with one job, its target served, nothing scraped yet."""
    async with serve(endpoint or Endpoint(), **serving) as served:  # type: ignore[arg-type]
        clock = TurnedClock()
        store = SignallingStore(clock)
        manager = ScrapeManager(store, clock, SYSTEM, config(text, served.address), hostname="host")
        task = asyncio.create_task(manager.run())
        try:
            await manager.settled()
            await settle()
            yield Scene(clock, store, manager, served)
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
