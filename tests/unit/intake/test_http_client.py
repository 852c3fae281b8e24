"""Authentication, TLS, proxies, sockets and tokens: what a target or a proxy sees of our request."""

from __future__ import annotations

import asyncio
import base64
import ssl
from pathlib import Path

import pytest
from aiohttp import web
from yarl import URL

from tests.unit.intake.certificates import make_certificate
from tests.unit.intake.scraping import Endpoint, config, scene, serve
from vedette.intake.config.http import NO_PROXY, ProxyConfig, ProxyUrl
from vedette.intake.http1 import FetchFailed, Response
from vedette.intake.http_client import HttpClient
from vedette.intake.proxies import bypasses, proxy_for


async def seen_headers(job: str, tmp: Path | None = None) -> dict[str, str]:
    async with scene(job) as stage:
        await stage.scrape()
        assert stage.error() == ""
        return dict(stage.endpoint.requests[0].headers)


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def test_each_way_to_authenticate_sends_its_header(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from file\n")
    cases = {
        "basic_auth: {username: me, password: pw}": basic("me", "pw"),
        f"basic_auth: {{username: me, password_file: {secret}}}": basic("me", "from file"),
        f"basic_auth: {{username_file: {secret}, password: pw}}": basic("from file", "pw"),
        "authorization: {credentials: abc}": "Bearer abc",
        "authorization: {type: Token, credentials: abc}": "Token abc",
        f"authorization: {{credentials_file: {secret}}}": "Bearer from file",
        "bearer_token: abc": "Bearer abc",
        f"bearer_token_file: {secret}": "Bearer from file",
    }
    for job, expected in cases.items():
        assert asyncio.run(seen_headers(job))["Authorization"] == expected


def test_configured_headers_are_sent(tmp_path: Path) -> None:
    (tmp_path / "h").write_text("c")
    job = f"http_headers: {{X-A: {{values: [a], secrets: [b], files: [{tmp_path}/h]}}}}"

    async def run() -> None:
        async with scene(job) as stage:
            await stage.scrape()
            assert stage.endpoint.requests[0].headers.getall("X-A") == ["a", "b", "c"]

    asyncio.run(run())


def test_a_secret_file_that_is_missing_is_named_and_fails_the_scrape() -> None:
    async def run() -> None:
        async with scene("bearer_token_file: /absent/token") as stage:
            await stage.scrape()
            assert "unable to read file /absent/token" in stage.error()

    asyncio.run(run())


def test_a_unix_socket_is_scraped(tmp_path: Path) -> None:
    path = f"{tmp_path}/s"
    job = f"static_configs: [{{targets: ['localhost'], labels: {{__unix_socket__: '{path}'}}}}]"

    async def run() -> None:
        async with scene(job, Endpoint("a 1\n"), unix_socket=path) as stage:
            await stage.scrape()
            assert stage.error() == ""
            assert list(stage.store.values("a")) == ['a{instance="localhost", job="x"}']

    asyncio.run(run())


def test_oauth2_fetches_one_token_and_uses_it_again() -> None:
    async def token(request: web.Request) -> web.Response:
        if "Authorization" in request.headers:
            return web.Response(status=401)
        form = await request.post()
        assert (form["grant_type"], form["client_id"], form["client_secret"]) == ("client_credentials", "id", "hush")
        assert (form["scope"], form["audience"]) == ("a b", "x")
        return web.json_response({"access_token": "tok", "token_type": "bearer", "expires_in": 3600})

    async def run() -> None:
        async with serve(Endpoint(handler=token)) as issuer:
            job = (
                "oauth2: {client_id: id, client_secret: hush, scopes: [a, b], endpoint_params: {audience: x}, "
                f"token_url: 'http://{issuer.address}/t'}}"
            )
            async with scene(job) as stage:
                await stage.scrape(2)
                assert [request.headers["Authorization"] for request in stage.endpoint.requests] == ["Bearer tok"] * 2
            assert len(issuer.requests) == 2

    asyncio.run(run())


def test_a_token_endpoint_that_refuses_fails_the_scrape() -> None:
    async def run() -> None:
        async with serve(Endpoint(status=500)) as issuer:
            job = f"oauth2: {{client_id: id, client_secret: hush, token_url: 'http://{issuer.address}/t'}}"
            async with scene(job) as stage:
                await stage.scrape()
                assert "oauth2: cannot fetch token: 500" in stage.error()
                assert "hush" not in stage.error()

    asyncio.run(run())


def test_a_proxy_gets_the_request() -> None:
    async def run() -> None:
        async with serve(Endpoint("a 1\n")) as proxy:
            job = f"proxy_url: http://{proxy.address}\nstatic_configs: [{{targets: ['target.invalid:80']}}]"
            async with scene(job) as stage:
                await stage.scrape()
                assert stage.error() == ""
            assert proxy.requests[0].headers["Host"] == "target.invalid"

    asyncio.run(run())


@pytest.mark.parametrize(
    ("no_proxy", "url", "bypassed"),
    [
        ("*", "http://a/", True),
        ("example.com", "http://example.com/", True),
        ("example.com", "http://a.example.com/", True),
        (".example.com", "http://example.com/", False),
        (".example.com", "http://a.example.com/", True),
        ("10.0.0.0/8, other", "http://10.1.2.3:9/", True),
        ("10.0.0.0/8", "http://host/", False),
        ("a:80", "http://a:81/", False),
        ("", "http://a/", False),
    ],
)
def test_no_proxy_names_hosts_domains_networks_and_ports(no_proxy: str, url: str, bypassed: bool) -> None:
    assert bypasses(no_proxy, URL(url)) is bypassed


def test_the_environment_s_proxy_is_taken_only_where_asked() -> None:
    environment = {"HTTP_PROXY": "http://p:1", "NO_PROXY": "quiet"}
    asked = ProxyConfig(proxy_from_environment=True)
    assert proxy_for(asked, URL("http://a/"), environment) == "http://p:1"
    assert proxy_for(asked, URL("http://quiet/"), environment) is None
    assert proxy_for(asked, URL("https://a/"), environment) is None
    assert proxy_for(NO_PROXY, URL("http://a/"), environment) is None
    assert repr(ProxyUrl("http://me:hush@p:1")) == "'http://me:xxxxx@p:1'"


async def fetch(job: str, url: str) -> Response:
    client = HttpClient(config(job, "a:1").jobs[0].http)
    try:
        return await client.get_prepared(client.prepare(URL(url), {}), timeout_s=5, bytes_max=1000)
    finally:
        await client.close()


def test_tls_verifies_the_certificate_by_file_and_inline_and_not_at_all(tmp_path: Path) -> None:
    cert, key = make_certificate(tmp_path, "localhost")
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(cert, key)
    inline = cert.read_text().replace("\n", "\\n")

    async def run() -> None:
        async with serve(Endpoint("a 1\n"), ssl=server) as target:
            url = f"https://localhost:{target.address.rpartition(':')[2]}/"
            with pytest.raises(FetchFailed, match="certificate"):
                await fetch("", url)
            for tls in (f"ca_file: {cert}", f'ca: "{inline}"', "insecure_skip_verify: true"):
                assert (await fetch(f"tls_config: {{{tls}}}", url)).status == 200
            with pytest.raises(FetchFailed):
                await fetch(f"tls_config: {{ca_file: {cert}, server_name: other}}", url)

    asyncio.run(run())


def test_a_client_certificate_is_shown_from_files_and_inline(tmp_path: Path) -> None:
    cert, key = make_certificate(tmp_path, "localhost")
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(cert))
    server.load_cert_chain(cert, key)
    server.verify_mode = ssl.CERT_REQUIRED
    inline_cert, inline_key = (path.read_text().replace("\n", "\\n") for path in (cert, key))

    async def run() -> None:
        async with serve(Endpoint("a 1\n"), ssl=server) as target:
            url = f"https://localhost:{target.address.rpartition(':')[2]}/"
            for own in (f"cert_file: {cert}, key_file: {key}", f'cert: "{inline_cert}", key: "{inline_key}"'):
                assert (await fetch(f"tls_config: {{ca_file: {cert}, {own}}}", url)).status == 200
            with pytest.raises(FetchFailed):
                await fetch(f"tls_config: {{ca_file: {cert}}}", url)

    asyncio.run(run())


