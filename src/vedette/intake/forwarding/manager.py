"""All remotes of the configuration: a sender each, begun, kept and ended as the configuration says.

A sender that ends in a defect is logged and begun again; its position is in its file. Nothing is flushed at a stop: what
was not acknowledged is sent after the next start.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

from vedette.intake.aws.client import Poster, open_poster
from vedette.intake.config.remote_write import RemoteWriteConfig
from vedette.intake.config.sections import PrometheusConfig
from vedette.intake.forwarding.metrics import RemoteMetrics
from vedette.intake.forwarding.positions import PositionFile
from vedette.intake.forwarding.requests import Remote
from vedette.intake.forwarding.rounds import Planner
from vedette.intake.forwarding.sender import Sender, find_metadata
from vedette.model.labels import Labels
from vedette.model.names import ValidationScheme
from vedette.ports.clock import Clock
from vedette.ports.principal import Principal
from vedette.ports.store import Store

_LOG = logging.getLogger(__name__)

WORKERS: Final = 2
PAUSE_S: Final = 5.0
"""Before a sender that ended in a defect begins again."""

Wanted = tuple[RemoteWriteConfig, Labels, ValidationScheme]
"""What a sender is made of: another one of these is another sender."""


class ForwardingManager:
    """`principal`: whose series are sent. `folder`: where positions are kept. `type_and_unit`: as in Planner."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        principal: Principal,
        folder: Path,
        config: PrometheusConfig,
        *,
        type_and_unit: bool = False,
    ) -> None:
        self._store = store
        self._clock = clock
        self._principal = principal
        self._folder = folder
        self._config = config
        self._type_and_unit = type_and_unit
        self._changed = asyncio.Event()
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="remote-write")
        self._running: dict[str, tuple[Wanted, asyncio.Task[None]]] = {}

    def apply(self, config: PrometheusConfig) -> None:
        """From the event loop's thread; `run` takes it over."""
        self._config = config
        self._changed.set()

    async def run(self) -> None:
        """Until cancelled."""
        self._changed.set()
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                await self._reconcile(wanted_remotes(self._config))
        finally:
            await self._end(list(self._running))
            self._workers.shutdown(wait=True)

    async def _reconcile(self, wanted: Mapping[str, Wanted]) -> None:
        await self._end([name for name, (one, _) in self._running.items() if wanted.get(name) != one])
        for name, one in wanted.items():
            if name not in self._running:
                self._running[name] = one, asyncio.create_task(self._keep(name, one))

    async def _end(self, names: list[str]) -> None:
        tasks = [self._running.pop(name)[1] for name in names]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self, name: str, wanted: Wanted) -> None:
        while True:
            client = open_poster(wanted[0].http, wanted[0].sigv4)
            try:
                async with asyncio.TaskGroup() as tasks:
                    sender = self._sender(name, wanted, client)
                    tasks.create_task(sender.run())
                    tasks.create_task(sender.run_metadata())
            except Exception:  # noqa: BLE001 - the runner of the senders: one that failed begins again
                _LOG.exception("remote write %s failed unexpectedly", name)
            finally:
                await client.close()
            await self._clock.sleep(PAUSE_S)

    def _sender(self, name: str, wanted: Wanted, client: Poster) -> Sender:
        config, external, scheme = wanted
        store, principal = self._store, self._principal
        metadata = partial(find_metadata, store, principal)
        return Sender(
            name,
            config,
            store,
            principal,
            self._clock,
            Remote(config, client, self._clock),
            Planner(config, dict(external), scheme, store.labels_of_ids, metadata, type_and_unit=self._type_and_unit),
            PositionFile(self._folder, name),
            self._workers,
            RemoteMetrics(name, config),
        )


def wanted_remotes(config: PrometheusConfig) -> dict[str, Wanted]:
    """By name; where two remotes would have one name, the later has its number behind it."""
    external = Labels(config.common.external_labels.items())
    found: dict[str, Wanted] = {}
    for number, remote in enumerate(config.remotes):
        name = remote.remote_name
        found[f"{name}-{number}" if name in found else name] = remote, external, config.name_scheme
    return found
