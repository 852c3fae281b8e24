"""Scraping as a whole: a pool for each job, fed by discovery; the one door to this room.

`run` owns every task and ends them in reverse order; `apply` hands it another configuration, which it takes between two
syncs: unchanged jobs keep their pools, changed ones reload, absent ones end their series. Syncs of one job are at least
SYNC_EVERY_S apart, but the first is at once.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import socket
from collections.abc import Awaitable, Sequence
from typing import Final

import numpy as np

from vedette.intake import metrics
from vedette.intake.config.sections import PrometheusConfig, ScrapeConfig
from vedette.intake.discovery.manager import DiscoveryManager
from vedette.intake.gathering import GatheringExecutor
from vedette.intake.pool import ScrapePool
from vedette.intake.scrape_loop import ScrapeLoop
from vedette.intake.target import TargetGroup
from vedette.intake.target_scraper import ScrapeServices
from vedette.intake.targets import PoolTargets
from vedette.model.blocks import Int64s
from vedette.model.labels import Labels
from vedette.model.limits import IngestLimits
from vedette.ports.clock import Clock
from vedette.ports.principal import Principal
from vedette.ports.store import Store
from vedette.ports.targets import Targets

_LOG = logging.getLogger(__name__)

SYNC_EVERY_S: Final = 5.0
WORKERS: Final = 2
"""Threads that inflate, scan and append; more than the cores would only wait for each other."""


class ScrapeManager:
    """`principal` is for whom is scraped. `hostname` and the external labels place targets within their interval.

    `start_times`, `type_and_unit`: features, see ScrapeServices.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        principal: Principal,
        config: PrometheusConfig,
        *,
        limits: IngestLimits | None = None,
        hostname: str = "",
        sync_every_s: float = SYNC_EVERY_S,
        start_times: bool = False,
        type_and_unit: bool = False,
    ) -> None:
        self._workers = GatheringExecutor(WORKERS, "scrape")
        features = {"start_times": start_times, "type_and_unit": type_and_unit}
        self._services = ScrapeServices(store, principal, clock, self._workers, limits or IngestLimits(), **features)
        self._config = config
        self._seed = _seed(hostname or socket.gethostname(), config)
        self._sync_every_s = sync_every_s
        self._pools: dict[str, ScrapePool] = {}
        self._wake = asyncio.Event()
        self._reload = asyncio.Event()
        self._applied = asyncio.Event()
        self._discovery = DiscoveryManager(clock, self._wake.set)
        self._ending: set[asyncio.Task[None]] = set()
        self.targets: Targets = PoolTargets(self._pools)

    def apply(self, config: PrometheusConfig) -> None:
        """From the event loop's thread. Returns at once; `run` takes it over."""
        self._config = config
        self._applied.clear()
        self._reload.set()
        self._wake.set()

    async def settled(self) -> None:
        """Waits until the last `apply` has been taken over."""
        await self._applied.wait()

    async def run(self) -> None:
        """Until cancelled."""
        self.apply(self._config)
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                if self._reload.is_set():
                    self._reload.clear()
                    await self._reconcile(self._config)
                await self._sync_pools()
                self._applied.set()
                if not self._discovery.has_unseen_jobs():
                    await self._pause()
        finally:
            await self._shut_down()

    async def _pause(self) -> None:
        """The pause between syncs, cut short by another configuration."""
        pause = asyncio.create_task(self._services.clock.sleep(self._sync_every_s))
        reload = asyncio.create_task(self._reload.wait())
        try:
            await asyncio.wait((pause, reload), return_when=asyncio.FIRST_COMPLETED)
        finally:
            pause.cancel()
            reload.cancel()

    async def _reconcile(self, config: PrometheusConfig) -> None:
        """Jobs side by side: each may have to wait for a scrape under way."""
        jobs = {job.job_name: job for job in config.jobs}
        gone = [self._pools.pop(name) for name in list(self._pools) if name not in jobs]
        kept = [jobs[name] for name in self._pools]
        await asyncio.gather(*(pool.stop(shutdown=False) for pool in gone), *(self._reload_pool(job) for job in kept))
        for name, job in jobs.items():
            if name not in self._pools:
                self._pools[name] = ScrapePool(job, self._services, self._seed, self._retire)
        await self._discovery.apply(list(jobs.values()))

    async def _reload_pool(self, job: ScrapeConfig) -> None:
        if not await self._survives(job.job_name, self._pools[job.job_name].reload(job)):
            metrics.POOL_RELOADS_FAILED.inc()

    async def _sync_pools(self) -> None:
        changes = self._discovery.take_changes()
        await asyncio.gather(
            *(self._sync_pool(name, groups) for name, groups in changes.items() if name in self._pools)
        )

    async def _sync_pool(self, name: str, groups: Sequence[TargetGroup]) -> None:
        if not await self._survives(name, self._pools[name].sync(groups)):
            metrics.SYNC_FAILED.labels(name).inc()

    async def _survives(self, job: str, work: Awaitable[None]) -> bool:
        """False when the work ended in a defect, which is logged: one job's must not stop the others."""
        try:
            await work
        except Exception:  # noqa: BLE001 - the runner of the pools
            _LOG.exception("job %s failed unexpectedly", job)
            return False
        return True

    def _retire(self, loop: ScrapeLoop) -> None:
        task = asyncio.create_task(loop.end_series(self._live_refs))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    def _live_refs(self) -> Int64s:
        loops = [loop for pool in list(self._pools.values()) for loop in list(pool.loops.values())]
        return np.concatenate([np.empty(0, np.int64), *(loop.scraper.live_refs() for loop in loops)])

    async def _shut_down(self) -> None:
        await self._discovery.stop()
        await asyncio.gather(*(pool.stop(shutdown=True) for pool in self._pools.values()))
        for task in list(self._ending):
            task.cancel()
        await asyncio.gather(*self._ending, return_exceptions=True)
        self._workers.shutdown(wait=True)


def _seed(hostname: str, config: PrometheusConfig) -> int:
    """Two servers with the same targets scrape them at different times."""
    text = f"{hostname}{Labels(config.common.external_labels.items())}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
