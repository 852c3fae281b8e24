"""Receivers that call somebody, or open an incident: PagerDuty, OpsGenie, VictorOps, Pushover, incident.io, Jira.

Source: Alertmanager config/notifiers.go, notify/{pagerduty,opsgenie,pushover,incidentio,jira}/config.go, messages included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Final, Self

import yaml

from vedette.alerting.config.defaults import (
    ALWAYS,
    OPTIONAL,
    GlobalConfig,
    HttpSection,
    check_secret,
    require_secret,
)
from vedette.alerting.config.scalars import (
    NO_COUNT,
    NO_GO_DURATION,
    NO_URL,
    Count,
    GoDurationMs,
    HttpUrl,
    PlainYaml,
    is_template,
    with_final_slash,
)
from vedette.intake.config.codec import SCALARS, Scalar, read_section, write_section
from vedette.intake.config.values import NO_DURATION, NO_PATH, NO_SECRET, DurationMs, FilePath, Secret
from vedette.intake.config.yaml_nodes import Node
from vedette.model.errors import BadInput

_MINUTE: Final = GoDurationMs(60_000)
_HOUR: Final = GoDurationMs(3_600_000)


@dataclass(frozen=True, slots=True)
class PagerdutyImage:
    TYPE: ClassVar[str] = "pagerduty.PagerdutyImage"
    src: str = ""
    alt: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class PagerdutyLink:
    TYPE: ClassVar[str] = "pagerduty.PagerdutyLink"
    href: str = ""
    text: str = ""


PAGERDUTY_DETAILS: Final[Mapping[str, PlainYaml]] = {
    "firing": PlainYaml("{{ .Alerts.Firing | toJson }}"),
    "resolved": PlainYaml("{{ .Alerts.Resolved | toJson }}"),
    "num_firing": PlainYaml("{{ .Alerts.Firing | len }}"),
    "num_resolved": PlainYaml("{{ .Alerts.Resolved | len }}"),
}


@dataclass(frozen=True, slots=True)
class PagerdutyConfig(HttpSection):
    """A routing key speaks to the Events API v2, a service key to v1."""

    TYPE: ClassVar[str] = "pagerduty.plain"
    service_key: Secret = NO_SECRET
    service_key_file: FilePath = NO_PATH
    routing_key: Secret = NO_SECRET
    routing_key_file: FilePath = NO_PATH
    url: HttpUrl = NO_URL
    client: str = '{{ template "pagerduty.default.client" . }}'
    client_url: str = '{{ template "pagerduty.default.clientURL" . }}'
    description: str = '{{ template "pagerduty.default.description" .}}'
    details: Mapping[str, PlainYaml] = field(default_factory=dict)
    images: tuple[PagerdutyImage, ...] = ()
    links: tuple[PagerdutyLink, ...] = ()
    source: str = ""
    severity: str = ""
    class_: str = field(default="", metadata={"key": "class"})
    component: str = ""
    group: str = ""
    timeout: GoDurationMs = field(default=NO_GO_DURATION, metadata=ALWAYS)

    def check(self) -> Self:
        if not (self.routing_key or self.service_key or self.routing_key_file or self.service_key_file):
            raise BadInput("missing service or routing key in PagerDuty config")
        check_secret(self, "routing_key", "service_key")
        return replace(self, source=self.source or self.client, details={**PAGERDUTY_DETAILS, **self.details})

    def inherit(self, common: GlobalConfig) -> Self:
        return replace(self, http_config=self.http_or(common), url=self.url or common.pagerduty_url)


_RESPONDER_TYPES: Final = ("team", "teams", "user", "escalation", "schedule")


@dataclass(frozen=True, slots=True)
class OpsgenieResponder:
    """One of id, name and username is given."""

    TYPE: ClassVar[str] = "opsgenie.OpsGenieConfigResponder"
    id: str = ""
    name: str = ""
    username: str = ""
    type: str = ""

    def check(self) -> Self:
        shown = f"{{{self.id} {self.name} {self.username} {self.type}}}"
        if not (self.id or self.username or self.name):
            raise BadInput(
                f"opsGenieConfig responder {shown} has to have at least one of id, username or name specified"
            )
        if not is_template(self.type) and self.type.lower() not in _RESPONDER_TYPES:
            raise BadInput(
                f"opsGenieConfig responder {shown} type does not match valid options ^({'|'.join(_RESPONDER_TYPES)})$"
            )
        return self


@dataclass(frozen=True, slots=True)
class OpsgenieConfig(HttpSection):
    TYPE: ClassVar[str] = "opsgenie.plain"
    api_key: Secret = NO_SECRET
    api_key_file: FilePath = NO_PATH
    api_url: HttpUrl = NO_URL
    message: str = '{{ template "opsgenie.default.message" . }}'
    description: str = '{{ template "opsgenie.default.description" . }}'
    source: str = '{{ template "opsgenie.default.source" . }}'
    details: Mapping[str, str] = field(default_factory=dict)
    entity: str = ""
    responders: tuple[OpsgenieResponder, ...] = ()
    actions: str = ""
    tags: str = ""
    note: str = ""
    priority: str = ""
    update_alerts: bool = False

    def check(self) -> Self:
        check_secret(self, "api_key")
        return self

    def inherit(self, common: GlobalConfig) -> Self:
        section = replace(
            self,
            http_config=self.http_or(common),
            api_url=with_final_slash(self.api_url or common.opsgenie_api_url),
        )
        if not (self.api_key or self.api_key_file):
            section = replace(section, api_key=common.opsgenie_api_key, api_key_file=common.opsgenie_api_key_file)
        if not (section.api_key or section.api_key_file):
            raise BadInput("no global OpsGenie API Key set either inline or in a file")
        return section


_VICTOROPS_FIXED: Final = (
    *("routing_key", "message_type", "state_message", "entity_display_name"),
    *("monitoring_tool", "entity_id", "entity_state"),
)


@dataclass(frozen=True, slots=True)
class VictoropsConfig(HttpSection):
    api_key: Secret = NO_SECRET
    api_key_file: FilePath = NO_PATH
    api_url: HttpUrl = NO_URL
    routing_key: str = field(default="", metadata=ALWAYS)
    message_type: str = field(default="CRITICAL", metadata=ALWAYS)
    state_message: str = '{{ template "victorops.default.state_message" . }}'
    entity_display_name: str = '{{ template "victorops.default.entity_display_name" . }}'
    monitoring_tool: str = '{{ template "victorops.default.monitoring_tool" . }}'
    custom_fields: Mapping[str, str] = field(default_factory=dict)

    def check(self) -> Self:
        if not self.routing_key:
            raise BadInput("missing Routing key in VictorOps config")
        check_secret(self, "api_key")
        for name in _VICTOROPS_FIXED:
            if name in self.custom_fields:
                raise BadInput(
                    f"victorOps config contains custom field {name} which cannot be used as it conflicts with the "
                    "fixed/static fields"
                )
        return self

    def inherit(self, common: GlobalConfig) -> Self:
        section = replace(
            self,
            http_config=self.http_or(common),
            api_url=with_final_slash(self.api_url or common.victorops_api_url),
        )
        if not (self.api_key or self.api_key_file):
            section = replace(section, api_key=common.victorops_api_key, api_key_file=common.victorops_api_key_file)
        if not (section.api_key or section.api_key_file):
            raise BadInput("no global VictorOps API Key set")
        return section


@dataclass(frozen=True, slots=True)
class PushoverConfig(HttpSection):
    user_key: Secret = NO_SECRET
    user_key_file: FilePath = NO_PATH
    token: Secret = NO_SECRET
    token_file: FilePath = NO_PATH
    title: str = '{{ template "pushover.default.title" . }}'
    message: str = '{{ template "pushover.default.message" . }}'
    url: str = '{{ template "pushover.default.url" . }}'
    url_title: str = ""
    device: str = ""
    sound: str = ""
    priority: str = '{{ if eq .Status "firing" }}2{{ else }}0{{ end }}'
    """Emergency while something fires, else normal."""
    retry: GoDurationMs = _MINUTE
    expire: GoDurationMs = _HOUR
    ttl: GoDurationMs = NO_GO_DURATION
    html: bool = False
    monospace: bool = False

    def check(self) -> Self:
        require_secret(self, "user_key", "token")
        if self.html and self.monospace:
            raise BadInput("at most one of monospace & html must be configured")
        return self

    def inherit(self, common: GlobalConfig) -> Self:
        return replace(self, http_config=self.http_or(common))


@dataclass(frozen=True, slots=True)
class IncidentioConfig(HttpSection):
    TYPE: ClassVar[str] = "incidentio.plain"
    url: HttpUrl = NO_URL
    url_file: FilePath = NO_PATH
    alert_source_token: Secret = NO_SECRET
    alert_source_token_file: FilePath = NO_PATH
    max_alerts: Count = field(default=NO_COUNT, metadata=ALWAYS)
    timeout: GoDurationMs = field(default=NO_GO_DURATION, metadata=ALWAYS)

    def check(self) -> Self:
        require_secret(self, "url")
        check_secret(self, "alert_source_token")
        by_token = bool(self.alert_source_token or self.alert_source_token_file)
        http = self.http_config
        if http and http.authorization and by_token:
            raise BadInput(
                "cannot specify alert_source_token or alert_source_token_file when using http_config.authorization"
            )
        if http and not http.authorization and not by_token:
            raise BadInput(
                "at least one of alert_source_token, alert_source_token_file or http_config.authorization must be configured"
            )
        return self

    def inherit(self, common: GlobalConfig) -> Self:
        return replace(self, http_config=self.http_or(common))


@dataclass(frozen=True, slots=True)
class JiraField:
    """A template; `enable_update: false` keeps it out of updates of an issue that exists. Also written as the template alone."""

    TYPE: ClassVar[str] = "jira.plain"
    template: str = ""
    enable_update: bool | None = field(default=None, metadata=OPTIONAL)


def _read_jira_field(node: Node) -> JiraField:
    return JiraField(node.text()) if isinstance(node.raw, yaml.ScalarNode) else read_section(JiraField, node)


def _write_jira_field(value: JiraField) -> object:
    return value.template if value.enable_update is None else write_section(value)


SCALARS[JiraField] = Scalar(_read_jira_field, JiraField(), _write_jira_field)

_JIRA_SUMMARY: Final = JiraField('{{ template "jira.default.summary" . }}')
_JIRA_DESCRIPTION: Final = JiraField('{{ template "jira.default.description" . }}')


@dataclass(frozen=True, slots=True)
class JiraConfig(HttpSection):
    TYPE: ClassVar[str] = "jira.plain"
    api_url: HttpUrl = NO_URL
    api_type: str = "auto"
    project: str = ""
    summary: JiraField = _JIRA_SUMMARY
    description: JiraField = _JIRA_DESCRIPTION
    labels: tuple[str, ...] = ()
    priority: str = '{{ template "jira.default.priority" . }}'
    issue_type: str = ""
    reopen_transition: str = ""
    resolve_transition: str = ""
    wont_fix_resolution: str = ""
    reopen_duration: DurationMs = NO_DURATION
    fields: Mapping[str, PlainYaml] = field(default_factory=dict)

    def check(self) -> Self:
        for name in ("project", "issue_type"):
            if not getattr(self, name):
                raise BadInput(f"missing {name} in jira_config")
        if self.api_type not in ("auto", "cloud", "datacenter"):
            raise BadInput("unknown api_type on jira_config, must be auto, cloud or datacenter")
        return self

    def inherit(self, common: GlobalConfig) -> Self:
        section = replace(self, http_config=self.http_or(common), api_url=self.api_url or common.jira_api_url)
        if not section.api_url:
            raise BadInput("no global Jira Cloud URL set")
        return section
