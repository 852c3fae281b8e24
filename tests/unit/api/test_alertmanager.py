"""API v2 in memory: the real application and pipeline over a control database in a file, no listener."""

from __future__ import annotations

import asyncio
import json
from random import Random
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.unit.api.outside import NOW_MS, Caller, StoppedClock, services
from tests.virtual_time import run_inline
from vedette.alerting.alerts import fingerprint
from vedette.alerting.config import load_config
from vedette.alerting.fingerprints import FEW, fingerprints
from vedette.alerting.matchers import MatcherMode
from vedette.alerting.pipeline.building import build_rules
from vedette.alerting.pipeline.core import plain_route_labels
from vedette.alerting.pipeline.shell import Shell, Surroundings
from vedette.api.alertmanager.answers import format_time, parse_time_ms
from vedette.api.alertmanager.posted_alerts import AlertDoor
from vedette.api.alertmanager.routes import routes
from vedette.api.app import build_app
from vedette.api.services import BuildInfo
from vedette.model.errors import BadInput
from vedette.model.labels import Labels
from vedette.model.limits import AlertLimits
from vedette.ports.principal import SYSTEM
from vedette.store.control import open_control

CONFIG = """
route:
  receiver: default
  group_by: [alertname]
  routes:
  - {matchers: ['team="a"'], receiver: team-a, labels: {tier: gold}}
receivers:
- {name: default, labels: {owner: ops}}
- {name: team-a, labels: {owner: a}}
inhibit_rules:
- {source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [job]}
"""
START, END = "2023-11-14T22:00:00.000Z", "2023-11-14T23:00:00Z"


@pytest.fixture
def server(tmp_path):
    database = open_control(tmp_path)
    yield lambda steps, **options: asyncio.run(_serve(database, steps, **options))
    database.close()


async def _serve(database, steps, mode=MatcherMode.FALLBACK, limits=AlertLimits()):
    """Runs `await steps(call)`; `call(method, path, body, query)` gives status and document."""
    clock = StoppedClock()
    ids = (f"00000000-0000-4000-8000-{number:012}" for number in range(100))
    around = Surroundings(
        database, clock, run_inline, run_inline, Random(1), lambda: next(ids), SYSTEM.tenant, mode=mode, limits=limits
    )
    config = load_config("test", mode, text=CONFIG)
    rules = build_rules(config, mode, {"default": (), "team-a": ()}, plain_route_labels)
    shell = Shell(around, rules)
    await shell.start()
    caller = Caller(build_app(services(clock=clock), doors=routes(shell, clock, BuildInfo(vedette_version="1"))))

    async def call(method, path, body=None, query=(), **headers):
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        text = query if isinstance(query, str) else urlencode(query)
        headers = {"content-type": "application/json", **headers}
        reply = await caller.asend(method, f"/api/v2{path}", text, data, headers)
        return reply.status, reply.json if reply.body else None

    running = asyncio.create_task(shell.run())
    try:
        return await steps(call)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        caller.app.close()


def posted(name, **labels):
    annotations = {"summary": f"{name} is wrong", "empty": ""}
    return {
        "labels": {"alertname": name, "nothing": "", **labels},
        "annotations": annotations,
        "startsAt": START,
        "endsAt": END,
        "generatorURL": "http://prometheus/graph",
    }


def silenced(name="alertname", value="a", **fields):
    matcher = {"name": name, "value": value, "isRegex": False}
    return {"matchers": [matcher], "startsAt": START, "endsAt": END, "createdBy": "me", "comment": "why", **fields}


def test_a_posted_alert_is_shown_with_its_receivers_and_state(server):
    async def steps(call):
        assert await call("POST", "/alerts", [posted("a")]) == (200, None)
        return await call("GET", "/alerts")

    status, (shown,) = server(steps)
    assert status == 200
    assert shown == {
        "annotations": {"summary": "a is wrong", "empty": ""},
        "endsAt": "2023-11-14T23:00:00.000Z",
        "fingerprint": f"{fingerprint(Labels.of(alertname='a')):016x}",
        "receivers": [{"name": "default"}],
        "startsAt": START,
        "status": {"inhibitedBy": [], "mutedBy": [], "silencedBy": [], "state": "active"},
        "updatedAt": format_time(NOW_MS),
        "generatorURL": "http://prometheus/graph",
        "labels": {"alertname": "a"},
    }


def test_times_that_are_not_said_are_filled_in(server):
    async def steps(call):
        bare = {"labels": {"alertname": "a"}}
        zero = {"labels": {"alertname": "b"}, "startsAt": "0001-01-01T00:00:00.000Z", "endsAt": ""}
        await call("POST", "/alerts", [bare, zero])
        return await call("GET", "/alerts")

    _, shown = server(steps)
    assert {(one["startsAt"], one["endsAt"]) for one in shown} == {(format_time(NOW_MS), format_time(NOW_MS + 300_000))}


