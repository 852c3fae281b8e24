"""Targets that mean harm, or are broken: each costs a failed scrape with a clear error, bounded memory and bounded time."""

from __future__ import annotations

import asyncio
import gzip
import random
import resource
import zlib
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web

from tests.unit.intake.scraping import Endpoint, Scene, scene
from vedette.intake.bodies import inflate
from vedette.model.errors import BodyTooLarge, MalformedPage

TEXT = {"Content-Type": "text/plain; version=0.0.4"}
GZIP = {**TEXT, "Content-Encoding": "gzip"}


def gzip_of_zeros(size: int) -> bytes:
    stream = zlib.compressobj(9, wbits=31)
    block = bytes(1 << 20)
    return b"".join(stream.compress(block) for _ in range(size >> 20)) + stream.flush()


@pytest.mark.parametrize("size", [1, 1 << 16])
def test_inflating_at_once_and_as_a_stream_give_the_same(size: int) -> None:
    plain = random.Random(size).randbytes(size // 2 + 1) + b"a" * (size // 2)
    packed = gzip.compress(plain)
    longer = packed[:-4] + (len(plain) + 1).to_bytes(4, "little")
    assert bytes(inflate(packed, "gzip", len(plain) + 1)) == plain
    assert bytes(inflate(packed + gzip.compress(b"more"), "gzip", 1 << 20)) == plain + b"more"
    assert bytes(inflate(packed + packed, "gzip", 1 << 20)) == plain + plain
    with pytest.raises(BodyTooLarge):
        inflate(packed, "gzip", len(plain))
    with pytest.raises(MalformedPage, match="incorrect length check"):
        inflate(longer, "gzip", 1 << 20)
    for end in range(0, len(packed), max(1, len(packed) // 100)):
        with pytest.raises(MalformedPage):
            inflate(packed[:end], "gzip", 1 << 20)


async def outcome(endpoint: Endpoint, job: str = "") -> str:
    async with scene(job, endpoint) as stage:
        await stage.scrape()
        assert list(stage.store.values("up").values()) == [[0.0]]
        return stage.error()


def test_a_gzip_bomb_ends_at_the_limit() -> None:
    bomb = gzip_of_zeros(64 << 20) * 16
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    error = asyncio.run(outcome(Endpoint(bomb, headers=GZIP), "body_size_limit: 32MB"))
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert error == "body size limit exceeded"
    assert grown_mb < 150


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (gzip_of_zeros(1 << 20)[:-20], "gzip: unexpected EOF"),
        (b"not gzip at all", "gzip: incorrect header check"),
        (b"", "gzip: EOF"),
    ],
)
def test_a_broken_gzip_stream_is_an_error(body: bytes, error: str) -> None:
    async def run() -> None:
        async with scene(endpoint=Endpoint(body, headers=GZIP)) as stage:
            await stage.scrape()
            assert stage.error() == error

    asyncio.run(run())


def test_a_line_of_100_mb_is_refused() -> None:
    line = b'a{b="' + b"c" * (100 << 20) + b'"} 1\n'
    assert "line_bytes_max" in asyncio.run(outcome(Endpoint(line, headers=TEXT)))


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({"Content-Type": "text/html"}, 'received unsupported Content-Type "text/html"'),
        ({"Content-Type": "application/json"}, 'received unsupported Content-Type "application/json"'),
        ({"Content-Type": ""}, "non-compliant scrape target sending blank Content-Type"),
    ],
)
def test_a_wrong_content_type_is_refused_unless_a_fallback_is_named(headers: dict[str, str], error: str) -> None:
    assert asyncio.run(outcome(Endpoint("a 1\n", headers=headers))).startswith(error)

    async def run() -> None:
        async with scene("fallback_scrape_protocol: PrometheusText0.0.4", Endpoint("a 1\n", headers=headers)) as stage:
            await stage.scrape()
            assert stage.error() == ""

    asyncio.run(run())


@pytest.mark.parametrize("body", [b'a{b="\xff\xfe"} 1\n', b"\xff\xfe 1\n", b"a \xff\n"])
def test_malformed_utf8_fails_the_scrape(body: bytes) -> None:
    assert asyncio.run(outcome(Endpoint(body, headers=TEXT))) != ""


@pytest.mark.parametrize("status", [204, 301, 404, 500, 503])
def test_any_status_but_200_is_an_error(status: int) -> None:
    error = asyncio.run(outcome(Endpoint("a 1\n", status=status)))
    assert str(status) in error


def test_a_redirect_loop_ends() -> None:
    async def handler(request: web.Request) -> web.Response:
        raise web.HTTPFound("/again")

    assert "stopped after 10 redirects" in asyncio.run(outcome(Endpoint(handler=handler)))


