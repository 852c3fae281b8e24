"""Two tenants, every endpoint: one never sees a word of the other's."""

from __future__ import annotations

import base64

import bcrypt
import pytest

from tests.unit.api.outside import NOW_MS, Caller, ListedTargets, caller, principal_of, put
from vedette.api.app import ROUTES
from vedette.api.passwords import Passwords
from vedette.api.principals import Tenancy, Tenants
from vedette.api.security import Access
from vedette.api.services import ConfigView
from vedette.model.blocks import MetricMetadata
from vedette.model.labels import Labels
from vedette.ports.principal import ANONYMOUS
from vedette.ports.targets import DroppedTarget, TargetStatus
from vedette.store.memory import MemoryStore

TENANTS = ("alpha", "beta", ANONYMOUS)


def mark(tenant: str) -> str:
    """A text in everything that belongs to a tenant."""
    return f"only_{tenant}"


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    store = MemoryStore(windows=False)
    for tenant in TENANTS:
        word = mark(tenant)
        put(store, {f"__name__=m_{word},l_{word}=v_{word},shared=x": [(NOW_MS, 1.0)]}, tenant)
        store.put_metadata(principal_of(tenant), [MetricMetadata(f"m_{word}", "gauge", f"help {word}", "")])
    return store


@pytest.fixture(scope="module")
def client(store: MemoryStore) -> Caller:
    word = mark(ANONYMOUS)
    target = TargetStatus(
        word,
        Labels.of(d=word),
        Labels.of(job=word),
        f"http://{word}",
        f"http://{word}",
        "up",
        word,
        0,
        0.0,
        "1m",
        "10s",
    )
    targets = ListedTargets([target], [DroppedTarget(word, Labels.of(d=word))])
    return caller(
        store=store,
        targets=targets,
        config=lambda: ConfigView(f"scrape_configs: [{word}]\n", {"cluster": "shared"}),
        flags={"config.file": f"{word}.yml"},
    )


PARAMETERS = {
    "query": '{__name__=~".+"}',
    "match[]": '{shared="x"}',
    "start": str(NOW_MS // 1000 - 60),
    "end": str(NOW_MS // 1000),
    "step": "30",
    "scrapePool": mark(ANONYMOUS),
    "labels": '{"a":"b"}',
}
"""Enough for every endpoint to answer with all that the caller may see."""

READABLE = sorted({route.path for route in ROUTES if "GET" in route.methods})


@pytest.mark.parametrize("path", READABLE)
@pytest.mark.parametrize("tenant", ["alpha", "beta"])
def test_no_endpoint_shows_another_tenants_words(client: Caller, path: str, tenant: str) -> None:
    others = [mark(other) for other in TENANTS if other != tenant]
    paths = (
        [path.replace("*", name) for name in ("__name__", "shared", f"l_{mark('alpha')}")] if "*" in path else [path]
    )
    asked = {name: value for name, value in PARAMETERS.items() if path != "/graph"}
    for one in paths:
        reply = client.get(one, asked, x_scope_orgid=tenant)
        shown = reply.text.replace(f'scrape pool \\"{PARAMETERS["scrapePool"]}\\"', "the pool as asked for")
        assert not [word for word in others if word in shown], (one, reply.text)


@pytest.mark.parametrize(
    "path",
    [
        *("/api/v1/query", "/api/v1/query_range", "/api/v1/labels", "/api/v1/label/__name__/values", "/api/v1/series"),
        *("/api/v1/metadata", "/api/v1/status/tsdb", "/federate"),
    ],
)
@pytest.mark.parametrize("tenant", TENANTS)
def test_every_tenant_sees_its_own(client: Caller, path: str, tenant: str) -> None:
    reply = client.get(path, PARAMETERS, x_scope_orgid=tenant)
    assert reply.status == 200, reply.text
    assert mark(tenant) in reply.text


def test_the_default_tenant_sees_targets_and_configuration(client: Caller) -> None:
    for path in ("targets", "scrape_pools", "targets/relabel_steps", "status/config", "status/flags"):
        reply = client.get(f"/api/v1/{path}", PARAMETERS)
        assert (reply.status, mark(ANONYMOUS) in reply.text) == (200, True), reply.text


def test_deleting_touches_one_tenant_only(store: MemoryStore) -> None:
    own = MemoryStore(windows=False)
    for tenant in ("alpha", "beta"):
        put(own, {"__name__=up": [(NOW_MS, 1.0)]}, tenant)
    client = caller(store=own, access=Access(admin_enabled=True))
    selector = {"match[]": "up"}
    assert (
        client.send("POST", "/api/v1/admin/tsdb/delete_series", selector, b"", {"x-scope-orgid": "alpha"}).status == 204
    )
    assert client.get("/api/v1/series", selector, x_scope_orgid="alpha").json["data"] == []
    assert client.get("/api/v1/series", selector, x_scope_orgid="beta").json["data"] == [{"__name__": "up"}]


@pytest.mark.parametrize("name", ["a b", "a/b", "..", "a|b", "x" * 151, "é"])
def test_a_malformed_tenant_name_is_refused(client: Caller, name: str) -> None:
    assert client.get("/api/v1/labels", "", x_scope_orgid=name).status == 400


@pytest.mark.parametrize(
    ("user", "named", "status", "tenant"),
    [
        ("ada", "", 200, "alpha"),
        ("ada", "alpha", 200, "alpha"),
        ("ada", "beta", 403, ""),
        ("bob", "", 200, "beta"),
        ("bob", "alpha", 200, "alpha"),
        ("bob", ANONYMOUS, 403, ""),
        ("op", "", 200, ANONYMOUS),
        ("op", "beta", 200, "beta"),
    ],
)
def test_a_user_sees_its_tenant_and_those_it_may_name(
    store: MemoryStore, user: str, named: str, status: int, tenant: str
) -> None:
    stored = bcrypt.hashpw(b"pw", bcrypt.gensalt(4)).decode()
    tenants = Tenants({"ada": Tenancy("alpha"), "bob": Tenancy("beta", frozenset({"alpha"}))})
    access = Access(Passwords(dict.fromkeys(("ada", "bob", "op"), stored)), tenants)
    login = "Basic " + base64.b64encode(f"{user}:pw".encode()).decode()
    reply = caller(store=store, access=access).get(
        "/api/v1/label/__name__/values", "", authorization=login, x_scope_orgid=named
    )
    assert reply.status == status
    if status == 200:
        assert reply.json["data"] == [f"m_{mark(tenant)}"]
