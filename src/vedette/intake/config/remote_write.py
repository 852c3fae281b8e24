"""`remote_write`: where committed samples are sent on to, how, and which of them.

Source: Prometheus config/config.go RemoteWriteConfig, messages included. One default is ours: a receiver that says 429 is
asked again (`retry_on_http_429: true`); dropping what it has no time for must be asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, ClassVar, Final, Self
from urllib.parse import urlsplit

from vedette.intake.config.http import PLAIN_HTTP, RESERVED_HEADERS, HttpClientConfig
from vedette.intake.config.relabelling import RelabelConfig
from vedette.intake.config.sigv4 import SigV4Config
from vedette.intake.config.values import NO_DURATION, DurationMs
from vedette.intake.config.yaml_nodes import Node
from vedette.model.errors import BadInput
from vedette.model.names import ValidationScheme
from vedette.model.quoting import quote
from vedette.signals.relabel import Rule

UNBUILT_SIGNING: Final = frozenset({"azuread", "google_iam"})
_TIMEOUT: Final = DurationMs(30_000)
_BATCH_DEADLINE: Final = DurationMs(5_000)
_MIN_BACKOFF: Final = DurationMs(30)
_MAX_BACKOFF: Final = DurationMs(5_000)
_METADATA_INTERVAL: Final = DurationMs(60_000)


class ProtobufMessage(Enum):
    V1 = "prometheus.WriteRequest"
    V2 = "io.prometheus.write.v2.Request"

    @classmethod
    def _missing_(cls, value: object) -> ProtobufMessage:
        known = ", ".join(one.value for one in cls)
        raise BadInput(
            f"invalid protobuf_message value: unknown type for remote write protobuf message {value}, supported: {known}"
        )


@dataclass(frozen=True, slots=True)
class QueueConfig:
    """`max_shards` requests are under way at once, of at most `max_samples_per_send` samples."""

    TYPE: ClassVar[str] = "config.plain"
    capacity: int = 10_000
    max_shards: int = 50
    min_shards: int = 1
    max_samples_per_send: int = 2_000
    batch_send_deadline: DurationMs = _BATCH_DEADLINE
    min_backoff: DurationMs = _MIN_BACKOFF
    max_backoff: DurationMs = _MAX_BACKOFF
    retry_on_http_429: bool = field(default=True, metadata={"always": True})
    sample_age_limit: DurationMs = NO_DURATION

    def check(self) -> Self:
        for key in ("max_shards", "min_shards", "max_samples_per_send", "capacity"):
            if getattr(self, key) <= 0:
                raise BadInput(f"remote write queue {key} must be positive")
        if self.min_shards > self.max_shards:
            raise BadInput("remote write queue min_shards must not be greater than max_shards")
        if self.max_backoff < self.min_backoff:
            raise BadInput("remote write queue max_backoff must not be less than min_backoff")
        return self


@dataclass(frozen=True, slots=True)
class MetadataConfig:
    TYPE: ClassVar[str] = "config.MetadataConfig"
    send: bool = field(default=True, metadata={"always": True})
    send_interval: DurationMs = _METADATA_INTERVAL
    max_samples_per_send: int = 2_000


DEFAULT_QUEUE: Final = QueueConfig()
DEFAULT_METADATA: Final = MetadataConfig()


def _check_signing(node: Node) -> None:
    """Kept as it is: how to sign for a cloud's own service is not built yet."""
    node.plain()


@dataclass(frozen=True, slots=True)
class RemoteWriteConfig:
    TYPE: ClassVar[str] = "config.plain"
    url: str = field(default="", metadata={"always": True})
    remote_timeout: DurationMs = _TIMEOUT
    headers: Mapping[str, str] = field(default_factory=dict)
    write_relabel_configs: tuple[RelabelConfig | None, ...] = ()
    name: str = ""
    send_exemplars: bool = False
    send_native_histograms: bool = False
    round_robin_dns: bool = False
    failed_request_logging: bool = False
    protobuf_message: ProtobufMessage = ProtobufMessage.V1
    http: HttpClientConfig = field(default=PLAIN_HTTP, metadata={"inline": True})
    queue_config: QueueConfig = DEFAULT_QUEUE
    metadata_config: MetadataConfig = DEFAULT_METADATA
    sigv4: SigV4Config | None = None
    unbuilt: Mapping[str, Any] = field(
        default_factory=dict, repr=False, metadata={"rest": UNBUILT_SIGNING, "refuse": _check_signing}
    )

    def check(self) -> Self:
        if not self.url:
            raise BadInput("url for remote_write is empty")
        if None in self.write_relabel_configs:
            raise BadInput("empty or null relabeling rule in remote write config")
        check_headers(self.headers)
        http = self.http.check()
        ways = [*http.credentials, *(["sigv4"] if self.sigv4 else []), *sorted(self.unbuilt)]
        if len(ways) > 1:
            raise BadInput(
                "at most one of basic_auth, authorization, oauth2, sigv4, azuread or google_iam must be configured. "
                f"Currently configured: [{' '.join(ways)}]"
            )
        return replace(self, http=http, remote_timeout=self.remote_timeout or _TIMEOUT)

    def rules(self, scheme: ValidationScheme) -> tuple[Rule, ...]:
        return tuple(config.rule(scheme) for config in self.write_relabel_configs if config)

    @property
    def remote_name(self) -> str:
        """What metrics and the file of its position call it: its name, else some letters that its URL makes."""
        return self.name or hashlib.sha256(self.url.encode()).hexdigest()[:6]

    @property
    def shown_url(self) -> str:
        """Without a password."""
        parts = urlsplit(self.url)
        if parts.password is None:
            return self.url
        return parts._replace(netloc=f"{parts.username}:xxxxx@{parts.netloc.rpartition('@')[2]}").geturl()


def check_headers(headers: Mapping[str, str]) -> None:
    for name in headers:
        if name.lower() == "authorization":
            raise BadInput(
                "authorization header must be changed via the basic_auth, authorization, oauth2, sigv4, azuread or "
                "google_iam parameter"
            )
        if name.lower() in RESERVED_HEADERS:
            raise BadInput(f"{name} is a reserved header. It must not be changed")


def check_remotes(remotes: tuple[RemoteWriteConfig | None, ...]) -> None:
    """Raises BadInput for an empty entry, or a name that two have."""
    if None in remotes:
        raise BadInput("empty or null remote write config section")
    names = [remote.name for remote in remotes if remote and remote.name]
    for name in names:
        if names.count(name) > 1:
            raise BadInput(f"found multiple remote write configs with job name {quote(name)}")
