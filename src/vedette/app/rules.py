"""Rules in the running server: evaluated, changed over HTTP, read again when their files change; alerts go to the sinks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from vedette.alerting.alerts import AlertSink
from vedette.alerting.fan_out import FanOut
from vedette.alerting.rules.definitions import GroupDefinition
from vedette.alerting.rules.environment import RuleEnvironment
from vedette.alerting.rules.file_format import RuleDialect
from vedette.alerting.rules.manager import RuleManager
from vedette.alerting.rules.namespaces import RuleVersion
from vedette.alerting.rules.workers import RuleWorkers
from vedette.alerting.sending.manager import AlertSender
from vedette.app.configuration import Configuration
from vedette.app.rule_sources import RuleSources
from vedette.app.settings import Settings
from vedette.intake.config.codec import write_section
from vedette.model.errors import ConfigError
from vedette.ports.clock import Clock
from vedette.ports.principal import SYSTEM, Principal
from vedette.ports.store import Store
from vedette.query.promql.engine import Engine

_LOG: Final = logging.getLogger(__name__)

WATCH_S: Final = 15.0
"""Between two looks at the rule files."""


class RuleService:
    """`sinks`: who takes alerts beside other Alertmanagers; `others`: groups of no rule file. `external_url` without a slash at its end. The API's RuleBook."""

    def __init__(
        self,
        settings: Settings,
        configuration: Configuration,
        store: Store,
        engine: Engine,
        clock: Clock,
        external_url: str,
        sinks: Sequence[AlertSink] = (),
        others: Callable[[], Sequence[GroupDefinition]] = tuple,
    ) -> None:
        self._settings, self._configuration = settings, configuration
        self._store, self._engine, self._clock = store, engine, clock
        self._external_url = external_url.rstrip("/")
        self._others = others
        self.sender = AlertSender(clock, configuration.current, settings.rules.queue_max)
        workers = RuleWorkers(settings.rules.concurrent)
        self.manager = RuleManager(self._environment(), FanOut((*sinks, self.sender), self.sender.label), workers)
        self.apply_groups()

    def apply(self) -> None:
        """After a reload, from the event loop's thread."""
        self.sender.apply(self._configuration.current)
        self.manager.apply(self._groups(), self._environment())

    def apply_groups(self) -> None:
        """When groups changed that stand in no rule file; from the event loop's thread."""
        self.manager.apply(self._groups())

    def _groups(self) -> Sequence[GroupDefinition]:
        return (*self._configuration.rules, *self._others())

    async def run(self) -> None:
        """Until cancelled; rules end before the sender, which then sends what waits."""
        sending = asyncio.create_task(self.sender.run())
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.manager.run())
                tasks.create_task(self._watch_files())
        finally:
            sending.cancel()
            await asyncio.wait([sending])

    def namespaces(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        found = self._sources.namespaces.all_groups(self._dialect)
        return {name: [write_section(group) for group in groups] for name, groups in found.items()}

    def versions(self, namespace: str) -> Sequence[RuleVersion]:
        return self._sources.namespaces.versions(namespace)

    async def put(self, principal: Principal, namespace: str, text: str) -> None:
        await asyncio.to_thread(self._sources.namespaces.put, principal, namespace, text, self._dialect)
        await self._read_again()

    async def delete(self, principal: Principal, namespace: str, group: str) -> None:
        await asyncio.to_thread(self._sources.namespaces.delete, principal, namespace, group, self._dialect)
        await self._read_again()

    @property
    def _sources(self) -> RuleSources:
        return self._configuration.rule_sources

    @property
    def _dialect(self) -> RuleDialect:
        return self._sources.dialect(self._configuration.current)

    async def _watch_files(self) -> None:
        """Rules alone are read again when a rule file was changed, added or removed."""
        stamps = await asyncio.to_thread(self._stamps)
        while True:
            await self._clock.sleep(WATCH_S)
            now = await asyncio.to_thread(self._stamps)
            if now == stamps:
                continue
            stamps = now
            try:
                await self._read_again()
            except ConfigError as error:
                _LOG.error("rule files changed and are wrong; the old rules stay: %s", error)
            else:
                _LOG.info("rule files changed: rules read again")

    def _stamps(self) -> Mapping[str, tuple[int, int]]:
        return self._sources.stamps(self._configuration.current)

    async def _read_again(self) -> None:
        await asyncio.to_thread(self._configuration.reload_rules)
        self.apply_groups()
        await self.manager.settled()

    def _environment(self) -> RuleEnvironment:
        common, rules = self._configuration.current.common, self._settings.rules
        return RuleEnvironment(
            self._store,
            self._engine,
            SYSTEM,
            common.external_labels,
            self._external_url,
            common.rule_query_offset,
            self._settings.queries.timeout_ms / 1000,
            rules.resend_delay_ms,
            rules.outage_tolerance_ms,
            self._settings.queries.lookback_ms,
            self._clock,
        )
