"""`/api/v1/admin/tsdb/*`: deleting, giving space back, snapshots. Off unless --web.enable-admin-api, and for operators only."""

from __future__ import annotations

from typing import Final

from vedette.api.answers import Answer
from vedette.api.errors import AdminDisabled
from vedette.api.principals import require_admin
from vedette.api.prometheus import envelope, parameters
from vedette.api.requests import Request
from vedette.api.routing import POST_PUT, Api, Route
from vedette.model.errors import BadInput, StoreError
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS
from vedette.ports.administration import Administration

BYTES_FREED: Final = b"x-vedette-bytes-freed"


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
    """Rewrites what deletions concern now; the header says how many bytes that gave back."""
    store = _administration(api, request)

    def work() -> Answer:
        return Answer(status=204, headers=((BYTES_FREED, b"%d" % store.clear_deletions()),))

    return await api.look_up(request, work)


async def snapshot(api: Api, request: Request) -> Answer:
    store = _administration(api, request)
    skip_recent = parameters.switch(await request.parameters(), "skip_head")

    def work() -> Answer:
        return envelope.success({"name": store.take_snapshot(skip_recent=skip_recent)})

    return await api.look_up(request, work)


def _administration(api: Api, request: Request) -> Administration:
    _require_enabled(api, request)
    if api.services.administration is None:
        raise StoreError("the store keeps nothing on a disk")
    return api.services.administration


def _require_enabled(api: Api, request: Request) -> None:
    if not api.services.access.admin_enabled:
        raise AdminDisabled("admin APIs disabled", hint="start with --web.enable-admin-api")
    require_admin(request.principal)


ROUTES = (
    Route(POST_PUT, "/api/v1/admin/tsdb/delete_series", delete_series),
    Route(POST_PUT, "/api/v1/admin/tsdb/clean_tombstones", clean_tombstones),
    Route(POST_PUT, "/api/v1/admin/tsdb/snapshot", snapshot),
)
