"""`/-/*`, `/version` and the old graph's address. Health answers anybody; reload and quit ask who and from where."""

from __future__ import annotations

from vedette.api.answers import Answer, json_answer, redirect, text_answer
from vedette.api.principals import require_admin
from vedette.api.prometheus.status import describe_build
from vedette.api.requests import Request, is_loopback_caller
from vedette.api.routing import GET, POST_PUT, Api, Route
from vedette.model.errors import ConfigError


async def healthy(api: Api, request: Request) -> Answer:
    return text_answer("Vedette is Healthy.\n")


async def ready(api: Api, request: Request) -> Answer:
    return text_answer("Vedette is Ready.\n")


async def reload(api: Api, request: Request) -> Answer:
    """Always there for callers on this machine; for others behind the flag (DESIGN 6)."""
    if not api.services.access.lifecycle_enabled and not is_loopback_caller(request.scope):
        return _disabled()
    require_admin(request.principal)
    try:
        await api.services.reload()
    except ConfigError as error:
        return text_answer(f"failed to reload config: {error}\n", 500)
    return text_answer("")


async def quit_server(api: Api, request: Request) -> Answer:
    if not api.services.access.lifecycle_enabled:
        return _disabled()
    require_admin(request.principal)
    api.services.quit()
    return text_answer("Requesting termination... Goodbye!")


def _disabled() -> Answer:
    return text_answer("Lifecycle API is not enabled.", 403)


async def must_post(api: Api, request: Request) -> Answer:
    return text_answer("Only POST or PUT requests allowed", 405, ((b"allow", b"POST, PUT"),))


async def version(api: Api, request: Request) -> Answer:
    return json_answer(describe_build(api.services.build))


async def graph(api: Api, request: Request) -> Answer:
    query = request.scope["query_string"].decode("latin-1")
    return redirect(f"{api.services.external_path}/query?{query}")


ROUTES = (
    Route(GET, "/-/healthy", healthy, needs_ready=False),
    Route(GET, "/-/ready", ready),
    Route(POST_PUT, "/-/reload", reload, needs_ready=False),
    Route(POST_PUT, "/-/quit", quit_server, needs_ready=False),
    Route(GET, "/-/reload", must_post, needs_ready=False),
    Route(GET, "/-/quit", must_post, needs_ready=False),
    Route(GET, "/version", version, needs_ready=False),
    Route(GET, "/graph", graph, is_page=True, needs_ready=False),
)
