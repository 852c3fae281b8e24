"""A small ASGI application for pages of metrics: the agent's whole surface, and the socket over which we scrape ourselves.

It needs no engine, no compiler and no columns, so that the agent stays light (DESIGN section 2).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from prometheus_client.exposition import generate_latest

from vedette.api.answers import Answer, send_answer, text_answer
from vedette.api.asgi import Receive, Scope, Send
from vedette.api.errors import text_error
from vedette.api.security import OPEN_PATHS, Gate
from vedette.model.errors import NotFound, VedetteError
from vedette.model.telemetry import REGISTRY

TEXT = b"text/plain; version=0.0.4; charset=utf-8"


def own_metrics() -> bytes:
    return generate_latest(REGISTRY)


class MetricsPages:
    """`pages` maps a path to what makes its body; that runs in a worker thread. No gate: the socket file is the gate."""

    def __init__(self, pages: Mapping[str, Callable[[], bytes]], gate: Gate | None = None) -> None:
        self._pages = pages
        self._gate = gate
        self._workers = ThreadPoolExecutor(1, thread_name_prefix="metrics-pages")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        extra = self._gate.answer_headers(scope) if self._gate else ()
        await send_answer(await self._answer(scope), scope, send, extra, self._workers)

    async def _answer(self, scope: Scope) -> Answer:
        path = scope["path"]
        if path in OPEN_PATHS:
            return text_answer("Vedette is healthy.\n" if path.endswith("healthy") else "Vedette is ready.\n")
        try:
            if self._gate:
                await self._gate.admit(scope, is_page=False)
            page = self._pages.get(path)
            if page is None:
                raise NotFound(f"no such page: {path}", hint=f"known are: {', '.join(self._pages)}")
            return Answer(await asyncio.get_running_loop().run_in_executor(self._workers, page), 200, TEXT)
        except VedetteError as error:
            return text_error(error)
