"""What an endpoint returns, and how it goes out: whole, or piece by piece; compressed where that is worth the time.

A large answer is a list of pieces that worker threads render, a few ahead of what the caller has taken: memory stays
bounded by the pieces in flight, and the first bytes leave while the last are not written yet.
"""

from __future__ import annotations

import asyncio
import zlib
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from vedette.api.asgi import Headers, Scope, Send
from vedette.api.requests import header, is_loopback_caller

Buffer = bytes | memoryview
Piece = Callable[[], Buffer]

JSON: Final = b"application/json"
TEXT: Final = b"text/plain; charset=utf-8"

GZIP_LEVEL: Final = 1
"""Level 6 takes four times as long for a tenth less."""
GZIP_BYTES_MIN: Final = 1_400
"""What fits one packet gains nothing."""
GZIP_LOOPBACK_BYTES_MAX: Final = 1 << 20
"""A caller on this machine takes more bytes faster than we could compress them."""
INLINE_BYTES_MAX: Final = 32 << 10
"""Up to here compressing takes less than a turn to a worker thread."""
PIECES_AHEAD: Final = 2
PIECE_TIMEOUT_S: Final = 60.0
"""A caller that takes longer for a piece has stopped reading."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is whole, or pieces to be rendered in order by worker threads, or what comes in its own time (events)."""

    body: Buffer | Sequence[Piece] | AsyncIterator[bytes] = b""
    status: int = 200
    content_type: bytes = JSON
    headers: Headers = ()
    workers: Executor | None = None
    """Where the pieces are rendered; None: with those of all other answers."""
    on_sent: Callable[[], None] | None = None
    """Called once when the answer is out, or given up."""


def json_answer(value: Any, status: int = 200) -> Answer:
    return Answer(msgspec.json.encode(value), status)


def text_answer(text: str, status: int = 200, headers: Headers = ()) -> Answer:
    return Answer(text.encode(), status, TEXT, headers)


def redirect(location: str) -> Answer:
    return Answer(b"", 302, TEXT, ((b"location", location.encode("latin-1", "replace")),))


async def send_answer(answer: Answer, scope: Scope, send: Send, extra: Headers, workers: Executor) -> int:
    """Sends it and returns the bytes of the body. Raises TimeoutError when the caller stops reading. `extra` headers come from the gate; `workers` render and compress."""
    try:
        if isinstance(answer.body, bytes | memoryview):
            return await _send_whole(answer, answer.body, scope, send, extra, workers)
        if isinstance(answer.body, AsyncIterator):
            return await _send_stream(answer, answer.body, send, extra)
        return await _send_pieces(answer, answer.body, scope, send, extra, answer.workers or workers)
    finally:
        if answer.on_sent is not None:
            answer.on_sent()


async def _send_whole(answer: Answer, body: Buffer, scope: Scope, send: Send, extra: Headers, workers: Executor) -> int:
    encoding: Headers = ()
    if len(body) >= GZIP_BYTES_MIN and _takes_gzip(answer, scope, len(body)):
        if len(body) <= INLINE_BYTES_MAX:
            body = _gzip(body)
        else:
            body = await asyncio.get_running_loop().run_in_executor(workers, _gzip, body)
        encoding = _GZIP_HEADERS
    headers = [(b"content-type", answer.content_type), *answer.headers, *encoding, *extra]
    if answer.status not in (204, 304):
        headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
    return len(body)


async def _send_stream(answer: Answer, stream: AsyncIterator[bytes], send: Send, extra: Headers) -> int:
    """Never compressed: each part must reach the caller at once. The headers go out before the first part is there."""
    headers = [(b"content-type", answer.content_type), *answer.headers, *extra]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": True})
    size = 0
    async for part in stream:
        size += len(part)
        async with asyncio.timeout(PIECE_TIMEOUT_S):
            await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
    return size


async def _send_pieces(
    answer: Answer, pieces: Sequence[Piece], scope: Scope, send: Send, extra: Headers, workers: Executor
) -> int:
    compressor = None
    headers = [(b"content-type", answer.content_type), *answer.headers, *extra]
    if _takes_gzip(answer, scope, GZIP_LOOPBACK_BYTES_MAX + 1):
        compressor = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
        headers += _GZIP_HEADERS
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    loop = asyncio.get_running_loop()
    waiting = iter(pieces)
    ahead: deque[asyncio.Future[Buffer]] = deque()
    size = 0
    try:
        while True:
            while len(ahead) < PIECES_AHEAD and (piece := next(waiting, None)) is not None:
                ahead.append(loop.run_in_executor(workers, piece))
            if not ahead:
                break
            body = await ahead.popleft()
            if compressor is not None:
                body = await loop.run_in_executor(workers, compressor.compress, body)
            if not len(body):
                continue
            size += len(body)
            async with asyncio.timeout(PIECE_TIMEOUT_S):
                await send({"type": "http.response.body", "body": body, "more_body": True})
    finally:
        for future in ahead:
            future.cancel()
    rest = compressor.flush() if compressor is not None else b""
    await send({"type": "http.response.body", "body": rest})
    return size + len(rest)


_GZIP_WINDOW: Final = 31
_GZIP_HEADERS: Final[Headers] = ((b"content-encoding", b"gzip"), (b"vary", b"accept-encoding"))


def _gzip(body: Buffer) -> bytes:
    return zlib.compress(body, GZIP_LEVEL, _GZIP_WINDOW)


def _takes_gzip(answer: Answer, scope: Scope, size: int) -> bool:
    if not accepts_gzip(header(scope, b"accept-encoding")):
        return False
    if any(name == b"content-encoding" for name, _ in answer.headers):
        return False
    return size <= GZIP_LOOPBACK_BYTES_MAX or not is_loopback_caller(scope)


def accepts_gzip(accept_encoding: str) -> bool:
    for clause in accept_encoding.split(","):
        coding, _, quality = clause.partition(";")
        if coding.strip().lower() in ("gzip", "*") and quality.replace(" ", "") not in (
            "q=0",
            "q=0.0",
            "q=0.00",
            "q=0.000",
        ):
            return True
    return False
