"""Alerts of one route with the same group labels, and when they are told of next.

The first time is `group_wait` after the first alert, at once if that alert began longer ago than this; then every `group_interval`.
A group lives until a flush leaves it empty. Source: alertmanager dispatch/dispatch.go (aggrGroup).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from vedette.alerting.alerts import Alert, Fingerprint
from vedette.alerting.pipeline.moments import Moment
from vedette.alerting.routing.routes import Route, group_key
from vedette.model.labels import Labels

_FIRST_LABELS: Final = ("job", "instance")


class Group:
    __slots__ = ("_order", "alerts", "is_busy", "key", "labels", "muted_by", "next_ms", "route")

    def __init__(self, route: Route, labels: Labels, first: Alert, at: Moment) -> None:
        wait_ms = route.options.group_wait_ms
        self.route: Final = route
        self.labels: Final = labels
        self.key: Final = group_key(route, labels)
        self.alerts: dict[Fingerprint, Alert] = {}
        self.next_ms: int = at.steady_ms + (0 if first.starts_at_ms + wait_ms < at.now_ms else wait_ms)
        """On the steady clock."""
        self.is_busy = False
        """A flush of it is under way; the next one waits for its end."""
        self.muted_by: list[str] = []
        """Time intervals that muted its last flush."""
        self._order: list[Fingerprint] | None = None

    def insert(self, alert: Alert) -> None:
        if alert.fingerprint not in self.alerts:
            self._order = None
        self.alerts[alert.fingerprint] = alert

    def remove(self, told: Iterable[Alert]) -> None:
        """Alerts whose end was told; one that was reported again meanwhile stays."""
        for alert in told:
            if self.alerts.get(alert.fingerprint) is alert:
                del self.alerts[alert.fingerprint]
                self._order = None

    def ordered(self) -> list[Alert]:
        """As the reference sorts what it sends and shows. The order is that of labels: a further report changes nothing of it."""
        if self._order is None:
            self._order = [alert.fingerprint for alert in in_order(self.alerts.values())]
        return [self.alerts[fingerprint] for fingerprint in self._order]


def in_order(alerts: Iterable[Alert]) -> list[Alert]:
    """By job, instance, number of labels, then label by label."""
    return sorted(alerts, key=_alert_order)


def label_set_order(labels: Labels) -> tuple[Any, ...]:
    """Fewer labels first; then, at the first name where two sets differ, the one without it, else by its value."""
    return (len(labels), *[part for name, value in labels for part in (_name_order(name), value)])


def _alert_order(alert: Alert) -> tuple[Any, ...]:
    firsts = [part for name in _FIRST_LABELS for part in _absent_last(alert.labels.get(name))]
    return (*firsts, *label_set_order(alert.labels))


def _absent_last(value: str) -> tuple[bool, str]:
    return (not value, value)


class _LaterNameFirst:
    """Of two sets that have one name where the other has a later one, the other lacks it, and comes first."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __lt__(self, other: _LaterNameFirst) -> bool:
        return self._name > other._name


@lru_cache(4096)
def _name_order(name: str) -> _LaterNameFirst:
    """One object for a name, so that equal names are the same object and are not compared."""
    return _LaterNameFirst(name)
