"""Who is let in: Host, cross-site signs, passwords, what is off unless enabled, and what listens where."""

from __future__ import annotations

import base64
from typing import Any

import bcrypt
import pytest

from tests.unit.api.outside import Caller, caller
from vedette.api.passwords import Passwords
from vedette.api.principals import Tenancy, Tenants
from vedette.api.security import Access, check_listen_address, host_name
from vedette.api.services import ConfigView, Readiness
from vedette.model.errors import ConfigError
from vedette.model.limits import HttpLimits

HASHES = {"ada": bcrypt.hashpw(b"right", bcrypt.gensalt(4)).decode()}
QUERY = {"query": "1"}


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("localhost:7567", 200),
        ("LOCALHOST.:7567", 200),
        ("127.0.0.1:7567", 200),
        ("127.9.9.9", 200),
        ("[::1]:7567", 200),
        ("", 200),
        ("metrics.example:7567", 200),
        ("evil.example", 403),
        ("evil.example:7567", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("192.0.2.1:7567", 403),
        ("[::2]:7567", 403),
        ("localhost:7567:80", 403),
    ],
)
def test_only_known_hosts_are_served(host: str, status: int) -> None:
    client = caller(access=Access(allowed_hosts=frozenset({"metrics.example"})))
    reply = client.get("/api/v1/query", QUERY, host=host)
    assert reply.status == status, reply.text
    if status == 403:
        assert reply.json["error"].startswith("host is not allowed: ")
        assert "--allowed-host" in reply.json["hint"]