def test_redirects_are_followed_only_where_allowed() -> None:
    async def handler(request: web.Request) -> web.Response:
        if request.path == "/metrics":
            raise web.HTTPTemporaryRedirect("/other")
        return web.Response(text="a 1\n")

    async def run() -> None:
        async with scene(endpoint=Endpoint(handler=handler)) as stage:
            await stage.scrape()
            assert stage.error() == ""

    asyncio.run(run())
    assert "307" in asyncio.run(outcome(Endpoint(handler=handler), "follow_redirects: false"))


def test_credentials_do_not_follow_a_redirect_to_another_origin() -> None:
    seen: list[str | None] = []

    async def other(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization"))
        seen.append(request.headers.get("X-Key"))
        return web.Response(text="a 1\n")

    async def run() -> None:
        async with scene(endpoint=Endpoint(handler=other)) as elsewhere:

            async def handler(request: web.Request) -> web.Response:
                assert request.headers["X-Key"] == "hush"
                raise web.HTTPFound(f"http://{elsewhere.endpoint.address}/metrics")

            job = "bearer_token: hush\nhttp_headers: {X-Key: {secrets: [hush]}}"
            async with scene(job, Endpoint(handler=handler)) as stage:
                await stage.scrape()
                assert stage.error() == ""
        assert seen == [None, None]

    asyncio.run(run())


async def drip(request: web.Request, next_byte: Callable[[], AsyncIterator[None]]) -> web.StreamResponse:
    response = web.StreamResponse(headers=TEXT)
    await response.prepare(request)
    async for _ in next_byte():
        await response.write(b"a")
    return response


def test_a_target_that_sends_one_byte_at_a_time_is_cut_by_the_timeout() -> None:
    async def bytes_without_end() -> AsyncIterator[None]:
        for _ in range(10_000):
            yield
            await asyncio.sleep(0.01)

    async def handler(request: web.Request) -> web.StreamResponse:
        try:
            return await drip(request, bytes_without_end)
        except (ConnectionResetError, asyncio.CancelledError):
            return web.Response()

    error = asyncio.run(outcome(Endpoint(handler=handler), "scrape_timeout: 100ms"))
    assert error.endswith("context deadline exceeded")


def test_a_body_that_breaks_off_is_an_error() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={**TEXT, "Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"a 1\n")
        assert request.transport is not None
        request.transport.close()
        return response

    assert asyncio.run(outcome(Endpoint(handler=handler))) != ""


def test_a_target_that_refuses_connections_is_down() -> None:
    async def run() -> str:
        async with scene("static_configs: [{targets: ['127.0.0.1:1']}]") as stage:
            await stage.scrape()
            return stage.error()

    assert "connect" in asyncio.run(run())


def test_one_target_s_defect_does_not_end_its_loop() -> None:
    async def run() -> None:
        async with scene() as stage:
            (loop,) = stage.manager._pools["x"].loops.values()
            scrape = loop.scraper.scrape

            async def broken(time_ms: int) -> None:
                raise ZeroDivisionError

            loop.scraper.scrape = broken  # type: ignore[method-assign]
            await stage.clock.turn(15)
            loop.scraper.scrape = scrape  # type: ignore[method-assign]
            await scraped(stage)

    asyncio.run(run())


async def scraped(stage: Scene) -> None:
    await stage.scrape()
    assert list(stage.store.values("up").values()) == [[1.0]]


@pytest.mark.parametrize(
    "address",
    ["a:b:c", "[::1", "a b", "a:99999", ":9", "a\\nb", "\\u2026..x", "user:pw@", "?", "#", "%zz", "a.." * 100],
)
def test_an_address_that_makes_no_url_is_that_target_s_error(address: str) -> None:
    job = f'static_configs: [{{targets: ["{address}"]}}, {{targets: [ADDRESS]}}]'

    async def run() -> None:
        async with scene(job) as stage:
            wanted = stage.store.appends + 2
            await stage.clock.turn(15)
            await stage.store.appended(wanted)
            await stage.at_rest()
            assert sorted(status.health for status in stage.manager.targets.active()) == ["down", "up"]

    asyncio.run(run())


def test_a_job_s_defect_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        async with scene() as stage:

            async def broken(groups: object) -> None:
                raise ZeroDivisionError

            monkeypatch.setattr(stage.manager._pools["x"], "sync", broken)
            await stage.apply("static_configs: [{targets: [ADDRESS, other]}]")
            monkeypatch.undo()
            await stage.scrape()

    asyncio.run(run())
