"""An integration that notes what it sends, for each alert: notified, or not and why.

An error that comes again with each try is one event; another error, or a success, is the next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from vedette.alerting.history.kinds import EventKind
from vedette.alerting.notification import Integration, Notification
from vedette.model.errors import NotSent
from vedette.ports.alert_history import AlertEvent
from vedette.ports.clock import Clock

ERROR_LENGTH_MAX: Final = 1_000

Record = Callable[[Sequence[AlertEvent]], None]


class RecordedIntegration:
    """Integration over another one."""

    def __init__(self, inner: Integration, clock: Clock, record: Record) -> None:
        self._inner = inner
        self._clock = clock
        self._record = record
        self._errors: dict[str, str] = {}
        self.kind = inner.kind
        self.index = inner.index
        self.send_resolved = inner.send_resolved

    async def notify(self, notification: Notification) -> Mapping[str, str]:
        try:
            kept = await self._inner.notify(notification)
        except NotSent as error:
            text = error.message[:ERROR_LENGTH_MAX]
            if self._errors.get(notification.group_key) != text:
                self._errors[notification.group_key] = text
                self._note(notification, EventKind.NOTIFY_FAILED, text)
            raise
        self._errors.pop(notification.group_key, None)
        self._note(notification, EventKind.NOTIFIED, notification.reason)
        return kept

    async def close(self) -> None:
        await self._inner.close()

    def _note(self, notification: Notification, kind: EventKind, text: str) -> None:
        now_ms, integration = self._clock.now_ms(), f"{self.kind}[{self.index}]"
        self._record(
            [
                AlertEvent(
                    now_ms,
                    alert.fingerprint,
                    kind.value,
                    alert.labels,
                    alert.starts_at_ms,
                    "",
                    notification.receiver,
                    integration,
                    text,
                )
                for alert in notification.alerts
            ]
        )
