"""Answers against the reference's own description of them (its OpenAPI golden file), endpoint by endpoint."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import yaml

from tests.harness import Skipped
from tests.settings import conformance
from tests.unit.api.outside import NOW_MS, Caller, ListedTargets, caller, principal_of, put
from vedette.api.app import build_app
from vedette.api.asgi import Receive, Scope, Send
from vedette.api.services import BuildInfo, ConfigView
from vedette.model.blocks import MetricMetadata
from vedette.model.errors import NotFound
from vedette.model.labels import Labels
from vedette.ports.targets import DroppedTarget, TargetStatus
from vedette.store.memory import MemoryStore

OURS = {"application", "vedetteVersion", "storage"}
"""Fields that we add to the reference's objects."""


@pytest.fixture(scope="module")
def golden() -> Any:
    try:
        path = conformance("prometheus", "prometheus_openapi_3.2.yaml")
    except Skipped as absent:
        pytest.skip(str(absent))
    return yaml.load(path.read_text(), Loader=yaml.CSafeLoader)


@pytest.fixture(scope="module")
def client() -> Caller:
    store = MemoryStore(windows=False)
    put(store, {"__name__=up,job=a": [(NOW_MS - 15_000, 1.0), (NOW_MS, 1.5)]})
    store.put_metadata(principal_of(), [MetricMetadata("up", "gauge", "Is it up.", "")])
    target = TargetStatus(
        "node", Labels.of(__address__="h:1"), Labels.of(job="node"), "http://h:1/metrics", "http://h:1/metrics",
        "down", "refused", NOW_MS + 5, 0.25, "15s", "10s",
    )  # fmt: skip
    return caller(
        store=store,
        targets=ListedTargets([target], [DroppedTarget("node", Labels.of(__address__="i:1"))]),
        config=lambda: ConfigView("scrape_configs:\n- job_name: node\n  scrape_interval: 15s\n"),
        flags={"config.file": "prometheus.yml"},
        build=BuildInfo(vedette_version="0.1.0"),
    )


