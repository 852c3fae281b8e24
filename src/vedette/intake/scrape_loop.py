"""One target's loop: scrape on the grid until stopped, then, when the target is gone for good, end its series.

    new --offset--> running --stop()--> stopped --two intervals and a tenth--> ended (stale markers)
                       |                    `--the same series live elsewhere, or shutdown--> nothing
                       `--cancelled (shutdown)--> nothing

A scrape under way is finished by `stop` and cut by cancellation. The markers wait, because a target that is only
relabelled or moved to another job comes back within two intervals; series that any live target has are left alone.
Source: Prometheus scrape.go run, endOfRunStaleness.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from vedette.intake import metrics
from vedette.intake.target import next_offset_ms
from vedette.intake.target_scraper import ScrapeServices, TargetScraper, finished
from vedette.intake.timing import ScrapeGrid, Ticker
from vedette.model.blocks import Int64s
from vedette.model.time import format_duration

_LOG = logging.getLogger(__name__)


class ScrapeLoop:
    def __init__(self, scraper: TargetScraper, services: ScrapeServices, seed: int, slots: int) -> None:
        self.scraper = scraper
        self._services = services
        self._seed = seed
        self._slots = slots
        self._task: asyncio.Task[None] | None = None
        self._fetching = False
        self._sleeping = False
        self._stopping = False
        self._next_s = 0.0
        self._scraped = False
        self._last_defect: type[Exception] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=f"scrape {self.scraper.target.url}")

    @property
    def scraping(self) -> bool:
        return self._fetching or self.scraper.taking

    async def _run(self) -> None:
        clock = self._services.clock
        target = self.scraper.target
        offset_ms = next_offset_ms(target.id, self._seed, target.interval_ms, clock.now_ms(), self._slots)
        await self._sleep(offset_ms / 1000)
        grid = ScrapeGrid(clock.now_ms(), target.interval_ms)
        ticker = Ticker(clock.monotonic_s() + target.interval_ms / 1000, target.interval_ms / 1000)
        length = metrics.INTERVAL_LENGTH.labels(format_duration(target.interval_ms))
        last_s = 0.0
        while not self._stopping:
            start_s = clock.monotonic_s()
            if last_s:
                length.observe(start_s - last_s)
            last_s = start_s
            self._next_s = ticker.next_s
            self._scraped = True
            await self._scrape(grid.align(clock.now_ms()))
            await self._sleep(ticker.wait_s(clock.monotonic_s()))

    async def _scrape(self, time_ms: int) -> None:
        self._fetching = True
        try:
            await self._guard(self.scraper.settled())
            await self._guard(self.scraper.scrape(time_ms))
        finally:
            self._fetching = False

    async def _guard(self, work: Awaitable[None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - the task's runner: one target's defect must not end its loop
            if type(error) is not self._last_defect:
                _LOG.exception("scrape of %s failed unexpectedly", self.scraper.target.url)
            self._last_defect = type(error)
            metrics.SCRAPES.labels("defect").inc()

    async def _sleep(self, seconds: float) -> None:
        if self._stopping:
            return
        self._sleeping = True
        try:
            await self._services.clock.sleep(seconds)
        finally:
            self._sleeping = False

    async def stop(self) -> None:
        """Lets a scrape under way finish; then nothing more is scraped."""
        self._stopping = True
        if self._task is None:
            return
        if self._sleeping:
            self._task.cancel()
        await self._end()

    async def abort(self) -> None:
        """Cuts a scrape under way: for shutdown."""
        self._stopping = True
        if self._task is not None:
            self._task.cancel()
            await self._end()

    async def _end(self) -> None:
        """Of the task, and of the page it left to a worker."""
        assert self._task is not None
        await asyncio.wait([self._task])
        await self._guard(self.scraper.settled())

    async def end_series(self, live_refs: Callable[[], Int64s]) -> None:
        """After `stop`, where the target is gone for good. `live_refs` is asked in a worker thread, after the wait."""
        if not self._scraped:
            return
        clock = self._services.clock
        interval_s = self.scraper.target.interval_ms / 1000
        await clock.sleep(max(0.0, self._next_s - clock.monotonic_s()))
        stale_ms = clock.now_ms()
        await clock.sleep(interval_s * 1.1)
        await finished(self._services.workers.submit(lambda: self.scraper.end(stale_ms, live_refs())))
