"""Every alert that fires, or whose end somebody still has to hear of, by its fingerprint.

Two reports of one alert whose times overlap are one alert: the earliest start, the latest word about everything else.
Source: alertmanager provider/mem/mem.go (Put), alert/alert.go (Merge).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vedette.alerting.alerts import Alert, Fingerprint


class AlertTable:
    def __init__(self, alerts: Iterable[Alert] = ()) -> None:
        self._alerts = {alert.fingerprint: alert for alert in alerts}

    def put(self, alert: Alert, now_ms: int) -> Alert:
        """What stands now: `alert`, merged with what stood."""
        old = self._alerts.get(alert.fingerprint)
        if old is not None and overlap(old, alert):
            alert = merge(old, alert, now_ms)
        self._alerts[alert.fingerprint] = alert
        return alert

    def remove_resolved(self, now_ms: int, held: set[Fingerprint]) -> list[Fingerprint]:
        """Forgets what has ended and is not `held` by a group that still has to tell somebody."""
        ended = [key for key, alert in self._alerts.items() if alert.ends_at_ms <= now_ms and key not in held]
        for key in ended:
            del self._alerts[key]
        return ended

    def __contains__(self, fingerprint: Fingerprint) -> bool:
        return fingerprint in self._alerts

    def get(self, fingerprint: Fingerprint) -> Alert | None:
        return self._alerts.get(fingerprint)

    def __iter__(self) -> Iterator[Alert]:
        return iter(self._alerts.values())

    def __len__(self) -> int:
        return len(self._alerts)


def overlap(old: Alert, new: Alert) -> bool:
    return old.starts_at_ms < new.ends_at_ms < old.ends_at_ms or old.starts_at_ms < new.starts_at_ms < old.ends_at_ms


def merge(old: Alert, new: Alert, now_ms: int) -> Alert:
    """What did not change stays the same object: most reports change nothing but times."""
    if new.updated_at_ms < old.updated_at_ms:
        old, new = new, old
    ends_at_ms = new.ends_at_ms
    if old.ends_at_ms > new.ends_at_ms:
        if new.resolved_at(now_ms):  # both have ended: the later end is the true one
            ends_at_ms = old.ends_at_ms if old.resolved_at(now_ms) else new.ends_at_ms
        elif not old.timeout:  # an end that was said beats one that was assumed
            ends_at_ms = old.ends_at_ms
    return Alert(
        labels=old.labels,
        starts_at_ms=min(old.starts_at_ms, new.starts_at_ms),
        ends_at_ms=ends_at_ms,
        annotations=old.annotations if old.annotations == new.annotations else new.annotations,
        generator_url=new.generator_url,
        updated_at_ms=new.updated_at_ms,
        timeout=new.timeout,
        fingerprint=new.fingerprint,
    )
