"""PagerDuty: Events API v2 with a routing key, v1 with a service key.

https://developer.pagerduty.com/docs/send-alert-event, https://developer.pagerduty.com/docs/events-api-v1-overview
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from vedette.alerting.config.paging import PagerdutyConfig
from vedette.alerting.receivers.http import HttpIntegration, Request, json_request, secret_text
from vedette.alerting.receivers.texts import Texts, truncate_runes, without_empty
from vedette.intake.http1 import Response
from vedette.model.errors import NotSent

SUMMARY_RUNES_MAX: Final = 1024
EVENT_BYTES_MAX: Final = 512_000
_TOO_LARGE: Final = {"error": "details left out: with them the event is larger than 512 kB"}


class _Pagerduty(HttpIntegration[PagerdutyConfig]):
    kind = "pagerduty"

    def compose(self, texts: Texts) -> Sequence[Request]:
        url, key = self.place()
        key = texts.text(key)
        if not key:
            raise NotSent("routing or service key cannot be empty", retry=False)
        details = {name: texts.payload(value) for name, value in self.section.details.items()}
        request = json_request(url, self.event(texts, key, details))
        if len(request.body) > EVENT_BYTES_MAX:
            request = json_request(url, self.event(texts, key, _TOO_LARGE))
        return [request]

    @abstractmethod
    def place(self) -> tuple[str, str]:
        """The URL, and the template of the key."""

    @abstractmethod
    def event(self, texts: Texts, key: str, details: dict[str, Any]) -> dict[str, Any]: ...

    def explain(self, response: Response) -> str:
        if response.status != 400:
            return ""
        try:
            answer = json.loads(response.body)
            return f"{answer.get('message', '')}: {','.join(answer.get('errors') or ())}"
        except (ValueError, AttributeError, TypeError):
            return ""


class PagerdutyV2(_Pagerduty):
    def place(self) -> tuple[str, str]:
        section = self.section
        return section.url, secret_text(section.routing_key, section.routing_key_file)

    def event(self, texts: Texts, key: str, details: dict[str, Any]) -> dict[str, Any]:
        section, fill = self.section, texts.text
        payload = {
            "summary": truncate_runes(fill(section.description), SUMMARY_RUNES_MAX),
            "source": fill(section.source),
            "severity": fill(section.severity or "error"),
            **without_empty({name: fill(section_text) for name, section_text in self._optional()}),
            "custom_details": details,
        }
        images = [{"src": fill(one.src), "alt": fill(one.alt), "href": fill(one.href)} for one in section.images]
        links = [{"href": fill(one.href), "text": fill(one.text)} for one in section.links]
        optional = {
            "client": fill(section.client),
            "client_url": fill(section.client_url),
            "images": [image for image in images if image["src"]],
            "links": [link for link in links if link["href"]],
        }
        return {
            "routing_key": key,
            "dedup_key": texts.group_hash,
            "event_action": "trigger" if texts.firing else "resolve",
            "payload": payload,
            **without_empty(optional),
        }

    def _optional(self) -> Sequence[tuple[str, str]]:
        section = self.section
        return ("class", section.class_), ("component", section.component), ("group", section.group)


class PagerdutyV1(_Pagerduty):
    """403 says that too many events came."""

    retried = frozenset({403})
    url: ClassVar[str] = "https://events.pagerduty.com/generic/2010-04-15/create_event.json"

    def place(self) -> tuple[str, str]:
        section = self.section
        return self.url, secret_text(section.service_key, section.service_key_file)

    def event(self, texts: Texts, key: str, details: dict[str, Any]) -> dict[str, Any]:
        section, fill = self.section, texts.text
        event = {
            "service_key": key,
            "event_type": "trigger" if texts.firing else "resolve",
            "incident_key": texts.group_hash,
            "description": truncate_runes(fill(section.description), SUMMARY_RUNES_MAX),
            "details": details,
        }
        if texts.firing:
            event |= {"client": fill(section.client), "client_url": fill(section.client_url)}
        return without_empty(event)
