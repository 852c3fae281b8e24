"""VictorOps (Splunk On-Call): its REST endpoint, the key and the routing key in the path. https://help.victorops.com/knowledge-base/rest-endpoint-integration-guide/"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, urlsplit

from vedette.alerting.config.paging import VictoropsConfig
from vedette.alerting.receivers.http import HttpIntegration, Request, json_request, secret_text
from vedette.alerting.receivers.texts import Texts, truncate_runes

MESSAGE_RUNES_MAX: Final = 20_480
_ALLOWED: Final = frozenset({"INFO", "WARNING", "CRITICAL"})


class Victorops(HttpIntegration[VictoropsConfig]):
    kind = "victorops"

    def compose(self, texts: Texts) -> Sequence[Request]:
        section, fill = self.section, texts.text
        key = secret_text(section.api_key, section.api_key_file)
        url = urlsplit(section.api_url)
        path = f"{url.path}{quote(key, safe='')}/{quote(fill(section.routing_key), safe='')}"
        asked = fill(section.message_type)
        message = {
            "message_type": (asked if asked in _ALLOWED else "CRITICAL") if texts.firing else "RECOVERY",
            "entity_id": texts.group_hash,
            "entity_display_name": fill(section.entity_display_name),
            "state_message": truncate_runes(fill(section.state_message), MESSAGE_RUNES_MAX),
            "monitoring_tool": fill(section.monitoring_tool),
            **texts.values(section.custom_fields),
        }
        return [json_request(url._replace(path=path).geturl(), message)]
