"""A webhook: the reference's JSON, version 4, or a payload of the user's own. https://prometheus.io/docs/alerting/latest/configuration/#webhook_config"""

from __future__ import annotations

from collections.abc import Sequence

from vedette.alerting.config.messages import WebhookConfig
from vedette.alerting.receivers.http import HttpIntegration, Request, json_request, secret_text
from vedette.alerting.receivers.texts import Texts
from vedette.alerting.templates.go_json import Struct
from vedette.model.errors import NotSent


class Webhook(HttpIntegration[WebhookConfig]):
    kind = "webhook"

    def compose(self, texts: Texts) -> Sequence[Request]:
        section = self.section
        shown, left_out = texts.first(section.max_alerts)
        url = shown.text(secret_text(section.url, section.url_file))
        if not url:
            raise NotSent("webhook URL is empty after templating", retry=False)
        if section.payload is not None:
            return [json_request(url, shown.payload(section.payload))]
        return [json_request(url, message(shown, version="4", left_out=left_out))]


def message(texts: Texts, *, version: str, left_out: int) -> Struct:
    own = {"version": version, "groupKey": texts.notification.group_key, "truncatedAlerts": left_out}
    return Struct(texts.data.json() | own)
