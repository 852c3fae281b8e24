"""Which endpoint answers a method and a path: one dictionary look-up, and a short list of paths with one variable part.

An endpoint is `async (api, request) -> Answer` and raises errors of model/errors.py. Starlette's router is not used: it
tries a regular expression per route and makes request and response objects of its own, 11 to 28 us a request where this
takes 9 with the gate and the answer (docs/adr/0011), and the gate, errors and answers would be ours all the same.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final

from vedette.api.answers import Answer
from vedette.api.bulk import BulkAnswers
from vedette.api.requests import Request
from vedette.api.services import Services
from vedette.api.workers import WorkerPool
from vedette.ports.scan import Deadline


@dataclass(frozen=True, slots=True)
class Api:
    """What every endpoint has at hand. `queries` evaluates; `lookups` reads the store's indexes; `writes` takes in samples."""

    services: Services
    queries: WorkerPool
    lookups: WorkerPool
    writes: WorkerPool
    bulk: BulkAnswers

    async def look_up(self, request: Request, work: Callable[[], Answer]) -> Answer:
        """Runs `work` among the look-ups, within the time of a query. Raises as WorkerPool.run."""
        return await self.lookups.run(request, self.new_deadline(), work)

    def new_deadline(self) -> Deadline:
        return Deadline(self.services.query_limits.timeout_ms / 1000)


Endpoint = Callable[[Api, Request], Awaitable[Answer]]

GET = frozenset({"GET", "HEAD"})
POST = frozenset({"POST"})
PUT = frozenset({"PUT"})
DELETE = frozenset({"DELETE"})
GET_POST = GET | {"POST"}
POST_PUT = frozenset({"POST", "PUT"})
OPTIONS = frozenset({"OPTIONS"})
REST: Final = "*"
"""What stands behind the star of a path that ends with two."""


@dataclass(frozen=True, slots=True)
class Route:
    """`path` may hold one `*`, which stands for a part without slashes, or end with `**`, which stands for any rest.

    `is_page`: a link from another site may lead here.

    `needs_ready`: answers 503 until the server is ready, as the reference does.
    """

    methods: frozenset[str]
    path: str
    endpoint: Endpoint
    is_page: bool = False
    needs_ready: bool = True


class Router:
    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self._exact: dict[tuple[str, str], Route] = {}
        self._open: list[tuple[str, str, Route]] = []
        self._methods: dict[str, set[str]] = {}
        for route in self.routes:
            prefix, star, suffix = route.path.partition("*")
            if star:
                self._open.append((prefix, suffix, route))
                continue
            for method in route.methods:
                self._exact[method, route.path] = route
            self._methods.setdefault(route.path, set()).update(route.methods)

    def find(self, method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
        route = self._exact.get((method, path))
        if route is not None:
            return route, ()
        for prefix, suffix, candidate in self._open:
            if method in candidate.methods and (value := _open_part(path, prefix, suffix)) is not None:
                return candidate, (value,)
        return None

    def methods_of(self, path: str) -> list[str]:
        """What the path may be asked with; empty for a path unknown."""
        methods = set(self._methods.get(path, ()))
        for prefix, suffix, route in self._open:
            if _open_part(path, prefix, suffix) is not None:
                methods |= route.methods
        return sorted(methods)


def _open_part(path: str, prefix: str, suffix: str) -> str | None:
    """What stands for the star; None where the path is another."""
    if not path.startswith(prefix):
        return None
    if suffix == REST:
        return path[len(prefix) :]
    middle = path[len(prefix) : len(path) - len(suffix)]
    return middle if middle and path.endswith(suffix) and "/" not in middle else None
