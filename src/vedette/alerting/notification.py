"""What the pipeline hands to a receiver's integration, and what it hears back.

A receiver is a name with integrations (a webhook, two mail addresses); each is tried and logged on its own, so that one that fails
never holds up or repeats another. The pipeline decides what is due and when to try again; an integration sends once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from vedette.alerting.alerts import Alert
from vedette.model.labels import EMPTY_LABELS, Labels


@dataclass(frozen=True, slots=True)
class Notification:
    """One group of alerts for one receiver, at one moment."""

    receiver: str
    group_key: str
    """`{route}:{group labels}`: the same for each notification of a group, also after a restart."""
    group_labels: Labels
    alerts: tuple[Alert, ...]
    """In the order of their names, then labels; firing or resolved by their ends at `now_ms`."""
    now_ms: int
    repeat_interval_ms: int
    route_labels: Labels = EMPTY_LABELS
    reason: str = ""
    """Why now: the reference's `notification_reason`."""
    kept: Mapping[str, str] = field(default_factory=dict)
    """What this integration gave back after the last notification of this group (a message to edit, a thread)."""


class Integration(Protocol):
    """Not thread-safe; lives on one event loop. Calls for different groups may overlap."""

    kind: str
    """The name of its section without `_configs`: `webhook`, `email`."""
    index: int
    """Its place among the integrations of its kind in the receiver: with `kind`, its name in the notification log."""
    send_resolved: bool

    async def notify(self, notification: Notification) -> Mapping[str, str]:
        """Sends once; what it gives back stands in `kept` next time. Raises NotSent (model/errors.py)."""
        ...

    async def close(self) -> None: ...
