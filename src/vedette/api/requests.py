"""One HTTP request as endpoints see it: path, parameters, headers, body, who asks, and whether the caller is still there.

Parameters are Go's `r.Form`: those of a form body first, then those of the URL, so that a POST may carry long queries.
Everything is read on demand: a small query parses one query string and nothing else.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from typing import Final
from urllib.parse import unquote_to_bytes

from vedette.api.asgi import Receive, Scope
from vedette.model.errors import BadInput, BodyTooLarge, QueryCanceled, QueryTimeout
from vedette.model.limits import HttpLimits
from vedette.model.telemetry import LIMIT_HITS
from vedette.ports.principal import Principal

_FORM: Final = b"application/x-www-form-urlencoded"
_FORM_METHODS: Final = frozenset({"POST", "PUT", "PATCH"})
PARAMETERS_MAX: Final = 10_000
_INLINE_BYTES_MAX: Final = 16 << 10
"""Longer forms take over a millisecond to read, and are read in a thread."""
_BROKEN_ESCAPE: Final = re.compile(rb"%(?![0-9a-fA-F]{2})")


class Parameters:
    """Names with their values in the order they were given."""

    __slots__ = ("_pairs",)

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs

    def get(self, name: str) -> str:
        """The first value, or the empty string."""
        for key, value in self._pairs:
            if key == name:
                return value
        return ""

    def all(self, name: str) -> list[str]:
        return [value for key, value in self._pairs if key == name]


class Request:
    __slots__ = ("_body", "_receive", "limits", "path_values", "principal", "scope")

    def __init__(self, scope: Scope, receive: Receive, limits: HttpLimits, principal: Principal) -> None:
        self.scope = scope
        self._receive = receive
        self._body: bytes | None = None
        self.limits = limits
        self.principal = principal
        self.path_values: tuple[str, ...] = ()

    @property
    def method(self) -> str:
        return str(self.scope["method"])

    @property
    def encoded_path(self) -> str:
        """As it was asked for: an escaped slash is none."""
        return str(self.scope.get("raw_path") or b"", "latin-1") or str(self.scope["path"])

    def header(self, name: bytes) -> str:
        return header(self.scope, name)

    async def parameters(self) -> Parameters:
        """Raises BadInput for too many of them, BodyTooLarge for a form over `query_bytes_max`."""
        pairs = _parse(self.scope["query_string"])
        if self.method in _FORM_METHODS and self.header(b"content-type").partition(";")[0].strip().encode() == _FORM:
            body = await self.body(self.limits.query_bytes_max)
            inline = len(body) <= _INLINE_BYTES_MAX
            pairs = (_parse(body) if inline else await asyncio.to_thread(_parse, body)) + pairs
        return Parameters(pairs)

    async def body(self, bytes_max: int) -> bytes:
        """The whole body. Raises BodyTooLarge, QueryTimeout when the caller sends too slowly, QueryCanceled when it left."""
        if self._body is None:
            try:
                async with asyncio.timeout(self.limits.body_timeout_s):
                    self._body = await self._read(bytes_max)
            except TimeoutError:
                raise QueryTimeout(f"the request's body took longer than {self.limits.body_timeout_s} s") from None
        return self._body

    async def _read(self, bytes_max: int) -> bytes:
        if int(self.header(b"content-length") or 0) > bytes_max:
            raise _too_large(bytes_max)
        parts: list[bytes] = []
        size, more = 0, True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise QueryCanceled("the caller closed the connection")
            part = message.get("body", b"")
            size += len(part)
            if size > bytes_max:
                raise _too_large(bytes_max)
            parts.append(part)
            more = message.get("more_body", False)
        return b"".join(parts)

    async def stream(self) -> AsyncIterator[bytes]:
        """The body's parts as they arrive, for bodies that are never held whole. Raises as `body`, but for the size."""
        more = True
        while more:
            try:
                async with asyncio.timeout(self.limits.body_timeout_s):
                    message = await self._receive()
            except TimeoutError:
                raise QueryTimeout(f"no part of the body came for {self.limits.body_timeout_s} s") from None
            if message["type"] == "http.disconnect":
                raise QueryCanceled("the caller closed the connection")
            yield message.get("body", b"")
            more = message.get("more_body", False)

    async def disconnected(self) -> None:
        """Returns once the caller has closed the connection."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def until_disconnected(self, stream: AsyncGenerator[bytes]) -> AsyncIterator[bytes]:
        """What the stream gives, until it ends or the caller has gone."""
        watcher = asyncio.ensure_future(self.disconnected())
        try:
            while True:
                part = asyncio.ensure_future(anext(stream, None))
                await asyncio.wait((part, watcher), return_when=asyncio.FIRST_COMPLETED)
                if not part.done():
                    part.cancel()
                    with suppress(asyncio.CancelledError):
                        await part
                    return
                if (found := part.result()) is None:
                    return
                yield found
        finally:
            watcher.cancel()
            await stream.aclose()


def header(scope: Scope, name: bytes) -> str:
    """The first value of a header (lower-case name), or the empty string."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value, "latin-1")
    return ""


def decoded_path(scope: Scope) -> str:
    """The path with its escapes undone; bytes that are not UTF-8 become surrogate escapes, not replacement characters."""
    raw = scope.get("raw_path") or b""
    if b"%" not in raw:
        return str(scope["path"])
    return unquote_to_bytes(raw).decode(errors="surrogateescape")


def is_loopback_caller(scope: Scope) -> bool:
    """The connection comes from this machine, and not from a proxy on it that speaks for somebody else."""
    client = scope.get("client")
    forwarded = header(scope, b"x-forwarded-for") or header(scope, b"forwarded")
    return client is not None and (client[0].startswith("127.") or client[0] == "::1") and not forwarded


def _parse(text: bytes) -> list[tuple[str, str]]:
    """As Go's url.ParseQuery: a pair with a semicolon or a broken escape is left out, the others count."""
    if not text:
        return []
    pairs = text.split(b"&")
    if len(pairs) > PARAMETERS_MAX:
        raise BadInput(f"error parsing form values: more than {PARAMETERS_MAX} parameters")
    found = []
    for pair in pairs:
        if pair and b";" not in pair and not _BROKEN_ESCAPE.search(pair):
            name, _, value = pair.partition(b"=")
            found.append((_unescape(name), _unescape(value)))
    return found


def _unescape(text: bytes) -> str:
    if b"+" in text:
        text = text.replace(b"+", b" ")
    return (unquote_to_bytes(text) if b"%" in text else text).decode(errors="replace")


def _too_large(bytes_max: int) -> BodyTooLarge:
    LIMIT_HITS.labels("body_bytes_max").inc()
    return BodyTooLarge(f"http: request body too large: limit is {bytes_max} bytes")
