"""What was last sent, for each group and integration: the reason to send again, or not to, comes from here alone.

It is stored before a flush counts as done, so that a process that dies repeats at most what it was sending just then.
Source: alertmanager notify/dedup_stage.go (needsUpdate), nflog/nflog.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from vedette.alerting.alerts import Fingerprint


class Reason(Enum):
    """Texts are the reference's: templates print them."""

    FIRST = "first notification"
    NEW_ALERTS = "new alerts added"
    SOME_RESOLVED = "some alerts resolved"
    ALL_RESOLVED = "all alerts resolved"
    REPEAT = "repeat interval elapsed"


class LogKey(NamedTuple):
    group_key: str
    receiver: str
    integration: str
    place: int


@dataclass(frozen=True, slots=True)
class LogEntry:
    key: LogKey
    sent_at_ms: int
    firing: frozenset[Fingerprint]
    resolved: frozenset[Fingerprint]
    expires_at_ms: int
    kept: Mapping[str, str] = field(default_factory=dict)
    """What the integration gave back, for its next notification of the group."""


class NotificationLog:
    def __init__(self, entries: Iterable[LogEntry] = ()) -> None:
        self._entries = {entry.key: entry for entry in entries}

    def get(self, key: LogKey) -> LogEntry | None:
        return self._entries.get(key)

    def apply(self, entry: LogEntry) -> None:
        """What is stored; an older entry than the one that stands is ignored."""
        old = self._entries.get(entry.key)
        if old is None or old.sent_at_ms <= entry.sent_at_ms:
            self._entries[entry.key] = entry

    def forgettable(self, now_ms: int) -> list[LogKey]:
        return [key for key, entry in self._entries.items() if entry.expires_at_ms < now_ms]

    def forget(self, keys: Iterable[LogKey]) -> None:
        for key in keys:
            self._entries.pop(key, None)

    def __iter__(self) -> Iterator[LogEntry]:
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)


def reason_to_send(
    entry: LogEntry | None,
    firing: frozenset[Fingerprint],
    resolved: frozenset[Fingerprint],
    *,
    send_resolved: bool,
    repeat_before_ms: int,
) -> Reason | None:
    """`repeat_before_ms`: what was sent before it is sent again, changed or not."""
    if entry is None:
        return Reason.FIRST if firing else None
    if not firing <= entry.firing:
        return Reason.NEW_ALERTS if entry.firing else Reason.FIRST
    if not firing:  # also for those who want no ends: the log must forget what fired
        return Reason.ALL_RESOLVED if entry.firing else None
    if send_resolved and not resolved <= entry.resolved:
        return Reason.SOME_RESOLVED
    return Reason.REPEAT if entry.sent_at_ms < repeat_before_ms else None
