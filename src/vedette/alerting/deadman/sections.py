"""The sections `deadman` and `heartbeats` of vedette.yml.

deadman: {url: "https://hc-ping.com/UUID", interval: 1m}
heartbeats:
  - {name: backup, every: 25h}                                # POST /api/v1/heartbeats/backup
  - {name: other-cluster, every: 5m, match: ['alertname="Watchdog"', 'cluster="b"']}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from vedette.alerting.config.defaults import GlobalConfig
from vedette.alerting.config.messages import WebhookConfig
from vedette.alerting.config.scalars import NO_TEMPLATE_URL, SecretTemplateUrl
from vedette.alerting.matchers import MatcherMode, Matchers
from vedette.intake.config.codec import read_known
from vedette.intake.config.load import read_config_file
from vedette.intake.config.values import NO_DURATION, NO_PATH, DurationMs, FilePath
from vedette.intake.config.yaml_nodes import Document, parse_yaml
from vedette.model.errors import BadInput
from vedette.model.labels import is_classic_label_name

HEARTBEATS_MAX: Final = 1_000
INTERVAL_MIN_MS: Final = 5_000
_MINUTE: Final = DurationMs(60_000)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}\Z")


@dataclass(frozen=True, slots=True)
class DeadmanSection:
    TYPE = "deadman"
    url: SecretTemplateUrl = NO_TEMPLATE_URL
    url_file: FilePath = NO_PATH
    interval: DurationMs = _MINUTE

    def check(self) -> DeadmanSection:
        WebhookConfig(url=self.url, url_file=self.url_file).check()
        if self.interval < INTERVAL_MIN_MS:
            raise BadInput(f"the interval is at least {INTERVAL_MIN_MS // 1000} s: {self.interval / 1000:g} s")
        return self

    @property
    def webhook(self) -> WebhookConfig:
        return WebhookConfig(url=self.url, url_file=self.url_file).inherit(GlobalConfig())


@dataclass(frozen=True, slots=True)
class HeartbeatSection:
    """`match`: alerts that are posted to us count as pings, each of these matchers must match."""

    TYPE = "heartbeat"
    name: str = ""
    every: DurationMs = NO_DURATION
    grace: DurationMs = _MINUTE
    severity: str = "page"
    match: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)

    def check(self) -> HeartbeatSection:
        if not _NAME.match(self.name):
            raise BadInput(f"a heartbeat's name has up to 100 letters, digits and . _ -: {self.name}")
        if self.every < INTERVAL_MIN_MS:
            raise BadInput(
                f"a heartbeat comes every {INTERVAL_MIN_MS // 1000} s or less often: {self.every / 1000:g} s"
            )
        for name in self.labels:
            if not is_classic_label_name(name):
                raise BadInput(f"invalid label name: {name}")
        self.matchers()
        return self

    def matchers(self) -> Matchers:
        """Raises BadInput."""
        return tuple(MatcherMode.FALLBACK.matcher(text, "config") for text in self.match)


@dataclass(frozen=True, slots=True)
class SwitchSections:
    TYPE = "vedette.yml"
    deadman: DeadmanSection | None = None
    heartbeats: tuple[HeartbeatSection, ...] = ()

    def check(self) -> SwitchSections:
        names = [each.name for each in self.heartbeats]
        if len(names) > HEARTBEATS_MAX:
            raise BadInput(f"more than {HEARTBEATS_MAX} heartbeats: {len(names)}")
        if len(set(names)) < len(names):
            raise BadInput(f"two heartbeats have one name: {next(name for name in names if names.count(name) > 1)}")
        return self


def read_switches(file: Path | None) -> SwitchSections:
    """Of a vedette.yml; nothing where there is none. Raises ConfigError."""
    if file is None:
        return SwitchSections()
    root = parse_yaml(read_config_file(file), Document(str(file), file.parent))
    return SwitchSections() if root is None or root.is_null else read_known(SwitchSections, root)
