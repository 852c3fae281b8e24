"""OpsGenie: an alert made, updated or closed by its alias. https://docs.opsgenie.com/docs/alert-api"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from vedette.alerting.config.paging import OpsgenieConfig, OpsgenieResponder
from vedette.alerting.receivers.http import HttpIntegration, Request, json_request, secret_text
from vedette.alerting.receivers.texts import Texts, truncate_runes, without_empty

MESSAGE_RUNES_MAX: Final = 130


class Opsgenie(HttpIntegration[OpsgenieConfig]):
    kind = "opsgenie"

    def compose(self, texts: Texts) -> Sequence[Request]:
        section = self.section
        key = texts.text(secret_text(section.api_key, section.api_key_file)).strip()
        headers = {"Authorization": f"GenieKey {key}"}
        alerts, _, query = section.api_url.partition("?")
        alerts += "v2/alerts"
        own = f"{alerts}/{texts.group_hash}"
        by_alias = f"?{query}&identifierType=alias" if query else "?identifierType=alias"
        if not texts.firing:
            return [json_request(f"{own}/close{by_alias}", {"source": texts.text(section.source)}, headers=headers)]
        alert = self._alert(texts)
        requests = [json_request(alerts + (f"?{query}" if query else ""), alert, headers=headers)]
        for name in ("message", "description") if section.update_alerts else ():
            changed = without_empty({name: alert.get(name)})
            requests.append(json_request(f"{own}/{name}{by_alias}", changed, method="PUT", headers=headers))
        return requests

    def _alert(self, texts: Texts) -> dict[str, Any]:
        section, fill = self.section, texts.text
        optional = {
            "description": fill(section.description),
            "responders": [each for one in section.responders for each in _responders(one, texts)],
            "tags": _split(fill(section.tags)),
            "note": fill(section.note),
            "priority": fill(section.priority),
            "entity": fill(section.entity),
            "actions": _split(fill(section.actions)),
        }
        return {
            "alias": texts.group_hash,
            "message": truncate_runes(fill(section.message), MESSAGE_RUNES_MAX),
            "details": {**texts.data.common_labels, **texts.values(section.details)},
            "source": fill(section.source),
            **without_empty(optional),
        }


def _responders(one: OpsgenieResponder, texts: Texts) -> list[dict[str, str]]:
    """None where all its templates are empty; `teams` is several, separated by commas."""
    filled = {name: texts.text(getattr(one, name)) for name in ("id", "name", "username", "type")}
    if not any(filled.values()):
        return []
    if filled["type"] == "teams":
        return [{"name": name, "type": "team"} for name in _split(filled["name"])]
    return [without_empty(filled) | {"type": filled["type"]}]


def _split(text: str) -> list[str]:
    return [part for part in text.strip().split(",") if part]
