"""What one alerting rule knows of its alerts: pure, (state, what was found, now) -> state.

            found            found for `for`              not found, `keep_firing_for` over
    (none) -------> pending ----------------> firing ------------------------------------> inactive --15 min--> (none)
                       `---- not found: (none)    `-- `for` made longer: pending

An inactive alert is kept, and sent again, so that who missed its end hears of it. Times are ms since the epoch.
Source: Prometheus rules/alerting.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final

from vedette.alerting.alerts import Alert
from vedette.model.labels import Labels
from vedette.model.time import MIN_TIME_MS

RESOLVED_RETENTION_MS: Final = 15 * 60 * 1000
NEVER: Final = MIN_TIME_MS


class AlertState(IntEnum):
    """In rising order: a rule is in the highest state of its alerts."""

    UNKNOWN = 0
    INACTIVE = 1
    PENDING = 2
    FIRING = 3

    @property
    def text(self) -> str:
        return self.name.lower()


@dataclass(slots=True)
class ActiveAlert:
    labels: Labels
    annotations: Labels
    value: float
    active_at_ms: int
    state: AlertState = AlertState.PENDING
    fired_at_ms: int = NEVER
    resolved_at_ms: int = NEVER
    last_sent_ms: int = NEVER
    keep_firing_since_ms: int = NEVER
    series: tuple[AlertState, Labels, Labels] | None = None
    """The labels of its `ALERTS` and `ALERTS_FOR_STATE` series while it is in that state."""

    def needs_sending(self, now_ms: int, resend_delay_ms: int) -> bool:
        if self.state is AlertState.PENDING:
            return False
        return self.resolved_at_ms > self.last_sent_ms or self.last_sent_ms + resend_delay_ms < now_ms


@dataclass(frozen=True, slots=True)
class Found:
    """One series of the rule's answer, as the alert that it raises."""

    annotations: Labels
    value: float


@dataclass(frozen=True, slots=True)
class Past:
    """What an alert was when it was last heard of, before a restart."""

    active_at_ms: int
    fired_at_ms: int = NEVER
    """NEVER: it was pending."""


Recall = Callable[[Labels, int], Past | None]
"""What is known of the alert with these labels, that begins anew at this time; None: nothing."""


@dataclass(slots=True)
class AlertStates:
    """`hold_ms` is the rule's `for`. Owned by the thread that evaluates the rule; others read copies (`snapshot`)."""

    hold_ms: int = 0
    keep_firing_ms: int = 0
    active: dict[Labels, ActiveAlert] = field(default_factory=dict)

    def update(self, found: Mapping[Labels, Found], now_ms: int, recall: Recall | None = None) -> int:
        """Takes what the rule's answer has at `now_ms`; how many alerts are pending or firing.

        `recall` is asked about alerts that are not known yet.
        """
        for labels, one in found.items():
            known = self.active.get(labels)
            if known is not None and known.state is not AlertState.INACTIVE:
                known.value, known.annotations = one.value, one.annotations
            else:
                past = recall(labels, now_ms) if recall is not None and known is None else None
                self.active[labels] = _begun(labels, one, now_ms, past)
        n_active = 0
        for labels, alert in list(self.active.items()):
            if labels in found:
                alert.keep_firing_since_ms = NEVER
            elif not self._goes_on(alert, now_ms):
                self._end(alert, now_ms)
                continue
            n_active += 1
            self._judge(alert, now_ms)
        return n_active

    def clear(self) -> None:
        """Forgets every alert, without a word to anybody: the rule went over its limit."""
        self.active = {}

    def firing_or_pending(self) -> Iterator[ActiveAlert]:
        return (alert for alert in self.active.values() if alert.state is not AlertState.INACTIVE)

    def snapshot(self) -> list[ActiveAlert]:
        """Copies of alerts that are not resolved; from any thread (copying a dict's values is one step)."""
        return [replace(alert) for alert in list(self.active.values()) if alert.state is not AlertState.INACTIVE]

    @property
    def highest(self) -> AlertState:
        return max((alert.state for alert in list(self.active.values())), default=AlertState.INACTIVE)

    def take_due(self, now_ms: int, interval_ms: int, resend_delay_ms: int, generator_url: str) -> list[Alert]:
        """What has to be sent now; it counts as sent. A firing alert is good for four rounds."""
        due = [alert for alert in self.active.values() if alert.needs_sending(now_ms, resend_delay_ms)]
        valid_until_ms = now_ms + 4 * max(interval_ms, resend_delay_ms)
        for alert in due:
            alert.last_sent_ms = now_ms
        return [
            Alert(
                alert.labels,
                alert.fired_at_ms,
                alert.resolved_at_ms if alert.state is AlertState.INACTIVE else valid_until_ms,
                alert.annotations,
                generator_url,
                updated_at_ms=now_ms,
            )
            for alert in due
        ]

    def _goes_on(self, alert: ActiveAlert, now_ms: int) -> bool:
        """Whether a firing alert that was not found is kept firing."""
        if alert.state is not AlertState.FIRING or not self.keep_firing_ms:
            return False
        if alert.keep_firing_since_ms == NEVER:
            alert.keep_firing_since_ms = now_ms
        return now_ms - alert.keep_firing_since_ms < self.keep_firing_ms

    def _end(self, alert: ActiveAlert, now_ms: int) -> None:
        match alert.state:
            case AlertState.FIRING:
                alert.state, alert.resolved_at_ms = AlertState.INACTIVE, now_ms
            case AlertState.PENDING:
                del self.active[alert.labels]
            case _ if now_ms - alert.resolved_at_ms > RESOLVED_RETENTION_MS:
                del self.active[alert.labels]

    def _judge(self, alert: ActiveAlert, now_ms: int) -> None:
        """Pending or firing, by how long it has been active."""
        held = now_ms - alert.active_at_ms >= self.hold_ms
        if alert.state is AlertState.PENDING and held:
            alert.state, alert.fired_at_ms = AlertState.FIRING, now_ms
        elif alert.state is AlertState.FIRING and not held:
            alert.state = AlertState.PENDING
            alert.fired_at_ms = alert.last_sent_ms = alert.keep_firing_since_ms = NEVER


def _begun(labels: Labels, found: Found, now_ms: int, past: Past | None) -> ActiveAlert:
    alert = ActiveAlert(labels, found.annotations, found.value, now_ms)
    if past is not None:
        alert.active_at_ms, alert.fired_at_ms = past.active_at_ms, past.fired_at_ms
        alert.state = AlertState.PENDING if past.fired_at_ms == NEVER else AlertState.FIRING
    return alert