CROSS_SITE = [
    ({}, 200),
    ({"origin": "http://127.0.0.1:7567"}, 200),
    ({"sec_fetch_site": "same-origin"}, 200),
    ({"sec_fetch_site": "none"}, 200),
    ({"origin": "http://127.0.0.1:3000"}, 403),
    ({"origin": "http://evil.example"}, 403),
    ({"origin": "http://evil.example:7567"}, 403),
    ({"origin": "null"}, 403),
    ({"origin": "http://127.0.0.1:7567.evil.example"}, 403),
    ({"sec_fetch_site": "cross-site"}, 403),
    ({"sec_fetch_site": "same-site"}, 403),
    ({"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}, 403),
    ({"sec_fetch_site": "Cross-Site"}, 403),
]


@pytest.mark.parametrize(("headers", "status"), CROSS_SITE)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_a_browser_sends_for_another_site_is_refused(method: str, headers: dict[str, str], status: int) -> None:
    client = caller()
    assert client.send(method, "/api/v1/query", QUERY, b"", headers).status == status
    if method == "POST":
        assert client.send("POST", "/-/reload", "", b"", headers).status == status


def test_a_link_from_another_site_may_open_a_page_but_not_the_api() -> None:
    client = caller()
    link = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
    assert client.get("/graph", "g0.expr=up", **link).headers["location"] == "/query?g0.expr=up"
    assert client.get("/graph", "", **{**link, "sec_fetch_dest": "iframe"}).status == 403
    assert client.get("/api/v1/labels", "", **link).status == 403


def test_there_is_no_cors_unless_an_origin_is_allowed() -> None:
    page = {"origin": "https://grafana.example", "sec_fetch_site": "cross-site"}
    assert caller().get("/api/v1/query", QUERY, **page).status == 403
    client = caller(access=Access(cors_origin="https://(grafana|other)[.]example"))
    allowed = client.get("/api/v1/query", QUERY, **page)
    assert (allowed.status, allowed.headers["access-control-allow-origin"]) == (200, "https://grafana.example")
    preflight = client.send("OPTIONS", "/api/v1/query", "", b"", page)
    assert (preflight.status, preflight.headers["access-control-allow-methods"]) == (204, "GET, POST, OPTIONS")
    refused = client.get("/api/v1/query", QUERY, origin="https://grafana.example.evil")
    assert (refused.status, "access-control-allow-origin" in refused.headers) == (403, False)
    assert "access-control-allow-origin" not in client.get("/api/v1/query", QUERY).headers


def test_users_must_log_in_and_health_checks_need_not() -> None:
    client = caller(access=Access(passwords=Passwords(HASHES)))
    for headers in ({}, {"authorization": "Bearer x"}, {"authorization": "Basic !"}, {"authorization": basic("ada", "wrong")},
                    {"authorization": basic("eve", "right")}, {"authorization": basic("ada", "right" * 40)}):  # fmt: skip
        reply = client.get("/api/v1/query", QUERY, **headers)
        assert (reply.status, reply.headers.get("www-authenticate")) == (401, "Basic")
        assert client.get("/metrics", "", **headers).status == 401
        assert client.get("/nowhere", "", **headers).status == 401
    assert client.get("/api/v1/query", QUERY, authorization=basic("ada", "right")).status == 200
    for path in ("/-/healthy", "/-/ready"):
        assert client.get(path, "", host="10.1.2.3:7567", sec_fetch_site="cross-site").status == 200


def test_a_password_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    checks: list[bytes] = []

    def check(password: bytes, stored: bytes) -> bool:
        checks.append(password)
        return bcrypt.checkpw(password, stored)

    monkeypatch.setattr("vedette.api.passwords.check_password", check)
    client = caller(access=Access(passwords=Passwords(HASHES)))
    for _ in range(3):
        assert client.get("/version", "", authorization=basic("ada", "right")).status == 200
        assert client.get("/version", "", authorization=basic("ada", "wrong")).status == 401
    assert checks == [b"right", b"wrong", b"wrong", b"wrong"]


def test_a_reload_is_for_this_machine_unless_the_life_cycle_is_enabled() -> None:
    reloads: list[int] = []

    async def reload() -> None:
        reloads.append(1)

    client = caller(reload=reload)
    assert client.send("POST", "/-/reload", "", b"", {}).status == 200
    assert client.send("PUT", "/-/reload", "", b"", {}).status == 200
    forwarded = client.send("POST", "/-/reload", "", b"", {"x-forwarded-for": "192.0.2.7"})
    assert (forwarded.status, forwarded.text) == (403, "Lifecycle API is not enabled.")
    assert len(reloads) == 2
    enabled = caller(reload=reload, access=Access(lifecycle_enabled=True))
    assert enabled.send("POST", "/-/reload", "", b"", {"x-forwarded-for": "192.0.2.7"}).status == 200
    assert (client.get("/-/reload").status, client.get("/-/reload").headers["allow"]) == (405, "POST, PUT")


def test_a_bad_configuration_is_told_and_not_taken() -> None:
    async def reload() -> None:
        raise ConfigError("field jobs not found", file="prometheus.yml", line=3, key="jobs")

    reply = caller(reload=reload).send("POST", "/-/reload", "", b"", {})
    assert reply.status == 500
    assert reply.text == "failed to reload config: prometheus.yml:3: jobs: field jobs not found\n"


def test_quit_and_deleting_are_off_unless_enabled() -> None:
    quits: list[int] = []
    client = caller(quit=lambda: quits.append(1))
    assert client.send("POST", "/-/quit", "", b"", {}).status == 403
    delete = "/api/v1/admin/tsdb/delete_series"
    disabled = client.send("POST", delete, {"match[]": "up"}, b"", {})
    assert (disabled.status, disabled.json["errorType"], disabled.json["error"]) == (
        500,
        "unavailable",
        "admin APIs disabled",
    )
    enabled = caller(quit=lambda: quits.append(1), access=Access(lifecycle_enabled=True, admin_enabled=True))
    assert enabled.send("POST", delete, {"match[]": "up"}, b"", {}).status == 204
    assert enabled.send("PUT", delete, "", b"", {}).json["error"] == "no match[] parameter provided"
    assert quits == []
    assert enabled.send("POST", "/-/quit", "", b"", {}).text == "Requesting termination... Goodbye!"
    assert quits == [1]


def test_a_user_of_one_tenant_is_no_operator() -> None:
    tenants = Tenants({"ada": Tenancy("team-a")})
    access = Access(Passwords(HASHES), tenants, lifecycle_enabled=True, admin_enabled=True)
    client = caller({"authorization": basic("ada", "right")}, access=access)
    for path in ("/-/reload", "/-/quit", "/api/v1/admin/tsdb/delete_series"):
        assert client.send("POST", path, {"match[]": "up"}, b"", {}).status == 403


def test_every_answer_carries_security_headers_and_the_configured_ones() -> None:
    client = caller(access=Access(headers={"Strict-Transport-Security": "max-age=1", "X-Frame-Options": "SAMEORIGIN"}))
    for path in ("/api/v1/labels", "/-/healthy", "/nowhere", "/api/v1/nowhere"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "SAMEORIGIN"
        assert headers["strict-transport-security"] == "max-age=1"


def test_until_the_server_is_ready_only_what_needs_no_data_answers() -> None:
    starting = caller(readiness=lambda: Readiness.STARTING)
    for path in ("/api/v1/query", "/federate", "/-/ready", "/api/v1/labels"):
        reply = starting.get(path, QUERY)
        assert (reply.status, reply.headers["x-prometheus-stopping"]) == (503, "false")
    assert starting.get("/-/healthy").status == 200
    assert starting.get("/metrics").status == 200
    assert caller(readiness=lambda: Readiness.STOPPING).get("/-/ready").headers["x-prometheus-stopping"] == "true"


def test_a_body_over_the_limit_is_refused() -> None:
    client = caller(http_limits=HttpLimits(query_bytes_max=100))
    assert client.post("/api/v1/query", {"query": "1" * 90}).status == 200
    assert client.post("/api/v1/query", {"query": "1" * 200}).status == 413


@pytest.mark.parametrize(
    ("address", "has_tls", "has_users", "allowed"),
    [
        ("127.0.0.1:7567", False, False, True),
        ("localhost:7567", False, False, True),
        ("[::1]:7567", False, False, True),
        ("0.0.0.0:7567", True, True, True),
        ("0.0.0.0:7567", True, False, False),
        ("0.0.0.0:7567", False, True, False),
        (":7567", False, False, False),
        ("[::]:7567", False, False, False),
        ("192.0.2.1:7567", False, False, False),
        ("example.org:7567", False, False, False),
    ],
)
def test_a_public_address_needs_tls_and_users(address: str, has_tls: bool, has_users: bool, allowed: bool) -> None:
    if allowed:
        check_listen_address(address, has_tls=has_tls, has_users=has_users)
        return
    with pytest.raises(ConfigError) as refused:
        check_listen_address(address, has_tls=has_tls, has_users=has_users)
    assert "--web-config" in refused.value.hint


@pytest.mark.parametrize(
    ("host", "name"),
    [("a:1", "a"), ("A.", "a"), ("[::1]:1", "::1"), ("[::1]", "::1"), ("::1", "::1"), (":80", ""), ("a:b", "a:b")],
)
def test_a_host_is_read_without_its_port(host: str, name: str) -> None:
    assert host_name(host) == name


def test_secrets_are_never_in_what_the_status_shows() -> None:
    client = caller(
        access=Access(passwords=Passwords(HASHES)), config=lambda: ConfigView("basic_auth: {password: <secret>}\n")
    )
    shown: list[Any] = []
    for path in ("config", "flags", "runtimeinfo", "buildinfo", "tsdb"):
        reply = client.get(f"/api/v1/status/{path}", "", authorization=basic("ada", "right"))
        assert reply.status == 200
        shown.append(reply.text)
    text = "".join(shown)
    assert "<secret>" in text
    assert HASHES["ada"] not in text
    assert "right" not in text


def test_a_route_prefix_moves_everything() -> None:
    client = caller(route_prefix="/prom", external_path="/prom")
    assert client.get("/prom/api/v1/labels").status == 200
    assert client.get("/prom/-/healthy").status == 200
    assert client.get("/api/v1/labels").status == 404
    assert client.get("/prometheus/api/v1/labels").status == 404
    assert client.get("/prom/graph", "g0.expr=up").headers["location"] == "/prom/query?g0.expr=up"


def test_a_wrong_method_is_told_the_right_ones() -> None:
    reply = Caller(caller().app).send("DELETE", "/api/v1/series", "", b"", {})
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD, POST")


def test_a_wrong_method_of_a_path_with_a_variable_part_is_told_too() -> None:
    outside = Caller(caller().app)
    reply = outside.send("POST", "/api/v1/label/job/values", "", b"", {})
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD")
    assert outside.send("POST", "/api/v1/label/a/b/values", "", b"", {}).status == 404
    assert outside.send("POST", "/api/v1/label//values", "", b"", {}).status == 404
