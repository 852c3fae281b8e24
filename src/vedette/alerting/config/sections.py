"""alertmanager.yml's sections: routes, receivers, inhibition rules, and the root.

Each class here is one mapping of the file; the codec reads and renders it, `check` holds what the reference checks for that
mapping. Matchers are texts here: which syntax they are read in is a flag (`MatcherMode`).
Source: Alertmanager config/config.go, config/common/inhibitrule.go, messages included.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final, NewType, Self

from vedette.alerting.config.attachments import MattermostConfig, RocketchatConfig, SlackConfig
from vedette.alerting.config.chat_rooms import (
    DingtalkConfig,
    DiscordConfig,
    FeishuConfig,
    MsTeamsConfig,
    MsTeamsV2Config,
    TelegramConfig,
    WebexConfig,
    WechatConfig,
)
from vedette.alerting.config.defaults import ALWAYS, OPTIONAL, GlobalConfig, Section
from vedette.alerting.config.intervals import NamedIntervals, NamedMuteIntervals
from vedette.alerting.config.messages import AliyunSmsConfig, EmailConfig, SnsConfig, WebhookConfig
from vedette.alerting.config.paging import (
    IncidentioConfig,
    JiraConfig,
    OpsgenieConfig,
    PagerdutyConfig,
    PushoverConfig,
    VictoropsConfig,
)
from vedette.alerting.config.unbuilt import UNBUILT_SECTIONS, check_section
from vedette.alerting.matchers.matcher import compile_expression
from vedette.alerting.routing.time_intervals import TimeIntervals
from vedette.intake.config.codec import SCALARS, Scalar
from vedette.intake.config.values import DurationMs, FilePath
from vedette.intake.config.yaml_nodes import Node
from vedette.model.errors import BadInput
from vedette.model.labels import is_classic_label_name
from vedette.model.quoting import quote

GROUP_BY_ALL: Final = "..."

Expressions = NewType("Expressions", Mapping[str, str])
"""Label name -> regular expression, fully anchored."""


def _read_expressions(node: Node) -> Expressions:
    found = {}
    for key, value in node.fields():
        name = key.text()
        if not is_classic_label_name(name):
            raise BadInput(f"invalid label name {quote(name)}")
        if value.is_null:
            raise value.error(f"invalid regexp value for {quote(name)}")
        try:
            compile_expression(value.text())
        except BadInput as error:
            raise value.located(error) from None
        found[name] = value.text()
    return Expressions(found)


SCALARS[Expressions] = Scalar(_read_expressions, Expressions({}), dict)


def _check_classic_names(names: Iterable[str]) -> None:
    for name in names:
        if not is_classic_label_name(name):
            raise BadInput(f"invalid label name {quote(name)}")


@dataclass(frozen=True, slots=True)
class Route:
    """None: as the route above says."""

    TYPE: ClassVar[str] = "config.plain"
    receiver: str = ""
    group_by: tuple[str, ...] | None = field(default=None, metadata=OPTIONAL)
    match: Mapping[str, str] = field(default_factory=dict)
    match_re: Expressions = field(default_factory=lambda: Expressions({}))
    matchers: tuple[str, ...] = ()
    mute_time_intervals: tuple[str, ...] = ()
    active_time_intervals: tuple[str, ...] = ()
    continue_: bool = field(default=False, metadata={"key": "continue", **ALWAYS})
    routes: tuple[Route, ...] = ()
    group_wait: DurationMs | None = field(default=None, metadata=OPTIONAL)
    group_interval: DurationMs | None = field(default=None, metadata=OPTIONAL)
    repeat_interval: DurationMs | None = field(default=None, metadata=OPTIONAL)
    labels: Mapping[str, str] = field(default_factory=dict)

    def check(self) -> Self:
        _check_classic_names(self.match)
        names = [name for name in self.group_by or () if name != GROUP_BY_ALL]
        if names and self.groups_by_all:
            raise BadInput("cannot have wildcard group_by (`...`) and other labels at the same time")
        for place, name in enumerate(names):
            if name in names[:place]:
                raise BadInput(f"duplicated label {quote(name)} in group_by")
        for key in ("group_interval", "repeat_interval"):
            if getattr(self, key) == 0:
                raise BadInput(f"{key} cannot be zero")
        return self

    @property
    def groups_by_all(self) -> bool:
        return GROUP_BY_ALL in (self.group_by or ())

    @property
    def has_matchers(self) -> bool:
        return bool(self.match or self.match_re or self.matchers)


@dataclass(frozen=True, slots=True)
class InhibitRule:
    TYPE: ClassVar[str] = "common.plain"
    name: str = ""
    source_match: Mapping[str, str] = field(default_factory=dict)
    source_match_re: Expressions = field(default_factory=lambda: Expressions({}))
    source_matchers: tuple[str, ...] = ()
    target_match: Mapping[str, str] = field(default_factory=dict)
    target_match_re: Expressions = field(default_factory=lambda: Expressions({}))
    target_matchers: tuple[str, ...] = ()
    equal: tuple[str, ...] = ()

    def check(self) -> Self:
        _check_classic_names((*self.source_match, *self.target_match))
        return self


KINDS: Final = (
    *("webhook", "email", "pagerduty", "opsgenie", "wechat", "slack", "victorops", "pushover", "sns", "telegram"),
    *("discord", "webex", "msteams", "msteamsv2", "jira", "incidentio", "rocketchat", "mattermost"),
    *("dingtalk", "feishu", "aliyun_sms"),
)
"""In the order in which a receiver's integrations are built: the reference's, then ours."""
OUR_KINDS: Final = KINDS[18:]


@dataclass(frozen=True, slots=True)
class Receiver:
    TYPE: ClassVar[str] = "config.plain"
    name: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    discord_configs: tuple[DiscordConfig | None, ...] = ()
    email_configs: tuple[EmailConfig | None, ...] = ()
    incidentio_configs: tuple[IncidentioConfig | None, ...] = ()
    pagerduty_configs: tuple[PagerdutyConfig | None, ...] = ()
    slack_configs: tuple[SlackConfig | None, ...] = ()
    webhook_configs: tuple[WebhookConfig | None, ...] = ()
    opsgenie_configs: tuple[OpsgenieConfig | None, ...] = ()
    wechat_configs: tuple[WechatConfig | None, ...] = ()
    pushover_configs: tuple[PushoverConfig | None, ...] = ()
    victorops_configs: tuple[VictoropsConfig | None, ...] = ()
    sns_configs: tuple[SnsConfig | None, ...] = ()
    telegram_configs: tuple[TelegramConfig | None, ...] = ()
    webex_configs: tuple[WebexConfig | None, ...] = ()
    msteams_configs: tuple[MsTeamsConfig | None, ...] = ()
    msteamsv2_configs: tuple[MsTeamsV2Config | None, ...] = ()
    jira_configs: tuple[JiraConfig | None, ...] = ()
    rocketchat_configs: tuple[RocketchatConfig | None, ...] = ()
    mattermost_configs: tuple[MattermostConfig | None, ...] = ()
    dingtalk_configs: tuple[DingtalkConfig | None, ...] = ()
    feishu_configs: tuple[FeishuConfig | None, ...] = ()
    aliyun_sms_configs: tuple[AliyunSmsConfig | None, ...] = ()

    def check(self) -> Self:
        """With its name among its labels."""
        if not self.name:
            raise BadInput("missing name in receiver")
        if self.labels.get("name", self.name) != self.name:
            raise BadInput(
                f'receiver label "name" must match receiver name {quote(self.name)}, got {quote(self.labels["name"])}'
            )
        return replace(self, labels={**self.labels, "name": self.name})

    def sections(self) -> Iterator[tuple[str, int, Section | None]]:
        """Kind, place among its kind, section."""
        for kind in KINDS:
            for index, section in enumerate(getattr(self, f"{kind}_configs")):
                yield kind, index, section


@dataclass(frozen=True, slots=True)
class AlertmanagerConfig:
    """`receivers` as they are written; `ready_receivers` with what they take from `common`."""

    TYPE: ClassVar[str] = "config.plain"
    common: GlobalConfig = field(default_factory=GlobalConfig, metadata={"key": "global"})
    route: Route | None = None
    inhibit_rules: tuple[InhibitRule, ...] = ()
    receivers: tuple[Receiver, ...] = ()
    templates: tuple[FilePath, ...] = field(default=(), metadata=ALWAYS)
    mute_time_intervals: tuple[NamedMuteIntervals, ...] = ()
    time_intervals: tuple[NamedIntervals, ...] = ()
    unbuilt: Mapping[str, Any] = field(
        default_factory=dict, repr=False, metadata={"rest": UNBUILT_SECTIONS, "refuse": check_section}
    )
    ready_receivers: tuple[Receiver, ...] = field(default=(), metadata={"hidden": True})
    warnings: tuple[str, ...] = field(default=(), metadata={"hidden": True})

    @property
    def root(self) -> Route:
        """The route of alerts that no other takes; a loaded configuration has one."""
        assert self.route is not None
        return self.route

    def intervals(self) -> TimeIntervals:
        named = (*self.mute_time_intervals, *self.time_intervals)
        return {each.name: tuple(part.interval for part in each.time_intervals) for each in named}

    def check(self) -> Self:
        route = self.route
        if route is None:
            raise BadInput("no route provided in config", hint="add `route: {receiver: NAME}`")
        if not route.receiver:
            raise BadInput("root route must specify a default receiver")
        if route.has_matchers:
            raise BadInput("root route must not have any matchers", hint="put them into a route under `routes`")
        if route.mute_time_intervals:
            raise BadInput("root route must not have any mute time intervals")
        if route.active_time_intervals:
            raise BadInput("root route must not have any active time intervals")
        if route.continue_:
            raise BadInput("cannot have continue in root route")
        return self
