"""The configuration in force: read, shown with its secrets hidden, replaced as a whole or not at all (DESIGN D14)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vedette.alerting.rules.definitions import GroupDefinition
from vedette.alerting.rules.namespaces import RuleNamespaces
from vedette.api.services import ConfigView
from vedette.app.data_policy import DataPolicy, read_policy
from vedette.app.jobs import default_config, with_node_job
from vedette.app.rule_sources import RuleSources
from vedette.app.settings import Settings
from vedette.intake.config import PrometheusConfig, load_config, render_config
from vedette.model.errors import ConfigError
from vedette.model.telemetry import gauge
from vedette.ports.clock import Clock

log = logging.getLogger(__name__)

_SUCCESSFUL = gauge("prometheus_config_last_reload_successful", "1 if the last reload of the configuration succeeded.")
_TIME = gauge(
    "prometheus_config_last_reload_success_timestamp_seconds", "When a reload last succeeded, in seconds since 1970."
)
_RULES_READ = gauge("vedette_rule_files_last_reload_successful", "1 if rules could be read when they were last read.")


@dataclass(frozen=True, slots=True)
class OwnTarget:
    """Where this process serves its own metrics for itself."""

    instance: str
    socket: Path


class Configuration:
    """`current` is what runs, `rules` its rule groups, `policy` how long samples are kept. `reload` raises ConfigError and leaves it in force when the new file is wrong."""

    def __init__(self, settings: Settings, own: OwnTarget, clock: Clock, *, with_node: bool) -> None:
        self._settings = settings
        self._own = own
        self._clock = clock
        self._with_node = with_node
        self.succeeded = True
        self.loaded_ms = 0
        self.current = PrometheusConfig()
        self.policy = DataPolicy()
        self.rules: Sequence[GroupDefinition] = ()
        self.rule_sources = RuleSources(settings, RuleNamespaces.within(settings.data / "rules", clock))
        self.reload()

    def reload(self) -> PrometheusConfig:
        try:
            config, policy = self._read(), read_policy(self._settings.own_file)
            rules = self.rule_sources.read(config)
        except ConfigError:
            self.succeeded = False
            _SUCCESSFUL.set(0)
            raise
        self.succeeded, self.loaded_ms = True, self._clock.now_ms()
        self.current, self.policy, self.rules = config, policy, rules
        _SUCCESSFUL.set(1)
        _RULES_READ.set(1)
        _TIME.set(self.loaded_ms / 1000)
        for warning in config.warnings:
            log.warning("configuration: %s", warning)
        return config

    def reload_rules(self) -> None:
        """Of the configuration in force. Raises ConfigError; then the old rules stay."""
        try:
            self.rules = self.rule_sources.read(self.current)
        except ConfigError:
            _RULES_READ.set(0)
            raise
        _RULES_READ.set(1)

    def view(self) -> ConfigView:
        return ConfigView(render_config(self.current), dict(self.current.common.external_labels))

    def _read(self) -> PrometheusConfig:
        file, own = self._settings.prometheus_file, self._own
        if file is None:
            return default_config(own.instance, own.socket, with_node=self._with_node)
        config = load_config(file)
        return (
            with_node_job(config, own.instance, own.socket) if self._with_node and self._settings.node_job else config
        )
