"""Rules, alerts, Alertmanagers: there are none yet, and clients get empty lists, not errors."""

from __future__ import annotations

from vedette.api.answers import Answer
from vedette.api.prometheus import envelope, parameters
from vedette.api.requests import Request
from vedette.api.routing import GET, Api, Route
from vedette.model.quoting import quote


async def rules(api: Api, request: Request) -> Answer:
    given = await request.parameters()

    def work() -> Answer:
        parameters.selectors(given.all("match[]"))
        kind = given.get("type").lower()
        if kind not in ("", "alert", "record"):
            raise parameters.invalid("type", f"not supported value {quote(kind)}")
        return envelope.success({"groups": []})

    return await api.look_up(request, work)


async def alerts(api: Api, request: Request) -> Answer:
    return envelope.success({"alerts": []})


async def alertmanagers(api: Api, request: Request) -> Answer:
    return envelope.success({"activeAlertmanagers": [], "droppedAlertmanagers": []})


ROUTES = (
    Route(GET, "/api/v1/rules", rules),
    Route(GET, "/api/v1/alerts", alerts),
    Route(GET, "/api/v1/alertmanagers", alertmanagers),
)
