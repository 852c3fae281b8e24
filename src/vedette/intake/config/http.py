"""How a client connects: authentication, TLS, proxy, headers. Shared by scrape jobs and http discovery.

Source: Prometheus common/config HTTPClientConfig, messages included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import ClassVar, Final, Self
from urllib.parse import urlsplit, urlunsplit

from vedette.intake.config.codec import SCALARS, Scalar
from vedette.intake.config.values import (
    NO_PATH,
    NO_SECRET,
    FilePath,
    Secret,
)
from vedette.intake.config.yaml_nodes import Node
from vedette.model.errors import BadInput
from vedette.model.quoting import quote


class TlsVersion(Enum):
    TLS10 = "TLS10"
    TLS11 = "TLS11"
    TLS12 = "TLS12"
    TLS13 = "TLS13"

    @classmethod
    def _missing_(cls, value: object) -> TlsVersion:
        raise BadInput(f"unknown TLS version: {value}")


@dataclass(frozen=True, slots=True)
class TlsConfig:
    TYPE: ClassVar[str] = "config.plain"
    ca: str = ""
    cert: str = ""
    key: Secret = NO_SECRET
    ca_file: FilePath = NO_PATH
    cert_file: FilePath = NO_PATH
    key_file: FilePath = NO_PATH
    server_name: str = ""
    insecure_skip_verify: bool = False
    min_version: TlsVersion | None = None
    max_version: TlsVersion | None = None

    def check(self) -> Self:
        at_most_one("ca & ca_file", self.ca, self.ca_file)
        at_most_one("cert & cert_file", self.cert, self.cert_file)
        at_most_one("key & key_file", self.key, self.key_file)
        has_cert, has_key = bool(self.cert or self.cert_file), bool(self.key or self.key_file)
        if has_cert and not has_key:
            raise BadInput("exactly one of key or key_file must be configured when a client certificate is configured")
        if has_key and not has_cert:
            raise BadInput("exactly one of cert or cert_file must be configured when a client key is configured")
        return self


NO_TLS: Final = TlsConfig()


@dataclass(frozen=True, slots=True)
class BasicAuth:
    TYPE: ClassVar[str] = "config.plain"
    username: str = ""
    username_file: FilePath = NO_PATH
    password: Secret = NO_SECRET
    password_file: FilePath = NO_PATH

    def check(self) -> Self:
        at_most_one("basic_auth username & username_file", self.username, self.username_file)
        at_most_one("basic_auth password & password_file", self.password, self.password_file)
        return self


@dataclass(frozen=True, slots=True)
class Authorization:
    TYPE: ClassVar[str] = "config.Authorization"
    type: str = ""
    credentials: Secret = NO_SECRET
    credentials_file: FilePath = NO_PATH

    def check(self) -> Self:
        at_most_one("authorization credentials & credentials_file", self.credentials, self.credentials_file)
        kind = self.type.strip() or "Bearer"
        if kind.lower() == "basic":
            raise BadInput('authorization type cannot be set to "basic", use "basic_auth" instead')
        return replace(self, type=kind)


class ProxyUrl(str):
    """A proxy's URL; rendered without its password."""

    def redacted(self) -> str:
        parts = urlsplit(self)
        if parts.password is None:
            return str(self)
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"{parts.username}:xxxxx@{host}"))

    def __repr__(self) -> str:
        return repr(self.redacted())


def _read_proxy_url(node: Node) -> ProxyUrl:
    try:
        _ = urlsplit(node.text()).port
    except ValueError as error:
        raise BadInput(f"proxy_url is not a URL: {str(error).lower()}") from None
    return ProxyUrl(node.text())


NO_PROXY_URL: Final = ProxyUrl()
SCALARS[ProxyUrl] = Scalar(_read_proxy_url, NO_PROXY_URL, ProxyUrl.redacted)


@dataclass(frozen=True, slots=True)
class ProxyConfig:
    proxy_url: ProxyUrl = NO_PROXY_URL
    no_proxy: str = ""
    proxy_from_environment: bool = False
    proxy_connect_header: Mapping[str, tuple[Secret, ...]] = field(default_factory=dict)

    def check(self) -> Self:
        if self.proxy_connect_header and not (self.proxy_from_environment or self.proxy_url):
            raise BadInput(
                "if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured"
            )
        if self.proxy_from_environment and self.proxy_url:
            raise BadInput("if proxy_from_environment is configured, proxy_url must not be configured")
        if self.proxy_from_environment and self.no_proxy:
            raise BadInput("if proxy_from_environment is configured, no_proxy must not be configured")
        if self.no_proxy and not self.proxy_url:
            raise BadInput("if no_proxy is configured, proxy_url must also be configured")
        return self


