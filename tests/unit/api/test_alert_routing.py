"""The routing tree over HTTP: as it runs, and the way a label set takes."""

from __future__ import annotations

import asyncio
import json
from random import Random

import pytest

from tests.unit.api.outside import Caller, StoppedClock, services
from tests.virtual_time import run_inline
from vedette.alerting.config import load_config
from vedette.alerting.matchers import MatcherMode
from vedette.alerting.pipeline.building import build_rules
from vedette.alerting.pipeline.core import IntegrationName, plain_route_labels
from vedette.alerting.pipeline.shell import Shell, Surroundings
from vedette.api.app import build_app
from vedette.api.native import alert_routing
from vedette.ports.principal import SYSTEM
from vedette.store.control import open_control

CONFIG = """
route:
  receiver: everyone
  group_by: [alertname]
  group_wait: 10s
  routes:
  - {matchers: ['severity="page"'], receiver: pager, continue: true, group_by: ['...'], active_time_intervals: [work]}
  - matchers: ['team=~"db|store"']
    receiver: storage
    routes: [{matchers: ['severity!="page"'], repeat_interval: 1d}]
receivers: [{name: everyone, labels: {owner: ops}}, {name: pager}, {name: storage}, {name: spare}]
inhibit_rules:
- {source_matchers: ['severity="page"'], target_matchers: ['severity="ticket"'], equal: [job]}
time_intervals: [{name: work, time_intervals: [{weekdays: ['monday:friday']}]}]
"""


@pytest.fixture
def ask(tmp_path):
    database = open_control(tmp_path)
    mode, clock = MatcherMode.FALLBACK, StoppedClock()
    around = Surroundings(database, clock, run_inline, run_inline, Random(1), lambda: "", SYSTEM.tenant, mode=mode)
    rules = build_rules(load_config("test", mode, text=CONFIG), mode, {}, plain_route_labels)
    rules.pipeline.receivers["pager"] = (IntegrationName("webhook", 0, True),)
    caller = Caller(build_app(services(clock=clock), doors=alert_routing.routes(Shell(around, rules))))

    def ask(method, path, body=b""):
        reply = asyncio.run(caller.asend(method, f"/api/v1{path}", "", body, {}))
        return reply.status, reply.json

    yield ask
    caller.app.close()
    database.close()


def labelled(**labels):
    return json.dumps({"labels": labels}).encode()


def test_the_tree_is_shown_with_what_routes_have_from_their_parents(ask):
    status, answer = ask("GET", "/routing")
    assert status == 200
    root = answer["data"]["route"]
    pager, storage = root["routes"]
    (below,) = storage["routes"]
    assert (root["receiver"], root["groupBy"], root["groupWait"]) == ("everyone", ["alertname"], 10)
    assert (pager["matchers"], pager["continue"], pager["groupBy"]) == (['severity="page"'], True, ["..."])
    assert pager["activeTimeIntervals"] == ["work"]
    assert (below["receiver"], below["groupWait"], below["repeatInterval"]) == ("storage", 10, 86_400)
    assert len({root["id"], pager["id"], storage["id"], below["id"]}) == 4


def test_receivers_and_inhibition_stand_beside_it(ask):
    data = ask("GET", "/routing")[1]["data"]
    assert [one["name"] for one in data["receivers"]] == ["everyone", "pager", "storage", "spare"]
    assert data["receivers"][0]["labels"] == {"name": "everyone", "owner": "ops"}
    assert data["receivers"][1]["integrations"] == ["webhook[0]"]
    assert data["inhibitRules"] == [
        {"name": "", "source": ['severity="page"'], "target": ['severity="ticket"'], "equal": ["job"]}
    ]


def test_a_label_set_takes_every_route_until_one_does_not_continue(ask):
    root = ask("GET", "/routing")[1]["data"]["route"]
    pager, storage = root["routes"]
    paths = ask("POST", "/routing/test", labelled(alertname="a", severity="page", team="db"))[1]["data"]["paths"]
    assert [(path["receiver"], path["ids"]) for path in paths] == [
        ("pager", [root["id"], pager["id"]]),
        ("storage", [root["id"], storage["id"]]),
    ]
    assert paths[0]["groupLabels"] == {"alertname": "a", "severity": "page", "team": "db"}
    assert paths[1]["groupKey"] == '{}/{team=~"db|store"}:{alertname="a"}'


def test_what_no_route_takes_stays_at_the_root(ask):
    root = ask("GET", "/routing")[1]["data"]["route"]
    (path,) = ask("POST", "/routing/test", labelled(alertname="a"))[1]["data"]["paths"]
    assert (path["ids"], path["receiver"]) == ([root["id"]], "everyone")


@pytest.mark.parametrize("body", [b"", b"[]", b'{"labels": ["a"]}', b'{"labels": {"a": 1}}', b"\xff"])
def test_what_is_no_label_set_is_refused_with_a_hint(ask, body):
    status, answer = ask("POST", "/routing/test", body)
    assert (status, answer["errorType"]) == (400, "bad_data")
    assert "hint" in answer