def test_wrong_alerts_are_refused_and_the_others_taken(server):
    async def steps(call):
        reversed_times = posted("b") | {"startsAt": END, "endsAt": START}
        nameless = posted("x") | {"labels": {"empty": ""}}
        refused = await call("POST", "/alerts", [posted("a"), reversed_times, nameless])
        return refused, await call("GET", "/alerts")

    (status, message), (_, shown) = server(steps)
    assert status == 400
    assert message == "start time must be before end time\nat least one label pair required"
    assert [one["labels"]["alertname"] for one in shown] == ["a"]


def test_classic_mode_refuses_names_that_are_not_ascii(server):
    async def steps(call):
        alert = await call("POST", "/alerts", [posted("a", Σ="c")])
        return alert, await call("POST", "/silences", silenced("fooΣ"))

    (status, message), (silence_status, silence_message) = server(steps, mode=MatcherMode.CLASSIC)
    assert (status, message) == (400, 'invalid label set: invalid name "Σ"')
    assert silence_status == 400
    assert silence_message == 'invalid silence: invalid label matcher 0 in set 0: invalid label name "fooΣ"'


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"no json", 400, "parsing alerts body from"),
        (b"{}", 400, "parsing alerts body from"),
        (b"", 422, "alerts in body is required"),
        (b"[{}]", 422, "0.labels in body is required"),
        (b'[{"labels":{"a":1}}]', 400, "parsing alerts body from"),
        (b'[{"labels":{"a":"b"},"startsAt":"yesterday"}]', 400, "0.startsAt is no RFC 3339 time"),
        (b'[{"labels":{"a":"b"},"generatorURL":"no url"}]', 422, "0.generatorURL in body must be of type uri"),
        (b'[{"labels":{"a":"\\udcff"}}]', 400, "parsing alerts body from"),
    ],
)
def test_a_document_of_another_shape_is_refused_with_a_code(server, body, status, words):
    async def steps(call):
        return await call("POST", "/alerts", body)

    answered, message = server(steps)
    assert answered == status
    assert words in message["message"]


def test_a_body_that_is_not_said_to_be_json_is_refused(server):
    async def steps(call):
        return await call("POST", "/alerts", [], **{"content-type": "text/plain"})

    status, message = server(steps)
    assert (status, message["code"]) == (415, 415)


def test_no_alerts_are_taken(server):
    async def steps(call):
        return await call("POST", "/alerts", b"null"), await call("POST", "/alerts", [])

    assert server(steps) == ((200, None), (200, None))


def test_an_alert_beyond_the_limit_of_bytes_is_refused(server):
    async def steps(call):
        return await call("POST", "/alerts", [posted("a", long="x" * 2000)])

    status, message = server(steps, limits=AlertLimits(alert_bytes_max=1000))
    assert status == 400
    assert message.startswith("alert of 2")


def test_silences_and_inhibitions_show_at_once(server):
    async def steps(call):
        await call(
            "POST", "/alerts", [posted("a", severity="warning", job="x"), posted("b", severity="critical", job="x")]
        )
        _, made = await call("POST", "/silences", silenced(value="b"))
        _, alerts = await call("GET", "/alerts")
        by_name = {one["labels"]["alertname"]: one for one in alerts}
        queries = ({"silenced": "false"}, {"inhibited": "false"}, {"active": "false"}, {"filter": "job=x"})
        names = [
            sorted(one["labels"]["alertname"] for one in (await call("GET", "/alerts", query=query))[1])
            for query in queries
        ]
        return made["silenceID"], by_name, names

    silence_id, by_name, names = server(steps)
    assert by_name["b"]["status"]["silencedBy"] == [silence_id]
    assert by_name["a"]["status"]["inhibitedBy"] == [by_name["b"]["fingerprint"]]
    assert {one["status"]["state"] for one in by_name.values()} == {"suppressed"}
    assert names == [["a"], ["b"], ["a", "b"], ["a", "b"]]


def test_groups_are_sorted_and_filtered_by_receiver(server):
    async def steps(call):
        await call("POST", "/alerts", [posted("b"), posted("a", team="a"), posted("a", x="1")])
        everything = await call("GET", "/alerts/groups")
        by_name = await call("GET", "/alerts/groups", query={"receiver": "team-.*"})
        by_label = await call("GET", "/alerts/groups", query={"receiver_matchers": "owner=ops"})
        return everything[1], by_name[1], by_label[1]

    everything, by_name, by_label = server(steps)
    shown = [(group["labels"], group["receiver"]["name"], group["routeLabels"]) for group in everything]
    assert shown == [
        ({"alertname": "a"}, "default", {}),
        ({"alertname": "a"}, "team-a", {"tier": "gold"}),
        ({"alertname": "b"}, "default", {}),
    ]
    assert [len(group["alerts"]) for group in everything] == [1, 1, 1]
    assert [group["receiver"]["name"] for group in by_name] == ["team-a"]
    assert {group["receiver"]["name"] for group in by_label} == {"default"}


