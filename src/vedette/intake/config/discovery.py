"""The four kinds of discovery that are built, and the names of those that are not yet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Final, Self
from urllib.parse import urlsplit

from vedette.intake.config.http import PLAIN_HTTP, HttpClientConfig
from vedette.intake.config.values import DurationMs, FilePath
from vedette.model.errors import BadInput
from vedette.model.names import is_utf8
from vedette.model.quoting import quote

FILE_REFRESH: Final = DurationMs(300_000)
HTTP_REFRESH: Final = DurationMs(60_000)
DNS_REFRESH: Final = DurationMs(30_000)

UNBUILT_KINDS: Final = frozenset(
    f"{kind}_sd_configs"
    for kind in [
        "aws",
        "azure",
        "consul",
        "digitalocean",
        "docker",
        "dockerswarm",
        "ec2",
        "eureka",
        "gce",
        "hetzner",
        "ionos",
        "kubernetes",
        "kuma",
        "lightsail",
        "linode",
        "marathon",
        "nerve",
        "nomad",
        "oci",
        "openstack",
        "outscale",
        "ovhcloud",
        "puppetdb",
        "scaleway",
        "serverset",
        "stackit",
        "triton",
        "uyuni",
        "vultr",
    ]
)


@dataclass(frozen=True, slots=True)
class StaticGroup:
    TYPE: ClassVar[str] = "struct { Targets []string; Labels model.LabelSet }"
    targets: tuple[str, ...] = field(default=(), metadata={"always": True})
    labels: Mapping[str, str] = field(default_factory=dict)

    def check(self) -> Self:
        for target in self.targets:
            if not is_utf8(target):
                raise BadInput(f"{quote(target)} is not a valid hostname")
        for name, value in self.labels.items():
            if not name or not is_utf8(name):
                raise BadInput(f"{quote(name)} is not a valid label name")
            if not is_utf8(value):
                raise BadInput(f"{quote(value)} is not a valid label value")
        return self


_SD_FILE_NAME: Final = re.compile(r"[^*]*(\*[^/]*)?\.(json|yml|yaml|JSON|YML|YAML)")


@dataclass(frozen=True, slots=True)
class FileDiscovery:
    TYPE: ClassVar[str] = "file.plain"
    files: tuple[FilePath, ...] = field(default=(), metadata={"always": True})
    refresh_interval: DurationMs = FILE_REFRESH

    def check(self) -> Self:
        if not self.files:
            raise BadInput("file service discovery config must contain at least one path name")
        for name in self.files:
            if not _SD_FILE_NAME.fullmatch(name):
                raise BadInput(f"path name {quote(name)} is not valid for file discovery")
        return replace(self, refresh_interval=self.refresh_interval or FILE_REFRESH)


@dataclass(frozen=True, slots=True)
class HttpDiscovery:
    TYPE: ClassVar[str] = "http.plain"
    url: str = field(default="", metadata={"always": True})
    http: HttpClientConfig = field(default=PLAIN_HTTP, metadata={"inline": True})
    refresh_interval: DurationMs = HTTP_REFRESH

    def check(self) -> Self:
        if not self.url:
            raise BadInput("URL is missing")
        try:
            parts = urlsplit(self.url)
        except ValueError as error:
            raise BadInput(f"parse {quote(self.url)}: {str(error).lower()}") from None
        if parts.scheme not in ("http", "https"):
            raise BadInput("URL scheme must be 'http' or 'https'")
        if not parts.hostname:
            raise BadInput("host is missing in URL")
        return replace(self, http=self.http.check(), refresh_interval=self.refresh_interval or HTTP_REFRESH)


_RECORD_TYPES: Final = ("SRV", "A", "AAAA", "MX", "NS")


@dataclass(frozen=True, slots=True)
class DnsDiscovery:
    TYPE: ClassVar[str] = "dns.plain"
    names: tuple[str, ...] = field(default=(), metadata={"always": True})
    refresh_interval: DurationMs = DNS_REFRESH
    type: str = field(default="SRV", metadata={"always": True})
    port: int = field(default=0, metadata={"always": True})

    def check(self) -> Self:
        if not self.names:
            raise BadInput("DNS-SD config must contain at least one SRV record name")
        if self.type.upper() not in _RECORD_TYPES:
            raise BadInput(f"invalid DNS-SD records type {self.type}")
        if self.type.upper() != "SRV" and self.port == 0:
            raise BadInput("a port is required in DNS-SD configs for all record types except SRV")
        return replace(self, refresh_interval=self.refresh_interval or DNS_REFRESH)


def check_target_address(address: str) -> None:
    """A target is host or host:port; a URL belongs into __scheme__ and __metrics_path__."""
    if "/" in address:
        raise BadInput(f"{quote(address)} is not a valid hostname")
