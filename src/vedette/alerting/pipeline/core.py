"""The pipeline as a pure machine: it is told what happened and when, and says what is to be sent and logged.

    post(alerts)                     merged, put into the groups of their routes; answers what stands now
    due(moment) -> flushes           groups whose time has come, with an attempt for each integration that has a reason
    logged(attempt, kept) -> entry   what is to be stored after an attempt; then `log.apply`
    finished(flush, succeeded)       resolved alerts that were told are let go; an empty group ends

One thread at a time. Whoever runs it stores what `post`, `silences` and `logged` answer before it goes on. A new configuration makes a
new Pipeline over the same alerts, silences and log (`renewed`), as a restart does: groups start anew, the log prevents repetition.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from vedette.alerting.alerts import Alert, Fingerprint
from vedette.alerting.notification import Notification
from vedette.alerting.pipeline.alert_table import AlertTable
from vedette.alerting.pipeline.groups import Group
from vedette.alerting.pipeline.inhibition import Inhibitor, InhibitRule
from vedette.alerting.pipeline.moments import Moment
from vedette.alerting.pipeline.muting import Muting, Stage
from vedette.alerting.pipeline.notification_log import LogEntry, LogKey, NotificationLog, Reason, reason_to_send
from vedette.alerting.pipeline.silences import SilenceMarks, Silences
from vedette.alerting.routing.routes import Route
from vedette.alerting.routing.time_intervals import TimeIntervals
from vedette.model.labels import EMPTY_LABELS, Labels

LOG_RETENTION_MS: Final = 120 * 3600_000


@dataclass(frozen=True, slots=True)
class IntegrationName:
    """One integration of a receiver, as the log names it."""

    kind: str
    place: int
    send_resolved: bool


def plain_route_labels(group: Group, alerts: Sequence[Alert], now_ms: int) -> Labels:
    """As they are written, for routes without templates."""
    return Labels.of(group.route.options.labels)


def nobody_acknowledged(alert: Alert, now_ms: int) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class PipelineConfig:
    route: Route
    receivers: Mapping[str, Sequence[IntegrationName]]
    inhibit_rules: Sequence[InhibitRule] = ()
    intervals: TimeIntervals = field(default_factory=dict)
    route_labels: Callable[[Group, Sequence[Alert], int], Labels] = plain_route_labels
    """The labels of a group's route, its templates expanded over the alerts."""
    is_acknowledged: Callable[[Alert, int], bool] = nobody_acknowledged
    """Whether somebody has an alert in hand: a group of such alerts is not told of again because time has passed."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one integration is to do in a flush. `notification` is None where there is only something to log."""

    key: LogKey
    reason: Reason
    firing: frozenset[Fingerprint]
    resolved: frozenset[Fingerprint]
    repeat_interval_ms: int
    notification: Notification | None
    kept: Mapping[str, str]
    sent_at_ms: int | None = None
    """What the log is to say instead of the time of the attempt."""


@dataclass(frozen=True, slots=True)
class Flush:
    group: Group
    told: tuple[Alert, ...]
    """Alerts that have ended: let go when all attempts succeed."""
    attempts: tuple[Attempt, ...]
    taken: Mapping[Stage, int]


