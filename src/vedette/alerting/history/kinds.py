"""The kinds of events in the history. Texts are interface: docs/api_alerts.md lists them."""

from __future__ import annotations

from enum import Enum


class EventKind(Enum):
    PENDING = "pending"
    INACTIVE = "inactive"
    FIRING = "firing"
    RESOLVED = "resolved"
    SILENCED = "silenced"
    UNSILENCED = "unsilenced"
    INHIBITED = "inhibited"
    UNINHIBITED = "uninhibited"
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    ASSIGNED = "assigned"
    COMMENTED = "commented"
    NOTIFIED = "notified"
    NOTIFY_FAILED = "notify_failed"