NO_PROXY: Final = ProxyConfig()


@dataclass(frozen=True, slots=True)
class OAuth2:
    """Client credentials flow."""

    TYPE: ClassVar[str] = "config.plain"
    client_id: str = ""
    client_secret: Secret = NO_SECRET
    client_secret_file: FilePath = NO_PATH
    scopes: tuple[str, ...] = ()
    token_url: str = ""
    endpoint_params: Mapping[str, str] = field(default_factory=dict)
    tls_config: TlsConfig = NO_TLS
    proxy: ProxyConfig = field(default=NO_PROXY, metadata={"inline": True})

    def check(self) -> Self:
        if not self.client_id:
            raise BadInput("oauth2 client_id must be configured")
        if not self.token_url:
            raise BadInput("oauth2 token_url must be configured")
        at_most_one("oauth2 client_secret & client_secret_file", self.client_secret, self.client_secret_file)
        self.proxy.check()
        return self


@dataclass(frozen=True, slots=True)
class Header:
    TYPE: ClassVar[str] = "config.Header"
    values: tuple[str, ...] = ()
    secrets: tuple[Secret, ...] = ()
    files: tuple[FilePath, ...] = ()


RESERVED_HEADERS: Final = frozenset(
    [
        "authorization",
        "host",
        "content-encoding",
        "content-length",
        "content-type",
        "user-agent",
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "www-authenticate",
        "accept-encoding",
        "x-prometheus-remote-write-version",
        "x-prometheus-remote-read-version",
        "x-prometheus-scrape-timeout-seconds",
        "x-amz-date",
        "x-amz-security-token",
        "x-amz-content-sha256",
    ]
)


@dataclass(frozen=True, slots=True)
class HttpClientConfig:
    TYPE: ClassVar[str] = "config.plain"
    basic_auth: BasicAuth | None = None
    authorization: Authorization | None = None
    oauth2: OAuth2 | None = None
    bearer_token: Secret = NO_SECRET
    bearer_token_file: FilePath = NO_PATH
    tls_config: TlsConfig = NO_TLS
    follow_redirects: bool = field(default=True, metadata={"always": True})
    enable_http2: bool = field(default=True, metadata={"always": True})
    proxy: ProxyConfig = field(default=NO_PROXY, metadata={"inline": True})
    http_headers: Mapping[str, Header] = field(default_factory=dict)

    def check(self) -> Self:
        """With `bearer_token` moved into `authorization`. Raises BadInput when two ways to authenticate are given."""
        bearer = bool(self.bearer_token or self.bearer_token_file)
        at_most_one("bearer_token & bearer_token_file", self.bearer_token, self.bearer_token_file)
        if (self.basic_auth or self.oauth2) and bearer:
            raise BadInput("at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured")
        if self.authorization and bearer:
            raise BadInput("authorization is not compatible with bearer_token & bearer_token_file")
        at_most_one("basic_auth, oauth2 & authorization", self.basic_auth, self.oauth2, self.authorization)
        self.proxy.check()
        for name in self.http_headers:
            if name.lower() in RESERVED_HEADERS:
                raise BadInput(f"setting header {quote(name)} is not allowed")
        if not bearer:
            return self
        authorization = Authorization("Bearer", self.bearer_token, self.bearer_token_file)
        return replace(self, authorization=authorization, bearer_token=NO_SECRET, bearer_token_file=NO_PATH)

    @property
    def credentials(self) -> list[str]:
        """The sections that say who asks, once it is checked."""
        return [name for name in ("basic_auth", "authorization", "oauth2") if getattr(self, name) is not None]


PLAIN_HTTP: Final = HttpClientConfig()


def at_most_one(names: str, *values: object) -> None:
    """Raises BadInput when more than one of the values is set."""
    if sum(bool(value) for value in values) > 1:
        raise BadInput(f"at most one of {names} must be configured")
