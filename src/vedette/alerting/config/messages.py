"""Receivers that carry a message as it is: webhook, e-mail, Amazon SNS; and ours, Aliyun SMS.

Source: Alertmanager config/notifiers.go, notify/{webhook,sns}/config.go, messages included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Final, Self

from vedette.alerting.config.defaults import (
    ALWAYS,
    OPTIONAL,
    GlobalConfig,
    HttpSection,
    Section,
    require_secret,
)
from vedette.alerting.config.scalars import (
    NO_COUNT,
    NO_GO_DURATION,
    NO_HOST,
    NO_TEMPLATE_URL,
    Count,
    GoDurationMs,
    HostPort,
    HttpUrl,
    PlainYaml,
    SecretTemplateUrl,
)
from vedette.intake.config.http import TlsConfig
from vedette.intake.config.sigv4 import SigV4Config
from vedette.intake.config.values import NO_PATH, NO_SECRET, FilePath, Secret
from vedette.model.errors import BadInput
from vedette.model.quoting import quote


@dataclass(frozen=True, slots=True)
class WebhookConfig(HttpSection):
    TYPE: ClassVar[str] = "webhook.plain"
    url: SecretTemplateUrl = NO_TEMPLATE_URL
    url_file: FilePath = NO_PATH
    max_alerts: Count = field(default=NO_COUNT, metadata=ALWAYS)
    timeout: GoDurationMs = field(default=NO_GO_DURATION, metadata=ALWAYS)
    payload: PlainYaml | None = None

    def check(self) -> Self:
        require_secret(self, "url")
        return self

    def inherit(self, common: GlobalConfig) -> Self:
        return replace(self, http_config=self.http_or(common))


@dataclass(frozen=True, slots=True)
class Threading:
    """Whether mails of a group stand in one thread, and whether each day begins a new one."""

    TYPE: ClassVar[str] = "config.ThreadingConfig"
    enabled: bool = False
    thread_by_date: str = ""


NO_THREADING: Final = Threading()


@dataclass(frozen=True, slots=True)
class EmailConfig(Section):
    """`force_implicit_tls`: None leaves it to the port (465 speaks TLS from the first byte)."""

    send_resolved: bool = field(default=False, metadata=ALWAYS)
    to: str = ""
    from_: str = field(default="", metadata={"key": "from"})
    hello: str = ""
    smarthost: HostPort = NO_HOST
    auth_username: str = ""
    auth_password: Secret = NO_SECRET
    auth_password_file: FilePath = NO_PATH
    auth_secret: Secret = NO_SECRET
    auth_secret_file: FilePath = NO_PATH
    auth_identity: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    html: str = field(default='{{ template "email.default.html" . }}', metadata=ALWAYS)
    text: str = ""
    require_tls: bool | None = field(default=None, metadata=OPTIONAL)
    tls_config: TlsConfig | None = None
    force_implicit_tls: bool | None = field(default=None, metadata=OPTIONAL)
    threading: Threading = NO_THREADING

    def check(self) -> Self:
        """With header names as mail writes them."""
        if not self.to:
            raise BadInput("missing to address in email config")
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            canonical = "-".join(part.capitalize() for part in name.split("-"))
            if canonical in headers:
                raise BadInput(f"duplicate header {quote(canonical)} in email config")
            headers[canonical] = value
        if self.threading.enabled:
            self._check_threading(headers)
        return replace(self, headers=headers)

    def _check_threading(self, headers: Mapping[str, str]) -> None:
        for name in ("References", "In-Reply-To"):
            if name in headers:
                raise BadInput(f"conflicting configuration: threading.enabled conflicts with custom {name} header")
        if self.threading.thread_by_date not in ("none", "daily"):
            raise BadInput("threading.thread_by_date must be either 'none' or 'daily'")

    def inherit(self, common: GlobalConfig) -> Self:
        section = replace(
            self,
            smarthost=self.smarthost or common.smtp_smarthost,
            from_=self.from_ or common.smtp_from,
            hello=self.hello or common.smtp_hello,
            auth_username=self.auth_username or common.smtp_auth_username,
            auth_identity=self.auth_identity or common.smtp_auth_identity,
            tls_config=self.tls_config or common.smtp_tls_config,
            require_tls=common.smtp_require_tls if self.require_tls is None else self.require_tls,
        )
        if not section.smarthost:
            raise BadInput("no global SMTP smarthost set")
        if not section.from_:
            raise BadInput("no global SMTP from set")
        if self.force_implicit_tls is None:
            section = replace(section, force_implicit_tls=common.smtp_force_implicit_tls)
        if not (self.auth_password or self.auth_password_file):
            section = replace(
                section, auth_password=common.smtp_auth_password, auth_password_file=common.smtp_auth_password_file
            )
        if not (self.auth_secret or self.auth_secret_file):
            section = replace(
                section, auth_secret=common.smtp_auth_secret, auth_secret_file=common.smtp_auth_secret_file
            )
        return section


NO_SIGNING: Final = SigV4Config()


@dataclass(frozen=True, slots=True)
class SnsConfig(HttpSection):
    api_url: str = ""
    sigv4: SigV4Config = NO_SIGNING
    topic_arn: str = ""
    phone_number: str = ""
    target_arn: str = ""
    subject: str = '{{ template "sns.default.subject" . }}'
    message: str = '{{ template "sns.default.message" . }}'
    attributes: Mapping[str, str] = field(default_factory=dict)
    use_aws_http_client: bool = False

    def check(self) -> Self:
        """One target, or, which the reference lets pass too, all three."""
        if (not self.target_arn) ^ (not self.topic_arn) ^ (not self.phone_number):
            raise BadInput("must provide either a Target ARN, Topic ARN, or Phone Number for SNS config")
        return self

    def inherit(self, common: GlobalConfig) -> Self:
        return replace(self, http_config=self.http_or(common))


_ALIYUN_SMS: Final = HttpUrl("https://dysmsapi.aliyuncs.com")


@dataclass(frozen=True, slots=True)
class AliyunSmsConfig(HttpSection):
    """Ours. `sign_name` and `template_code` are what Aliyun approved; `template_params` fill that template's variables."""

    TYPE: ClassVar[str] = "aliyun_sms_configs"
    send_resolved: bool = field(default=False, metadata=ALWAYS)
    api_url: HttpUrl = _ALIYUN_SMS
    access_key_id: str = ""
    access_key_secret: Secret = NO_SECRET
    access_key_secret_file: FilePath = NO_PATH
    sign_name: str = ""
    template_code: str = ""
    template_params: Mapping[str, str] = field(default_factory=dict)
    phone_numbers: tuple[str, ...] = ()

    def check(self) -> Self:
        for name in ("access_key_id", "sign_name", "template_code", "phone_numbers"):
            if not getattr(self, name):
                raise BadInput(f"missing {name} on aliyun_sms_config")
        require_secret(self, "access_key_secret")
        return self

    def inherit(self, common: GlobalConfig) -> Self:
        return replace(self, http_config=self.http_or(common))
