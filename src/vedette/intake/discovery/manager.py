"""One task a provider; what they found is kept by (job, provider) and handed to the pools as one list a job.

A provider that fails keeps its last answer. Unchanged discovery of a job survives a reload, its answers included.
Source: Prometheus discovery/manager.go.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence

from vedette.intake import metrics
from vedette.intake.config.sections import ScrapeConfig
from vedette.intake.discovery.providers import Provider
from vedette.intake.discovery.static import StaticProvider
from vedette.intake.target import TargetGroup
from vedette.model.errors import VedetteError
from vedette.ports.clock import Clock

_LOG = logging.getLogger(__name__)
_NAME = "scrape"


class JobDiscovery:
    """The providers of one job."""

    def __init__(self, job: ScrapeConfig) -> None:
        self.settings = discovery_settings(job)
        self.providers = build_providers(job)
        self.found: dict[int, Sequence[TargetGroup]] = {}
        self.tasks: list[asyncio.Task[None]] = []

    @property
    def complete(self) -> bool:
        return len(self.found) == len(self.providers)

    def groups(self) -> list[TargetGroup]:
        return [group for index in sorted(self.found) for group in self.found[index]]


class DiscoveryManager:
    """`changed` is called whenever `take_changes` has something new."""

    def __init__(self, clock: Clock, changed: Callable[[], None]) -> None:
        self._clock = clock
        self._changed = changed
        self._jobs: dict[str, JobDiscovery] = {}
        self._dirty: set[str] = set()
        self._taken: set[str] = set()

    async def apply(self, jobs: Sequence[ScrapeConfig]) -> None:
        wanted = {job.job_name: job for job in jobs}
        for name, known in list(self._jobs.items()):
            if name not in wanted or known.settings != discovery_settings(wanted[name]):
                await self._stop_job(self._jobs.pop(name))
                self._taken.discard(name)
        for name, job in wanted.items():
            if name in self._jobs:
                self._dirty.add(name)
                continue
            discovery = self._jobs[name] = JobDiscovery(job)
            discovery.tasks = [
                asyncio.create_task(self._keep_fresh(name, discovery, index, provider), name=f"discovery {name}")
                for index, provider in enumerate(discovery.providers)
            ]

    def has_unseen_jobs(self) -> bool:
        """Whether a job has never been synced: its first targets should not wait for the pause between syncs."""
        return any(name not in self._taken and job.providers for name, job in self._jobs.items())

    def take_changes(self) -> Mapping[str, Sequence[TargetGroup]]:
        """Groups of the jobs that changed since the last call."""
        changes = {name: self._jobs[name].groups() for name in self._dirty if name in self._jobs}
        self._dirty.clear()
        self._taken.update(changes)
        for name, groups in changes.items():
            metrics.SD_DISCOVERED.labels(_NAME, name).set(sum(len(group.targets) for group in groups))
        if changes:
            metrics.SD_SENT.labels(_NAME).inc()
        return changes

    async def stop(self) -> None:
        for job in self._jobs.values():
            await self._stop_job(job)
        self._jobs = {}

    async def _stop_job(self, job: JobDiscovery) -> None:
        for task in job.tasks:
            task.cancel()
        await asyncio.gather(*job.tasks, return_exceptions=True)
        for provider in job.providers:
            await provider.close()

    async def _keep_fresh(self, name: str, job: JobDiscovery, index: int, provider: Provider) -> None:
        while True:
            groups = await self._refresh(name, provider)
            if groups is not None and job.found.get(index) != groups:
                job.found[index] = groups
                metrics.SD_RECEIVED.labels(_NAME).inc()
                self._dirty.add(name)
                self._changed()
            if not provider.interval_s:
                return
            await self._clock.sleep(provider.interval_s)

    async def _refresh(self, name: str, provider: Provider) -> Sequence[TargetGroup] | None:
        start_s = self._clock.monotonic_s()
        try:
            return await provider.refresh()
        except VedetteError as error:
            metrics.SD_REFRESH_FAILURES.labels(provider.kind, name).inc()
            _LOG.error("discovery %s of job %s: unable to refresh target groups: %s", provider.kind, name, error.message)
            return None
        finally:
            elapsed_s = self._clock.monotonic_s() - start_s
            metrics.SD_REFRESH_DURATION.labels(provider.kind, name).observe(elapsed_s)


def build_providers(job: ScrapeConfig) -> list[Provider]:
    return [StaticProvider(job.static_configs)]


def discovery_settings(job: ScrapeConfig) -> object:
    """What decides whether a job's discovery can go on through a reload."""
    return job.static_configs, job.file_sd_configs, job.http_sd_configs, job.dns_sd_configs
