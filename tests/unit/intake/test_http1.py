"""Our HTTP/1.1: responses fed whole, byte by byte, truncated and mutated; connections that are used again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.intake.bodies import inflate
from vedette.intake.http1 import HEAD_BYTES_MAX, Connections, FetchFailed, Origin, Response, ResponseReader
from vedette.model.errors import BodyTooLarge, VedetteError

LENGTH = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: a\r\n\r\n"
CLOSED = b"HTTP/1.1 200 OK\r\n\r\nhello"
CONTINUED = b"HTTP/1.1 100 Continue\r\n\r\n" + LENGTH
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"


def read(data: bytes, piece: int, bytes_max: int = 1000) -> Response | None:
    reader = ResponseReader(bytes_max)
    for at in range(0, len(data), piece):
        response = reader.feed(data[at : at + piece])
        if response is not None:
            return response
    return reader.end()


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(
    ("data", "status", "body"),
    [
        (LENGTH, 200, b"hello"),
        (CHUNKED, 200, b"hello"),
        (CLOSED, 200, b"hello"),
        (CONTINUED, 200, b"hello"),
        (EMPTY, 204, b""),
    ],
)
def test_a_response_is_the_same_however_it_is_cut(data: bytes, status: int, body: bytes, piece: int) -> None:
    response = read(data, piece)
    assert response is not None
    assert (response.status, response.body) == (status, body)


@pytest.mark.parametrize("data", [LENGTH, CHUNKED])
def test_a_truncated_response_is_never_whole(data: bytes) -> None:
    for end in range(len(data)):
        assert read(data[:end], 1000) is None


@pytest.mark.parametrize(
    ("data", "keeps"),
    [
        (LENGTH, True),
        (CLOSED, False),
        (LENGTH.replace(b"HTTP/1.1", b"HTTP/1.0"), False),
        (LENGTH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), False),
        (LENGTH + b"more", False),
    ],
)
def test_only_a_response_that_says_so_keeps_its_connection(data: bytes, keeps: bool) -> None:
    reader = ResponseReader(1000)
    response = reader.feed(data) or reader.end()
    assert response is not None
    assert (response.body, reader.keeps_alive) == (b"hello", keeps)


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * (HEAD_BYTES_MAX + 1),
    ],
)
def test_a_malformed_response_is_an_error(data: bytes) -> None:
    with pytest.raises(FetchFailed):
        read(data, 1000)


@pytest.mark.parametrize("data", [LENGTH, CHUNKED, CLOSED])
@pytest.mark.parametrize("piece", [1, 1000])
def test_a_body_at_the_limit_is_refused(data: bytes, piece: int) -> None:
    with pytest.raises(BodyTooLarge):
        read(data, piece, bytes_max=5)
    assert read(data, piece, bytes_max=6) is not None


@given(st.sampled_from([LENGTH, CHUNKED, CONTINUED]), st.integers(0, 200), st.binary(max_size=4), st.integers(1, 50))
def test_mutated_responses_end_in_a_response_an_error_or_a_wait(data: bytes, at: int, put: bytes, piece: int) -> None:
    with contextlib.suppress(VedetteError):
        read(data[:at] + put + data[at + 1 :], piece)


@given(st.binary(max_size=200), st.integers(1, 50))
def test_noise_ends_in_a_response_an_error_or_a_wait(data: bytes, piece: int) -> None:
    with contextlib.suppress(VedetteError):
        read(data, piece)
    with contextlib.suppress(VedetteError):
        inflate(data, "gzip", 1000)


Answer = Callable[[asyncio.StreamWriter, int], None]


class Peer:
    """Answers each request on each connection as told; counts connections."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.connections = 0
        self.origin = Origin("127.0.0.1", 0)
        self.tasks: set[asyncio.Task[None] | None] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.tasks.add(asyncio.current_task())
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                self.answer(writer, self.connections)
                await writer.drain()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@contextlib.asynccontextmanager
async def peer(answer: Answer) -> AsyncIterator[tuple[Peer, Connections]]:
    served = Peer(answer)
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    served.origin = Origin("127.0.0.1", server.sockets[0].getsockname()[1])
    connections = Connections()
    try:
        yield served, connections
    finally:
        connections.close()
        server.close()
        await asyncio.gather(*(task for task in served.tasks if task))


REQUEST = b"GET / HTTP/1.1\r\n\r\n"


async def ask(served: Peer, connections: Connections, timeout_s: float = 5.0) -> Response:
    return await connections.ask(served.origin, REQUEST, 1000, asyncio.get_running_loop().time() + timeout_s)


def test_a_connection_is_used_again() -> None:
    async def run() -> None:
        async with peer(lambda writer, _: writer.write(LENGTH)) as (served, connections):
            for _ in range(3):
                assert (await ask(served, connections)).body == b"hello"
            assert served.connections == 1
            await asyncio.gather(*(ask(served, connections) for _ in range(2)))
            assert served.connections == 2

    asyncio.run(run())


def test_a_kept_connection_that_the_peer_has_closed_is_replaced_unseen() -> None:
    def answer(writer: asyncio.StreamWriter, connection: int) -> None:
        if connection == 1 and getattr(answer, "served", False):
            writer.close()
            return
        answer.served = True  # type: ignore[attr-defined]
        writer.write(LENGTH)

    async def run() -> None:
        async with peer(answer) as (served, connections):
            for _ in range(2):
                assert (await ask(served, connections)).body == b"hello"
            assert served.connections == 2

    asyncio.run(run())


def test_a_new_connection_that_closes_without_an_answer_is_an_error() -> None:
    async def run() -> None:
        async with peer(lambda writer, _: writer.close()) as (served, connections):
            with pytest.raises(FetchFailed, match=r"EOF|eof"):
                await ask(served, connections)

    asyncio.run(run())


def test_bytes_that_nobody_asked_for_close_the_connection() -> None:
    async def run() -> None:
        async with peer(lambda writer, _: writer.write(LENGTH + b"junk")) as (served, connections):
            for _ in range(2):
                assert (await ask(served, connections)).body == b"hello"
            assert served.connections == 2

    asyncio.run(run())


def test_a_cancelled_request_does_not_give_its_connection_back() -> None:
    async def run() -> None:
        async with peer(lambda writer, connection: writer.write(LENGTH if connection > 1 else b"HTTP")) as (
            served,
            connections,
        ):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await ask(served, connections)
            assert (await ask(served, connections)).body == b"hello"

    asyncio.run(run())


def test_an_answer_that_is_not_whole_in_time_is_an_error_and_its_connection_is_not_used_again() -> None:
    async def run() -> None:
        async with peer(lambda writer, connection: writer.write(LENGTH if connection != 1 else b"HTTP")) as (
            served,
            connections,
        ):
            with pytest.raises(TimeoutError):
                await ask(served, connections, 0.05)
            assert (await ask(served, connections)).body == b"hello"
            assert served.connections == 2

    asyncio.run(run())
