"""A server in memory for tests of the outside: the real application, engine and memory store; a plain ASGI caller."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import numpy as np

from vedette.api.app import App, build_app
from vedette.api.asgi import Message, Scope
from vedette.api.services import ConfigView, Readiness, RuntimeInfo, Services
from vedette.model.blocks import SampleBatch
from vedette.model.errors import NotFound
from vedette.model.labels import Labels
from vedette.ports.principal import ANONYMOUS, Principal
from vedette.ports.targets import DroppedTarget, RelabelStep, TargetStatus
from vedette.query.promql.engine import Engine
from vedette.store.memory import MemoryStore

NOW_MS = 1_700_000_000_000


def principal_of(tenant: str = ANONYMOUS) -> Principal:
    return Principal(tenant, "test")


class StoppedClock:
    now = NOW_MS

    def now_ms(self) -> int:
        return self.now

    def monotonic_s(self) -> float:
        return self.now / 1000

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


@dataclass
class ListedTargets:
    """The targets port over fixed lists."""

    listed: list[TargetStatus] = field(default_factory=list)
    left_out: list[DroppedTarget] = field(default_factory=list)

    def pools(self) -> Sequence[str]:
        return sorted({target.scrape_pool for target in self.listed})

    def active(self, pool: str = "") -> Sequence[TargetStatus]:
        return [target for target in self.listed if pool in ("", target.scrape_pool)]

    def dropped(self, pool: str = "") -> Sequence[DroppedTarget]:
        return [target for target in self.left_out if pool in ("", target.scrape_pool)]

    def dropped_counts(self) -> Mapping[str, int]:
        return {pool: sum(target.scrape_pool == pool for target in self.left_out) for pool in self.pools()}

    def relabel_steps(self, pool: str, discovered: Labels) -> Sequence[RelabelStep]:
        if pool not in self.pools():
            raise NotFound(f"no such pool: {pool}")
        return [RelabelStep({"action": "labeldrop", "regex": "__.*"}, Labels.of(job=pool), True)]


def services(**changes: Any) -> Services:
    store = changes.pop("store", None) or MemoryStore(windows=False)

    async def reload() -> None: ...

    base = Services(
        store=store,
        engine=Engine(store),
        targets=ListedTargets(),
        config=lambda: ConfigView("global: {}\n"),
        runtime=lambda: RuntimeInfo(NOW_MS, True, NOW_MS),
        readiness=lambda: Readiness.READY,
        reload=reload,
        quit=lambda: None,
        clock=StoppedClock(),
    )
    return replace(base, **changes)


def put(store: MemoryStore, samples: Mapping[str, Iterable[tuple[int, float]]], tenant: str = ANONYMOUS) -> None:
    """`samples`: `a=1,b=2` or a JSON object of labels -> (time in ms, value)."""
    for text, points in samples.items():
        pairs = json.loads(text) if text.startswith("{") else dict(pair.split("=") for pair in text.split(","))
        (ref,) = store.register(principal_of(tenant), [Labels.of(pairs)])
        listed = list(points)
        times_ms = np.array([time_ms for time_ms, _ in listed], np.int64)
        values = np.array([value for _, value in listed], np.float64)
        store.append(principal_of(tenant), SampleBatch(np.full(len(listed), ref, np.int64), times_ms, values))


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


class Caller:
    """Calls an application as a client on loopback would; `headers` are sent with every request."""

    def __init__(self, app: App, headers: Mapping[str, str] | None = None) -> None:
        self.app = app
        self.headers = {"host": "127.0.0.1:7567", **(headers or {})}

    def get(self, path: str, query: Any = (), **headers: str) -> Reply:
        return self.send("GET", path, query, b"", headers)

    def post(self, path: str, form: Any = (), query: Any = (), **headers: str) -> Reply:
        content_type = {"content-type": "application/x-www-form-urlencoded"}
        return self.send("POST", path, query, urlencode(form).encode(), {**content_type, **headers})

    def send(self, method: str, path: str, query: Any, body: bytes, headers: Mapping[str, str]) -> Reply:
        return asyncio.run(self.asend(method, path, query, body, headers))

    async def asend(
        self, method: str, path: str, query: Any = (), body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Reply:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        await self.app(self.scope(method, path, query, headers or {}), Body(body).receive, send)
        return reply_of(sent)

    def scope(self, method: str, path: str, query: Any, headers: Mapping[str, str]) -> Scope:
        named = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        text = query if isinstance(query, str) else urlencode(query)
        return {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": text.encode(),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in named.items() if value != ""],
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 7567),
            "scheme": "http",
            "state": {},
        }


class Body:
    """A request's body, then a connection that stays open."""

    def __init__(self, body: bytes) -> None:
        self._messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive(self) -> Message:
        if self._messages:
            return self._messages.pop(0)
        await asyncio.Event().wait()
        raise AssertionError("the connection stays open")


def reply_of(sent: list[Message]) -> Reply:
    start, *parts = sent
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return Reply(start["status"], headers, b"".join(part["body"] for part in parts))


def caller(headers: Mapping[str, str] | None = None, **changes: Any) -> Caller:
    return Caller(build_app(services(**changes)), headers)
