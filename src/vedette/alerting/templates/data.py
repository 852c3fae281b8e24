"""What a notification template sees: the group, its alerts, what they have in common.

Names, methods and JSON are the reference's: people's templates and webhooks are written against them.
Source: Alertmanager template/template.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from vedette.alerting.alerts import ALERT_NAME, Alert, format_fingerprint
from vedette.alerting.notification import Notification
from vedette.model.labels import EMPTY_LABELS, Labels
from vedette.signals.template import FunctionError, Method, StringMap
from vedette.signals.template.printing import show, show_exposed
from vedette.signals.template.times import ZERO_TIME, GoTime

FIRING: Final = "firing"
RESOLVED: Final = "resolved"
_MS_NS: Final = 1_000_000


class Strings(list[str]):
    """[]string with a Join method."""

    go_type: ClassVar[str] = "template.Strings"

    def member(self, name: str) -> Any:
        return {"Join": Method(lambda separator: separator.join(self))}[name]


@dataclass(frozen=True, slots=True)
class Pair:
    name: str
    value: str

    go_type: ClassVar[str] = "template.Pair"

    def member(self, name: str) -> Any:
        return {"Name": self.name, "Value": self.value}[name]

    def __str__(self) -> str:
        return show_exposed(self, ("Name", "Value"))

    def json(self) -> dict[str, Any]:
        return {"Name": self.name, "Value": self.value}


class Pairs(list[Pair]):
    go_type: ClassVar[str] = "template.Pairs"

    def member(self, name: str) -> Any:
        return Method(
            {
                "Names": lambda: Strings(pair.name for pair in self),
                "Values": lambda: Strings(pair.value for pair in self),
                "String": lambda: str(self),
            }[name]
        )

    def __str__(self) -> str:
        return ", ".join(f"{pair.name}={pair.value}" for pair in self)


class KV(StringMap):
    """Names and values; prints as `a=b, c=d`, `alertname` first."""

    go_type: ClassVar[str] = "template.KV"

    def sorted_pairs(self) -> Pairs:
        return Pairs(Pair(name, self[name]) for name in sorted(self, key=lambda name: (name != ALERT_NAME, name)))

    def removed(self, names: Any) -> KV:
        if not isinstance(names, (list, tuple)):
            raise FunctionError(f"wrong type for value; expected []string; got {show(names)}")
        return KV((name, value) for name, value in self.items() if name not in names)

    def names(self) -> Strings:
        return Strings(pair.name for pair in self.sorted_pairs())

    def values_sorted(self) -> Strings:
        return Strings(pair.value for pair in self.sorted_pairs())

    def __str__(self) -> str:
        return str(self.sorted_pairs())

    methods: ClassVar[Mapping[str, Callable[..., Any]]] = {
        "SortedPairs": sorted_pairs,
        "Remove": removed,
        "Names": names,
        "Values": values_sorted,
        "String": __str__,
    }


@dataclass(frozen=True, slots=True)
class TemplateAlert:
    """`ends_at` of an alert that fires is Go's zero time: nobody knows it yet."""

    status: str
    labels: KV
    annotations: KV
    starts_at: GoTime
    ends_at: GoTime
    generator_url: str
    fingerprint: str

    go_type: ClassVar[str] = "template.Alert"
    MEMBERS: ClassVar[Mapping[str, str]] = {
        "Status": "status",
        "Labels": "labels",
        "Annotations": "annotations",
        "StartsAt": "starts_at",
        "EndsAt": "ends_at",
        "GeneratorURL": "generator_url",
        "Fingerprint": "fingerprint",
    }

    def member(self, name: str) -> Any:
        return getattr(self, self.MEMBERS[name])

    def __str__(self) -> str:
        return show_exposed(self, tuple(self.MEMBERS))

    def json(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "labels": self.labels,
            "annotations": self.annotations,
            "startsAt": self.starts_at,
            "endsAt": self.ends_at,
            "generatorURL": self.generator_url,
            "fingerprint": self.fingerprint,
        }


