"""Rules, alerts, Alertmanagers, exemplars: there are none yet, and clients get empty lists, not errors."""

from __future__ import annotations

from vedette.api.answers import Answer
from vedette.api.prometheus import envelope, parameters
from vedette.api.requests import Request
from vedette.api.routing import GET, GET_POST, Api, Route
from vedette.model.errors import BadInput
from vedette.model.quoting import quote
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS
from vedette.query.promql.ast import VectorSelector, walk
from vedette.query.promql.parser import parse_expr


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


async def query_exemplars(api: Api, request: Request) -> Answer:
    given = await request.parameters()
    start_ms = parameters.time_or(given, "start", MIN_TIME_MS)
    end_ms = parameters.time_or(given, "end", MAX_TIME_MS)
    if end_ms < start_ms:
        raise BadInput("end timestamp must not be before start timestamp")

    def work() -> Answer:
        expr = parse_expr(given.get("query"), api.services.engine_options.parser)
        selects = any(isinstance(node, VectorSelector) for node in walk(expr))
        return envelope.success([]) if selects else Answer(status=204)

    return await api.look_up(request, work)


ROUTES = (
    Route(GET, "/api/v1/rules", rules),
    Route(GET, "/api/v1/alerts", alerts),
    Route(GET, "/api/v1/alertmanagers", alertmanagers),
    Route(GET_POST, "/api/v1/query_exemplars", query_exemplars),
)
