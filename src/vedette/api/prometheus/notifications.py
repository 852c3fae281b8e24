"""`/api/v1/notifications`, and `/live`: the same as a stream of server-sent events, one JSON object each."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Final

import msgspec

from vedette.api.answers import Answer
from vedette.api.notices import Notice
from vedette.api.principals import owns_targets
from vedette.api.prometheus import envelope
from vedette.api.prometheus.targets import format_time
from vedette.api.requests import Request
from vedette.api.routing import GET, Api, Route
from vedette.api.services import Document

EVENTS: Final = b"text/event-stream"


async def notifications(api: Api, request: Request) -> Answer:
    """They are about the configuration and the server: nothing for other tenants."""
    active = api.services.notices.active if owns_targets(request.principal) else []
    return envelope.success([_describe(notice) for notice in active])


async def live_notifications(api: Api, request: Request) -> Answer:
    notices = api.services.notices
    if not notices.has_room or not owns_targets(request.principal):
        return Answer(status=204)

    async def events() -> AsyncGenerator[bytes]:
        async for notice in notices.follow():
            yield b"data: " + msgspec.json.encode(_describe(notice)) + b"\n\n"

    headers = ((b"cache-control", b"no-cache"),)
    return Answer(request.until_disconnected(events()), content_type=EVENTS, headers=headers)


def _describe(notice: Notice) -> Document:
    return {"text": notice.text, "date": format_time(notice.time_ms), "active": notice.active}


ROUTES = (
    Route(GET, "/api/v1/notifications", notifications, needs_ready=False),
    Route(GET, "/api/v1/notifications/live", live_notifications, needs_ready=False),
)
