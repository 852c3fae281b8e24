"""/api/v1/rules with every filter and page, /alerts, /alertmanagers, and rules set over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml

from tests.unit.api.outside import Caller, Reply, caller, services
from vedette.api import rule_config
from vedette.api.app import build_app
from vedette.model.errors import BadInput, NotFound
from vedette.model.labels import EMPTY_LABELS, Labels
from vedette.ports.principal import Principal
from vedette.ports.rules import AlertStatus, GroupStatus, RuleStatus

NOW_MS = 1_700_000_000_500


def alerting(name: str, **labels: str) -> RuleStatus:
    alert = AlertStatus(Labels.of(alertname=name), Labels.of(s="t"), "firing", NOW_MS, 12.5, NOW_MS)
    return RuleStatus(
        "alerting",
        name,
        "up == 0",
        Labels.of(labels),
        "ok",
        "",
        0.25,
        NOW_MS,
        "firing",
        300_000,
        0,
        EMPTY_LABELS,
        [alert],
    )


def recording(name: str, **labels: str) -> RuleStatus:
    return RuleStatus("recording", name, "sum(up)", Labels.of(labels), "err", "no", 0.5, 0)


GROUPS = [
    GroupStatus("one", "a.yml", 15_000, 0, [alerting("A", team="x"), recording("r")], 0.75, NOW_MS),
    GroupStatus("two", "a.yml", 60_000, 7, [alerting("B", team="y")], 0.0, 0),
    GroupStatus("one", "b.yml", 60_000, 0, [recording("s", team="x")], 0.0, 0),
]


class Listed:
    def groups(self) -> Sequence[GroupStatus]:
        return GROUPS


class Sent:
    def active(self) -> Sequence[str]:
        return ["http://a/api/v2/alerts"]

    def dropped(self) -> Sequence[str]:
        return ["http://b/api/v2/alerts"]


@pytest.fixture(scope="module")
def client() -> Caller:
    return caller(rules=Listed(), alertmanagers=Sent())


def names_of(reply: Any) -> list[list[str]]:
    return [[rule["name"] for rule in group["rules"]] for group in reply.json["data"]["groups"]]


def test_a_rule_is_described_as_the_reference_describes_it(client: Caller) -> None:
    group = client.get("/api/v1/rules").json["data"]["groups"][0]
    assert {key: group[key] for key in group if key != "rules"} == {
        "name": "one",
        "file": "a.yml",
        "interval": 15.0,
        "limit": 0,
        "evaluationTime": 0.75,
        "lastEvaluation": "2023-11-14T22:13:20.5Z",
    }
    first, second = group["rules"]
    assert first == {
        "state": "firing",
        "name": "A",
        "query": "up == 0",
        "duration": 300.0,
        "keepFiringFor": 0.0,
        "labels": {"team": "x"},
        "annotations": {},
        "alerts": [
            {
                "labels": {"alertname": "A"},
                "annotations": {"s": "t"},
                "state": "firing",
                "activeAt": "2023-11-14T22:13:20.5Z",
                "keepFiringSince": "2023-11-14T22:13:20.5Z",
                "value": "1.25e+01",
            }
        ],
        "health": "ok",
        "evaluationTime": 0.25,
        "lastEvaluation": "2023-11-14T22:13:20.5Z",
        "type": "alerting",
    }
    assert second == {
        "name": "r",
        "query": "sum(up)",
        "labels": {},
        "health": "err",
        "lastError": "no",
        "evaluationTime": 0.5,
        "lastEvaluation": "0001-01-01T00:00:00Z",
        "type": "recording",
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", [["A", "r"], ["B"], ["s"]]),
        ("type=alert", [["A"], ["B"]]),
        ("type=RECORD", [["r"], ["s"]]),
        ("rule_name[]=A&rule_name[]=s", [["A"], ["s"]]),
        ("rule_group[]=one", [["A", "r"], ["s"]]),
        ("file[]=b.yml", [["s"]]),
        ("match[]={team=%22x%22}", [["A"], ["s"]]),
        ("match[]={team=%22x%22}&match[]={team=~%22y%7Cz%22}", [["A"], ["B"], ["s"]]),
        ("rule_name[]=none", []),
    ],
)
def test_filters(client: Caller, query: str, names: list[list[str]]) -> None:
    assert names_of(client.get("/api/v1/rules", query)) == names


def test_alerts_may_be_left_out(client: Caller) -> None:
    assert client.get("/api/v1/rules", "exclude_alerts=TRUE").json["data"]["groups"][0]["rules"][0]["alerts"] is None


def test_pages_follow_one_another_to_the_end(client: Caller) -> None:
    seen, token = [], ""
    for _ in range(3):
        suffix = f"&group_next_token={token}" if token else ""
        data = client.get("/api/v1/rules", f"group_limit=1{suffix}").json["data"]
        seen += [(group["file"], group["name"]) for group in data["groups"]]
        token = data.get("groupNextToken", "")
    assert seen == [("a.yml", "one"), ("a.yml", "two"), ("b.yml", "one")]
    assert token == ""


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("type=other", 'invalid parameter "type": not supported value "other"'),
        ("exclude_alerts=x", 'invalid parameter "exclude_alerts": error converting exclude_alerts: '),
        ("group_next_token=x", 'invalid parameter "group_next_token": group_limit needs to be present'),
        ("group_limit=x", 'invalid parameter "group_limit": group_limit needs to be a valid number'),
        ("group_limit=0", 'invalid parameter "group_limit": group_limit needs to be greater than 0'),
        ("group_limit=1&group_next_token=x", "invalid group_next_token 'x'. were rule groups changed?"),
        ("match[]={}", "match[] must contain at least one non-empty matcher"),
    ],
)
def test_refusals(client: Caller, query: str, problem: str) -> None:
    reply = client.get("/api/v1/rules", query)
    assert reply.status == 400
    assert problem in reply.json["error"]


def test_alerts_of_all_rules_are_listed(client: Caller) -> None:
    names = [alert["labels"]["alertname"] for alert in client.get("/api/v1/alerts").json["data"]["alerts"]]
    assert names == ["A", "B"]


def test_alertmanagers_are_listed(client: Caller) -> None:
    assert client.get("/api/v1/alertmanagers").json["data"] == {
        "activeAlertmanagers": [{"url": "http://a/api/v2/alerts"}],
        "droppedAlertmanagers": [{"url": "http://b/api/v2/alerts"}],
    }


def test_another_tenant_sees_no_rules(client: Caller) -> None:
    assert client.get("/api/v1/rules", x_scope_orgid="other").json["data"]["groups"] == []
    assert client.get("/api/v1/alerts", x_scope_orgid="other").json["data"]["alerts"] == []


@dataclass
class Version:
    number: int
    time_ms: int
    user: str
    namespace: str
    group: str
    text: str


@dataclass
class Book:
    found: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def namespaces(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        return self.found

    def versions(self, namespace: str) -> Sequence[Version]:
        return [Version(1, NOW_MS, "anna", "n", "g", "name: g"), Version(2, NOW_MS, "ben", "n", "g", "")]

    async def put(self, principal: Principal, namespace: str, text: str) -> None:
        group = yaml.safe_load(text)
        if "name" not in group:
            raise BadInput("Groupname must not be empty")
        self.found.setdefault(namespace, []).append(group)

    async def delete(self, principal: Principal, namespace: str, group: str) -> None:
        if namespace not in self.found:
            raise NotFound("no rule groups found")
        del self.found[namespace]


@pytest.fixture
def book_client() -> Caller:
    return Caller(build_app(services(), doors=rule_config.routes(Book())))


def sent(client: Caller, method: str, path: str, body: bytes = b"", **headers: str) -> Reply:
    return client.send(method, path, "", body, headers)


def test_a_group_is_posted_read_and_deleted(book_client: Caller) -> None:
    path = "/config/v1/rules"
    assert book_client.get(path).status == 404
    group = {"name": "g/1", "rules": [{"alert": "A", "expr": "up == 0"}]}
    posted = sent(book_client, "POST", f"{path}/team%20a", yaml.safe_dump(group).encode())
    assert (posted.status, posted.json["status"]) == (202, "success")
    assert yaml.safe_load(book_client.get(path).body) == {"team a": [group]}
    assert yaml.safe_load(book_client.get(f"{path}/team%20a").body) == {"team a": [group]}
    assert yaml.safe_load(book_client.get(f"{path}/team%20a/g%2F1").body) == group
    assert book_client.get(f"{path}/team%20a/none").status == 404
    assert sent(book_client, "DELETE", f"{path}/team%20a").status == 202
    assert sent(book_client, "DELETE", f"{path}/team%20a").status == 404


def test_a_namespace_with_an_escaped_slash_is_one_name(book_client: Caller) -> None:
    path = "/config/v1/rules/team%2Fa"
    group = {"name": "g", "rules": [{"alert": "A", "expr": "up == 0"}]}
    assert sent(book_client, "POST", path, yaml.safe_dump(group).encode()).status == 202
    assert yaml.safe_load(book_client.get(path).body) == {"team/a": [group]}
    assert yaml.safe_load(book_client.get(f"{path}/g").body) == group
    assert book_client.get("/config/v1/rules/team/a").status == 404


def test_versions_say_who_and_when(book_client: Caller) -> None:
    first, second = yaml.safe_load(book_client.get("/config/v1/rules/n", "versions=true").body)
    assert (first["version"], first["user"], first["time"]) == (1, "anna", "2023-11-14T22:13:20.500Z")
    assert (second["user"], second["deleted"]) == ("ben", True)
    in_json = book_client.get("/config/v1/rules/n", "versions=true", accept="application/json").json
    assert in_json == [first, second]


def test_versions_of_all_namespaces_say_which_one_and_have_no_texts(book_client: Caller) -> None:
    first, _ = book_client.get("/config/v1/rules", "versions=true", accept="application/json").json
    assert (first["namespace"], first["group"], "text" in first) == ("n", "g", False)


@pytest.mark.parametrize(
    ("path", "body"), [("n", b"rules: []"), ("n/g", b"name: g"), ("", b"name: g"), ("n", b"\xff"), ("%ff", b"name: g")]
)
def test_what_is_no_group_is_refused(book_client: Caller, path: str, body: bytes) -> None:
    assert sent(book_client, "POST", f"/config/v1/rules/{path}", body).status == 400


def test_rules_of_another_tenant_are_nobodys_to_change(book_client: Caller) -> None:
    assert sent(book_client, "POST", "/config/v1/rules/n", b"name: g", x_scope_orgid="other").status == 403
    assert book_client.get("/config/v1/rules", x_scope_orgid="other").status == 403
