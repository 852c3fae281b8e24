"""The server over real sockets: it starts, answers, keeps connections, cuts slow ones off and stops when told."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.unit.api.outside import NOW_MS, services
from tests.unit.api.test_queries import WaitingEngine, large_store
from vedette.api.app import build_app
from vedette.api.asgi import ASGIApp
from vedette.api.server import HttpServer
from vedette.model.limits import HttpLimits


@asynccontextmanager
async def serving(
    app: ASGIApp, limits: HttpLimits | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = HttpServer(app, [listener], limits or HttpLimits(), tls)
        running = asyncio.ensure_future(server.serve())
        await asyncio.wait_for(server.started(), 5)
        try:
            yield listener.getsockname()[1]
        finally:
            server.stop()
            await asyncio.wait_for(running, 5)


def request(target: str, *, close: bool = False) -> bytes:
    connection = "Connection: close\r\n" if close else ""
    return f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n{connection}\r\n".encode()


async def exchange(port: int, raw: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw)
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return answer


def test_requests_share_a_connection_and_large_answers_are_chunked() -> None:
    start, end = NOW_MS // 1000 - 999, NOW_MS // 1000
    large = f"/api/v1/query_range?query=wide&start={start}&end={end}&step=1"

    async def ask() -> bytes:
        async with serving(build_app(services(store=large_store()))) as port:
            return await exchange(port, request("/api/v1/query?query=1") + request(large, close=True))

    small, _, rest = asyncio.run(ask()).partition(b"HTTP/1.1 200 OK\r\n")[2].partition(b"HTTP/1.1 200 OK\r\n")
    assert b'"resultType":"scalar"' in small
    head, _, chunked = rest.partition(b"\r\n\r\n")
    assert b"transfer-encoding: chunked" in head
    assert len(json.loads(unchunk(chunked))["data"]["result"]) == 60


def unchunk(body: bytes) -> bytes:
    joined = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        joined, body = joined + body[: int(size, 16)], body[int(size, 16) + 2 :]
    return joined


def test_a_connection_that_brings_no_head_in_time_is_closed() -> None:
    async def dawdle() -> bytes:
        async with serving(build_app(services()), HttpLimits(header_timeout_s=0.05)) as port:
            return await exchange(port, b"GET /-/healthy HTTP/1.1\r\nHost:")

    assert asyncio.run(dawdle()) == b""


def test_a_head_that_is_too_large_is_refused() -> None:
    async def ask(count: int) -> bytes:
        async with serving(build_app(services()), HttpLimits(header_bytes_max=1000)) as port:
            return await exchange(
                port, request("/-/healthy", close=True).replace(b"\r\n\r\n", b"\r\nX: y" * count) + b"\r\n\r\n"
            )

    assert asyncio.run(ask(100)).startswith(b"HTTP/1.1 200")
    assert asyncio.run(ask(1000)).startswith(b"HTTP/1.1 400")


def test_a_connection_over_the_limit_is_closed_at_once() -> None:
    async def crowd() -> tuple[bytes, bytes]:
        async with serving(build_app(services()), HttpLimits(connections_max=1)) as port:
            _, first = await asyncio.open_connection("127.0.0.1", port)
            refused = await exchange(port, b"")
            first.close()
            await first.wait_closed()
            served = b""
            while not served:
                served = await exchange(port, request("/-/healthy", close=True))
            return refused, served

    refused, served = asyncio.run(crowd())
    assert (refused, b"200 OK" in served) == (b"", True)


def test_a_client_that_hangs_up_stops_its_query() -> None:
    engine = WaitingEngine()

    async def hang_up() -> bool:
        async with serving(build_app(services(engine=engine))) as port:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request("/api/v1/query?query=up"))
            await asyncio.to_thread(engine.begun.acquire)
            writer.close()
            return await asyncio.to_thread(engine.canceled.wait, 5)

    assert asyncio.run(hang_up())


def test_a_malformed_request_is_refused_and_the_server_lives_on() -> None:
    async def ask() -> tuple[bytes, bytes]:
        async with serving(build_app(services())) as port:
            return await exchange(port, b"\x16\x03\x01junk\r\n\r\n"), await exchange(
                port, request("/-/healthy", close=True)
            )

    bad, good = asyncio.run(ask())
    assert bad.startswith(b"HTTP/1.1 400")
    assert good.startswith(b"HTTP/1.1 200")
