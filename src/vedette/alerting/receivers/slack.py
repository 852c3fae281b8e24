"""Slack: an incoming webhook, or chat.postMessage with a bot token. https://api.slack.com/methods/chat.postMessage

With `update_message` a group's later notifications edit its first message: Slack's `ts` and channel are kept in the notification log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from vedette.alerting.config.attachments import AttachmentField, SlackAction, SlackConfig
from vedette.alerting.notification import Notification
from vedette.alerting.receivers.http import HttpIntegration, Request, json_answer, json_request, secret_text, shown
from vedette.alerting.receivers.texts import Texts, truncate_runes, without_empty
from vedette.intake.http1 import Response
from vedette.model.errors import NotSent

TITLE_RUNES_MAX: Final = 1024
_MARKDOWN_IN: Final = ("fallback", "pretext", "text")
_TIMESTAMP, _CHANNEL = "threadTs", "channelId"


class Slack(HttpIntegration[SlackConfig]):
    kind = "slack"
    needs_answer: ClassVar[bool] = True

    def compose(self, texts: Texts) -> Sequence[Request]:
        section, fill = self.section, texts.text
        url = secret_text(section.api_url, section.api_url_file)
        message = {
            "channel": fill(section.channel),
            "username": fill(section.username),
            "icon_emoji": fill(section.icon_emoji),
            "icon_url": fill(section.icon_url),
            "link_names": section.link_names,
            "text": fill(section.message_text),
        }
        kept = texts.notification.kept
        if section.update_message and _TIMESTAMP in kept and _CHANNEL in kept:
            url = url.removesuffix("chat.postMessage") + "chat.update"
            message |= {"ts": kept[_TIMESTAMP], "channel": kept[_CHANNEL]}
        return [json_request(url, {**without_empty(message), "attachments": [self._attachment(texts)]})]

    def _attachment(self, texts: Texts) -> dict[str, Any]:
        section, fill = self.section, texts.text
        optional = {
            "title": truncate_runes(fill(section.title), TITLE_RUNES_MAX),
            "title_link": fill(section.title_link),
            "pretext": fill(section.pretext),
            "image_url": fill(section.image_url),
            "thumb_url": fill(section.thumb_url),
            "color": fill(section.color),
            "fields": attachment_fields(section.fields, texts, short=section.short_fields),
            "actions": [_action(action, texts) for action in section.actions],
            "mrkdwn_in": list(section.mrkdwn_in or _MARKDOWN_IN),
        }
        return {
            **without_empty(optional),
            "text": fill(section.text),
            "fallback": fill(section.fallback),
            "callback_id": fill(section.callback_id),
            "footer": fill(section.footer),
        }

    def accepted(self, response: Response, notification: Notification) -> Mapping[str, str]:
        if not response.headers.get("content-type", "").startswith("application/json"):
            if response.body != b"ok":
                raise NotSent(
                    f"received an error response from Slack: {shown(response.body)}", retry=False, reason="clientError"
                )
            return {}
        answer = json_answer(response)
        if not answer.get("ok"):
            raise NotSent(f"error response from Slack: {answer.get('error', '')}", retry=False, reason="clientError")
        if self.section.update_message and answer.get("ts") and answer.get("channel"):
            return {_TIMESTAMP: answer["ts"], _CHANNEL: answer["channel"]}
        return notification.kept


def attachment_fields(fields: Sequence[AttachmentField], texts: Texts, *, short: bool) -> list[dict[str, Any]]:
    """`short`: for fields that do not say it themselves."""
    return [
        {
            "title": texts.text(field.title),
            "value": texts.text(field.value),
            "short": short if field.short is None else field.short,
        }
        for field in fields
    ]


def _action(action: SlackAction, texts: Texts) -> dict[str, Any]:
    named = {name: texts.text(getattr(action, name)) for name in ("type", "text", "url", "style", "name", "value")}
    confirm = action.confirm
    if confirm is None:
        return without_empty(named)
    asked = {name: texts.text(getattr(confirm, name)) for name in ("title", "text", "ok_text", "dismiss_text")}
    return without_empty({**named, "confirm": without_empty(asked)})
