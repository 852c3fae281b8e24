"""An alert: what a rule (or any client of `POST /api/v2/alerts`) says about one label set, from a beginning to an end.

Rules make alerts, the pipeline takes them (`AlertSink`). The fingerprint is the reference's: clients, `amtool` and
notification keys name an alert by it. Source: prometheus/common model/fingerprinting.go, model/alert.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NewType, Protocol

from vedette.model.labels import Labels
from vedette.ports.principal import Principal

ALERT_NAME: Final = "alertname"

Fingerprint = NewType("Fingerprint", int)
"""uint64, FNV-1a of the labels; written as 16 hexadecimal digits."""

UNKNOWN: Final = Fingerprint(-1)
"""None has it."""

_FNV_OFFSET: Final = 14695981039346656037
_FNV_PRIME: Final = 1099511628211
_MASK: Final = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Alert:
    """Times are ms since the epoch. `ends_at_ms` in the future: it fires until then, unless it is sent again."""

    labels: Labels
    starts_at_ms: int
    ends_at_ms: int
    annotations: Labels = field(default_factory=Labels)
    generator_url: str = ""
    updated_at_ms: int = 0
    timeout: bool = False
    """The end was not said by the sender: `resolve_timeout` after the last word of it."""
    fingerprint: Fingerprint = field(default=UNKNOWN, compare=False, repr=False)
    """Of the labels; whoever makes many alerts works it out for all at once (`alerting.fingerprints`)."""

    def __post_init__(self) -> None:
        if self.fingerprint == UNKNOWN:
            object.__setattr__(self, "fingerprint", fingerprint(self.labels))

    @property
    def name(self) -> str:
        return self.labels.get(ALERT_NAME)

    def resolved_at(self, now_ms: int) -> bool:
        return self.ends_at_ms <= now_ms


class AlertSink(Protocol):
    """Where alerts go: our own pipeline, or other Alertmanagers."""

    async def post(self, principal: Principal, alerts: Sequence[Alert]) -> None:
        """Returns when they are kept (fsync) or queued, as the sink promises. Raises StoreUnavailable when it cannot keep them, QueueFull when it takes no more."""
        ...


def fingerprint(labels: Labels) -> Fingerprint:
    value = _FNV_OFFSET
    for byte in labels.canonical():
        value = ((value ^ byte) * _FNV_PRIME) & _MASK
    return Fingerprint(value)


def format_fingerprint(value: Fingerprint) -> str:
    return f"{value:016x}"
