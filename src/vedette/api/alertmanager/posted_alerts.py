"""The body of `POST /api/v2/alerts`: decoded in one pass by typed structs, checked, named by fingerprints made in one batch.

Alerts that are wrong are refused one by one; the others are taken. Source: alertmanager api/v2/api.go (postAlertsHandler).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

import msgspec

from vedette.alerting.alerts import Alert
from vedette.alerting.fingerprints import fingerprints
from vedette.alerting.matchers import MatcherMode
from vedette.alerting.pipeline import metrics
from vedette.api.alertmanager.answers import SchemaError, parse_time_ms, unreadable
from vedette.model.labels import EMPTY_LABELS, Labels
from vedette.model.limits import AlertLimits
from vedette.model.quoting import quote
from vedette.model.telemetry import LIMIT_HITS


class _Posted(msgspec.Struct):
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    startsAt: str | None = None
    endsAt: str | None = None
    generatorURL: str | None = None


Pair = tuple[str, str]
SHARED_PAIRS_MAX: Final = 8_192

_decode: Final = msgspec.json.Decoder(list[_Posted] | None).decode
_URI: Final = re.compile(r"(?:[a-zA-Z][a-zA-Z0-9+.-]*:[^\x00-\x20\x7f]*|/[^\x00-\x1f\x7f]*)\Z")


@dataclass(slots=True)
class Intake:
    """What a request brought."""

    alerts: list[Alert]
    refusals: list[str]
    firing: int = 0

    def count(self) -> None:
        """Into the metrics."""
        total = len(self.alerts) + len(self.refusals)
        metrics.RECEIVED.labels("firing", "v2").inc(self.firing)
        metrics.RECEIVED.labels("resolved", "v2").inc(total - self.firing)
        metrics.INVALID.labels("v2").inc(len(self.refusals))


class SharedPairs:
    """Label pairs as one object each, for as long as few are known: most alerts differ in a pod's name or an instance alone.

    From any thread.
    """

    def __init__(self) -> None:
        self._known: dict[Pair, Pair] = {}

    def labels(self, pairs: dict[str, str]) -> Labels:
        """Without empty values, which the caller has looked for."""
        if len(self._known) > SHARED_PAIRS_MAX:
            self._known = {}
        ordered = sorted(pairs.items())
        return Labels.from_sorted(tuple(map(self._known.setdefault, ordered, ordered)))


@dataclass(frozen=True, slots=True)
class AlertDoor:
    mode: MatcherMode
    limits: AlertLimits
    resolve_timeout_ms: int
    shared: SharedPairs = field(default_factory=SharedPairs)
    _names: set[tuple[str, ...]] = field(default_factory=set)
    """The names of a label set of this request, found to be valid."""

    def take_in(self, body: bytes, now_ms: int) -> Intake:
        """Raises SchemaError where the document as a whole is not what the API's description says."""
        posted = _read(body)
        times = [
            (_time(place, "startsAt", one.startsAt), _time(place, "endsAt", one.endsAt))
            for place, one in enumerate(posted)
        ]
        label_sets = [self._labels(place, one) for place, one in enumerate(posted)]
        names = fingerprints(label_sets)
        intake = Intake([], [])
        for one, labels, name, (starts_at_ms, ends_at_ms) in zip(posted, label_sets, names, times, strict=True):
            alert = Alert(
                labels,
                starts_at_ms or ends_at_ms or now_ms,
                ends_at_ms or now_ms + self.resolve_timeout_ms,
                self.shared.labels(one.annotations) if one.annotations else EMPTY_LABELS,
                one.generatorURL or "",
                now_ms,
                not ends_at_ms,
                name,
            )
            refusal = self._refusal(alert, len(body))
            if refusal:
                intake.refusals.append(refusal)
            else:
                intake.alerts.append(alert)
            intake.firing += alert.ends_at_ms > now_ms
        return intake

    def _refusal(self, alert: Alert, size_max: int) -> str:
        """`size_max`: no alert of the request is larger."""
        if alert.ends_at_ms < alert.starts_at_ms:
            return "start time must be before end time"
        if not alert.labels.pairs:
            return "at least one label pair required"
        for what, labels in (("label set", alert.labels), ("annotations", alert.annotations)):
            names = tuple([name for name, _ in labels.pairs])
            if names not in self._names:
                for name in names:
                    if not self.mode.is_label_name(name):
                        return f"invalid {what}: invalid name {quote(name)}"
                self._names.add(names)
        if size_max > self.limits.alert_bytes_max:
            size = sum(map(len, chain.from_iterable(alert.labels.pairs + alert.annotations.pairs)))
            if size > self.limits.alert_bytes_max:
                LIMIT_HITS.labels("alert_bytes_max").inc()
                return f"alert of {size} bytes: the limit is {self.limits.alert_bytes_max}"
        return ""

    def _labels(self, place: int, posted: _Posted) -> Labels:
        if posted.labels is None:
            raise SchemaError(f"{place}.labels in body is required")
        if posted.generatorURL and _URI.match(posted.generatorURL) is None:
            raise SchemaError(
                f"{place}.generatorURL in body must be of type uri: {quote(posted.generatorURL)}", number=601
            )
        if "" in posted.labels.values():
            return Labels(posted.labels.items())
        return self.shared.labels(posted.labels)


def _read(body: bytes) -> list[_Posted]:
    if not body:
        raise SchemaError("alerts in body is required")
    try:
        posted: list[_Posted] | None = _decode(body)
    except msgspec.DecodeError as error:
        raise unreadable("alerts", str(error)) from None
    return posted or []


def _time(place: int, field: str, text: str | None) -> int:
    try:
        return parse_time_ms(text or "")
    except ValueError:
        raise unreadable("alerts", f"{place}.{field} is no RFC 3339 time: {quote(text or '')}") from None
