"""A scrape target for tests: an HTTP server on a free loopback port whose answers a function writes."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final

TEXT: Final = "text/plain; version=0.0.4"
OPENMETRICS: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"

Answer = Callable[[BaseHTTPRequestHandler], None]


class PageServer:
    """Serves from its construction on; `close` or the end of `with` stops it. Each request has a thread."""

    def __init__(self, answer: Answer) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # who scrapes may hang up
                    answer(self)

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> PageServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def send_page(handler: BaseHTTPRequestHandler, body: bytes, content_type: str = TEXT, **headers: str) -> None:
    """Hyphens of a header's name are underscores here."""
    handler.send_response(200)
    handler.send_header("Content-Type", content_type)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)