@pytest.mark.parametrize(
    ("path", "query", "message"),
    [
        ("/alerts", {"filter": "foo!bar"}, "bad matcher format: foo!bar"),
        ("/alerts", {"receiver": "("}, "failed to parse receiver param: error parsing regexp: missing closing ): `^(?:()$`"),
        ("/alerts/groups", {"receiver_matchers": "{a=b}"}, "failed to parse receiver_matchers param: unexpected open or close brace: {a=b}"),
        ("/receivers", {"receiver_matchers": "x"}, "failed to parse receiver_matchers param: bad matcher format: x"),
        ("/silences", {"filter": "x"}, "bad matcher format: x"),
    ],
)  # fmt: skip
def test_filters_that_cannot_be_read_are_answered_in_the_references_words(server, path, query, message):
    async def steps(call):
        return await call("GET", path, query=query)

    assert server(steps) == (400, message)


def test_a_silence_is_made_shown_changed_and_ended(server):
    async def steps(call):
        _, made = await call("POST", "/silences", silenced(annotations={"ticket": "1"}))
        key = made["silenceID"]
        shown = await call("GET", f"/silence/{key}")
        _, longer = await call(
            "POST", "/silences", silenced(id=key, startsAt=shown[1]["startsAt"], endsAt="2023-11-15T00:00:00Z")
        )
        _, other = await call("POST", "/silences", silenced(id=key, value="z"))
        ended = await call("DELETE", f"/silence/{other['silenceID']}")
        again = await call("DELETE", f"/silence/{other['silenceID']}")
        return key, shown, longer, other, ended, again, await call("GET", "/silences")

    key, shown, longer, other, ended, again, (_, listed) = server(steps)
    assert shown == (
        200,
        {
            "id": key,
            "status": {"state": "active"},
            "updatedAt": format_time(NOW_MS),
            "annotations": {"ticket": "1"},
            "comment": "why",
            "createdBy": "me",
            "endsAt": "2023-11-14T23:00:00.000Z",
            "matchers": [{"isEqual": True, "isRegex": False, "name": "alertname", "value": "a"}],
            "startsAt": format_time(NOW_MS),
        },
    )
    assert longer["silenceID"] == key != other["silenceID"]
    assert ended == again == (200, None)
    assert [one["status"]["state"] for one in listed] == ["expired", "expired"]


def test_silences_are_listed_by_state_and_filter(server):
    async def steps(call):
        for value, starts in (("a", START), ("b", "2023-11-14T22:50:00Z"), ("c", "2023-11-14T22:40:00Z")):
            await call("POST", "/silences", silenced(value=value, startsAt=starts))
        _, everything = await call("GET", "/silences")
        _, pending = await call("GET", "/silences", query={"active": "false"})
        _, one = await call("GET", "/silences", query={"filter": "alertname=b"})
        return [[each["matchers"][0]["value"] for each in found] for found in (everything, pending, one)]

    assert server(steps) == [["a", "c", "b"], ["c", "b"], ["b"]]


def test_several_matcher_sets_are_taken_and_given_back(server):
    async def steps(call):
        sets = [[{"name": "a", "value": value, "isRegex": True}] for value in ("1", "2")]
        body = silenced(matcherSets=sets)
        del body["matchers"]
        await call("POST", "/silences", body)
        return await call("GET", "/silences")

    _, (shown,) = server(steps)
    assert [matchers[0]["value"] for matchers in shown["matcherSets"]] == ["1", "2"]
    assert shown["matchers"] == shown["matcherSets"][0]


@pytest.mark.parametrize(
    ("change", "status", "message"),
    [
        ({"endsAt": START}, 400, "Failed to create silence: start time must be before end time"),
        ({"startsAt": "2020-01-01T00:00:00Z", "endsAt": "2020-01-02T00:00:00Z"}, 400, "Failed to create silence: end time can't be in the past"),
        ({"id": "11111111-1111-4111-8111-111111111111"}, 404, "silence not found"),
        ({"matchers": []}, 422, "matchers in body should have at least 1 items"),
        ({"matchers": [{"name": "a", "value": "b"}]}, 422, "matchers.0.isRegex in body is required"),
        ({"matchers": [{"name": "a", "value": "", "isRegex": False}]}, 400, "invalid silence: matcher set 0: at least one matcher must not match the empty string"),
        ({"matchers": [{"name": "a", "value": "(", "isRegex": True}]}, 400, 'invalid silence: invalid label matcher 0 in set 0: invalid regular expression "("'),
        ({"comment": None}, 422, "comment in body is required"),
    ],
)  # fmt: skip
def test_wrong_silences_are_refused(server, change, status, message):
    async def steps(call):
        return await call("POST", "/silences", silenced(**change))

    answered, document = server(steps)
    assert answered == status
    assert (document if isinstance(document, str) else document["message"]).startswith(message)


