"""`/api/v1/heartbeats`: pings that must come, and how our own dead man's switch is (docs/deadman.md)."""

from __future__ import annotations

from collections.abc import Callable

from vedette.alerting.deadman.heartbeats import ALERT, Heartbeats
from vedette.alerting.deadman.switch import Switch
from vedette.api.answers import Answer
from vedette.api.native.alert_shapes import optional_seconds, seconds
from vedette.api.principals import require_owner
from vedette.api.prometheus import envelope
from vedette.api.requests import Request
from vedette.api.routing import GET, GET_POST, Api, Route
from vedette.api.services import Document


def routes(heartbeats: Heartbeats, switch: Callable[[], Switch | None]) -> tuple[Route, ...]:
    async def states(api: Api, request: Request) -> Answer:
        require_owner(request.principal)
        missing = {
            alert.labels.get("heartbeat")
            for group in api.services.rules.groups()
            for rule in group.rules
            if rule.name == ALERT
            for alert in rule.alerts
            if alert.state == "firing"
        }
        found = [
            {
                "name": section.name,
                "every": seconds(section.every),
                "last": optional_seconds(last_ms),
                "missing": section.name in missing,
            }
            for section, last_ms in heartbeats.states()
        ]
        now_ms = api.services.clock.now_ms()
        return envelope.success({"heartbeats": found, "deadman": _describe(switch(), now_ms)})

    async def ping(api: Api, request: Request) -> Answer:
        require_owner(request.principal)
        name = request.path_values[0]

        def work() -> Answer:
            heartbeats.ping(name)
            return envelope.success({})

        return await api.writes.run(request, api.new_deadline(), work)

    return (Route(GET, "/api/v1/heartbeats", states), Route(GET_POST, "/api/v1/heartbeats/*", ping))


def _describe(switch: Switch | None, now_ms: int) -> Document | None:
    if switch is None:
        return None
    return {
        "interval": seconds(switch.interval_ms),
        "last": optional_seconds(switch.pinged_ms),
        "ok": switch.is_ok(now_ms),
        "error": switch.error,
    }
