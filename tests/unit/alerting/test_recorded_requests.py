"""Alertmanager 0.34 was run with recorded_config.yml and recorded.tmpl; for the same alerts we ask its vendors the same.

Differences that are meant are undone in `theirs` before the two are compared, each with its reason.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.unit.alerting.vendors import Answer, Asked, Vendor, json_says
from vedette.alerting.alerts import Alert
from vedette.alerting.config import load_config
from vedette.alerting.notification import Notification
from vedette.alerting.receivers import build_integrations
from vedette.alerting.templates import Templates
from vedette.model.labels import Labels

FOLDER = Path(__file__).parent
PHASES = ("firing", "resolved")
HEADERS = ("authorization", "x-auth-token", "x-user-id", "accept-language")
FAR_MS = 4_000_000_000_000


def recorded() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / "recorded_requests.jsonl").read_text().splitlines()]


@dataclass
class Vendors(Vendor):
    """All of them, told apart by their paths."""

    phase: str = "firing"

    def answer(self, asked: Asked) -> Answer:
        first = asked.path.split("/")[1]
        if asked.path.endswith("/gettoken"):
            return json_says({"errcode": 0, "access_token": "tok"})
        if asked.path.endswith("/search"):
            issue = {"key": "P-7", "fields": {"status": {"statusCategory": {"key": "new"}}}}
            return json_says({"issues": [] if self.phase == "firing" else [issue]})
        if asked.path.endswith("/transitions"):
            return json_says({"transitions": [{"id": "9", "name": "Done"}]})
        if first == "slack":
            return Answer(200, b"ok", {"Content-Type": "text/html"})
        return json_says({"errcode": 0, "success": True, "ok": True})


def our_requests(phase: str) -> list[Asked]:
    async def run() -> list[Asked]:
        vendors = Vendors([], phase=phase)
        server = await asyncio.start_server(vendors.serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        text = (FOLDER / "recorded_config.yml").read_text().replace("URL", url).replace("TEMPLATES", "recorded.tmpl")
        config = load_config(FOLDER / "recorded_config.yml", text=text)
        templates = Templates("http://am.example/base", "en")
        templates.add_files(config.templates)
        async with server:
            for integration in build_integrations(config.ready_receivers[0], templates):
                await integration.notify(the_notification(phase))
                await integration.close()
        return vendors.asked

    return asyncio.run(run())


def the_notification(phase: str) -> Notification:
    """As the webhook's message shows it."""
    message = next(each["body"] for each in recorded() if (each["phase"], each["target"]) == (phase, "/webhook"))
    alerts = tuple(
        Alert(
            Labels.of(alert["labels"]),
            milliseconds(alert["startsAt"]),
            milliseconds(alert["endsAt"]) if phase == "resolved" else FAR_MS,
            Labels.of(alert["annotations"]),
            alert["generatorURL"],
        )
        for alert in message["alerts"]
    )
    return Notification(
        "team.a",
        message["groupKey"],
        Labels.of(message["groupLabels"]),
        alerts,
        FAR_MS - 1,
        3_600_000,
        reason=message["notification_reason"],
    )


def milliseconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def ours(asked: Asked) -> dict[str, Any]:
    headers = {name: asked.headers[name] for name in HEADERS if name in asked.headers and asked.path != "/sns"}
    body: Any = None
    if asked.body:
        body = asked.form if asked.path == "/sns" else asked.json
    return comparable(asked.method, asked.target, headers, body)


def theirs(request: dict[str, Any]) -> dict[str, Any]:
    body = request["body"]
    if request["target"].startswith("/wechat/message"):
        body.pop("markdown" if body["msgtype"] == "text" else "text")  # an empty content beside the one that is sent
    if request["target"].startswith("/webhookpayload"):
        body["oct"] = "010"  # read as an octal number there: a telephone number would be lost
        body |= {"n": 1, "yes": True}  # YAML 1.1 makes truth values of these keys, and there they are dropped
    return comparable(request["method"], request["target"], request["headers"], body)


def comparable(method: str, target: str, headers: dict[str, str], body: Any) -> dict[str, Any]:
    if target.startswith("/telegram"):  # the bot's library there writes numbers and truth values as texts
        body = {name: json.dumps(value) if not isinstance(value, str) else value for name, value in body.items()}
    if target == "/sns":  # attributes there are in random order
        attributes = sorted(value for name, value in body.items() if "Attributes" in name)
        body = {name: value for name, value in body.items() if "Attributes" not in name} | {"attributes": attributes}
    return {"method": method, "target": target, "headers": headers, "body": body}


@pytest.mark.parametrize("phase", PHASES)
def test_every_vendor_is_asked_what_the_reference_asks(phase: str) -> None:
    wanted = [theirs(each) for each in recorded() if each["phase"] == phase]
    got = [ours(asked) for asked in our_requests(phase) if not asked.path.endswith("/gettoken")]
    assert len(wanted) > 20
    for request in wanted:
        assert request in got, [each for each in got if each["target"] == request["target"]]
    assert {(each["method"], each["target"]) for each in got} == {(each["method"], each["target"]) for each in wanted}
