"""Prometheus' web configuration file (`--web-config`): TLS, users, headers. Read once at start, all or nothing.

Source: prometheus exporter-toolkit docs/web-configuration.md. What Python's TLS cannot do (asking for a client's
certificate without verifying it, lists of curves, allowed SANs) is refused with a hint, not ignored.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import ClassVar, Final

from vedette.api.passwords import Passwords
from vedette.intake.config.codec import read_section
from vedette.intake.config.http import TlsVersion
from vedette.intake.config.values import NO_PATH, FilePath, Secret
from vedette.intake.config.yaml_nodes import Document, parse_yaml
from vedette.model.errors import BadInput, ConfigError
from vedette.model.quoting import quote

_BCRYPT: Final = re.compile(r"\$2[abxy]\$[0-9]{2}\$[./A-Za-z0-9]{53}\Z")
_HEADERS: Final = frozenset(
    {
        "Content-Security-Policy",
        "Strict-Transport-Security",
        "X-Content-Type-Options",
        "X-Frame-Options",
        "X-XSS-Protection",
        "Cross-Origin-Opener-Policy",
        "Cross-Origin-Resource-Policy",
        "Referrer-Policy",
    }
)
_VERSIONS: Final = {
    TlsVersion.TLS10: ssl.TLSVersion.TLSv1,
    TlsVersion.TLS11: ssl.TLSVersion.TLSv1_1,
    TlsVersion.TLS12: ssl.TLSVersion.TLSv1_2,
    TlsVersion.TLS13: ssl.TLSVersion.TLSv1_3,
}
_CURVES: Final = {"CurveP256": "prime256v1", "CurveP384": "secp384r1", "CurveP521": "secp521r1", "X25519": "X25519"}


class ClientAuth(Enum):
    NONE = "NoClientCert"
    IF_GIVEN = "VerifyClientCertIfGiven"
    REQUIRED = "RequireAndVerifyClientCert"

    @classmethod
    def _missing_(cls, value: object) -> ClientAuth:
        if value == "":
            return cls.NONE
        raise BadInput(
            f"client_auth_type is not supported: {value}",
            hint=f"one of {', '.join(member.value for member in cls)}",
        )


@dataclass(frozen=True, slots=True)
class TlsServer:
    TYPE: ClassVar[str] = "web.TLSConfig"

    cert_file: FilePath = NO_PATH
    key_file: FilePath = NO_PATH
    client_auth_type: ClientAuth = ClientAuth.NONE
    client_ca_file: FilePath = NO_PATH
    client_ca: str = ""
    min_version: TlsVersion = TlsVersion.TLS12
    max_version: TlsVersion | None = None
    cipher_suites: tuple[str, ...] = ()
    curve_preferences: tuple[str, ...] = ()
    prefer_server_cipher_suites: bool = True

    def check(self) -> TlsServer:
        if bool(self.cert_file) != bool(self.key_file):
            raise BadInput("tls_server_config needs both cert_file and key_file")
        if self.client_auth_type is not ClientAuth.NONE and not (self.client_ca_file or self.client_ca):
            raise BadInput("client CAs have not been configured", hint="set client_ca_file")
        if len(self.curve_preferences) > 1 or not set(self.curve_preferences) <= set(_CURVES):
            raise BadInput("curve_preferences takes one curve", hint=f"one of {', '.join(_CURVES)}")
        return self

    def context(self) -> ssl.SSLContext:
        """Raises ConfigError where a file is missing or no certificate, or a cipher is unknown."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            context.load_cert_chain(self.cert_file, self.key_file)
            context.minimum_version = _VERSIONS[self.min_version]
            if self.max_version is not None:
                context.maximum_version = _VERSIONS[self.max_version]
            if self.cipher_suites:
                context.set_ciphers(":".join(_openssl_name(name) for name in self.cipher_suites))
            if self.curve_preferences:
                context.set_ecdh_curve(_CURVES[self.curve_preferences[0]])
            if self.client_auth_type is not ClientAuth.NONE:
                context.load_verify_locations(self.client_ca_file or None, cadata=self.client_ca or None)
                required = self.client_auth_type is ClientAuth.REQUIRED
                context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
        except (OSError, ValueError) as error:
            raise ConfigError(f"tls_server_config cannot be used: {error}", key="tls_server_config") from None
        return context


@dataclass(frozen=True, slots=True)
class HttpServerSection:
    TYPE: ClassVar[str] = "web.HTTPConfig"

    http2: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)

    def check(self) -> HttpServerSection:
        for name in self.headers:
            if name not in _HEADERS:
                raise BadInput(
                    f"HTTP header {quote(name)} can not be configured", hint=f"one of {', '.join(sorted(_HEADERS))}"
                )
        return self


@dataclass(frozen=True, slots=True)
class WebConfig:
    TYPE: ClassVar[str] = "web.Config"

    tls_server_config: TlsServer | None = None
    http_server_config: HttpServerSection = field(default_factory=HttpServerSection)
    basic_auth_users: Mapping[str, Secret] = field(default_factory=dict)

    def check(self) -> WebConfig:
        for name, stored in self.basic_auth_users.items():
            if not _BCRYPT.match(stored.reveal()):
                raise BadInput(
                    f"password of user {quote(name)} is no bcrypt hash",
                    hint="make one with: htpasswd -nBC 10 '' | tr -d ':\\n'",
                )
        return self

    @property
    def has_tls(self) -> bool:
        return self.tls_server_config is not None and bool(self.tls_server_config.cert_file)

    def tls_context(self) -> ssl.SSLContext | None:
        return self.tls_server_config.context() if self.tls_server_config is not None and self.has_tls else None

    def passwords(self) -> Passwords:
        return Passwords({name: stored.reveal() for name, stored in self.basic_auth_users.items()})


def load_web_config(path: Path) -> WebConfig:
    """Raises ConfigError with file, line and key."""
    try:
        text = path.read_text()
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file=str(path)) from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"is not UTF-8: {error.reason} at byte {error.start}", file=str(path)) from None
    root = parse_yaml(text, Document(str(path), path.parent))
    return read_section(WebConfig, root) if root is not None and not root.is_null else WebConfig()


def _openssl_name(name: str) -> str:
    """TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 -> ECDHE-RSA-AES128-GCM-SHA256."""
    short = name.removeprefix("TLS_").replace("_WITH_", "_").replace("AES_128", "AES128").replace("AES_256", "AES256")
    return short.removesuffix("_SHA256").replace("_", "-") if "CHACHA20" in short else short.replace("_", "-")
