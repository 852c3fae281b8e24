"""Receivers that send messages with attachments: Slack, and Mattermost and Rocket.Chat, which took over its format.

Source: Alertmanager config/notifiers.go, notify/{mattermost,rocketchat}/config.go, messages included.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

from vedette.alerting.config.defaults import (
    ALWAYS,
    OPTIONAL,
    GlobalConfig,
    HttpSection,
    check_secret,
)
from vedette.alerting.config.scalars import (
    NO_GO_DURATION,
    NO_SECRET_URL,
    NO_URL,
    SLACK_POST_MESSAGE,
    GoDurationMs,
    HttpUrl,
    SecretUrl,
)
from vedette.intake.config.http import Authorization, at_most_one
from vedette.intake.config.values import NO_PATH, NO_SECRET, FilePath, Secret
from vedette.model.errors import BadInput


@dataclass(frozen=True, slots=True)
class SlackConfirmation:
    TYPE: ClassVar[str] = "config.plain"
    text: str = ""
    title: str = ""
    ok_text: str = ""
    dismiss_text: str = ""

    def check(self) -> Self:
        if not self.text:
            raise BadInput("missing text in Slack confirmation configuration")
        return self


@dataclass(frozen=True, slots=True)
class SlackAction:
    TYPE: ClassVar[str] = "config.plain"
    type: str = ""
    text: str = ""
    url: str = ""
    style: str = ""
    name: str = ""
    value: str = ""
    confirm: SlackConfirmation | None = None

    def check(self) -> Self:
        """With a URL it is a link button, which has no name, value and confirmation."""
        for name in ("type", "text"):
            if not getattr(self, name):
                raise BadInput(f"missing {name} in Slack action configuration")
        if self.url:
            return replace(self, name="", value="", confirm=None)
        if not self.name:
            raise BadInput("missing name or url in Slack action configuration")
        return self


@dataclass(frozen=True, slots=True)
class AttachmentField:
    """`short`: whether it may stand beside another; None: as the attachment says."""

    TYPE: ClassVar[str] = "config.plain"
    VENDOR: ClassVar[str] = ""
    title: str = ""
    value: str = ""
    short: bool | None = field(default=None, metadata=OPTIONAL)

    def check(self) -> Self:
        for name in ("title", "value"):
            if self.VENDOR and not getattr(self, name):
                raise BadInput(f"missing {name} in {self.VENDOR} field configuration")
        return self


@dataclass(frozen=True, slots=True)
class SlackField(AttachmentField):
    VENDOR: ClassVar[str] = "Slack"


@dataclass(frozen=True, slots=True)
class MattermostField(AttachmentField):
    TYPE: ClassVar[str] = "mattermost.plain"
    VENDOR: ClassVar[str] = "Mattermost"


@dataclass(frozen=True, slots=True)
class SlackConfig(HttpSection):
    send_resolved: bool = field(default=False, metadata=ALWAYS)
    api_url: SecretUrl = NO_SECRET_URL
    api_url_file: FilePath = NO_PATH
    app_token: Secret = NO_SECRET
    app_token_file: FilePath = NO_PATH
    app_url: HttpUrl = NO_URL
    channel: str = ""
    username: str = '{{ template "slack.default.username" . }}'
    color: str = '{{ template "slack.default.color" . }}'
    title: str = '{{ template "slack.default.title" . }}'
    title_link: str = '{{ template "slack.default.titlelink" . }}'
    pretext: str = '{{ template "slack.default.pretext" . }}'
    text: str = '{{ template "slack.default.text" . }}'
    message_text: str = ""
    fields: tuple[SlackField, ...] = ()
    short_fields: bool = field(default=False, metadata=ALWAYS)
    footer: str = '{{ template "slack.default.footer" . }}'
    fallback: str = '{{ template "slack.default.fallback" . }}'
    callback_id: str = '{{ template "slack.default.callbackid" . }}'
    icon_emoji: str = '{{ template "slack.default.iconemoji" . }}'
    icon_url: str = '{{ template "slack.default.iconurl" . }}'
    image_url: str = ""
    thumb_url: str = ""
    link_names: bool = field(default=False, metadata=ALWAYS)
    mrkdwn_in: tuple[str, ...] = ()
    actions: tuple[SlackAction, ...] = ()
    update_message: bool = field(default=False, metadata=ALWAYS)
    timeout: GoDurationMs = field(default=NO_GO_DURATION, metadata=ALWAYS)

    def check(self) -> Self:
        check_secret(self, "api_url", "app_token")
        at_most_one("api_url/api_url_file & app_token/app_token_file", self.by_url, self.by_token)
        if self.update_message and self.by_url and self.api_url.reveal() != SLACK_POST_MESSAGE:
            raise BadInput(
                f"update_message can only be used with bot tokens. api_url must be set to {SLACK_POST_MESSAGE}"
            )
        return self

    @property
    def by_url(self) -> bool:
        return bool(self.api_url or self.api_url_file)

    @property
    def by_token(self) -> bool:
        return bool(self.app_token or self.app_token_file)

    def inherit(self, common: GlobalConfig) -> Self:
        section = replace(self, app_url=self.app_url or common.slack_app_url)
        authorized = self.http_config is not None and self.http_config.authorization is not None
        if not self.by_token and not authorized and not self.api_url:
            section = replace(section, app_token=common.slack_app_token, app_token_file=common.slack_app_token_file)
        if not self.by_url:
            section = replace(section, api_url=common.slack_api_url, api_url_file=common.slack_api_url_file)
        if not section.by_url and not section.by_token:
            raise BadInput("no Slack API URL nor App token set either inline or in a file")
        http = self.http_or(common)
        if not section.by_token:
            return replace(section, http_config=http)
        if http.authorization is not None:
            raise BadInput("http authorization can't be set when using Slack App tokens")
        bearer = Authorization("Bearer", section.app_token, section.app_token_file)
        return replace(section, http_config=replace(http, authorization=bearer), api_url=SecretUrl(section.app_url))


@dataclass(frozen=True, slots=True)
class MattermostPriority:
    TYPE: ClassVar[str] = "mattermost.MattermostPriority"
    priority: str = ""
    requested_ack: bool = False
    persistent_notifications: bool = False


@dataclass(frozen=True, slots=True)
class MattermostProps:
    TYPE: ClassVar[str] = "mattermost.MattermostProps"
    card: str = ""


@dataclass(frozen=True, slots=True)
class MattermostAttachment:
    TYPE: ClassVar[str] = "mattermost.MattermostAttachment"
    fallback: str = ""
    color: str = ""
    pretext: str = ""
    text: str = ""
    author_name: str = ""
    author_link: str = ""
    author_icon: str = ""
    title: str = ""
    title_link: str = ""
    fields: tuple[MattermostField, ...] = ()
    thumb_url: str = ""
    footer: str = ""
    footer_icon: str = ""
    image_url: str = ""


@dataclass(frozen=True, slots=True)
class MattermostConfig(HttpSection):
    TYPE: ClassVar[str] = "mattermost.plain"
    webhook_url: SecretUrl = NO_SECRET_URL
    webhook_url_file: FilePath = NO_PATH
    channel: str = ""
    username: str = '{{ template "mattermost.default.username" . }}'
    text: str = '{{ template "mattermost.default.text" . }}'
    fallback: str = '{{ template "mattermost.default.fallback" . }}'
    color: str = '{{ template "mattermost.default.color" . }}'
    pretext: str = ""
    author_name: str = ""
    author_link: str = ""
    author_icon: str = ""
    title: str = '{{ template "mattermost.default.title" . }}'
    title_link: str = '{{ template "mattermost.default.titlelink" . }}'
    fields: tuple[MattermostField, ...] = ()
    thumb_url: str = ""
    footer: str = ""
    footer_icon: str = ""
    image_url: str = ""
    icon_url: str = ""
    icon_emoji: str = ""
    attachments: tuple[MattermostAttachment, ...] = ()
    type: str = ""
    props: MattermostProps | None = None
    priority: MattermostPriority | None = None

    def check(self) -> Self:
        check_secret(self, "webhook_url")
        return self

    def inherit(self, common: GlobalConfig) -> Self:
        section = replace(self, http_config=self.http_or(common))
        if self.webhook_url or self.webhook_url_file:
            return section
        if not (common.mattermost_webhook_url or common.mattermost_webhook_url_file):
            raise BadInput("missing webhook_url or webhook_url_file on mattermost_config")
        return replace(
            section,
            webhook_url=common.mattermost_webhook_url,
            webhook_url_file=common.mattermost_webhook_url_file,
        )


@dataclass(frozen=True, slots=True)
class RocketchatField(AttachmentField):
    TYPE: ClassVar[str] = "config.RocketchatAttachmentField"


@dataclass(frozen=True, slots=True)
class RocketchatAction:
    """Its keys are the reference's: its YAML library writes a Go field's name in small letters."""

    TYPE: ClassVar[str] = "config.RocketchatAttachmentAction"
    type: str = ""
    text: str = ""
    url: str = ""
    image_url: str = field(default="", metadata={"key": "imageurl"})
    is_webview: bool = field(default=False, metadata={"key": "iswebview"})
    webview_height_ratio: str = field(default="", metadata={"key": "webviewheightratio"})
    msg: str = ""
    msg_in_chat_window: bool = field(default=False, metadata={"key": "msginchatwindow"})
    msg_processing_type: str = field(default="", metadata={"key": "msgprocessingtype"})


@dataclass(frozen=True, slots=True)
class RocketchatConfig(HttpSection):
    send_resolved: bool = field(default=False, metadata=ALWAYS)
    api_url: HttpUrl = NO_URL
    token_id: Secret = NO_SECRET
    token_id_file: FilePath = NO_PATH
    token: Secret = NO_SECRET
    token_file: FilePath = NO_PATH
    channel: str = ""
    color: str = '{{ if eq .Status "firing" }}red{{ else }}green{{ end }}'
    title: str = '{{ template "rocketchat.default.title" . }}'
    title_link: str = '{{ template "rocketchat.default.titlelink" . }}'
    text: str = '{{ template "rocketchat.default.text" . }}'
    fields: tuple[RocketchatField, ...] = ()
    short_fields: bool = field(default=False, metadata=ALWAYS)
    emoji: str = '{{ template "rocketchat.default.emoji" . }}'
    icon_url: str = '{{ template "rocketchat.default.iconurl" . }}'
    image_url: str = ""
    thumb_url: str = ""
    link_names: bool = field(default=False, metadata=ALWAYS)
    actions: tuple[RocketchatAction, ...] = ()

    def check(self) -> Self:
        check_secret(self, "token", "token_id")
        return self

    def inherit(self, common: GlobalConfig) -> Self:
        section = replace(self, http_config=self.http_or(common), api_url=self.api_url or common.rocketchat_api_url)
        if not (self.token_id or self.token_id_file):
            section = replace(
                section, token_id=common.rocketchat_token_id, token_id_file=common.rocketchat_token_id_file
            )
        if not (section.token_id or section.token_id_file):
            raise BadInput("no global Rocketchat TokenID set either inline or in a file")
        if not (self.token or self.token_file):
            section = replace(section, token=common.rocketchat_token, token_file=common.rocketchat_token_file)
        if not (section.token or section.token_file):
            raise BadInput("no global Rocketchat Token set either inline or in a file")
        return section
