"""Pushover: one form, posted. https://pushover.net/api"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final
from urllib.parse import urlencode

from vedette.alerting.config.paging import PushoverConfig
from vedette.alerting.receivers.http import HttpIntegration, Request, secret_text
from vedette.alerting.receivers.texts import Texts, truncate_runes

TITLE_RUNES_MAX: Final = 250
MESSAGE_RUNES_MAX: Final = 1024
URL_RUNES_MAX: Final = 512
_NO_MESSAGE: Final = "(no details)"
"""Pushover refuses an empty one."""


class Pushover(HttpIntegration[PushoverConfig]):
    """The form goes in the body, as Pushover documents it; in the URL, where the reference puts it, its tokens would be logged."""

    kind = "pushover"
    url: ClassVar[str] = "https://api.pushover.net/1/messages.json"

    def compose(self, texts: Texts) -> Sequence[Request]:
        section, fill = self.section, texts.text
        message = texts.html(section.message) if section.html else fill(section.message)
        form = {
            "token": fill(secret_text(section.token, section.token_file)),
            "user": fill(secret_text(section.user_key, section.user_key_file)),
            "title": truncate_runes(fill(section.title), TITLE_RUNES_MAX),
            "message": truncate_runes(message, MESSAGE_RUNES_MAX).strip() or _NO_MESSAGE,
            "url": truncate_runes(fill(section.url), URL_RUNES_MAX),
            "url_title": fill(section.url_title),
            "priority": fill(section.priority),
            "retry": str(section.retry // 1000),
            "expire": str(section.expire // 1000),
            "device": fill(section.device),
            "sound": fill(section.sound),
        }
        if section.html:
            form["html"] = "1"
        if section.monospace:
            form["monospace"] = "1"
        if section.ttl >= 1000:
            form["ttl"] = str(section.ttl // 1000)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return [Request(self.url, urlencode(form).encode(), headers)]
