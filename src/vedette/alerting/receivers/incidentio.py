"""incident.io: an alert source that takes the webhook's JSON, with a bearer token. https://api-docs.incident.io/tag/Alert-Events-V2"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from vedette.alerting.config.paging import IncidentioConfig
from vedette.alerting.receivers.http import HttpIntegration, Request, json_request, secret_text
from vedette.alerting.receivers.texts import Texts
from vedette.alerting.receivers.webhook import message
from vedette.intake.config.http import Authorization, HttpClientConfig
from vedette.intake.config.values import Secret
from vedette.intake.http1 import Response

PAYLOAD_BYTES_MAX: Final = 512 << 10


class Incidentio(HttpIntegration[IncidentioConfig]):
    kind = "incidentio"

    def http_config(self) -> HttpClientConfig:
        section = self.section
        if not (section.alert_source_token or section.alert_source_token_file):
            return section.http
        token = Authorization("Bearer", section.alert_source_token, section.alert_source_token_file)
        return replace(section.http, authorization=token)

    def compose(self, texts: Texts) -> Sequence[Request]:
        """Too large, it goes with its first alert alone: the incident is made of the group."""
        section = self.section
        url = secret_text(Secret(section.url), section.url_file)
        shown, left_out = texts.first(section.max_alerts)
        request = json_request(url, message(shown, version="1", left_out=left_out))
        if len(request.body) > PAYLOAD_BYTES_MAX:
            first, _ = texts.first(1)
            request = json_request(url, message(first, version="1", left_out=left_out))
        return [request]

    def explain(self, response: Response) -> str:
        try:
            answer = json.loads(response.body)
            errors = ", ".join(answer.get("errors") or ())
            return ": ".join(filter(None, (answer.get("message"), answer.get("error"), errors)))
        except (ValueError, AttributeError, TypeError):
            return ""
