"""HTTP/1.1 over kept-alive connections: the least that a scrape or a remote write needs, and nothing per request that can be kept.

    idle --request--> waiting for the head --> reading the body --complete--> idle
                         |                        `--closed early, too large, malformed--> closed, FetchFailed
                         `--closed before any byte, on a connection that had served before--> once more on a new one

Not aiohttp for the direct case: it took 0.6 ms of the event loop's thread per scrape of 1,000 samples, this takes 0.2, and
100,000 samples a second are a hundred scrapes. Proxies still go through aiohttp (`proxied.py`). Bodies come as they were
sent: see the Content-Encoding. Source: RFC 9112.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, cast

from yarl import URL

from vedette.model.errors import BodyTooLarge, VedetteError

HEAD_BYTES_MAX: Final = 64 << 10
IDLE_MAX: Final = 8
"""Idle connections kept to one origin: two jobs may scrape the same one, more are rare."""
_NO_BODY: Final = frozenset({204, 304})


class FetchFailed(VedetteError):
    """The request got no usable answer; the text says why, as the target page shows it. `reason` is the text without the URL.

    `status`: of an answer whose body broke off; 0: there was none.
    """

    code = "fetch_failed"

    def __init__(self, message: str, *, hint: str = "", reason: str = "", status: int = 0) -> None:
        super().__init__(message, hint=hint)
        self.reason = reason or message
        self.status = status


class AnswerTooLarge(BodyTooLarge):
    def __init__(self, status: int) -> None:
        super().__init__("body size limit exceeded")
        self.status = status


class TimedOut(FetchFailed):
    code = "timed_out"


class ConnectionLost(FetchFailed):
    """The peer closed before it answered a byte: on a connection that had idled, that is no failure of the target yet."""

    code = "connection_lost"


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of whom; the headers depend on the way it takes."""

    method: str
    url: URL
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """`headers` have lower-case names; of a header said twice the last is kept. `body` is as it came over the wire."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes


class Origin(NamedTuple):
    """Where to connect; a tuple, because every request looks it up. `tls` None: plain. `unix_socket`, where not empty, instead of host and port."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    server_name: str = ""
    unix_socket: str = ""


class Connections:
    """Idle connections by origin. Belongs to one event loop."""

    def __init__(self) -> None:
        self._idle: dict[Origin, list[_Connection]] = {}

    async def ask(self, origin: Origin, request: bytes, bytes_max: int, deadline_s: float) -> Response:
        """Sends `request`, a head with its blank line and the body. `deadline_s`: for all of it, by the loop's clock.

        Raises FetchFailed, AnswerTooLarge, TimeoutError, OSError.
        """
        connection = self._take_idle(origin)
        if connection is not None:
            try:
                return await self._exchange(origin, connection, request, bytes_max, deadline_s)
            except ConnectionLost:
                pass
        async with asyncio.timeout_at(deadline_s):
            connection = await _open(origin)
        return await self._exchange(origin, connection, request, bytes_max, deadline_s)

    async def _exchange(
        self, origin: Origin, connection: _Connection, request: bytes, bytes_max: int, deadline_s: float
    ) -> Response:
        try:
            response = await connection.exchange(request, bytes_max, deadline_s)
        except BaseException:
            connection.close()
            raise
        idle = self._idle.setdefault(origin, [])
        if connection.reusable and len(idle) < IDLE_MAX:
            idle.append(connection)
        else:
            connection.close()
        return response

    def _take_idle(self, origin: Origin) -> _Connection | None:
        idle = self._idle.get(origin)
        while idle:
            connection = idle.pop()
            if connection.reusable:
                return connection
        return None

    def close(self) -> None:
        for idle in self._idle.values():
            for connection in idle:
                connection.close()
        self._idle.clear()


async def _open(origin: Origin) -> _Connection:
    loop = asyncio.get_running_loop()
    name = (origin.server_name or origin.host) if origin.tls else None
    if origin.unix_socket:
        _, protocol = await loop.create_unix_connection(
            _Connection, origin.unix_socket, ssl=origin.tls, server_hostname=name
        )
    else:
        _, protocol = await loop.create_connection(
            _Connection, origin.host, origin.port, ssl=origin.tls, server_hostname=name
        )
    return protocol


