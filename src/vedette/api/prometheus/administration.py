"""`/api/v1/admin/tsdb/*`: deleting series. Off unless --web.enable-admin-api, and for operators only."""

from __future__ import annotations

from vedette.api.answers import Answer
from vedette.api.errors import AdminDisabled
from vedette.api.principals import require_admin
from vedette.api.prometheus import parameters
from vedette.api.requests import Request
from vedette.api.routing import POST_PUT, Api, Route
from vedette.model.errors import BadInput
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS


async def delete_series(api: Api, request: Request) -> Answer:
    _require_enabled(api, request)
    given = await request.parameters()
    if not given.all("match[]"):
        raise BadInput("no match[] parameter provided")
    start_ms = parameters.time_or(given, "start", MIN_TIME_MS)
    end_ms = parameters.time_or(given, "end", MAX_TIME_MS)
    store = api.services.store

    def work() -> Answer:
        selectors = parameters.selectors(given.all("match[]"), "match[]")
        store.delete(request.principal, selectors, start_ms, end_ms)
        return Answer(status=204)

    return await api.look_up(request, work)


async def clean_tombstones(api: Api, request: Request) -> Answer:
    """What is deleted leaves no tombstones behind: there is nothing to clean."""
    _require_enabled(api, request)
    return Answer(status=204)


def _require_enabled(api: Api, request: Request) -> None:
    if not api.services.access.admin_enabled:
        raise AdminDisabled("admin APIs disabled", hint="start with --web.enable-admin-api")
    require_admin(request.principal)


ROUTES = (
    Route(POST_PUT, "/api/v1/admin/tsdb/delete_series", delete_series),
    Route(POST_PUT, "/api/v1/admin/tsdb/clean_tombstones", clean_tombstones),
)
