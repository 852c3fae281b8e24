"""What became of every alert, and when: events that the alerting room notes and anybody may ask for.

The port knows nothing of alerts: an event is a fingerprint, labels and words. Times are ms since the epoch, bounds inclusive.
Calls are thread-safe; `record` touches no disk, `read` and `forget_before` do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from vedette.model.labels import Labels
from vedette.model.matchers import Matcher
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS
from vedette.ports.principal import Principal


class AlertEvent(NamedTuple):
    """Events that compare equal are one."""

    time_ms: int
    fingerprint: int
    """uint64"""
    kind: str
    labels: Labels
    starts_at_ms: int = 0
    """Of the occurrence; 0: not known."""
    by: str = ""
    """Who or what caused it: a user, ids of silences, a fingerprint."""
    receiver: str = ""
    integration: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class HistoryQuestion:
    """`selectors`: any of them; none: all. The newest `limit` events that match."""

    limit: int
    min_time_ms: int = MIN_TIME_MS
    max_time_ms: int = MAX_TIME_MS
    selectors: Sequence[tuple[Matcher, ...]] = ()
    fingerprint: int | None = None
    kinds: frozenset[str] = frozenset()

    def takes(self, event: AlertEvent) -> bool:
        return (
            self.min_time_ms <= event.time_ms <= self.max_time_ms
            and self.fingerprint in (None, event.fingerprint)
            and (not self.kinds or event.kind in self.kinds)
            and self.takes_labels(event.labels)
        )

    def takes_labels(self, labels: Labels) -> bool:
        return not self.selectors or any(
            all(matcher.matches(labels.get(matcher.name)) for matcher in selector) for selector in self.selectors
        )


@dataclass(frozen=True, slots=True)
class HistoryAnswer:
    """`events` newest first; `truncated`: there are more that match."""

    events: Sequence[AlertEvent]
    truncated: bool = False


class AlertHistory(Protocol):
    @property
    def dropped(self) -> int:
        """Events since the start that were not taken because too many waited."""
        ...

    def record(self, principal: Principal, events: Sequence[AlertEvent]) -> None:
        """Never waits, never raises: what does not fit is dropped and counted. Readable at once, on the disk within seconds."""
        ...

    def read(self, principal: Principal, question: HistoryQuestion) -> HistoryAnswer:
        """Raises StoreError."""
        ...

    def forget_before(self, time_ms: int) -> None:
        """Of all tenants; whole weeks only. Raises StoreError."""
        ...
