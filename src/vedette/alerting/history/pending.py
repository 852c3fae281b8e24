"""Alerts that rules have found and that do not fire yet, as they would be sent: the pipeline does not know them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from vedette.alerting.alerts import Alert
from vedette.ports.rules import Rules

PENDING: Final = "pending"
VALID_MS: Final = 3600_000


@dataclass(frozen=True, slots=True)
class PendingAlerts:
    """`label` does what is done to every alert before it is sent: external labels, relabelling."""

    rules: Rules
    label: Callable[[Sequence[Alert]], Sequence[Alert]] = lambda alerts: alerts

    def at(self, now_ms: int) -> Sequence[Alert]:
        found = [
            Alert(alert.labels, alert.active_at_ms, now_ms + VALID_MS, alert.annotations, updated_at_ms=now_ms)
            for group in self.rules.groups()
            for rule in group.rules
            for alert in rule.alerts
            if alert.state == PENDING
        ]
        return self.label(found) if found else ()
