"""Alerts to several sinks: our own pipeline and other Alertmanagers. One that refuses keeps no other from its alerts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vedette.alerting.alerts import Alert, AlertSink
from vedette.model.errors import VedetteError
from vedette.ports.principal import Principal


@dataclass(frozen=True, slots=True)
class FanOut:
    """An AlertSink over others; each gets what `prepare` makes of the alerts."""

    sinks: Sequence[AlertSink]
    prepare: Callable[[Sequence[Alert]], Sequence[Alert]]

    async def post(self, principal: Principal, alerts: Sequence[Alert]) -> None:
        """Raises the first error, when all were asked."""
        errors = []
        alerts = self.prepare(alerts)
        for sink in self.sinks:
            try:
                await sink.post(principal, alerts)
            except VedetteError as error:
                errors.append(error)
        if errors:
            raise errors[0]