class _Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self) -> None:
        self.reusable = True
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Response] | None = None
        self._reader: ResponseReader | None = None

    async def exchange(self, request: bytes, bytes_max: int, deadline_s: float) -> Response:
        """Not `asyncio.timeout` around it: that takes 25 us of a scrape, a timer of the loop 2."""
        assert self._transport is not None
        self._reader = ResponseReader(bytes_max)
        self._answer = self._loop.create_future()
        self._transport.write(request)
        timer = self._loop.call_at(deadline_s, self._expire)
        try:
            return await self._answer
        finally:
            timer.cancel()

    def _expire(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(TimeoutError())

    def close(self) -> None:
        self.reusable = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._reader is None or self._answer is None or self._answer.done():
            self.close()  # bytes that nobody asked for
            return
        try:
            response = self._reader.feed(data)
        except VedetteError as error:
            self._answer.set_exception(error)
            return
        if response is not None:
            self._finish(response)

    def connection_lost(self, error: Exception | None) -> None:
        self.reusable = False
        if self._reader is None or self._answer is None or self._answer.done():
            return
        response = self._reader.end()
        if response is not None:
            self._finish(response)
        elif self._reader.untouched:
            self._answer.set_exception(ConnectionLost(str(error or "EOF").lower()))
        else:
            message = str(error or "unexpected EOF").lower()
            self._answer.set_exception(FetchFailed(message, status=self._reader.status))

    def _finish(self, response: Response) -> None:
        assert self._reader is not None
        assert self._answer is not None
        self.reusable = self.reusable and self._reader.keeps_alive
        self._reader = None
        self._answer.set_result(response)


class ResponseReader:
    """Sans-IO: fed bytes until they make a response."""

    __slots__ = (
        "_body",
        "_bytes_max",
        "_chunked",
        "_head",
        "_headers",
        "_left",
        "_reason",
        "_size",
        "_status",
        "keeps_alive",
    )

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._head: bytes | None = b""
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._size = 0
        self._left = -1
        self._chunked: _ChunkedBody | None = None
        self._status = 0
        self._reason = ""
        self.keeps_alive = True

    @property
    def status(self) -> int:
        """0 before the head is whole."""
        return self._status if self._head is None else 0

    @property
    def untouched(self) -> bool:
        return self._head == b"" and self._status == 0

    def feed(self, data: bytes) -> Response | None:
        """The response once it is whole. Raises FetchFailed where it is malformed, AnswerTooLarge at the limit."""
        if self._head is not None:
            rest = self._feed_head(data)
            if rest is None:
                return None
            data = rest
        if self._chunked is not None:
            return self._feed_chunked(data)
        if data:
            self._take(data)
        if self._left >= 0 and self._size >= self._left:
            if self._size > self._left:
                self.keeps_alive = False
                self._body = [b"".join(self._body)[: self._left]]
            return self._response()
        return None

    def end(self) -> Response | None:
        """The connection closed: a body without a length is whole then."""
        if self._head is None and self._chunked is None and self._left < 0:
            return self._response()
        return None

    def _feed_head(self, data: bytes) -> bytes | None:
        """What follows the head, or None while it is not whole."""
        assert self._head is not None
        head = self._head + data if self._head else data
        end = head.find(b"\r\n\r\n")
        if end < 0:
            if len(head) > HEAD_BYTES_MAX:
                raise FetchFailed(f"response head exceeds {HEAD_BYTES_MAX} bytes")
            self._head = head
            return None
        self._parse_head(head[:end])
        rest = head[end + 4 :]
        if 100 <= self._status < 200:
            self._head = b""
            return self._feed_head(rest) if rest else None
        self._head = None
        self._choose_framing()
        return rest

    def _parse_head(self, head: bytes) -> None:
        first, *lines = head.decode("latin-1").split("\r\n")
        version, _, rest = first.partition(" ")
        code, _, self._reason = rest.partition(" ")
        if not version.startswith("HTTP/1.") or not (code.isascii() and code.isdigit() and len(code) == 3):
            raise FetchFailed(f'malformed HTTP response "{first[:100]}"')
        self._status = int(code)
        self._headers = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon or not name or name != name.strip():
                raise FetchFailed(f'malformed HTTP header "{line[:100]}"')
            self._headers[name.lower()] = value.strip()
        connection = self._headers.get("connection", "").lower()
        self.keeps_alive = "close" not in connection and (version != "HTTP/1.0" or "keep-alive" in connection)

    def _choose_framing(self) -> None:
        length = self._headers.get("content-length")
        if self._status in _NO_BODY:
            self._left = 0
        elif self._headers.get("transfer-encoding", "").lower() == "chunked":
            self._chunked = _ChunkedBody()
        elif length is not None:
            if not (length.isascii() and length.isdigit()):
                raise FetchFailed(f'bad Content-Length "{length[:100]}"')
            self._left = int(length)
            if self._left >= self._bytes_max:
                raise AnswerTooLarge(self._status)
        else:
            self.keeps_alive = False

    def _feed_chunked(self, data: bytes) -> Response | None:
        assert self._chunked is not None
        for piece in self._chunked.feed(data):
            self._take(piece)
        return self._response() if self._chunked.done else None

    def _take(self, piece: bytes) -> None:
        self._body.append(piece)
        self._size += len(piece)
        if self._size >= self._bytes_max:
            raise AnswerTooLarge(self._status)

    def _response(self) -> Response:
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        return Response(self._status, self._reason, self._headers, body)


class _ChunkedBody:
    """Transfer-Encoding: chunked. `done` once the last chunk and its trailer have come."""

    __slots__ = ("_left", "_pending", "_trailer", "done")

    def __init__(self) -> None:
        self._pending = b""
        self._left = 0
        self._trailer = False
        self.done = False

    def feed(self, data: bytes) -> list[bytes]:
        """The pieces of the body that `data` completes. Raises FetchFailed."""
        data = self._pending + data
        pieces: list[bytes] = []
        at = 0
        while not self.done and at < len(data):
            if self._left > 2:
                piece = data[at : at + self._left - 2]
                pieces.append(piece)
                at += len(piece)
                self._left -= len(piece)
                continue
            end = data.find(b"\n", at)
            if end < 0:
                if len(data) - at > HEAD_BYTES_MAX:
                    raise FetchFailed("malformed chunked encoding")
                break
            self._take_line(data[at:end].rstrip(b"\r"))
            at = end + 1
        self._pending = data[at:]
        return pieces

    def _take_line(self, line: bytes) -> None:
        """The line behind a chunk, a chunk's size, or a line of the trailer."""
        if self._trailer:
            self.done = not line
        elif self._left:
            if line:
                raise FetchFailed("malformed chunked encoding")
            self._left = 0
        else:
            try:
                size = int(line.split(b";", 1)[0].strip(), 16)
            except ValueError:
                raise FetchFailed(f"malformed chunk size {line[:50]!r}") from None
            if size < 0:
                raise FetchFailed(f"malformed chunk size {line[:50]!r}")
            self._trailer = size == 0
            self._left = size + 2 if size else 0
