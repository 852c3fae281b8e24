"""What the alerting room does beyond its references, in the server: history, notes, why, objectives, switches.

Made before the pipeline, whose rules it observes (`attach`); `start` when the control database is open, `connect` when the rules'
manager is there, `run` until cancelled.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from vedette.alerting.alerts import Alert
from vedette.alerting.deadman.heartbeats import Heartbeats
from vedette.alerting.deadman.sections import DeadmanSection, SwitchSections, read_switches
from vedette.alerting.deadman.switch import CANARY, RECEIVER, Switch, canary_group, canary_route
from vedette.alerting.history.pending import PendingAlerts
from vedette.alerting.history.recording import RecordedIntegration
from vedette.alerting.history.watcher import Watcher
from vedette.alerting.notes.book import NoteBook
from vedette.alerting.notification import Integration
from vedette.alerting.pipeline.shell import Rules, Shell
from vedette.alerting.receivers.webhook import Webhook
from vedette.alerting.routing.routes import RouteSpec
from vedette.alerting.rules.definitions import GroupDefinition
from vedette.alerting.slo.catalog import SloCatalog, read_slos
from vedette.alerting.slo.sections import SloSection
from vedette.alerting.templates import Templates
from vedette.alerting.why.explaining import Explainer
from vedette.api.native import alert_history, alert_notes, alert_why, dry_run, heartbeats, objectives
from vedette.api.routing import Route
from vedette.app.alerting import Alerting
from vedette.app.features import engine_options
from vedette.app.rules import RuleService
from vedette.app.settings import Settings
from vedette.model.errors import QueueFull, StoreUnavailable
from vedette.ports.alert_history import AlertEvent, AlertHistory
from vedette.ports.clock import Clock
from vedette.ports.principal import SYSTEM
from vedette.ports.store import Store
from vedette.query.promql.engine import Engine

log: Final = logging.getLogger(__name__)

FOLLOW_S: Final = 5.0
"""Between two looks for objectives that other servers changed."""


@dataclass(frozen=True, slots=True)
class InsightConfig:
    """What the files say now."""

    slo_file: Path | None
    slos: tuple[SloSection, ...]
    switches: SwitchSections


class AlertInsight:
    def __init__(self, settings: Settings, store: Store, history: AlertHistory, clock: Clock) -> None:
        self._settings = settings
        self._history = history
        self._clock = clock
        self._notes: NoteBook | None = None
        self._heartbeats = Heartbeats(store, SYSTEM, clock)
        self._deadman: DeadmanSection | None = None
        self._switch: Switch | None = None
        self._prepared: tuple[DeadmanSection | None, Switch | None] = None, None
        """What comes into force when everything else of a configuration is right, too."""
        self._alerting: Alerting
        self._rules: RuleService
        self._catalog: SloCatalog
        self._watcher: Watcher
        self._explainer: Explainer

    def attach(self, rules: Rules) -> Rules:
        """What is sent is noted, and what is acknowledged is not repeated."""
        integrations = {
            key: each if key[0] == RECEIVER else RecordedIntegration(each, self._clock, self._record)
            for key, each in rules.integrations.items()
        }
        pipeline = replace(rules.pipeline, is_acknowledged=self._is_acknowledged)
        return replace(rules, pipeline=pipeline, integrations=integrations)

    def first_routes(self) -> Sequence[RouteSpec]:
        section, _ = self._prepared
        return (canary_route(section),) if section else ()

    def integrations(self, templates: Templates) -> Mapping[str, tuple[Integration, ...]]:
        section, _ = self._prepared
        if section is None:
            return {}
        switch = Switch(Webhook(section.webhook, 0, templates), self._clock, section.interval)
        self._prepared = section, switch
        return {RECEIVER: (switch,)}

    async def prepare(self) -> InsightConfig:
        """Before the pipeline's rules are prepared, which take the switch in. Raises ConfigError."""
        config = await asyncio.to_thread(read_insight, self._settings)
        self._prepared = config.switches.deadman, None
        return config

    async def apply(self, config: InsightConfig) -> None:
        """Raises StoreUnavailable."""
        self._deadman, self._switch = self._prepared
        self._catalog.apply_file(config.slo_file, config.slos)
        names = self._heartbeats.apply(config.switches.heartbeats)
        await self._alerting.io(lambda: self._heartbeats.start(names))

    async def start(self, alerting: Alerting, config: InsightConfig) -> None:
        """With what was prepared. Raises StoreUnavailable."""
        self._alerting = alerting
        journal, io, clock, tenant = alerting.journal, alerting.io, self._clock, SYSTEM.tenant
        notes = NoteBook(journal, io, clock, tenant, alerting.is_shared)
        await notes.start()
        parser = engine_options(self._settings.features, 0).parser
        self._catalog = SloCatalog(journal, io, clock, tenant, parser)
        await self._catalog.start()
        await self.apply(config)
        self._notes = notes

    def groups(self) -> Sequence[GroupDefinition]:
        """Rule groups of no rule file."""
        canary = [canary_group(self._deadman)] if self._deadman else []
        return [*self._catalog.groups(), *self._heartbeats.groups(), *canary]

    def connect(self, rules: RuleService, engine: Engine) -> None:
        self._rules = rules
        self._catalog.on_change = rules.apply_groups
        shell, clock, io = self._shell, self._clock, self._alerting.io
        pending = PendingAlerts(rules.manager, rules.sender.label)
        ignored = frozenset({CANARY})
        self._watcher = Watcher(
            shell, pending, self._history, SYSTEM, clock, io, self._hear, ignored, self._settings.alert_history_ms
        )
        self._explainer = Explainer(shell, pending, self._history, engine, clock, io)

    def routes(self) -> tuple[Route, ...]:
        assert self._notes is not None, "not started"
        return (
            *alert_history.routes(self._history),
            *alert_notes.routes(self._notes, self._shell, self._history),
            *alert_why.routes(self._explainer, self._notes),
            *objectives.routes(self._catalog),
            *heartbeats.routes(self._heartbeats, lambda: self._switch),
            *dry_run.routes(self._history, self._shell, self._shell.mode),
        )

    async def run(self) -> None:
        assert self._notes is not None, "not started"
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watcher.run())
            tasks.create_task(self._notes.run())
            if self._alerting.is_shared:
                tasks.create_task(self._follow_objectives())

    @property
    def _shell(self) -> Shell:
        return self._alerting.shell

    async def _hear(self, alerts: Sequence[Alert]) -> None:
        """Posted alerts that are heartbeats."""
        for name in await self._alerting.io(lambda: self._heartbeats.look(alerts)):
            try:
                await self._alerting.io(partial(self._heartbeats.ping, name))
            except (StoreUnavailable, QueueFull) as error:
                log.error("the heartbeat %s could not be kept: %s", name, error)

    async def _follow_objectives(self) -> None:
        while True:
            await self._clock.sleep(FOLLOW_S)
            try:
                if await self._catalog.follow():
                    self._rules.apply_groups()
            except StoreUnavailable as error:
                log.error("objectives are not followed: the control database does not answer: %s", error)

    def _is_acknowledged(self, alert: Alert, now_ms: int) -> bool:
        return self._notes is not None and self._notes.is_acknowledged(alert, now_ms)

    def _record(self, events: Sequence[AlertEvent]) -> None:
        self._history.record(SYSTEM, events)


def read_insight(settings: Settings) -> InsightConfig:
    """Raises ConfigError."""
    return InsightConfig(settings.slo_file, read_slos(settings.slo_file), read_switches(settings.own_file))
