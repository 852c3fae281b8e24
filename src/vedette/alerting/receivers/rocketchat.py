"""Rocket.Chat: chat.postMessage with a user's token. https://developer.rocket.chat/apidocs/post-message"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from vedette.alerting.config.attachments import RocketchatAction, RocketchatConfig
from vedette.alerting.notification import Notification
from vedette.alerting.receivers.http import HttpIntegration, Request, json_answer, json_request, secret_text
from vedette.alerting.receivers.slack import attachment_fields
from vedette.alerting.receivers.texts import Texts, truncate_runes, without_empty
from vedette.intake.http1 import Response
from vedette.model.errors import NotSent

TITLE_RUNES_MAX: Final = 1024


class Rocketchat(HttpIntegration[RocketchatConfig]):
    kind = "rocketchat"
    needs_answer: ClassVar[bool] = True

    def compose(self, texts: Texts) -> Sequence[Request]:
        section, fill = self.section, texts.text
        message = {
            "channel": fill(section.channel),
            "emoji": fill(section.emoji),
            "avatar": fill(section.icon_url),
            "attachments": [self._attachment(texts)],
        }
        headers = {
            "X-Auth-Token": secret_text(section.token, section.token_file),
            "X-User-Id": secret_text(section.token_id, section.token_id_file),
        }
        url = f"{section.api_url.rstrip('/')}/api/v1/chat.postMessage"
        return [json_request(url, without_empty(message), headers=headers)]

    def _attachment(self, texts: Texts) -> dict[str, Any]:
        section, fill = self.section, texts.text
        return without_empty(
            {
                "title": truncate_runes(fill(section.title), TITLE_RUNES_MAX),
                "title_link": fill(section.title_link),
                "text": fill(section.text),
                "image_url": fill(section.image_url),
                "thumb_url": fill(section.thumb_url),
                "color": fill(section.color),
                "fields": attachment_fields(section.fields, texts, short=section.short_fields),
                "actions": [_button(action, texts) for action in section.actions],
            }
        )

    def accepted(self, response: Response, notification: Notification) -> Mapping[str, str]:
        answer = json_answer(response)
        if not answer.get("success"):
            raise NotSent(
                f"error response from Rocketchat: {answer.get('error', '')}", retry=False, reason="clientError"
            )
        return {}


def _button(action: RocketchatAction, texts: Texts) -> dict[str, Any]:
    """Rocket.Chat knows buttons only."""
    named = {name: texts.text(getattr(action, name)) for name in ("text", "url", "msg")}
    return {"type": "button", **without_empty(named), "is_webview": False, "msg_in_chat_window": False}
