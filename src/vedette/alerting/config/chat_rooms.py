"""Receivers that write one text into a chat room: Discord, Teams, Webex, Telegram, WeChat Work; and ours, DingTalk and Feishu.

Source: Alertmanager config/notifiers.go, notify/{discord,msteams,msteamsv2,telegram}/config.go, messages included.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar, Final, Self

from vedette.alerting.config.defaults import ALWAYS, GlobalConfig, HttpSection, check_secret, require_secret
from vedette.alerting.config.scalars import NO_SECRET_URL, NO_URL, HttpUrl, SecretUrl, with_final_slash
from vedette.intake.config.values import NO_PATH, NO_SECRET, FilePath, Secret
from vedette.model.errors import BadInput
from vedette.model.quoting import quote


@dataclass(frozen=True, slots=True)
class RoomConfig(HttpSection):
    """A room whose webhook URL is all that one needs to know."""

    webhook_url: SecretUrl = NO_SECRET_URL
    webhook_url_file: FilePath = NO_PATH

    def check(self) -> Self:
        require_secret(self, "webhook_url")
        return self

    def inherit(self, common: GlobalConfig) -> Self:
        return replace(self, http_config=self.http_or(common))


@dataclass(frozen=True, slots=True)
class DiscordConfig(RoomConfig):
    TYPE: ClassVar[str] = "discord.plain"
    content: str = ""
    title: str = '{{ template "discord.default.title" . }}'
    message: str = '{{ template "discord.default.message" . }}'
    username: str = ""
    avatar_url: str = ""


@dataclass(frozen=True, slots=True)
class MsTeamsConfig(RoomConfig):
    TYPE: ClassVar[str] = "msteams.plain"
    title: str = '{{ template "msteams.default.title" . }}'
    summary: str = '{{ template "msteams.default.summary" . }}'
    text: str = '{{ template "msteams.default.text" . }}'


@dataclass(frozen=True, slots=True)
class MsTeamsV2Config(RoomConfig):
    TYPE: ClassVar[str] = "msteamsv2.plain"
    title: str = '{{ template "msteamsv2.default.title" . }}'
    text: str = '{{ template "msteamsv2.default.text" . }}'

    def inherit(self, common: GlobalConfig) -> Self:
        """A section that names no proxy takes the global one even where it has an `http_config` of its own."""
        http = self.http_or(common)
        if not http.proxy.proxy_url:
            proxy = replace(http.proxy, proxy_url=common.http_config.proxy.proxy_url)
            http = replace(http, proxy=proxy)
        return replace(self, http_config=http)


@dataclass(frozen=True, slots=True)
class WebexConfig(HttpSection):
    api_url: HttpUrl = NO_URL
    message: str = '{{ template "webex.default.message" . }}'
    room_id: str = field(default="", metadata=ALWAYS)

    def check(self) -> Self:
        if not self.room_id:
            raise BadInput("missing room_id on webex_config")
        if self.http_config is None or self.http_config.authorization is None:
            raise BadInput("missing webex_configs.http_config.authorization")
        return self

    def inherit(self, common: GlobalConfig) -> Self:
        return replace(self, api_url=self.api_url or common.webex_api_url)


_PARSE_MODES: Final = ("", "Markdown", "MarkdownV2", "HTML")


@dataclass(frozen=True, slots=True)
class TelegramConfig(HttpSection):
    TYPE: ClassVar[str] = "telegram.plain"
    api_url: HttpUrl = NO_URL
    bot_token: Secret = NO_SECRET
    bot_token_file: FilePath = NO_PATH
    chat_id: int = 0
    chat_id_file: FilePath = NO_PATH
    message_thread_id: int = 0
    message: str = '{{ template "telegram.default.message" . }}'
    disable_notifications: bool = False
    parse_mode: str = field(default="HTML", metadata=ALWAYS)

    def check(self) -> Self:
        check_secret(self, "bot_token")
        if not (self.chat_id or self.chat_id_file):
            raise BadInput("missing chat_id or chat_id_file on telegram_config")
        check_secret(self, "chat_id")
        if self.parse_mode not in _PARSE_MODES:
            raise BadInput("unknown parse_mode on telegram_config, must be Markdown, MarkdownV2, HTML or empty string")
        return self

    def inherit(self, common: GlobalConfig) -> Self:
        section = replace(self, http_config=self.http_or(common), api_url=self.api_url or common.telegram_api_url)
        if self.bot_token or self.bot_token_file:
            return section
        if not (common.telegram_bot_token or common.telegram_bot_token_file):
            raise BadInput("missing bot_token or bot_token_file on telegram_config")
        return replace(section, bot_token=common.telegram_bot_token, bot_token_file=common.telegram_bot_token_file)


@dataclass(frozen=True, slots=True)
class WechatConfig(HttpSection):
    send_resolved: bool = field(default=False, metadata=ALWAYS)
    api_secret: Secret = NO_SECRET
    api_secret_file: FilePath = NO_PATH
    corp_id: str = ""
    message: str = '{{ template "wechat.default.message" . }}'
    api_url: HttpUrl = NO_URL
    to_user: str = '{{ template "wechat.default.to_user" . }}'
    to_party: str = '{{ template "wechat.default.to_party" . }}'
    to_tag: str = '{{ template "wechat.default.to_tag" . }}'
    agent_id: str = '{{ template "wechat.default.agent_id" . }}'
    message_type: str = "text"

    def check(self) -> Self:
        kind = self.message_type or "text"
        if kind not in ("text", "markdown"):
            raise BadInput(f"weChat message type {quote(kind)} does not match valid options ^(text|markdown)$")
        check_secret(self, "api_secret")
        return replace(self, message_type=kind)

    def inherit(self, common: GlobalConfig) -> Self:
        section = replace(
            self,
            http_config=self.http_or(common),
            api_url=with_final_slash(self.api_url or common.wechat_api_url),
            corp_id=self.corp_id or common.wechat_api_corp_id,
        )
        if not (self.api_secret or self.api_secret_file):
            section = replace(
                section, api_secret=common.wechat_api_secret, api_secret_file=common.wechat_api_secret_file
            )
        if not (section.api_secret or section.api_secret_file):
            raise BadInput("no global Wechat Api Secret set either inline or in a file")
        if not section.corp_id:
            raise BadInput("no global Wechat CorpID set")
        return section


@dataclass(frozen=True, slots=True)
class SignedRoomConfig(RoomConfig):
    """A robot that may ask for a signature with a shared secret (加签)."""

    MESSAGE_TYPES: ClassVar[tuple[str, ...]] = ()
    secret: Secret = NO_SECRET
    secret_file: FilePath = NO_PATH
    message_type: str = ""
    """The first of MESSAGE_TYPES, where none is given."""

    def check(self) -> Self:
        require_secret(self, "webhook_url")
        check_secret(self, "secret")
        kind = self.message_type or self.MESSAGE_TYPES[0]
        if kind not in self.MESSAGE_TYPES:
            raise BadInput(f"unknown message_type, must be {' or '.join(self.MESSAGE_TYPES)}: {quote(kind)}")
        return replace(self, message_type=kind)


@dataclass(frozen=True, slots=True)
class DingtalkConfig(SignedRoomConfig):
    """Ours. `at_*` name whom the robot mentions; templates."""

    TYPE: ClassVar[str] = "dingtalk_configs"
    MESSAGE_TYPES: ClassVar[tuple[str, ...]] = ("markdown", "text")
    title: str = '{{ template "dingtalk.default.title" . }}'
    message: str = '{{ template "dingtalk.default.message" . }}'
    at_mobiles: tuple[str, ...] = ()
    at_user_ids: tuple[str, ...] = ()
    at_all: bool = False


@dataclass(frozen=True, slots=True)
class FeishuConfig(SignedRoomConfig):
    """Ours; Lark takes the same at another host."""

    TYPE: ClassVar[str] = "feishu_configs"
    MESSAGE_TYPES: ClassVar[tuple[str, ...]] = ("card", "text")
    title: str = '{{ template "feishu.default.title" . }}'
    message: str = '{{ template "feishu.default.message" . }}'
    color: str = '{{ template "feishu.default.color" . }}'
