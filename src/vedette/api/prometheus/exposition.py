"""`/metrics`: our own metrics, in the text format or OpenMetrics, as the Accept header asks."""

from __future__ import annotations

from prometheus_client.exposition import choose_encoder

from vedette.api.answers import Answer
from vedette.api.requests import Request
from vedette.api.routing import GET, Api, Route
from vedette.model.telemetry import REGISTRY


async def metrics(api: Api, request: Request) -> Answer:
    encode, content_type = choose_encoder(request.header(b"accept"))

    def work() -> Answer:
        return Answer(encode(REGISTRY), 200, content_type.encode())

    return await api.look_up(request, work)


ROUTES = (Route(GET, "/metrics", metrics, needs_ready=False),)
