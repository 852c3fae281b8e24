"""Telegram: sendMessage of a bot. https://core.telegram.org/bots/api#sendmessage"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from vedette.alerting.config.chat_rooms import TelegramConfig
from vedette.alerting.notification import Notification
from vedette.alerting.receivers.http import (
    HttpIntegration,
    Request,
    json_answer,
    json_request,
    retry_after_s,
    secret_text,
    shown,
)
from vedette.alerting.receivers.texts import Texts, truncate_runes, without_empty
from vedette.intake.config.values import NO_SECRET
from vedette.intake.http1 import Response
from vedette.model.errors import NotSent

MESSAGE_RUNES_MAX: Final = 4096
_TOO_LONG: Final = "This notification is longer than Telegram allows; its template should say less."
"""Instead of HTML that would be cut inside a tag."""


class Telegram(HttpIntegration[TelegramConfig]):
    kind = "telegram"
    needs_answer: ClassVar[bool] = True

    def compose(self, texts: Texts) -> Sequence[Request]:
        section = self.section
        if section.parse_mode == "HTML":
            text = texts.html(section.message)
            text = text if len(text) <= MESSAGE_RUNES_MAX else _TOO_LONG
        else:
            text = truncate_runes(texts.text(section.message), MESSAGE_RUNES_MAX)
        optional = {
            "message_thread_id": section.message_thread_id,
            "parse_mode": section.parse_mode,
            "disable_notification": section.disable_notifications,
        }
        message = {
            "chat_id": self._chat_id(),
            "text": text,
            "disable_web_page_preview": True,
            **without_empty(optional),
        }
        token = secret_text(section.bot_token, section.bot_token_file)
        return [json_request(f"{section.api_url.rstrip('/')}/bot{token}/sendMessage", message)]

    def _chat_id(self) -> int:
        if self.section.chat_id:
            return self.section.chat_id
        text = secret_text(NO_SECRET, self.section.chat_id_file)
        try:
            return int(text)
        except ValueError:
            raise NotSent(f"no chat_id in {self.section.chat_id_file}", retry=True) from None

    def accepted(self, response: Response, notification: Notification) -> Mapping[str, str]:
        answer = json_answer(response)
        if not answer.get("ok"):
            raise NotSent(f"refused by Telegram: {answer.get('description', '')}", retry=True, reason="clientError")
        return {}

    def explain(self, response: Response) -> str:
        try:
            return str(json.loads(response.body)["description"])
        except (ValueError, KeyError, TypeError):
            return shown(response.body)

    def wait_s(self, response: Response, now_s: float) -> float | None:
        """Telegram says how long in its JSON."""
        try:
            return retry_after_s(str(json.loads(response.body)["parameters"]["retry_after"]), now_s)
        except (ValueError, KeyError, TypeError):
            return HttpIntegration.wait_s(self, response, now_s)
