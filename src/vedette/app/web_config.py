"""TLS and users from Prometheus' web config format (placeholder until the reader lands)."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vedette.api.passwords import Passwords


@dataclass(frozen=True, slots=True)
class WebConfig:
    tls: ssl.SSLContext | None = None
    passwords: Passwords = field(default_factory=lambda: Passwords({}))
    headers: Mapping[str, str] = field(default_factory=dict)


def read_web_config(path: Path | None) -> WebConfig:
    return WebConfig()
