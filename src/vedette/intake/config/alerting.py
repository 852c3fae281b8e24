"""The section `alerting`: to which Alertmanagers alerts are sent, and how. Source: Prometheus config/config.go, messages included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final, Self

from vedette.intake.config.discovery import (
    UNBUILT_KINDS,
    DnsDiscovery,
    FileDiscovery,
    HttpDiscovery,
    StaticGroup,
    check_target_address,
)
from vedette.intake.config.foreign_discovery import check_discovery
from vedette.intake.config.http import PLAIN_HTTP, HttpClientConfig
from vedette.intake.config.relabelling import RelabelConfig
from vedette.intake.config.sigv4 import SigV4Config
from vedette.intake.config.values import DurationMs
from vedette.model.errors import BadInput
from vedette.model.names import ValidationScheme
from vedette.signals.relabel import Rule

DEFAULT_TIMEOUT: Final = DurationMs(10_000)


@dataclass(frozen=True, slots=True)
class AlertmanagerConfig:
    """One set of Alertmanagers. `job_name` is given by its place, as the reference gives it: `config-0`."""

    TYPE: ClassVar[str] = "config.plain"
    http: HttpClientConfig = field(default=PLAIN_HTTP, metadata={"inline": True})
    scheme: str = "http"
    path_prefix: str = ""
    timeout: DurationMs = DEFAULT_TIMEOUT
    api_version: str = field(default="v2", metadata={"always": True})
    relabel_configs: tuple[RelabelConfig | None, ...] = ()
    alert_relabel_configs: tuple[RelabelConfig | None, ...] = ()
    static_configs: tuple[StaticGroup | None, ...] = ()
    file_sd_configs: tuple[FileDiscovery, ...] = ()
    http_sd_configs: tuple[HttpDiscovery, ...] = ()
    dns_sd_configs: tuple[DnsDiscovery, ...] = ()
    sigv4: SigV4Config | None = None
    unbuilt: Mapping[str, Any] = field(
        default_factory=dict, metadata={"rest": UNBUILT_KINDS, "refuse": check_discovery}
    )
    job_name: str = field(default="", metadata={"hidden": True})

    def check(self) -> Self:
        if self.api_version != "v2":
            raise BadInput(f"expected Alertmanager api version to be one of [v2] but got {self.api_version}")
        if None in self.static_configs:
            raise BadInput("empty or null section in static_configs")
        http = self.http.check()
        if self.sigv4 and http.credentials:
            raise BadInput("at most one of basic_auth, authorization, oauth2, & sigv4 must be configured")
        if not self.relabel_configs:
            for address in (target for group in self.static_configs if group for target in group.targets):
                check_target_address(address)
        if None in self.relabel_configs:
            raise BadInput("empty or null Alertmanager target relabeling rule")
        if None in self.alert_relabel_configs:
            raise BadInput("empty or null Alertmanager alert relabeling rule")
        return replace(self, http=http, timeout=self.timeout or DEFAULT_TIMEOUT)

    def target_rules(self, scheme: ValidationScheme) -> tuple[Rule, ...]:
        return tuple(config.rule(scheme) for config in self.relabel_configs if config)

    def alert_rules(self, scheme: ValidationScheme) -> tuple[Rule, ...]:
        return tuple(config.rule(scheme) for config in self.alert_relabel_configs if config)


@dataclass(frozen=True, slots=True)
class AlertingConfig:
    TYPE: ClassVar[str] = "config.plain"
    alert_relabel_configs: tuple[RelabelConfig | None, ...] = ()
    alertmanagers: tuple[AlertmanagerConfig | None, ...] = ()

    def check(self) -> Self:
        if None in self.alert_relabel_configs:
            raise BadInput("empty or null alert relabeling rule")
        return self

    def alert_rules(self, scheme: ValidationScheme) -> tuple[Rule, ...]:
        return tuple(config.rule(scheme) for config in self.alert_relabel_configs if config)

    def check_rules(self, scheme: ValidationScheme) -> None:
        """Raises BadInput for relabelling that the name scheme does not allow."""
        self.alert_rules(scheme)
        for each in self.alertmanagers:
            if each is not None:
                each.target_rules(scheme)
                each.alert_rules(scheme)

    @property
    def sets(self) -> tuple[AlertmanagerConfig, ...]:
        """Those that are sent to, named by their places."""
        return tuple(
            replace(each, job_name=f"config-{place}")
            for place, each in enumerate(self.alertmanagers)
            if each is not None
        )


NO_ALERTING: Final = AlertingConfig()
