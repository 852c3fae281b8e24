"""`global`: what receivers take where they do not say it themselves, and what every receiver's section has.

Source: Alertmanager config/config.go GlobalConfig, messages included.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Final, Self

from vedette.alerting.config.scalars import (
    NO_HOST,
    NO_SECRET_URL,
    NO_URL,
    SLACK_POST_MESSAGE,
    HostPort,
    HttpUrl,
    SecretUrl,
)
from vedette.intake.config.http import NO_TLS, PLAIN_HTTP, HttpClientConfig, TlsConfig, at_most_one
from vedette.intake.config.values import NO_PATH, NO_SECRET, DurationMs, FilePath, Secret
from vedette.model.errors import BadInput

ALWAYS: Final = {"always": True}
OPTIONAL: Final = {"optional": True}

_RESOLVE_TIMEOUT: Final = DurationMs(300_000)
_PAGERDUTY: Final = HttpUrl("https://events.pagerduty.com/v2/enqueue")
_OPSGENIE: Final = HttpUrl("https://api.opsgenie.com/")
_WECHAT: Final = HttpUrl("https://qyapi.weixin.qq.com/cgi-bin/")
_VICTOROPS: Final = HttpUrl("https://alert.victorops.com/integrations/generic/20131114/alert/")
_TELEGRAM: Final = HttpUrl("https://api.telegram.org")
_WEBEX: Final = HttpUrl("https://webexapis.com/v1/messages")
_ROCKETCHAT: Final = HttpUrl("https://open.rocket.chat/")


@dataclass(frozen=True, slots=True)
class GlobalConfig:
    TYPE: ClassVar[str] = "config.plain"
    resolve_timeout: DurationMs = field(default=_RESOLVE_TIMEOUT, metadata=ALWAYS)
    http_config: HttpClientConfig = PLAIN_HTTP
    jira_api_url: HttpUrl = NO_URL
    smtp_from: str = ""
    smtp_hello: str = field(default="localhost", metadata=ALWAYS)
    smtp_smarthost: HostPort = NO_HOST
    smtp_auth_username: str = ""
    smtp_auth_password: Secret = NO_SECRET
    smtp_auth_password_file: FilePath = NO_PATH
    smtp_auth_secret: Secret = NO_SECRET
    smtp_auth_secret_file: FilePath = NO_PATH
    smtp_auth_identity: str = ""
    smtp_require_tls: bool = field(default=True, metadata=ALWAYS)
    smtp_tls_config: TlsConfig = NO_TLS
    smtp_force_implicit_tls: bool | None = field(default=None, metadata=OPTIONAL)
    slack_api_url: SecretUrl = NO_SECRET_URL
    slack_api_url_file: FilePath = NO_PATH
    slack_app_token: Secret = NO_SECRET
    slack_app_token_file: FilePath = NO_PATH
    slack_app_url: HttpUrl = SLACK_POST_MESSAGE
    pagerduty_url: HttpUrl = _PAGERDUTY
    opsgenie_api_url: HttpUrl = _OPSGENIE
    opsgenie_api_key: Secret = NO_SECRET
    opsgenie_api_key_file: FilePath = NO_PATH
    wechat_api_url: HttpUrl = _WECHAT
    wechat_api_secret: Secret = NO_SECRET
    wechat_api_secret_file: FilePath = NO_PATH
    wechat_api_corp_id: str = ""
    victorops_api_url: HttpUrl = _VICTOROPS
    victorops_api_key: Secret = NO_SECRET
    victorops_api_key_file: FilePath = NO_PATH
    telegram_api_url: HttpUrl = _TELEGRAM
    telegram_bot_token: Secret = NO_SECRET
    telegram_bot_token_file: FilePath = NO_PATH
    webex_api_url: HttpUrl = _WEBEX
    rocketchat_api_url: HttpUrl = _ROCKETCHAT
    rocketchat_token: Secret = NO_SECRET
    rocketchat_token_file: FilePath = NO_PATH
    rocketchat_token_id: Secret = NO_SECRET
    rocketchat_token_id_file: FilePath = NO_PATH
    mattermost_webhook_url: SecretUrl = NO_SECRET_URL
    mattermost_webhook_url_file: FilePath = NO_PATH

    def check(self) -> Self:
        for name in _SECRETS_WITH_FILES:
            at_most_one(f"{name} & {name}_file", getattr(self, name), getattr(self, f"{name}_file"))
        by_token = self.slack_app_token or self.slack_app_token_file
        by_url = self.slack_api_url or self.slack_api_url_file
        if by_token and by_url and self.slack_api_url.reveal() != self.slack_app_url:
            raise BadInput(
                "at most one of slack_app_token/slack_app_token_file & slack_api_url/slack_api_url_file must be configured"
            )
        return self


_SECRETS_WITH_FILES: Final = (
    "slack_app_token",
    "slack_api_url",
    "opsgenie_api_key",
    "victorops_api_key",
    "telegram_bot_token",
    "smtp_auth_password",
    "rocketchat_token",
    "rocketchat_token_id",
    "smtp_auth_secret",
    "wechat_api_secret",
    "mattermost_webhook_url",
)


@dataclass(frozen=True, slots=True)
class Section:
    """Common to every `*_configs` entry."""

    TYPE: ClassVar[str] = "config.plain"
    send_resolved: bool = field(default=True, metadata=ALWAYS)

    def inherit(self, common: GlobalConfig) -> Self:
        """With what the global section says where this one does not. Raises BadInput for what neither says."""
        return self


@dataclass(frozen=True, slots=True)
class HttpSection(Section):
    """Common to every entry that is sent over HTTP."""

    http_config: HttpClientConfig | None = None

    def http_or(self, common: GlobalConfig) -> HttpClientConfig:
        return self.http_config or common.http_config

    @property
    def http(self) -> HttpClientConfig:
        return self.http_config or PLAIN_HTTP


def check_secret(section: object, *names: str) -> None:
    """Each stands in the section or in a file, not both. Raises BadInput."""
    for name in names:
        at_most_one(f"{name} & {name}_file", getattr(section, name), getattr(section, f"{name}_file"))


def require_secret(section: object, *names: str) -> None:
    """As `check_secret`, and one of the two is given."""
    for name in names:
        if not (getattr(section, name) or getattr(section, f"{name}_file")):
            raise BadInput(f"one of {name} or {name}_file must be configured")
    check_secret(section, *names)
