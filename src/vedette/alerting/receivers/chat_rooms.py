"""Rooms with a webhook of their own: Discord, Microsoft Teams (both ways), Webex.

https://discord.com/developers/docs/resources/webhook#execute-webhook
https://learn.microsoft.com/en-us/outlook/actionable-messages/message-card-reference
https://learn.microsoft.com/en-us/connectors/teams/ (workflows, adaptive cards)
https://developer.webex.com/docs/api/v1/messages/create-a-message
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from vedette.alerting.config.chat_rooms import DiscordConfig, MsTeamsConfig, MsTeamsV2Config, RoomConfig, WebexConfig
from vedette.alerting.receivers.http import HttpIntegration, Request, json_request, secret_text
from vedette.alerting.receivers.texts import Texts, truncate_bytes, truncate_runes, without_empty

DISCORD_TITLE_RUNES_MAX: Final = 256
DISCORD_DESCRIPTION_RUNES_MAX: Final = 4096
DISCORD_CONTENT_RUNES_MAX: Final = 2000
_DISCORD_RED, _DISCORD_GREEN = 0x992D22, 0x2ECC71
_TEAMS_RED, _TEAMS_GREEN = "8C1A1A", "2DC72D"
_CARD_RED, _CARD_GREEN = "Attention", "Good"
WEBEX_BYTES_MAX: Final = 7439


def _room(section: RoomConfig) -> str:
    return secret_text(section.webhook_url, section.webhook_url_file)


class Discord(HttpIntegration[DiscordConfig]):
    kind = "discord"

    def compose(self, texts: Texts) -> Sequence[Request]:
        section, fill = self.section, texts.text
        embed = {
            "title": truncate_runes(fill(section.title), DISCORD_TITLE_RUNES_MAX),
            "description": truncate_runes(fill(section.message), DISCORD_DESCRIPTION_RUNES_MAX),
            "color": _DISCORD_RED if texts.firing else _DISCORD_GREEN,
        }
        message = {
            "content": truncate_runes(fill(section.content), DISCORD_CONTENT_RUNES_MAX),
            "embeds": [embed],
            **without_empty({"username": section.username, "avatar_url": section.avatar_url}),
        }
        return [json_request(_room(section), message)]


class MsTeams(HttpIntegration[MsTeamsConfig]):
    kind = "msteams"

    def compose(self, texts: Texts) -> Sequence[Request]:
        section, fill = self.section, texts.text
        card = {
            "@context": "http://schema.org/extensions",
            "type": "MessageCard",
            "title": fill(section.title),
            "summary": fill(section.summary),
            "text": fill(section.text),
            "themeColor": _TEAMS_RED if texts.firing else _TEAMS_GREEN,
        }
        return [json_request(_room(section), card)]


class MsTeamsV2(HttpIntegration[MsTeamsV2Config]):
    kind = "msteamsv2"

    def compose(self, texts: Texts) -> Sequence[Request]:
        section = self.section
        heading = {
            "type": "TextBlock",
            "text": texts.text(section.title),
            "weight": "Bolder",
            "size": "Medium",
            "wrap": True,
            "style": "heading",
            "color": _CARD_RED if texts.firing else _CARD_GREEN,
        }
        text = {"type": "TextBlock", "text": texts.text(section.text), "wrap": True}
        return [json_request(_room(section), _adaptive_card([heading, text]))]


def _adaptive_card(body: list[dict[str, Any]]) -> dict[str, Any]:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.2",
        "body": body,
        "msteams": {"width": "full"},
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


class Webex(HttpIntegration[WebexConfig]):
    kind = "webex"

    def compose(self, texts: Texts) -> Sequence[Request]:
        section = self.section
        markdown = truncate_bytes(texts.text(section.message), WEBEX_BYTES_MAX)
        message = {"markdown": markdown, **without_empty({"roomId": texts.text(section.room_id)})}
        return [json_request(section.api_url, message)]