class TemplateAlerts(list[TemplateAlert]):
    go_type: ClassVar[str] = "template.Alerts"

    def with_status(self, status: str) -> list[TemplateAlert]:
        return [alert for alert in self if alert.status == status]

    def member(self, name: str) -> Any:
        status = {"Firing": FIRING, "Resolved": RESOLVED}[name]
        return Method(lambda: self.with_status(status))


@dataclass(frozen=True, slots=True)
class Data:
    """`now_ms` is no member: `now` and `since` ask it."""

    receiver: str
    status: str
    alerts: TemplateAlerts
    notification_reason: str
    group_labels: KV
    common_labels: KV
    common_annotations: KV
    route_labels: KV
    external_url: str
    now_ms: int = 0

    go_type: ClassVar[str] = "*template.Data"
    MEMBERS: ClassVar[Mapping[str, str]] = {
        "Receiver": "receiver",
        "Status": "status",
        "Alerts": "alerts",
        "NotificationReason": "notification_reason",
        "GroupLabels": "group_labels",
        "CommonLabels": "common_labels",
        "CommonAnnotations": "common_annotations",
        "RouteLabels": "route_labels",
        "ExternalURL": "external_url",
    }

    def member(self, name: str) -> Any:
        return getattr(self, self.MEMBERS[name])

    def __str__(self) -> str:
        return "&" + show_exposed(self, tuple(self.MEMBERS))

    def json(self) -> dict[str, Any]:
        return {
            "receiver": self.receiver,
            "status": self.status,
            "alerts": self.alerts,
            "notification_reason": self.notification_reason,
            "groupLabels": self.group_labels,
            "commonLabels": self.common_labels,
            "commonAnnotations": self.common_annotations,
            "routeLabels": self.route_labels,
            "externalURL": self.external_url,
        }


def notification_data(notification: Notification, external_url: str) -> Data:
    return group_data(
        notification.receiver,
        notification.group_labels,
        notification.route_labels,
        notification.alerts,
        reason=notification.reason,
        external_url=external_url,
        now_ms=notification.now_ms,
    )


def group_data(
    receiver: str,
    group_labels: Labels,
    route_labels: Labels,
    alerts: Sequence[Alert],
    *,
    external_url: str,
    now_ms: int,
    reason: str = "",
) -> Data:
    """A group of no alerts is resolved."""
    shown = TemplateAlerts(_template_alert(alert, now_ms) for alert in alerts)
    return Data(
        receiver=_META.sub(r"\\\g<0>", receiver),
        status=FIRING if any(alert.status == FIRING for alert in shown) else RESOLVED,
        alerts=shown,
        notification_reason=reason,
        group_labels=KV(group_labels),
        common_labels=_common(alert.labels for alert in alerts),
        common_annotations=_common(alert.annotations for alert in alerts),
        route_labels=KV(route_labels),
        external_url=external_url,
        now_ms=now_ms,
    )


_META: Final = re.compile(r"[\\.+*?()|\[\]{}^$]")
"""What a regular expression means by these is taken away, as the reference does to a receiver's name."""


def _template_alert(alert: Alert, now_ms: int) -> TemplateAlert:
    resolved = alert.resolved_at(now_ms)
    return TemplateAlert(
        status=RESOLVED if resolved else FIRING,
        labels=KV(alert.labels),
        annotations=KV(alert.annotations),
        starts_at=GoTime(alert.starts_at_ms * _MS_NS),
        ends_at=GoTime(alert.ends_at_ms * _MS_NS) if resolved else ZERO_TIME,
        generator_url=alert.generator_url,
        fingerprint=format_fingerprint(alert.fingerprint),
    )


def _common(all_labels: Iterable[Labels]) -> KV:
    """The pairs that each has."""
    sets = iter(all_labels)
    common = set(next(sets, EMPTY_LABELS))
    for labels in sets:
        if not common:
            break
        common.intersection_update(labels)
    return KV(sorted(common))
