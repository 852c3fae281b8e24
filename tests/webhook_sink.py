"""A webhook's server for tests: remembers each notification with the moment it came; may be told to be slow, or to refuse."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self

NEVER: Final = "0001-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Received:
    at_s: float
    """Of time.time()."""
    path: str
    message: dict[str, Any]


class WebhookSink:
    """`with WebhookSink() as sink:`; `answer(path)` runs before each is remembered: False drops it, an integer is the status."""

    def __init__(self, answer: Callable[[str], bool | int] | None = None) -> None:
        self.received: list[Received] = []
        self._answer = answer
        self._lock = threading.Lock()
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                self.send_response(sink.take(self.path, body))
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        class Server(ThreadingHTTPServer):
            request_queue_size = 512
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """A sender that gave up waiting is what some tests are about."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def take(self, path: str, body: bytes) -> int:
        at_s = time.time()
        verdict = self._answer(path) if self._answer else True
        if verdict is True:
            with self._lock:
                self.received.append(Received(at_s, path, json.loads(body)))
        return 200 if isinstance(verdict, bool) else verdict

    def messages(self) -> list[Received]:
        with self._lock:
            return list(self.received)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