ASKED = [
    ("/query", {"query": "up"}),
    ("/query", {"query": "up[1m]"}),
    ("/query", {"query": "1"}),
    ("/query", {"query": "up", "stats": "true"}),
    (
        "/query_range",
        {"query": "up", "start": NOW_MS // 1000 - 60, "end": NOW_MS // 1000, "step": "15", "stats": "all"},
    ),
    ("/query_exemplars", {"query": "up"}),
    ("/format_query", {"query": "up"}),
    ("/parse_query", {"query": "sum by (a) (rate(up[5m] offset 1m)) > bool 1"}),
    ("/labels", {}),
    ("/label/{name}/values", {}),
    ("/series", {"match[]": "up"}),
    ("/metadata", {}),
    ("/scrape_pools", {}),
    ("/scrape_pools/config", {"scrapePool": "node"}),
    ("/targets", {}),
    ("/targets", {"state": "dropped"}),
    ("/targets/metadata", {}),
    ("/targets/relabel_steps", {"scrapePool": "node", "labels": "{}"}),
    ("/rules", {}),
    ("/alerts", {}),
    ("/alertmanagers", {}),
    ("/status/config", {}),
    ("/status/runtimeinfo", {}),
    ("/status/buildinfo", {}),
    ("/status/flags", {}),
    ("/status/tsdb", {}),
    ("/status/tsdb/blocks", {}),
    ("/status/walreplay", {}),
    ("/notifications", {}),
    ("/features", {}),
]


@pytest.mark.parametrize(("path", "query"), ASKED)
def test_an_answer_has_the_shape_that_the_reference_describes(
    golden: Any, client: Caller, path: str, query: dict[str, Any]
) -> None:
    reply = client.get("/api/v1" + path.replace("{name}", "job"), query)
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json"), reply.text
    described = golden["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert mismatches(golden, described, reply.json) == []


def test_an_error_has_the_shape_that_the_reference_describes(golden: Any, client: Caller) -> None:
    reply = client.get("/api/v1/query", {"query": "up("})
    assert mismatches(golden, golden["components"]["schemas"]["Error"], reply.json) == []


def test_the_shape_check_sees_what_is_wrong(golden: Any) -> None:
    schema = golden["components"]["schemas"]["TSDBStat"]
    assert mismatches(golden, schema, {"name": "a", "value": 1}) == []
    assert mismatches(golden, schema, {"name": "a"})
    assert mismatches(golden, schema, {"name": 1, "value": 1})
    assert mismatches(golden, schema, {"name": "a", "value": 1, "more": 1})


TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "number": (int, float),
    "integer": int,
    "null": type(None),
}


def mismatches(golden: Any, schema: Any, value: Any, at: str = "$") -> list[str]:
    """Where `value` does not fit; the part of JSON Schema that the golden file uses."""
    if "$ref" in schema:
        return mismatches(golden, golden["components"]["schemas"][schema["$ref"].rpartition("/")[2]], value, at)
    choices = schema.get("oneOf") or schema.get("anyOf")
    if choices:
        tried = [mismatches(golden, choice, value, at) for choice in choices]
        return [] if any(not found for found in tried) else min(tried, key=len)
    kinds = schema.get("type")
    kinds = [kinds] if isinstance(kinds, str) else kinds or []
    if kinds and not any(isinstance(value, TYPES[kind]) for kind in kinds):
        return [f"{at}: {type(value).__name__} is no {kinds}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{at}: {value!r} is none of {schema['enum']}"]
    found: list[str] = []
    if isinstance(value, dict):
        known = schema.get("properties", {})
        found += [f"{at}.{name}: missing" for name in schema.get("required", ()) if name not in value]
        more = schema.get("additionalProperties", True)
        for name, inner in value.items():
            if name in known:
                found += mismatches(golden, known[name], inner, f"{at}.{name}")
            elif isinstance(more, dict):
                found += mismatches(golden, more, inner, f"{at}.{name}")
            elif not more and name not in OURS:
                found.append(f"{at}.{name}: unknown")
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, inner in enumerate(value):
            found += mismatches(golden, schema["items"], inner, f"{at}[{index}]")
    return found


def test_targets_are_listed_by_state_and_pool(client: Caller) -> None:
    active = client.get("/api/v1/targets", {"state": "ACTIVE"}).json["data"]
    assert (len(active["activeTargets"]), active["droppedTargets"], active["droppedTargetCounts"]) == (1, [], None)
    assert active["activeTargets"][0]["lastScrape"] == "2023-11-14T22:13:20.005Z"
    dropped = client.get("/api/v1/targets", {"state": "dropped"}).json["data"]
    assert (dropped["activeTargets"], dropped["droppedTargetCounts"]) == ([], {"node": 1})
    assert client.get("/api/v1/targets", {"scrapePool": "other"}).json["data"]["activeTargets"] == []


def test_metadata_of_targets_is_narrowed_by_target_metric_and_limit(client: Caller) -> None:
    path, up = "/api/v1/targets/metadata", {"type": "gauge", "help": "Is it up.", "unit": ""}
    assert client.get(path).json["data"] == [{"target": {"job": "node"}, "metric": "up", **up}]
    assert client.get(path, {"metric": "up"}).json["data"] == [{"target": {"job": "node"}, **up}]
    for nothing in ({"metric": "other"}, {"limit": "0"}, {"match_target": '{job="other"}'}):
        assert client.get(path, nothing).json["data"] == []


@pytest.mark.parametrize(
    ("path", "query", "message"),
    [
        ("targets/relabel_steps", {}, "no scrapePool parameter provided"),
        ("targets/relabel_steps", {"scrapePool": "node"}, "no labels parameter provided"),
        (
            "targets/relabel_steps",
            {"scrapePool": "x", "labels": "{}"},
            'error retrieving scrape config: scrape pool "x" not found',
        ),
        ("scrape_pools/config", {"scrapePool": "x"}, 'error retrieving scrape config: scrape pool "x" not found'),
        ("targets/metadata", {"limit": "x"}, "limit must be a number"),
        ("status/tsdb", {"limit": "0"}, "limit must be a positive number"),
        ("status/tsdb", {"limit": "10001"}, "limit must not exceed 10000"),
        ("rules", {"type": "x"}, 'invalid parameter "type": not supported value "x"'),
    ],
)
def test_a_bad_status_request_is_refused(client: Caller, path: str, query: dict[str, str], message: str) -> None:
    reply = client.get(f"/api/v1/{path}", query)
    assert (reply.status, reply.json["error"]) == (400, message)


def test_our_own_metrics_come_in_the_format_that_is_asked_for(client: Caller) -> None:
    client.get("/api/v1/labels")
    text = client.get("/metrics")
    assert text.headers["content-type"].startswith("text/plain")
    assert 'prometheus_http_requests_total{code="200",handler="/api/v1/labels"}' in text.text
    openmetrics = client.get("/metrics", "", accept="application/openmetrics-text; version=1.0.0")
    assert openmetrics.headers["content-type"].startswith("application/openmetrics-text")
    assert openmetrics.text.endswith("# EOF\n")


def test_version_names_the_reference_and_us(client: Caller) -> None:
    assert client.get("/version").json["version"] == "3.14.0"
    data = client.get("/api/v1/status/buildinfo").json["data"]
    assert (data["version"], data["application"], data["vedetteVersion"]) == ("3.14.0", "Vedette", "0.1.0")


def test_a_page_and_mounts_answer_what_has_no_route_behind_the_same_gate() -> None:
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/missing":
            raise NotFound("no such page: /missing", hint="look elsewhere")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["state"]["principal"].tenant.encode()})

    base = caller()
    client = Caller(build_app(base.app._services, page, {"/api/v1/write": page}))
    home = client.get("/", "", x_scope_orgid="alpha")
    assert (home.status, home.text) == (200, "alpha")
    assert "default-src 'self'" in home.headers["content-security-policy"]
    assert home.headers["x-frame-options"] == "DENY"
    assert client.send("POST", "/api/v1/write", "", b"", {"x-scope-orgid": "beta"}).text == "beta"
    assert client.get("/", "", host="evil.example").status == 403
    missing = client.get("/missing")
    assert (missing.status, missing.text) == (404, "no such page: /missing\nhint: look elsewhere\n")
    nowhere = client.get("/api/v1/nowhere")
    assert (nowhere.status, nowhere.json["errorType"]) == (404, "not_found")


def test_head_of_health_is_answered_and_lifespan_ends_the_workers() -> None:
    client = caller()
    assert client.send("HEAD", "/-/healthy", "", b"", {}).status == 200
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[str] = []

    async def live() -> None:
        async def receive() -> Any:
            return messages.pop(0)

        async def send(message: Any) -> None:
            sent.append(message["type"])

        await client.app({"type": "lifespan"}, receive, send)

    asyncio.run(live())
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_answers_are_compact_json(client: Caller) -> None:
    text = client.get("/api/v1/labels").text
    assert text == json.dumps(json.loads(text), separators=(",", ":"))
