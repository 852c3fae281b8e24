"""The alerting room at work in the server: its control database, configuration, pipeline, and how all three stop.

Without an alertmanager.yml a built-in one takes every alert to a receiver without integrations: alerts, groups and silences are
there to see, nobody is told.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Final, Protocol, TypeVar
from zlib import crc32

from vedette.alerting.config import AlertmanagerConfig, load_config
from vedette.alerting.matchers import MatcherMode
from vedette.alerting.notification import Integration
from vedette.alerting.pipeline import metrics
from vedette.alerting.pipeline.building import build_rules, routing_tree, used_receivers
from vedette.alerting.pipeline.keeping import Runner
from vedette.alerting.pipeline.route_labels import ExpandedRouteLabels
from vedette.alerting.pipeline.shell import Rules, Shell, Surroundings
from vedette.alerting.receivers import build_integrations
from vedette.alerting.routing.routes import RouteSpec
from vedette.alerting.templates import Templates
from vedette.api.alertmanager.routes import routes
from vedette.api.native import alert_routing
from vedette.api.routing import Route
from vedette.api.services import BuildInfo
from vedette.app.features import matcher_mode
from vedette.app.settings import Settings
from vedette.model.errors import ConfigError
from vedette.model.threads import give_way
from vedette.ports.clock import Clock
from vedette.ports.journal import Journal
from vedette.ports.principal import ANONYMOUS
from vedette.store.control import ControlDatabase, open_control

log = logging.getLogger(__name__)

T = TypeVar("T")

BUILT_IN: Final = "route: {receiver: default}\nreceivers: [{name: default}]\n"
IO_THREADS: Final = 4


class Additions(Protocol):
    """What others add to the rules of a file before they run."""

    def first_routes(self) -> Sequence[RouteSpec]:
        """Tried before those of the file."""
        ...

    def integrations(self, templates: Templates) -> Mapping[str, tuple[Integration, ...]]:
        """Of the receivers of `first_routes`."""
        ...

    def attach(self, rules: Rules) -> Rules: ...


class Alerting:
    """Made with the server; `start` before it serves, `run` until cancelled, `close` last."""

    def __init__(self, settings: Settings, clock: Clock, url: str, additions: Additions) -> None:
        self._additions = additions
        self._settings = settings
        self._clock = clock
        self._url = url
        self._mode: Final = matcher_mode(settings.features)
        self._core = ThreadPoolExecutor(1, "alerting", initializer=give_way)
        self._io = ThreadPoolExecutor(IO_THREADS, "control")
        self._database: ControlDatabase | None = None
        self.shell: Shell

    async def prepare(self) -> Rules:
        """The configuration as its file says now. Raises ConfigError; nothing changes by it."""
        try:
            return self._build(await asyncio.to_thread(read_config, self._settings.alertmanager_file, self._mode))
        except ConfigError:
            metrics.RELOADED.set(0)
            raise

    async def start(self) -> None:
        """Raises StoreUnavailable, SchemaTooNew, ConfigError."""
        settings = self._settings
        self._database = await asyncio.to_thread(open_control, settings.data, settings.control_database)
        around = Surroundings(
            store=self._database,
            clock=self._clock,
            core=runner(self._core),
            io=runner(self._io),
            random=Random(),
            new_id=lambda: str(uuid.uuid4()),
            tenant=ANONYMOUS,
            name=f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}",
            address=self._url,
            mode=self._mode,
            start_delay_ms=settings.dispatch_start_delay_ms,
        )
        self.shell = Shell(around, await self.prepare())
        await self.shell.start()
        self._note_reload()

    def routes(self, build: BuildInfo) -> tuple[Route, ...]:
        return routes(self.shell, self._clock, build) + alert_routing.routes(self.shell)

    @property
    def journal(self) -> Journal:
        assert self._database is not None, "not started"
        return self._database.journal

    @property
    def is_shared(self) -> bool:
        """Other servers work on the control database too."""
        return self._database is not None and self._database.is_shared

    @property
    def io(self) -> Runner:
        return runner(self._io)

    async def run(self) -> None:
        await self.shell.run()

    async def apply(self, rules: Rules) -> None:
        """What was prepared is in force."""
        await self.shell.apply(rules)
        self._note_reload()

    async def close(self) -> None:
        await self.shell.rules.close()
        self._core.shutdown()
        self._io.shutdown()
        if self._database is not None:
            await asyncio.to_thread(self._database.close)

    def _build(self, config: AlertmanagerConfig) -> Rules:
        for warning in config.warnings:
            log.warning("alertmanager configuration: %s", warning)
        templates = Templates(self._url, self._settings.language.value)
        templates.add_files(config.templates)
        used = used_receivers(routing_tree(config, self._mode))
        integrations = {
            receiver.name: build_integrations(receiver, templates)
            for receiver in config.ready_receivers
            if receiver.name in used
        }
        integrations |= self._additions.integrations(templates)
        first = self._additions.first_routes()
        return self._additions.attach(
            build_rules(config, self._mode, integrations, ExpandedRouteLabels(templates), first)
        )

    def _note_reload(self) -> None:
        metrics.RELOADED.set(1)
        metrics.RELOADED_AT.set(self._clock.now_ms() / 1000)
        metrics.CONFIG_HASH.set(crc32(self.shell.rules.text.encode()))


def read_config(file: Path | None, mode: MatcherMode) -> AlertmanagerConfig:
    """Raises ConfigError."""
    return load_config(file, mode) if file is not None else load_config("built-in", mode, text=BUILT_IN)


def runner(executor: ThreadPoolExecutor) -> Callable[[Callable[[], T]], Awaitable[T]]:
    async def run(work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(executor, work)

    return run