class Pipeline:
    """`begins_ms` (steady clock): no group is flushed before it."""

    def __init__(
        self,
        config: PipelineConfig,
        silences: Silences,
        log: NotificationLog,
        at: Moment,
        alerts: Iterable[Alert] = (),
        begins_ms: int = 0,
    ) -> None:
        self.config: Final = config
        self.silences: Final = silences
        self.log: Final = log
        self.alerts: Final = AlertTable()
        self.muting: Final = Muting(Inhibitor(config.inhibit_rules), SilenceMarks(silences), config.intervals)
        self._groups: dict[int, dict[Labels, Group]] = {}
        self._timers: list[tuple[int, int, Group]] = []
        self._order = itertools.count()
        self._routes: dict[Fingerprint, tuple[Route, ...]] = {}
        self._combinations: dict[tuple[Route, ...], tuple[Route, ...]] = {}
        """Few, and each is kept once."""
        self._begins_ms = begins_ms
        self.post(alerts, at)

    def renewed(self, config: PipelineConfig, at: Moment) -> Pipeline:
        """The same alerts, silences and log under another configuration."""
        return Pipeline(config, self.silences, self.log, at, self.alerts, self._begins_ms)

    def post(self, alerts: Iterable[Alert], at: Moment) -> list[Alert]:
        """What stands now of each, to be stored."""
        standing = []
        for alert in alerts:
            merged = self.alerts.put(alert, at.now_ms)
            self.muting.inhibitor.update(merged)
            for route in self.routes(merged):
                self._group(route, merged, at).insert(merged)
            standing.append(merged)
        return standing

    def routes(self, alert: Alert) -> Sequence[Route]:
        """Those that the alert takes, for as long as it is there."""
        found = self._routes.get(alert.fingerprint)
        if found is None:
            found = tuple(self.config.route.match(dict(alert.labels.pairs)))
            found = self._routes[alert.fingerprint] = self._combinations.setdefault(found, found)
        return found

    def _group(self, route: Route, alert: Alert, at: Moment) -> Group:
        groups = self._groups.setdefault(route.index, {})
        labels = route.group_labels(alert.labels)
        group = groups.get(labels)
        if group is None:
            group = groups[labels] = Group(route, labels, alert, at)
            self._set_timer(group)
        return group

    def _set_timer(self, group: Group) -> None:
        heapq.heappush(self._timers, (max(group.next_ms, self._begins_ms), next(self._order), group))

    def next_due_ms(self) -> int | None:
        """When `due` has something next, on the steady clock."""
        return self._timers[0][0] if self._timers else None

    def due(self, at: Moment) -> list[Flush]:
        """The caller ends each with `finished`."""
        flushes = []
        while self._timers and self._timers[0][0] <= at.steady_ms:
            _, _, group = heapq.heappop(self._timers)
            group.next_ms = at.steady_ms + group.route.options.group_interval_ms
            group.is_busy = True
            flushes.append(self._flush(group, at.now_ms))
        return flushes

    def _flush(self, group: Group, now_ms: int) -> Flush:
        alerts = group.ordered()
        told = tuple([alert for alert in alerts if alert.ends_at_ms <= now_ms])
        muted = self.muting.mute(group, alerts, now_ms)
        attempts: tuple[Attempt, ...] = ()
        if muted.passed:
            attempts = tuple(self._attempts(group, muted.passed, now_ms))
        return Flush(group, told, attempts, muted.taken)

    def _attempts(self, group: Group, alerts: list[Alert], now_ms: int) -> Iterator[Attempt]:
        options = group.route.options
        firing = frozenset([alert.fingerprint for alert in alerts if alert.ends_at_ms > now_ms])
        resolved = frozenset([alert.fingerprint for alert in alerts if alert.ends_at_ms <= now_ms])
        route_labels = self.config.route_labels(group, alerts, now_ms) if options.labels else EMPTY_LABELS
        for name in self.config.receivers[options.receiver]:
            key = LogKey(group.key, options.receiver, name.kind, name.place)
            entry = self.log.get(key)
            reason = reason_to_send(
                entry,
                firing,
                resolved,
                send_resolved=name.send_resolved,
                repeat_before_ms=now_ms - options.repeat_interval_ms,
            )
            if reason is None:
                continue
            if reason is Reason.REPEAT and entry is not None and self.is_held(alerts, now_ms):
                if entry.expires_at_ms - now_ms < _lifetime_ms(options.repeat_interval_ms) // 2:
                    yield _kept_alive(entry, options.repeat_interval_ms)
                continue
            kept = entry.kept if entry is not None and reason is not Reason.FIRST else {}
            sent = alerts if name.send_resolved else [alert for alert in alerts if alert.ends_at_ms > now_ms]
            notification = Notification(
                receiver=options.receiver,
                group_key=group.key,
                group_labels=group.labels,
                alerts=tuple(sent),
                now_ms=now_ms,
                repeat_interval_ms=options.repeat_interval_ms,
                route_labels=route_labels,
                reason=reason.value,
                kept=kept,
            )
            yield Attempt(
                key, reason, firing, resolved, options.repeat_interval_ms, notification if sent else None, kept
            )

    def is_held(self, alerts: Iterable[Alert], now_ms: int) -> bool:
        """Whether somebody has every alert that fires in hand."""
        is_acknowledged = self.config.is_acknowledged
        return all(is_acknowledged(alert, now_ms) for alert in alerts if alert.ends_at_ms > now_ms)

    @staticmethod
    def logged(attempt: Attempt, kept: Mapping[str, str], now_ms: int) -> LogEntry:
        """The entry of an attempt that succeeded at `now_ms`; `kept` is what its integration gave back."""
        sent_at_ms = now_ms if attempt.sent_at_ms is None else attempt.sent_at_ms
        expires_at_ms = now_ms + _lifetime_ms(attempt.repeat_interval_ms)
        return LogEntry(attempt.key, sent_at_ms, attempt.firing, attempt.resolved, expires_at_ms, kept)

    def finished(self, flush: Flush, *, succeeded: bool) -> None:
        group = flush.group
        group.is_busy = False
        if succeeded:
            group.remove(flush.told)
        if group.alerts or not succeeded:
            self._set_timer(group)
        else:
            self._groups[group.route.index].pop(group.labels, None)

    def groups(self) -> Iterator[Group]:
        for groups in self._groups.values():
            yield from groups.values()

    def groups_of(self, route: Route) -> Iterable[Group]:
        return self._groups.get(route.index, {}).values()

    def group_count(self) -> int:
        return sum(map(len, self._groups.values()))

    def collect_garbage(self, now_ms: int) -> list[Fingerprint]:
        """Forgets alerts that have ended and that no group has to tell of; whoever stores them forgets them too."""
        held = {fingerprint for group in self.groups() for fingerprint in group.alerts}
        gone = self.alerts.remove_resolved(now_ms, held)
        self.muting.inhibitor.remove_resolved(now_ms)
        self.muting.forget(gone)
        for fingerprint in gone:
            self._routes.pop(fingerprint, None)
        return gone


def _lifetime_ms(repeat_interval_ms: int) -> int:
    """Of an entry of the log."""
    return min(2 * repeat_interval_ms or LOG_RETENTION_MS, LOG_RETENTION_MS)


def _kept_alive(entry: LogEntry, repeat_interval_ms: int) -> Attempt:
    """Sends nothing: an entry that ran out while repeats are held would make the next one a first notification."""
    return Attempt(
        entry.key,
        Reason.REPEAT,
        entry.firing,
        entry.resolved,
        repeat_interval_ms,
        None,
        entry.kept,
        entry.sent_at_ms,
    )