def test_a_post_carries_its_body_over_kept_connections_and_redirects_that_keep_the_method() -> None:
    seen: list[tuple[str, bytes, str]] = []

    async def take(request: web.Request) -> web.Response:
        seen.append((request.path, await request.read(), request.headers.get("Authorization", "")))
        return web.Response(status=204)

    async def send_on(request: web.Request) -> web.Response:
        raise web.HTTPPermanentRedirect("/b") if request.path == "/a" else web.HTTPFound("/b")

    async def run() -> None:
        app = web.Application()
        app.router.add_post("/b", take)
        app.router.add_post("/a", send_on)
        app.router.add_post("/c", send_on)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        client = HttpClient(config("basic_auth: {username: me, password: pw}", f"127.0.0.1:{port}").jobs[0].http)

        async def post(path: str, body: bytes) -> int:
            url = URL(f"http://127.0.0.1:{port}{path}")
            return (await client.post(url, {"X-A": "b"}, body, timeout_s=5, bytes_max=1000)).status

        assert [await post("/b", b"one"), await post("/a", b"two"), await post("/c", b"three")] == [204, 204, 302]
        await client.close()
        await runner.cleanup()

    asyncio.run(run())
    assert seen == [("/b", b"one", basic("me", "pw")), ("/b", b"two", basic("me", "pw"))]
