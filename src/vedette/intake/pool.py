"""The targets of one job: built from groups, deduplicated, each with its loop.

`sync` takes what discovery found: new targets start, known ones go on untouched, absent ones stop. `reload` takes another
configuration of the same job: targets restart, with their series caches where nothing that alters series has changed.
Source: Prometheus scrape.go scrapePool.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from vedette.intake import metrics
from vedette.intake.config.http import PLAIN_HTTP
from vedette.intake.config.sections import ScrapeConfig
from vedette.intake.config.values import NO_DURATION
from vedette.intake.http_client import HttpClient
from vedette.intake.scrape_loop import ScrapeLoop
from vedette.intake.target import Target, TargetGroup, TargetId, build_target, discovered_labels, start_slots
from vedette.intake.target_scraper import ScrapeServices, TargetScraper
from vedette.model.errors import BadInput
from vedette.model.labels import Labels
from vedette.wire.exposition import SeriesCache

_LOG = logging.getLogger(__name__)

Retire = Callable[[ScrapeLoop], None]
"""Takes a stopped loop whose target is gone, and ends its series in time."""


class ScrapePool:
    def __init__(self, job: ScrapeConfig, services: ScrapeServices, seed: int, retire: Retire) -> None:
        self.job = job
        self.loops: dict[TargetId, ScrapeLoop] = {}
        self.dropped: list[Labels] = []
        self.dropped_count = 0
        self._services = services
        self._seed = seed
        self._slots = start_slots(0)
        self._retire = retire
        self._client = HttpClient(job.http)
        self._socket_clients: dict[str, HttpClient] = {}
        self._groups: Sequence[TargetGroup] = ()
        metrics.POOLS.inc()
        metrics.POOL_TARGET_LIMIT.labels(job.job_name).set(job.target_limit)

    async def sync(self, groups: Sequence[TargetGroup]) -> None:
        start_s = self._services.clock.monotonic_s()
        self._groups = groups
        wanted = self._build(groups)
        self._slots = start_slots(len(wanted))
        gone = [self.loops.pop(target) for target in list(self.loops) if target not in wanted]
        fresh = [self._add(target, None) for target in wanted.values() if target.id not in self.loops]
        self._apply_target_limit()
        for loop in fresh:
            loop.start()
        await self._stop_all(gone)
        name = self.job.job_name
        metrics.POOL_TARGETS.labels(name).set(len(self.loops))
        metrics.POOL_SYNCS.labels(name).inc()
        metrics.SYNC_LENGTH.labels(name).observe(self._services.clock.monotonic_s() - start_s)

    async def reload(self, job: ScrapeConfig) -> None:
        """Same job name, other settings. Loops go on where what they do is not concerned."""
        if job == self.job:
            return
        metrics.POOL_RELOADS.inc()
        metrics.POOL_TARGET_LIMIT.labels(job.job_name).set(job.target_limit)
        before, self.job = self.job, job
        if _loop_settings(job) == _loop_settings(before):
            await self.sync(self._groups)
        else:
            await self._restart(keep_caches=_series_settings(job) == _series_settings(before))

    async def _restart(self, *, keep_caches: bool) -> None:
        old_loops = {loop.scraper.target.identity: loop for loop in self.loops.values()}
        old_clients = [self._client, *self._socket_clients.values()]
        self.loops, self._client, self._socket_clients = {}, HttpClient(self.job.http), {}
        await asyncio.gather(*(loop.stop() for loop in old_loops.values()))
        wanted = self._build(self._groups)
        self._slots = start_slots(len(wanted))
        for target in wanted.values():
            old = old_loops.pop(target.identity, None) if keep_caches else None
            self._add(target, old.scraper.cache if old else None)
        self._apply_target_limit()
        for loop in self.loops.values():
            loop.start()
        for loop in old_loops.values():
            self._retire(loop)
        for client in old_clients:
            await client.close()
        metrics.POOL_TARGETS.labels(self.job.job_name).set(len(self.loops))

    async def stop(self, *, shutdown: bool) -> None:
        """At shutdown scrapes are cut and series are left as they are; else their targets are gone and they end."""
        loops = list(self.loops.values())
        self.loops = {}
        if shutdown:
            await asyncio.gather(*(loop.abort() for loop in loops))
        else:
            await self._stop_all(loops)
        for client in (self._client, *self._socket_clients.values()):
            await client.close()
        metrics.forget_job(self.job.job_name)

    def _build(self, groups: Sequence[TargetGroup]) -> dict[TargetId, Target]:
        """The targets that relabelling keeps, each once; remembers the dropped ones."""
        rules = self.job.target_rules()
        found: dict[TargetId, Target] = {}
        self.dropped, self.dropped_count = [], 0
        for group in groups:
            for place, own in enumerate(group.targets):
                discovered = discovered_labels(self.job, own, group.labels)
                try:
                    target = build_target(self.job, rules, discovered)
                except BadInput as error:
                    metrics.SYNC_FAILED.labels(self.job.job_name).inc()
                    _LOG.error(
                        "job %s: instance %d in group %s: %s", self.job.job_name, place, group.source, error.message
                    )
                    continue
                if target is None:
                    self._drop(discovered)
                else:
                    found.setdefault(target.id, target)
        return found

    def _drop(self, discovered: Labels) -> None:
        self.dropped_count += 1
        if self.job.keep_dropped_targets == 0 or len(self.dropped) < self.job.keep_dropped_targets:
            self.dropped.append(discovered)

    def _add(self, target: Target, cache: SeriesCache | None) -> ScrapeLoop:
        scraper = TargetScraper(target, self.job, self._client_of(target), self._services, cache)
        loop = ScrapeLoop(scraper, self._services, self._seed, self._slots)
        self.loops[target.id] = loop
        return loop

    def _client_of(self, target: Target) -> HttpClient:
        """A socket has a client of its own: pooled connections are known by host and port only."""
        path = target.unix_socket
        if not path:
            return self._client
        if path not in self._socket_clients:
            self._socket_clients[path] = HttpClient(self.job.http, unix_socket=path)
        return self._socket_clients[path]

    def _apply_target_limit(self) -> None:
        limit, count = self.job.target_limit, len(self.loops)
        error = ""
        if limit and count > limit:
            metrics.POOL_OVER_TARGET_LIMIT.inc()
            error = f"target_limit exceeded (number of targets: {count}, limit: {limit})"
        for loop in self.loops.values():
            loop.scraper.forced_error = error

    async def _stop_all(self, loops: Sequence[ScrapeLoop]) -> None:
        await asyncio.gather(*(loop.stop() for loop in loops))
        for loop in loops:
            self._retire(loop)


def _loop_settings(job: ScrapeConfig) -> ScrapeConfig:
    """The configuration without what only decides which targets there are."""
    return replace(
        job,
        static_configs=(),
        file_sd_configs=(),
        http_sd_configs=(),
        dns_sd_configs=(),
        unbuilt={},
        relabel_configs=(),
        target_limit=0,
        keep_dropped_targets=0,
    )


def _series_settings(job: ScrapeConfig) -> ScrapeConfig:
    """The configuration without what has no influence on which series a page makes."""
    return replace(
        _loop_settings(job),
        scrape_interval=NO_DURATION,
        scrape_timeout=NO_DURATION,
        sample_limit=0,
        http=PLAIN_HTTP,
    )
