"""uvicorn (httptools, uvloop) around an application: given sockets, TLS, limits of slow clients, a graceful stop.

It prints nothing, installs no signal handlers and opens no sockets: `app` does all three. Besides uvicorn's own limits a
connection must bring the head of its first request within `header_timeout_s` and `header_bytes_max`, and there are at most `connections_max`.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from asyncio import AbstractEventLoop, Transport
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from vedette.api.asgi import ASGIApp
from vedette.model.limits import HttpLimits
from vedette.model.telemetry import LIMIT_HITS, gauge

KEEP_ALIVE_S: Final = 75
STOP_S: Final = 10
"""Requests that still run this long after `stop` are cut off."""
BACKLOG: Final = 1_024
TICK_S: Final = 1.0

_CONNECTIONS: Final = gauge("vedette_http_connections", "Open HTTP connections.")


class HttpServer:
    """`serve` runs until `stop`; `started` is set once every socket accepts."""

    def __init__(
        self, app: ASGIApp, sockets: Sequence[socket.socket], limits: HttpLimits, tls: ssl.SSLContext | None = None
    ) -> None:
        config = uvicorn.Config(
            app,
            http=_protocol_within(limits),
            loop="none",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=STOP_S,
            proxy_headers=False,
        )
        config.load()
        config.ssl = tls
        self._server = _QuietServer(config)
        self._sockets = list(sockets)

    async def serve(self) -> None:
        await self._server.serve(self._sockets)

    async def started(self) -> None:
        await self._server.ready.wait()

    def stop(self) -> None:
        self._server.stop()


class _QuietServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        self.should_exit = True
        self._stopping.set()

    async def main_loop(self) -> None:
        """Once a second, for the Date header. uvicorn's own wakes ten times a second to look whether it should stop."""
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), TICK_S)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the process' business."""
        yield

    def _log_started_message(self, listeners: Sequence[socket.SocketType]) -> None:
        """The command line says where we listen."""


def _protocol_within(limits: HttpLimits) -> type[HttpToolsProtocol]:
    class GuardedProtocol(HttpToolsProtocol):
        """Closes a connection over the limit at once, and one that brings no request head in time, or a huge one."""

        _head_timer: asyncio.TimerHandle | None = None
        _header_bytes = 0

        def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            _CONNECTIONS.set(len(self.connections))
            if len(self.connections) > limits.connections_max:
                LIMIT_HITS.labels("connections_max").inc()
                transport.close()
                return
            self._head_timer = self.loop.call_later(limits.header_timeout_s, transport.close)

        def on_header(self, name: bytes, value: bytes) -> None:
            self._header_bytes += len(name) + len(value)
            if self._header_bytes > limits.header_bytes_max:
                LIMIT_HITS.labels("header_bytes_max").inc()
                raise ValueError("header too large")  # the parser stops, and answers 400
            super().on_header(name, value)

        def on_headers_complete(self) -> None:
            self._stop_timer()
            super().on_headers_complete()

        def on_message_begin(self) -> None:
            super().on_message_begin()
            self._header_bytes = 0
            if self._head_timer is None:
                self._head_timer = self.loop.call_later(limits.header_timeout_s, self.transport.close)

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_timer()
            super().connection_lost(exc)
            _CONNECTIONS.set(len(self.connections))

        def _stop_timer(self) -> None:
            if self._head_timer is not None:
                self._head_timer.cancel()
                self._head_timer = None

    return GuardedProtocol


def new_event_loop() -> AbstractEventLoop:
    """uvloop where the platform has it (everywhere we test)."""
    import uvloop

    loop: Any = uvloop.new_event_loop()
    assert isinstance(loop, AbstractEventLoop)
    return loop
