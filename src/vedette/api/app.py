"""The ASGI application: gate, route, endpoint, answer. `app` builds it from `Services` and gives it to `server`.

    scope -> Gate.admit -> Router.find -> endpoint -> Answer -> send_answer
                 |            |             |
                 +-- errors of model/errors.py become the reference's JSON under /api, plain text elsewhere

Other rooms' ASGI applications hang under `mounts` (path prefixes: node metrics), the page under everything
that has no route. They get the Principal in `scope["state"]["principal"]` and answer with the gate's headers.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable, Mapping
from typing import Final

from vedette.api import export
from vedette.api.alertmanager.unrouted import answer_unrouted
from vedette.api.answers import Answer, send_answer, text_answer
from vedette.api.asgi import ASGIApp, Headers, Message, Receive, Scope, Send
from vedette.api.bulk import BulkAnswers
from vedette.api.errors import prometheus_error, text_error
from vedette.api.native import cardinality, explaining
from vedette.api.openapi import YAML, describe_api
from vedette.api.prometheus import (
    administration,
    exemplars,
    exposition,
    features,
    federation,
    lifecycle,
    lookups,
    notifications,
    queries,
    remote_read,
    rules,
    searching,
    self_metrics,
    status,
    syntax,
    targets,
)
from vedette.api.request_metrics import observe_request
from vedette.api.requests import Request, decoded_path
from vedette.api.routing import GET, Api, Route, Router
from vedette.api.security import OPEN_PATHS, PAGE_HEADERS, Gate
from vedette.api.services import Readiness, Services
from vedette.api.workers import WorkerPool
from vedette.model.errors import NotFound, Unauthenticated, VedetteError
from vedette.model.quoting import quote
from vedette.model.telemetry import LIMIT_HITS
from vedette.ports.principal import ANONYMOUS, Principal

ROUTES: Final = (
    *queries.ROUTES,
    *lookups.ROUTES,
    *targets.ROUTES,
    *status.ROUTES,
    *features.ROUTES,
    *rules.ROUTES,
    *exemplars.ROUTES,
    *syntax.ROUTES,
    *federation.ROUTES,
    *remote_read.ROUTES,
    *export.ROUTES,
    *exposition.ROUTES,
    *administration.ROUTES,
    *lifecycle.ROUTES,
    *searching.ROUTES,
    *self_metrics.ROUTES,
    *notifications.ROUTES,
    *explaining.ROUTES,
    *cardinality.ROUTES,
)

_NOBODY: Final = Principal(ANONYMOUS, "")
_API: Final = "/api/"
_LOOKUPS_WAITING_MAX: Final = 1_000
_log: Final = logging.getLogger("vedette.api")


def build_app(
    services: Services,
    page: ASGIApp | None = None,
    mounts: Mapping[str, ASGIApp] | None = None,
    doors: Iterable[Route] = (),
) -> App:
    """`page` answers every path that nothing else does; `mounts` maps path prefixes (`/metrics/node`) to applications.

    `doors` are the routes of what takes samples in; they come from whoever made the receivers.
    """
    return App(services, page, mounts or {}, (*ROUTES, *doors))


class App:
    def __init__(
        self, services: Services, page: ASGIApp | None, mounts: Mapping[str, ASGIApp], routes: Iterable[Route]
    ) -> None:
        limits = services.query_limits
        self._services = services
        self._page = page
        self._mounts = dict(mounts)
        self._gate = Gate(services.access)
        self._router = Router((*routes, Route(GET, "/api/v1/openapi.yaml", self._describe_itself, needs_ready=False)))
        self._api = Api(
            services,
            queries=WorkerPool("queries", limits.concurrency_max, limits.queue_max),
            lookups=WorkerPool("lookups", services.http_limits.lookups_max, _LOOKUPS_WAITING_MAX),
            writes=WorkerPool("writes", os.cpu_count() or 1, services.receive_limits.requests_max),
            bulk=BulkAnswers(services.bulk_limits),
        )
        self._writers = WorkerPool("answers", os.cpu_count() or 1, _LOOKUPS_WAITING_MAX)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1003})

    def cancel_requests(self) -> None:
        """For a server that stops: callers of long queries get an answer that says so."""
        for pool in (self._api.queries, self._api.lookups, self._api.bulk):
            pool.cancel_all()

    def close(self) -> None:
        for pool in (self._api.queries, self._api.lookups, self._api.bulk, self._api.writes, self._writers):
            pool.close()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        started_at = time.perf_counter()
        path = self._local_path(scope)
        found = self._router.find(scope["method"], path)
        route, path_values = found if found is not None else (None, ())
        extra = self._gate.answer_headers(scope)
        try:
            if path in OPEN_PATHS:
                principal = _NOBODY
            else:
                principal = await self._gate.admit(scope, is_page=route.is_page if route else not path.startswith(_API))
            if route is None:
                delegate = self._delegate(path)
                if delegate is not None:
                    scope.setdefault("state", {})["principal"] = principal
                    await delegate(scope, receive, _with_headers(send, (*extra, *PAGE_HEADERS)))
                    return
                answer = self._answer_without_route(scope, path)
            else:
                request = Request(scope, receive, self._services.http_limits, principal)
                request.path_values = path_values
                answer = await self._answer(route, request)
        except VedetteError as error:
            answer = self._refuse(path, error)
        except Exception:  # noqa: BLE001 - this runs one request; whatever it died of, the others go on
            _log.exception("request failed", extra={"path": path})
            answer = self._refuse(path, VedetteError("internal error: see the server's log"))
        try:
            sent = await send_answer(answer, scope, send, extra, self._writers.executor)
        except TimeoutError:
            LIMIT_HITS.labels("answer_piece_timeout").inc()
            return  # the server closes a connection whose answer is not whole
        observe_request(route.path if route else "unknown", answer.status, time.perf_counter() - started_at, sent)

    async def _answer(self, route: Route, request: Request) -> Answer:
        if route.needs_ready and (readiness := self._services.readiness()) is not Readiness.READY:
            stopping = b"true" if readiness is Readiness.STOPPING else b"false"
            return text_answer("Service Unavailable", 503, ((b"x-prometheus-stopping", stopping),))
        return await route.endpoint(self._api, request)

    async def _describe_itself(self, api: Api, request: Request) -> Answer:
        """https://spec.openapis.org; 3.1 unless 3.2 is asked for, as the reference does it."""
        asked = (await request.parameters()).get("openapi_version")
        version = "3.2" if asked.startswith("3.2") else "3.1"

        def work() -> Answer:
            ours = self._services.build.vedette_version
            return Answer(describe_api(self._router.routes, self._mounts, version, ours), content_type=YAML)

        return await api.look_up(request, work)

    def _local_path(self, scope: Scope) -> str:
        """The path inside the route prefix; what lies outside it has no route."""
        path, prefix = decoded_path(scope), self._services.route_prefix
        if not prefix:
            return path
        return path[len(prefix) :] or "/" if path == prefix or path.startswith(prefix + "/") else ""

    def _delegate(self, path: str) -> ASGIApp | None:
        for prefix, mounted in self._mounts.items():
            if path == prefix or path.startswith(prefix + "/"):
                return mounted
        return None if path.startswith(_API) else self._page

    def _answer_without_route(self, scope: Scope, path: str) -> Answer:
        if scope["method"] == "OPTIONS" and path.startswith(_API):
            return Answer(status=204)
        methods = self._router.methods_of(path)
        if (answer := answer_unrouted(scope["method"], path, methods)) is not None:
            return answer
        if methods:
            return text_answer("Method Not Allowed\n", 405, ((b"allow", ", ".join(methods).encode()),))
        raise NotFound(f"no such path: {quote(path)}")

    @staticmethod
    def _refuse(path: str, error: VedetteError) -> Answer:
        answer = prometheus_error(error) if path.startswith(_API) else text_error(error)
        if isinstance(error, Unauthenticated):
            return Answer(answer.body, answer.status, answer.content_type, ((b"www-authenticate", b"Basic"),))
        return answer

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                self.close()
                return


def _with_headers(send: Send, extra: Headers) -> Send:
    async def send_with(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *extra]
        await send(message)

    return send_with
