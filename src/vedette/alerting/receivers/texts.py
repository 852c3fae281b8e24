"""One notification's texts: templates filled in, cut to what a vendor takes.

Source of the cuts: Alertmanager notify/util.go. A cut text ends in an ellipsis.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, Final

from vedette.alerting.notification import Notification
from vedette.alerting.templates import Data, Templates, fill_payload
from vedette.alerting.templates.data import FIRING
from vedette.model.errors import NotSent
from vedette.signals.template import TemplateError

ELLIPSIS: Final = "…"
_ELLIPSIS_BYTES: Final = len(ELLIPSIS.encode())


def truncate_runes(text: str, runes_max: int) -> str:
    if len(text) <= runes_max:
        return text
    return text[:runes_max] if runes_max <= 3 else text[: runes_max - 1] + ELLIPSIS


def truncate_bytes(text: str, bytes_max: int) -> str:
    """Never cuts a character in two."""
    encoded = text.encode(errors="replace")
    if len(encoded) <= bytes_max:
        return text
    if bytes_max < _ELLIPSIS_BYTES:
        return "." * bytes_max
    return encoded[: bytes_max - _ELLIPSIS_BYTES].decode(errors="ignore") + ELLIPSIS


class Texts:
    """`data` as templates see it; each method raises NotSent where a template fails: trying again would not help."""

    def __init__(self, notification: Notification, templates: Templates) -> None:
        self.notification = notification
        self.data: Data = templates.data(notification)
        self._templates = templates

    @property
    def firing(self) -> bool:
        return self.data.status == FIRING

    @cached_property
    def group_hash(self) -> str:
        """The group's name where a vendor limits how long one may be."""
        return hashlib.sha256(self.notification.group_key.encode()).hexdigest()

    def text(self, template: str) -> str:
        try:
            return self._templates.text(template, self.data)
        except TemplateError as error:
            raise NotSent(error.message, retry=False) from None

    def html(self, template: str) -> str:
        try:
            return self._templates.html(template, self.data)
        except TemplateError as error:
            raise NotSent(error.message, retry=False) from None

    def values(self, templates: Mapping[str, str]) -> dict[str, str]:
        return {name: self.text(template) for name, template in templates.items()}

    def payload(self, value: Any) -> Any:
        return fill_payload(value, self.text)

    def first(self, alerts_max: int) -> tuple[Texts, int]:
        """With so many alerts at most (0: all), and how many were left out."""
        alerts = self.notification.alerts
        if not alerts_max or len(alerts) <= alerts_max:
            return self, 0
        cut = replace(self.notification, alerts=alerts[:alerts_max])
        return Texts(cut, self._templates), len(alerts) - alerts_max


def without_empty(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Go's `omitempty`: no empty text, list, map or absent value, no zero, no false."""
    return {name: value for name, value in fields.items() if value}
