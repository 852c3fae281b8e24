"""One task a provider; what they found is kept by (job, provider) and handed to the pools as one list a job.

A provider that fails keeps its last answer. Unchanged discovery of a job survives a reload, its answers included.
Source: Prometheus discovery/manager.go.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from vedette.intake import metrics
from vedette.intake.config.discovery import DnsDiscovery, FileDiscovery, HttpDiscovery, StaticGroup
from vedette.intake.discovery.file import FileProvider
from vedette.intake.discovery.http import HttpProvider
from vedette.intake.discovery.providers import Provider
from vedette.intake.discovery.static import StaticProvider
from vedette.intake.target import TargetGroup
from vedette.model.errors import VedetteError
from vedette.ports.clock import Clock

_LOG = logging.getLogger(__name__)


class Discovering(Protocol):
    """A section of the configuration whose targets are discovered: a scrape job, a set of Alertmanagers."""

    @property
    def job_name(self) -> str: ...
    @property
    def static_configs(self) -> tuple[StaticGroup | None, ...]: ...
    @property
    def file_sd_configs(self) -> tuple[FileDiscovery, ...]: ...
    @property
    def http_sd_configs(self) -> tuple[HttpDiscovery, ...]: ...
    @property
    def dns_sd_configs(self) -> tuple[DnsDiscovery, ...]: ...
    @property
    def unbuilt(self) -> Mapping[str, Any]: ...


class JobDiscovery:
    """The providers of one job and what each has found. `settings[i]` is what provider i was made of."""

    def __init__(self, job: Discovering, before: JobDiscovery | None = None) -> None:
        """Providers of `before` whose settings are still wanted move over, with what they have found."""
        self.settings = discovery_settings(job)
        self.providers: list[Provider] = []
        self.found: dict[int, Sequence[TargetGroup]] = {}
        self.tasks: list[asyncio.Task[None]] = []
        for index, settings in enumerate(self.settings):
            moved = before.give(settings) if before else None
            self.providers.append(moved[0] if moved else build_provider(settings))
            if moved and moved[1] is not None:
                self.found[index] = moved[1]

    def give(self, settings: object) -> tuple[Provider, Sequence[TargetGroup] | None] | None:
        if settings not in self.settings:
            return None
        index = self.settings.index(settings)
        self.settings[index] = None
        return self.providers[index], self.found.get(index)

    def left_over(self) -> list[Provider]:
        """Those that `give` has not given away."""
        pairs = zip(self.settings, self.providers, strict=True)
        return [provider for settings, provider in pairs if settings is not None]

    def groups(self) -> list[TargetGroup]:
        return [group for index in sorted(self.found) for group in self.found[index]]


class DiscoveryManager:
    """`changed` is called whenever `take_changes` has something new. `name` is that of the reference's manager, in metrics."""

    def __init__(self, clock: Clock, changed: Callable[[], None], name: str = "scrape") -> None:
        self._name = name
        self._clock = clock
        self._changed = changed
        self._jobs: dict[str, JobDiscovery] = {}
        self._dirty: set[str] = set()
        self._taken: set[str] = set()

    async def apply(self, jobs: Sequence[Discovering]) -> None:
        wanted = {job.job_name: job for job in jobs}
        metrics.SD_FAILED.labels(self._name).set(
            sum(len(configs or ()) for job in jobs for configs in job.unbuilt.values())
        )
        for name in [name for name in self._jobs if name not in wanted]:
            await self._stop_job(self._jobs.pop(name))
            self._taken.discard(name)
        for name, job in wanted.items():
            before = self._jobs.get(name)
            if before is None or before.settings != discovery_settings(job):
                await self._start_job(name, job, before)

    async def _start_job(self, name: str, job: Discovering, before: JobDiscovery | None) -> None:
        self._taken.discard(name)
        discovery = self._jobs[name] = JobDiscovery(job, before)
        if before is not None:
            await self._stop_job(before)
        discovery.tasks = [
            asyncio.create_task(self._keep_fresh(name, discovery, index, provider), name=f"discovery {name}")
            for index, provider in enumerate(discovery.providers)
        ]
        if discovery.found or not discovery.providers:
            self._dirty.add(name)

    def has_unseen_jobs(self) -> bool:
        """Whether a job has never been synced: its first targets should not wait for the pause between syncs."""
        return any(name not in self._taken and job.providers for name, job in self._jobs.items())

    def take_changes(self) -> Mapping[str, Sequence[TargetGroup]]:
        """Groups of the jobs that changed since the last call."""
        changes = {name: self._jobs[name].groups() for name in self._dirty if name in self._jobs}
        self._dirty.clear()
        self._taken.update(changes)
        for name, groups in changes.items():
            metrics.SD_DISCOVERED.labels(self._name, name).set(sum(len(group.targets) for group in groups))
        if changes:
            metrics.SD_SENT.labels(self._name).inc()
        return changes

    async def stop(self) -> None:
        for job in self._jobs.values():
            await self._stop_job(job)
        self._jobs = {}

    async def _stop_job(self, job: JobDiscovery) -> None:
        for task in job.tasks:
            task.cancel()
        await asyncio.gather(*job.tasks, return_exceptions=True)
        for provider in job.left_over():
            await provider.close()

    async def _keep_fresh(self, name: str, job: JobDiscovery, index: int, provider: Provider) -> None:
        while True:
            groups = await self._refresh(name, provider)
            if groups is not None and job.found.get(index) != groups:
                job.found[index] = groups
                metrics.SD_RECEIVED.labels(self._name).inc()
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
            _LOG.error(
                "discovery %s of job %s: unable to refresh target groups: %s", provider.kind, name, error.message
            )
            return None
        except Exception:  # noqa: BLE001 - the provider's task runner: it keeps its last answer and tries again
            metrics.SD_REFRESH_FAILURES.labels(provider.kind, name).inc()
            _LOG.exception("discovery %s of job %s failed unexpectedly", provider.kind, name)
            return None
        finally:
            elapsed_s = self._clock.monotonic_s() - start_s
            metrics.SD_REFRESH_DURATION.labels(provider.kind, name).observe(elapsed_s)


def discovery_settings(job: Discovering) -> list[object]:
    """One entry a provider; a job whose entries are equal goes on through a reload."""
    return [
        *([job.static_configs] if job.static_configs else []),
        *job.file_sd_configs,
        *job.http_sd_configs,
        *job.dns_sd_configs,
    ]


def build_provider(settings: object) -> Provider:
    """Opens nothing: what a provider needs it opens at its first refresh."""
    match settings:
        case FileDiscovery():
            return FileProvider(settings)
        case HttpDiscovery():
            return HttpProvider(settings)
        case DnsDiscovery():
            from vedette.intake.discovery.dns import DnsProvider  # dnspython: only where it is needed

            return DnsProvider(settings)
        case tuple():
            return StaticProvider(settings)
    raise TypeError(f"no provider for {type(settings).__name__}")
