"""What the alerting pipeline keeps so that a restart, or another server, goes on where this one stopped (DESIGN D12).

Alerts as they stand, silences, the notification log. `keep` returns when its rows are on the disk; each call is one transaction and
raises `revision` by one, so that servers that share a database ask for what came `since` theirs. Labels and contents are JSON: this
port knows nothing of alerts. Times are ms since the epoch. Implementations are called from worker threads, one at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class AlertRow(NamedTuple):
    fingerprint: int
    """uint64"""
    labels: str
    annotations: str
    starts_at_ms: int
    ends_at_ms: int
    updated_at_ms: int
    generator_url: str
    timeout: bool


class SilenceRow(NamedTuple):
    id: str
    content: str
    ends_at_ms: int
    updated_at_ms: int


class LogRow(NamedTuple):
    group_key: str
    receiver: str
    integration: str
    place: int
    sent_at_ms: int
    firing: bytes
    """Fingerprints, uint64 little endian."""
    resolved: bytes
    kept: str
    expires_at_ms: int


LogName = tuple[str, str, str, int]
"""Group key, receiver, integration, place: what a LogRow is known by."""


@dataclass(frozen=True, slots=True)
class Rows:
    alerts: Sequence[AlertRow] = ()
    silences: Sequence[SilenceRow] = ()
    log: Sequence[LogRow] = ()
    revision: int = 0

    def __bool__(self) -> bool:
        return bool(self.alerts or self.silences or self.log)


@dataclass(frozen=True, slots=True)
class Gone:
    """What nobody needs any more: alerts that ended and log entries that expired by `ended_by_ms`; a newer row stays."""

    alerts: Sequence[int] = ()
    silences: Sequence[str] = ()
    log: Sequence[LogName] = ()
    ended_by_ms: int = 0


@dataclass(frozen=True, slots=True)
class Member:
    """A server that shares the database."""

    name: str
    address: str
    leads: bool


class ControlStore(Protocol):
    is_shared: bool
    """Other servers may write too: poll `since`, and notify only while leading."""

    def since(self, tenant: str, revision: int) -> Rows:
        """Rows of later transactions, with the revision that they reach; 0: everything."""
        ...

    def keep(self, tenant: str, rows: Rows, leader: str | None = None) -> int:
        """The revision. A row with an older time than the stored one changes nothing.

        Raises StoreUnavailable; then nothing of it is kept. With `leader`: raises Forbidden when that server leads no more.
        """
        ...

    def forget(self, tenant: str, gone: Gone) -> None: ...

    def lead(self, name: str, address: str, lease_ms: int) -> bool:
        """Says that this server lives, and takes or renews the lease where it is free, ended or its own; whether it leads."""
        ...

    def resign(self, name: str) -> None:
        """A server that stops."""
        ...

    def members(self) -> Sequence[Member]:
        """Servers that were alive within the last lease, by name."""
        ...

    def close(self) -> None: ...
