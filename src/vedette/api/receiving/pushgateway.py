"""The Pushgateway's paths: pushing and deleting groups, their page, its two JSON answers and the wipe.

    PUT, POST, DELETE /metrics/job[@base64]/NAME[/LABEL[@base64]/VALUE]...    PUT /api/v1/admin/wipe (admin API)
    GET /metrics/push   the page     GET /api/v1/metrics   GET /api/v1/status

The last two are the Pushgateway's own paths: Prometheus has nothing there. Errors are plain text, as the reference's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from vedette.api.answers import Answer, text_answer
from vedette.api.errors import AdminDisabled, kind_of
from vedette.api.principals import require_admin
from vedette.api.prometheus.envelope import success
from vedette.api.prometheus.targets import format_time
from vedette.api.requests import Request
from vedette.api.routing import DELETE, GET, POST_PUT, PUT, Api, Route
from vedette.intake.receiving.pushgateway.gateway import PushGateway
from vedette.intake.receiving.pushgateway.grouping import group_labels
from vedette.intake.receiving.pushgateway.rendering import render_json
from vedette.model.errors import VedetteError

PAGE_PATH: Final = "/metrics/push"
_PAGE_TYPE: Final = b"text/plain; version=0.0.4; charset=utf-8"
_VERSION: Final = "1.11.3"

Work = Callable[[Api, Request, dict[str, str]], Awaitable[Answer]]


def routes(gateway: PushGateway) -> tuple[Route, ...]:
    async def push(api: Api, request: Request, labels: dict[str, str]) -> Answer:
        body = await request.body(api.services.receive_limits.body_bytes_max)
        headers = request.header(b"content-type"), request.header(b"content-encoding")
        replace_all = request.method == "PUT"
        await api.writes.run(
            request,
            api.new_deadline(),
            lambda: gateway.push(request.principal, labels, body, headers, replace_all=replace_all),
        )
        return text_answer("")

    async def delete(api: Api, request: Request, labels: dict[str, str]) -> Answer:
        await api.writes.run(request, api.new_deadline(), lambda: gateway.delete(request.principal, labels))
        return text_answer("", 202)

    async def wipe(api: Api, request: Request) -> Answer:
        if not api.services.access.admin_enabled:
            raise AdminDisabled("admin APIs disabled", hint="start with --web.enable-admin-api")
        require_admin(request.principal)
        await api.writes.run(request, api.new_deadline(), lambda: gateway.wipe(request.principal))
        return text_answer("", 202)

    async def page(api: Api, request: Request) -> Answer:
        return await api.look_up(
            request, lambda: Answer(gateway.page(request.principal.tenant), content_type=_PAGE_TYPE)
        )

    async def metrics(api: Api, request: Request) -> Answer:
        return await api.look_up(request, lambda: success(render_json(gateway.groups(request.principal.tenant))))

    return (
        *_group_routes(POST_PUT, push),
        *_group_routes(DELETE, delete),
        Route(PUT, "/api/v1/admin/wipe", wipe),
        Route(GET, PAGE_PATH, page),
        Route(GET, "/api/v1/metrics", metrics),
        Route(GET, "/api/v1/status", _status),
    )


def _group_routes(methods: frozenset[str], work: Work) -> tuple[Route, ...]:
    def endpoint(job_is_base64: bool) -> Callable[[Api, Request], Awaitable[Answer]]:
        async def answer(api: Api, request: Request) -> Answer:
            try:
                labels = group_labels(request.path_values[0], job_is_base64=job_is_base64)
                return await work(api, request, labels)
            except VedetteError as error:
                return text_answer(f"{error}\n", kind_of(error).status)

        return answer

    return (
        Route(methods, "/metrics/job/**", endpoint(False)),
        Route(methods, "/metrics/job@base64/**", endpoint(True)),
    )


async def _status(api: Api, request: Request) -> Answer:
    started_ms = api.services.runtime().start_time_ms
    build = api.services.build
    return success(
        {
            "flags": dict(api.services.flags),
            "start_time": format_time(started_ms),
            "build_information": {
                "version": _VERSION,
                "revision": build.revision,
                "branch": build.branch,
                "buildUser": build.build_user,
                "buildDate": build.build_date,
                "application": "Vedette",
            },
        }
    )
