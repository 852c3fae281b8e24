"""Data of a template from JSON, as a webhook gets it: for trying templates out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from vedette.alerting.templates.data import KV, Data, TemplateAlert, TemplateAlerts
from vedette.alerting.templates.dates import parse_time
from vedette.model.errors import BadInput
from vedette.signals.template import FunctionError
from vedette.signals.template.times import ZERO_TIME, GoTime

_RFC3339: Final = "2006-01-02T15:04:05Z07:00"


def data_from_json(value: Any, now_ms: int) -> Data:
    """What is left out is empty. Raises BadInput for a wrong shape."""
    if not isinstance(value, Mapping):
        raise BadInput("template data is no JSON object")
    alerts = value.get("alerts") or []
    if not isinstance(alerts, list) or not all(isinstance(alert, Mapping) for alert in alerts):
        raise BadInput("alerts is no list of objects")
    return Data(
        receiver=_text(value, "receiver"),
        status=_text(value, "status"),
        alerts=TemplateAlerts(map(_alert, alerts)),
        notification_reason=_text(value, "notification_reason"),
        group_labels=_pairs(value, "groupLabels"),
        common_labels=_pairs(value, "commonLabels"),
        common_annotations=_pairs(value, "commonAnnotations"),
        route_labels=_pairs(value, "routeLabels"),
        external_url=_text(value, "externalURL"),
        now_ms=now_ms,
    )


def _alert(value: Mapping[str, Any]) -> TemplateAlert:
    return TemplateAlert(
        status=_text(value, "status"),
        labels=_pairs(value, "labels"),
        annotations=_pairs(value, "annotations"),
        starts_at=_time(value, "startsAt"),
        ends_at=_time(value, "endsAt"),
        generator_url=_text(value, "generatorURL"),
        fingerprint=_text(value, "fingerprint"),
    )


def _text(value: Mapping[str, Any], name: str) -> str:
    found = value.get(name) or ""
    if not isinstance(found, str):
        raise BadInput(f"{name} is no text: {found}")
    return found


def _pairs(value: Mapping[str, Any], name: str) -> KV:
    found = value.get(name) or {}
    if not isinstance(found, Mapping) or not all(isinstance(each, str) for each in found.values()):
        raise BadInput(f"{name} is no object of texts: {found}")
    return KV(found)


def _time(value: Mapping[str, Any], name: str) -> GoTime:
    text = _text(value, name)
    if not text:
        return ZERO_TIME
    try:
        return parse_time(_RFC3339, text)
    except FunctionError as error:
        raise BadInput(f"{name}: {error}") from None
