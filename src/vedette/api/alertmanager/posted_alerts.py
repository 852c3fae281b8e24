"""The body of `POST /api/v2/alerts`: decoded in one pass by typed structs, checked, named by fingerprints made in one batch.

Alerts that are wrong are refused one by one; the others are taken. Source: alertmanager api/v2/api.go (postAlertsHandler).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import msgspec

from vedette.alerting.alerts import Alert
from vedette.alerting.fingerprints import fingerprints
from vedette.alerting.matchers import MatcherMode
from vedette.alerting.pipeline import metrics
from vedette.api.alertmanager.answers import SchemaError, parse_time_ms
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


_decode: Final = msgspec.json.Decoder(list[_Posted] | None).decode
_URI: Final = re.compile(r"(?:[a-zA-Z][a-zA-Z0-9+.-]*:|/)[^\x00-\x20\x7f]*\Z")


@dataclass(frozen=True, slots=True)
class Intake:
    """What a request brought."""

    alerts: list[Alert]
    refusals: list[str]


@dataclass(frozen=True, slots=True)
class AlertDoor:
    mode: MatcherMode
    limits: AlertLimits
    resolve_timeout_ms: int

    def take_in(self, body: bytes, now_ms: int) -> Intake:
        """Raises SchemaError where the document as a whole is not what the API's description says."""
        posted = _read(body)
        intake = Intake([], [])
        times = [
            (_time(place, "startsAt", one.startsAt), _time(place, "endsAt", one.endsAt))
            for place, one in enumerate(posted)
        ]
        label_sets = [_labels(place, one) for place, one in enumerate(posted)]
        names = fingerprints(label_sets)
        for one, labels, name, (starts_at_ms, ends_at_ms) in zip(posted, label_sets, names, times, strict=True):
            annotations = one.annotations
            alert = Alert(
                labels,
                starts_at_ms or ends_at_ms or now_ms,
                ends_at_ms or now_ms + self.resolve_timeout_ms,
                Labels.from_sorted(tuple(sorted(annotations.items()))) if annotations else EMPTY_LABELS,
                one.generatorURL or "",
                now_ms,
                not ends_at_ms,
                name,
            )
            metrics.RECEIVED.labels("firing" if alert.ends_at_ms > now_ms else "resolved", "v2").inc()
            refusal = self._refusal(alert)
            if refusal:
                metrics.INVALID.labels("v2").inc()
                intake.refusals.append(refusal)
            else:
                intake.alerts.append(alert)
        return intake

    def _refusal(self, alert: Alert) -> str:
        if alert.ends_at_ms < alert.starts_at_ms:
            return "start time must be before end time"
        if not alert.labels:
            return "at least one label pair required"
        wrong = next((name for name, _ in alert.labels.pairs if not self.mode.is_label_name(name)), None)
        if wrong is not None:
            return f"invalid label set: invalid name {quote(wrong)}"
        wrong = next((name for name, _ in alert.annotations.pairs if not self.mode.is_label_name(name)), None)
        if wrong is not None:
            return f"invalid annotations: invalid name {quote(wrong)}"
        size = sum(
            [len(name) + len(value) for pairs in (alert.labels.pairs, alert.annotations.pairs) for name, value in pairs]
        )
        if size > self.limits.alert_bytes_max:
            LIMIT_HITS.labels("alert_bytes_max").inc()
            return f"alert of {size} bytes: the limit is {self.limits.alert_bytes_max}"
        return ""


def _read(body: bytes) -> list[_Posted]:
    try:
        posted: list[_Posted] | None = _decode(body)
    except msgspec.DecodeError as error:
        raise SchemaError(f"parsing alerts body failed, because {error}", status=400, number=400) from None
    if posted is None:
        raise SchemaError("alerts in body is required")
    return posted


def _labels(place: int, posted: _Posted) -> Labels:
    if posted.labels is None:
        raise SchemaError(f"{place}.labels in body is required")
    if posted.generatorURL and _URI.match(posted.generatorURL) is None:
        raise SchemaError(f"{place}.generatorURL in body must be of type uri: {quote(posted.generatorURL)}", number=601)
    return Labels(posted.labels.items())


def _time(place: int, field: str, text: str | None) -> int:
    try:
        return parse_time_ms(text or "")
    except ValueError:
        message = f"parsing alerts body failed, because {place}.{field} is no RFC 3339 time: {quote(text or '')}"
        raise SchemaError(message, status=400, number=400) from None
