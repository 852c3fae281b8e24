"""The HTTP API over a memory store on a free port of this process, for real clients."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from vedette.api.app import build_app
from vedette.api.asgi import Receive, Scope, Send
from vedette.api.server import HttpServer, new_event_loop
from vedette.api.services import Services
from vedette.model.limits import HttpLimits

_START_SECONDS_MAX = 10.0


@contextmanager
def serving(services: Services) -> Iterator[str]:
    """The server's URL, without a slash at the end. Where the built page would be there is a line of text."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        loop = new_event_loop()
        server = HttpServer(build_app(services, _page), [listener], HttpLimits())
        accepting = threading.Event()

        async def serve() -> None:
            running = asyncio.ensure_future(server.serve())
            await server.started()
            accepting.set()
            await running

        thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
        thread.start()
        try:
            assert accepting.wait(_START_SECONDS_MAX), "the server did not start"
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            loop.call_soon_threadsafe(server.stop)
            thread.join()
            loop.close()


async def _page(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": b"page"})
