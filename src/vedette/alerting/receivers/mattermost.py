"""Mattermost: an incoming webhook with message attachments. https://developers.mattermost.com/integrate/webhooks/incoming/"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from vedette.alerting.config.attachments import MattermostAttachment, MattermostConfig, MattermostPriority
from vedette.alerting.receivers.http import HttpIntegration, Request, json_request, secret_text
from vedette.alerting.receivers.texts import Texts, truncate_runes, without_empty

TEXT_RUNES_MAX: Final = 16383
_ATTACHMENT_TEXTS: Final = (
    *("fallback", "color", "pretext", "text", "author_name", "author_link", "author_icon", "title", "title_link"),
    *("thumb_url", "footer", "footer_icon", "image_url"),
)
_PRIORITIES: Final = ("urgent", "important", "standard")


class Mattermost(HttpIntegration[MattermostConfig]):
    kind = "mattermost"

    def compose(self, texts: Texts) -> Sequence[Request]:
        """Without `attachments` of its own the section itself is the attachment, and its text stands there."""
        section, fill = self.section, texts.text
        message: dict[str, Any] = {
            name: fill(getattr(section, name)) for name in ("channel", "username", "icon_url", "icon_emoji", "type")
        }
        if section.attachments:
            message["text"] = truncate_runes(fill(section.text), TEXT_RUNES_MAX)
        message["attachments"] = [_attachment(one, texts) for one in section.attachments or (section,)]
        if section.props is not None and section.props.card:
            message["props"] = {"card": fill(section.props.card)}
        if section.priority is not None and section.priority.priority:
            message["priority"] = _priority(section.priority, texts)
        return [json_request(secret_text(section.webhook_url, section.webhook_url_file), without_empty(message))]


def _attachment(one: MattermostAttachment | MattermostConfig, texts: Texts) -> dict[str, Any]:
    named: dict[str, Any] = {name: texts.text(getattr(one, name)) for name in _ATTACHMENT_TEXTS}
    named["fields"] = [
        without_empty({"title": texts.text(field.title), "value": texts.text(field.value)})
        | ({} if field.short is None else {"short": field.short})
        for field in one.fields
    ]
    return without_empty(named)


def _priority(priority: MattermostPriority, texts: Texts) -> dict[str, Any]:
    """An acknowledgement can be asked for what is not standard, reminders for what is urgent."""
    level = texts.text(priority.priority).lower()
    level = level if level in _PRIORITIES else "standard"
    asked = {
        "priority": level,
        "requested_ack": priority.requested_ack and level != "standard",
        "persistent_notifications": priority.persistent_notifications and level == "urgent",
    }
    return without_empty(asked)