def test_a_silence_that_there_is_none_of_is_not_found(server):
    async def steps(call):
        unknown = "/silence/11111111-1111-4111-8111-111111111111"
        return await call("GET", unknown), await call("DELETE", unknown), await call("GET", "/silence/no-id")

    found, deleted, (status, message) = server(steps)
    assert found == deleted == (404, None)
    assert (status, message["message"]) == (422, 'silenceID in path must be of type uuid: "no-id"')


def test_status_and_receivers(server):
    async def steps(call):
        return (await call("GET", "/status"))[1], (await call("GET", "/receivers"))[1]

    status, receivers = server(steps)
    assert status["cluster"] == {"status": "disabled", "peers": []}
    assert status["versionInfo"]["version"] == "0.34.0"
    assert "team-a" in status["config"]["original"]
    assert receivers == [
        {"labels": {"owner": "ops", "name": "default"}, "name": "default"},
        {"labels": {"owner": "a", "name": "team-a"}, "name": "team-a"},
    ]


def test_another_tenant_is_told_that_it_has_no_alertmanager(server):
    async def steps(call):
        return await call("GET", "/alerts", **{"x-scope-orgid": "other"})

    assert server(steps) == (403, 'notifications are sent for tenant "anonymous", not for "other"')


@pytest.mark.parametrize(
    ("text", "time_ms"),
    [
        ("", 0),
        ("0001-01-01T00:00:00.000Z", 0),
        ("1970-01-01T00:00:01Z", 1000),
        ("2023-11-14T22:13:20.123456789Z", 1_700_000_000_123),
        ("2023-11-15T06:13:20.001+08:00", 1_700_000_000_001),
    ],
)
def test_times_are_read_in_milliseconds(text, time_ms):
    assert parse_time_ms(text) == time_ms


@given(st.integers(1, 4_000_000_000_000))
@hypothesis_settings(deadline=None)
def test_a_time_that_is_written_is_read_back(time_ms):
    assert parse_time_ms(format_time(time_ms)) == time_ms


label_sets = st.lists(
    st.dictionaries(st.text(max_size=5), st.text(max_size=9), max_size=4).map(Labels.of),
    min_size=FEW + 1,
    max_size=FEW + 9,
)


@given(label_sets)
@hypothesis_settings(max_examples=30, deadline=None)
def test_fingerprints_of_many_are_those_of_each(sets):
    assert fingerprints(sets) == [fingerprint(labels) for labels in sets]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["labels", "annotations", "startsAt", "endsAt", "generatorURL", "x"]), inner, max_size=4
            )
        ),
        max_leaves=12,
    )
)
@hypothesis_settings(max_examples=200, deadline=None)
def test_any_document_is_taken_or_refused(document):
    door = AlertDoor(MatcherMode.FALLBACK, AlertLimits(), 300_000)
    try:
        intake = door.take_in(json.dumps([document]).encode(), NOW_MS)
    except BadInput:
        return
    assert len(intake.alerts) + len(intake.refusals) == 1


def test_a_body_cut_anywhere_is_refused():
    body = json.dumps([posted("a")]).encode()
    door = AlertDoor(MatcherMode.FALLBACK, AlertLimits(), 300_000)
    for end in range(len(body)):
        with pytest.raises(BadInput):
            door.take_in(body[:end], NOW_MS)


def test_paths_without_an_operation_are_answered_as_the_reference_does(server):
    async def steps(call):
        return [
            await call("GET", "/nothing"),
            await call("PUT", "/alerts"),
            await call("POST", "/alerts/groups"),
        ]

    assert server(steps) == [
        (404, {"code": 404, "message": "path /api/v2/nothing was not found"}),
        (405, {"code": 405, "message": "method PUT is not allowed, but [GET,POST] are"}),
        (405, {"code": 405, "message": "method POST is not allowed, but [GET] are"}),
    ]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/silences", 410),
        ("POST", "/api/v1/alerts", 410),
        ("DELETE", "/api/v1/silence/1", 410),
        ("GET", "/api/v1/receivers", 410),
        ("GET", "/api/v1/nothing", 404),
        ("PUT", "/api/v1/silences", 404),
    ],
)
def test_api_v1_of_alertmanager_is_gone(method, path, status):
    reply = Caller(build_app(services())).send(method, path, (), b"", {})
    assert (reply.status, reply.json["status"]) == (status, "deprecated" if status == 410 else "error")
