"""Every operation of the reference is answered, openapi.yaml says what is served, and the last endpoints of its API."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
import yaml

from tests.harness import Skipped
from tests.settings import conformance
from tests.unit.api.outside import NOW_MS, Caller, caller, put
from vedette.api.app import ROUTES, build_app
from vedette.api.asgi import Message, Receive, Scope, Send
from vedette.api.notices import SUBSCRIBERS_MAX, WAITING_MAX, Notices
from vedette.api.openapi_operations import OPERATIONS
from vedette.api.security import Access
from vedette.model.telemetry import counter, histogram
from vedette.ports.administration import StoredDay
from vedette.store.memory import MemoryStore

MOUNTS = ("/api/v1/write", "/api/v1/otlp/v1/metrics")
"""What app/server.py mounts beside the routes; their rooms test what they answer."""


class Kept:
    """The administration port of a store on a disk."""

    def clear_deletions(self) -> int:
        return 4096

    def take_snapshot(self, *, skip_recent: bool = False) -> str:
        return "recent-left-out" if skip_recent else "whole"

    def stored_days(self) -> Sequence[StoredDay]:
        return [StoredDay(19_675, 0, 7, 1_699_920_000_000, 1_700_006_399_999, 5760, 2, 24)]


@pytest.fixture(scope="module")
def golden() -> Any:
    try:
        path = conformance("prometheus", "prometheus_openapi_3.2.yaml")
    except Skipped as absent:
        pytest.skip(str(absent))
    return yaml.load(path.read_text(), Loader=yaml.CSafeLoader)


async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture(scope="module")
def client() -> Caller:
    store = MemoryStore(windows=False)
    put(store, {"__name__=up,job=a": [(NOW_MS, 1.0)]})
    access = Access(admin_enabled=True)
    base = caller(store=store, search_enabled=True, access=access, administration=Kept())
    return Caller(build_app(base.app._services, None, dict.fromkeys(MOUNTS, mounted)))


def test_every_operation_of_the_reference_is_answered(golden: Any, client: Caller) -> None:
    asked = 0
    for path, described in golden["paths"].items():
        for method in described.keys() & {"get", "post", "put", "delete"}:
            if path == "/notifications/live":
                continue  # it never ends: see below
            reply = client.send(method.upper(), "/api/v1" + path.replace("{name}", "job"), "", b"", {})
            assert reply.status not in (404, 405, 501), (method, path, reply.text)
            asked += 1
    assert asked == 49


def test_the_description_is_of_what_is_served(client: Caller) -> None:
    reply = client.get("/api/v1/openapi.yaml")
    assert reply.headers["content-type"] == "application/yaml; charset=utf-8"
    document = yaml.safe_load(reply.text)
    assert document["openapi"] == "3.1.0"
    listed = {(path, method.upper()) for path, methods in document["paths"].items() for method in methods}
    served = {
        (route.path.removeprefix("/api/v1").replace("*", "{name}"), method)
        for route in ROUTES
        if route.path.startswith("/api/v1/")
        for method in route.methods - {"HEAD", "OPTIONS"}
    }
    served |= {("/openapi.yaml", "GET"), ("/write", "POST"), ("/otlp/v1/metrics", "POST")}
    assert listed == served
    for path, method in sorted(listed - {("/notifications/live", "GET")}):
        reply = client.send(method, "/api/v1" + path.replace("{name}", "job"), "", b"", {})
        assert reply.status not in (404, 405, 501), (path, method)


def test_every_path_of_the_description_is_explained_and_well_formed(client: Caller) -> None:
    document = yaml.safe_load(client.get("/api/v1/openapi.yaml", {"openapi_version": "3.2"}).text)
    assert document["openapi"] == "3.2.0"
    ids = set()
    for path, methods in document["paths"].items():
        assert path in OPERATIONS, path
        for operation in methods.values():
            assert operation["summary"]
            names = [parameter["name"] for parameter in operation["parameters"]]
            assert len(set(names)) == len(names), path
            ids.add(operation["operationId"])
    assert len(ids) == sum(map(len, document["paths"].values()))


def test_the_reference_takes_no_parameter_that_our_description_lacks(golden: Any, client: Caller) -> None:
    ours = yaml.safe_load(client.get("/api/v1/openapi.yaml").text)["paths"]
    for path, methods in golden["paths"].items():
        for method, operation in methods.items():
            wanted = {parameter["name"] for parameter in operation.get("parameters", ())}
            told = {parameter["name"] for parameter in ours.get(path, {}).get(method, {}).get("parameters", ())}
            assert wanted <= told | NOT_BUILT, (path, method, wanted - told)


NOT_BUILT = {"exclude_alerts", "group_limit", "group_next_token"}
"""Parameters of the rules, which have no rules to apply to yet."""


def test_space_is_given_back_and_the_answer_says_how_much(client: Caller) -> None:
    reply = client.send("POST", "/api/v1/admin/tsdb/clean_tombstones", "", b"", {})
    assert (reply.status, reply.headers["x-vedette-bytes-freed"]) == (204, "4096")


def test_a_snapshot_is_named_and_may_leave_recent_samples_out(client: Caller) -> None:
    path = "/api/v1/admin/tsdb/snapshot"
    assert client.send("PUT", path, "", b"", {}).json["data"] == {"name": "whole"}
    assert client.send("POST", path, "skip_head=true", b"", {}).json["data"] == {"name": "recent-left-out"}
    refused = client.send("POST", path, "skip_head=maybe", b"", {})
    assert refused.json["error"].startswith('invalid parameter "skip_head": unable to parse boolean')
    off = caller(administration=Kept()).send("POST", path, "", b"", {})
    assert (off.status, off.json["errorType"], off.json["error"]) == (500, "unavailable", "admin APIs disabled")


def test_days_of_the_store_stand_for_blocks(client: Caller) -> None:
    (block,) = client.get("/api/v1/status/tsdb/blocks").json["data"]["blocks"]
    assert (block["minTime"], block["maxTime"]) == (1_699_920_000_000, 1_700_006_400_000)
    assert block["stats"] == {"numSamples": 5760, "numFloatSamples": 5760, "numSeries": 2, "numChunks": 24}
    assert len(block["ulid"]) == 26
    time_ms = 0
    for character in block["ulid"][:10]:
        time_ms = time_ms * 32 + "0123456789ABCDEFGHJKMNPQRSTVWXYZ".index(character)
    assert time_ms == block["minTime"]


def test_our_own_metrics_come_as_metric_families() -> None:
    counter("vedette_test_things", "Things.", ("kind",)).labels("a").inc(2)
    histogram("vedette_test_seconds", "Seconds.", buckets=(0.5, 1.0)).observe(0.75)
    found = caller().get("/api/v1/status/self_metrics", {"metric_name_pattern": "vedette_test_.*"}).json["data"]
    assert found == [
        {
            "name": "vedette_test_things_total",
            "help": "Things.",
            "type": "COUNTER",
            "metric": [{"label": [{"name": "kind", "value": "a"}], "counter": {"value": 2.0}}],
        },
        {
            "name": "vedette_test_seconds",
            "help": "Seconds.",
            "type": "HISTOGRAM",
            "metric": [
                {
                    "histogram": {
                        "sampleCount": "1",
                        "sampleSum": 0.75,
                        "bucket": [
                            {"cumulativeCount": "0", "upperBound": 0.5},
                            {"cumulativeCount": "1", "upperBound": 1.0},
                        ],
                    }
                }
            ],
        },
    ]
    refused = caller().get("/api/v1/status/self_metrics", {"metric_name_pattern": "("})
    assert refused.json["error"].startswith("invalid metric_name_pattern: ")


def test_notices_are_listed_while_they_hold() -> None:
    notices = Notices()
    client = caller(notices=notices)
    notices.announce("Configuration reload has failed.")
    (one,) = client.get("/api/v1/notifications").json["data"]
    assert (one["text"], one["active"]) == ("Configuration reload has failed.", True)
    assert client.get("/api/v1/notifications", "", x_scope_orgid="other").json["data"] == []
    notices.withdraw("Configuration reload has failed.")
    assert client.get("/api/v1/notifications").json["data"] == []


def test_who_follows_gets_what_holds_and_then_every_change() -> None:
    notices = Notices()
    client = caller(notices=notices)
    sent: list[Message] = []

    async def follow() -> None:
        notices.announce("one")
        gone = asyncio.Event()

        async def receive() -> Message:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)
            if b"one" in message.get("body", b"") and len(sent) == 3:
                notices.withdraw("one")
            elif b"false" in message.get("body", b""):
                gone.set()

        await client.app(client.scope("GET", "/api/v1/notifications/live", "", {}), receive, send)

    asyncio.run(follow())
    assert dict(sent[0]["headers"])[b"content-type"] == b"text/event-stream"
    events = [json.loads(message["body"].removeprefix(b"data: ")) for message in sent[2:-1]]
    assert [(event["text"], event["active"]) for event in events] == [("one", True), ("one", False)]
    assert sent[-1] == {"type": "http.response.body", "body": b""}
    assert notices.has_room


def test_a_server_that_stops_ends_the_stream_and_a_full_house_is_told_so() -> None:
    async def run() -> list[str]:
        notices = Notices()
        followed = [notices.follow() for _ in range(SUBSCRIBERS_MAX)]
        waiting = [asyncio.ensure_future(anext(one)) for one in followed]
        await asyncio.sleep(0)
        assert not notices.has_room
        assert (await caller(notices=notices).asend("GET", "/api/v1/notifications/live")).status == 204
        for number in range(WAITING_MAX + 5):
            notices.announce(f"notice {number}")
        notices.close()
        texts = [(await waiting[0]).text]
        async for notice in followed[0]:
            texts.append(notice.text)
        for one in waiting[1:]:
            await one
        return texts

    texts = asyncio.run(run())
    assert texts == [f"notice {number}" for number in range(WAITING_MAX)]  # the others were dropped, not waited for
