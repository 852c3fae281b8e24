"""History, notes, why, dry runs, objectives and heartbeats over HTTP: the real application and pipeline in memory."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from random import Random
from urllib.parse import urlencode

import pytest

from tests.unit.api.outside import NOW_MS, Caller, StoppedClock, services
from tests.virtual_time import run_inline
from vedette.alerting.alerts import Alert, format_fingerprint
from vedette.alerting.config import load_config
from vedette.alerting.deadman.heartbeats import Heartbeats
from vedette.alerting.deadman.sections import HeartbeatSection
from vedette.alerting.history.kinds import EventKind
from vedette.alerting.history.pending import PendingAlerts
from vedette.alerting.history.watcher import Watcher
from vedette.alerting.matchers import MatcherMode
from vedette.alerting.notes.book import NoteBook
from vedette.alerting.pipeline.building import build_rules
from vedette.alerting.pipeline.core import plain_route_labels
from vedette.alerting.pipeline.shell import Shell, Surroundings
from vedette.alerting.slo.catalog import SloCatalog
from vedette.alerting.slo.sections import parse_slo
from vedette.alerting.why.explaining import Explainer
from vedette.api.app import build_app
from vedette.api.native import alert_history, alert_notes, alert_why, dry_run, heartbeats, objectives
from vedette.app.alert_commands.telling import (
    EVENTS_ZH,
    local_time,
    tell_dry_run,
    tell_history,
    tell_list,
    tell_notes,
    tell_why,
)
from vedette.app.language import Language, speaker
from vedette.model.labels import Labels
from vedette.ports.principal import SYSTEM
from vedette.ports.rules import NoRules
from vedette.query.promql.engine import Engine
from vedette.store.control import open_control
from vedette.store.memory import MemoryStore

CONFIG = (
    "route: {receiver: ops, group_by: [alertname]}\nreceivers: [{name: ops, webhook_configs: [{url: 'http://x/'}]}]\n"
)
ALERT = Alert(Labels.of(alertname="Full", node="n1"), NOW_MS - 60_000, NOW_MS + 600_000, updated_at_ms=NOW_MS)
KEY = format_fingerprint(ALERT.fingerprint)
SLO = {"name": "shop", "objective": 99.9, "indicator": {"events": {"total": "t", "bad": "b"}}}
SAYS = [speaker(language) for language in Language]


@pytest.fixture
def server(tmp_path):
    database = open_control(tmp_path)
    yield lambda steps: asyncio.run(_serve(database, steps))
    database.close()


async def _serve(database, steps):
    """Runs `await steps(call)`; `call(method, path, body, query)` gives status and document."""
    clock, store = StoppedClock(), MemoryStore(windows=False)
    around = Surroundings(database, clock, run_inline, run_inline, Random(1), lambda: "id", SYSTEM.tenant)
    rules = build_rules(load_config("test", text=CONFIG), MatcherMode.FALLBACK, {"ops": ()}, plain_route_labels)
    book = NoteBook(database.journal, run_inline, clock, SYSTEM.tenant)
    shell = Shell(around, replace(rules, pipeline=replace(rules.pipeline, is_acknowledged=book.is_acknowledged)))
    await shell.start()
    running = asyncio.create_task(shell.run())
    history, pending = store.alert_history, PendingAlerts(NoRules())
    catalog = SloCatalog(database.journal, run_inline, clock, SYSTEM.tenant)
    catalog.apply_file("slos.yml", (parse_slo(json.dumps(SLO | {"name": "filed"}), "slos.yml"),))
    beats = Heartbeats(store, SYSTEM, clock)
    beats.apply([HeartbeatSection("backup", 300_000)])
    doors = (
        *alert_history.routes(history),
        *alert_notes.routes(book, shell, history),
        *alert_why.routes(Explainer(shell, pending, history, Engine(store), clock, run_inline), book),
        *dry_run.routes(history, shell, MatcherMode.FALLBACK),
        *objectives.routes(catalog),
        *heartbeats.routes(beats, lambda: None),
    )
    caller = Caller(build_app(services(store=store, clock=clock), doors=doors))

    async def call(method, path, body=None, query=(), **headers):
        data = body.encode() if isinstance(body, str) else b"" if body is None else json.dumps(body).encode()
        reply = await caller.asend(method, f"/api/v1{path}", urlencode(query), data, headers)
        return reply.status, reply.json.get("data", reply.json)

    try:
        await shell.post(SYSTEM, [ALERT])
        await Watcher(shell, pending, history, SYSTEM, clock, run_inline).look()
        return await steps(call)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def test_history_is_asked_by_time_alert_kind_and_labels(server):
    async def steps(call):
        whole = await call("GET", "/alerts/history")
        counts = []
        for query in (
            {"fingerprint": KEY},
            {"event": "resolved"},
            {"match[]": '{node="n2"}'},
            {"match[]": '{node=~"n.*"}'},
            {"match[]": '{node!="n2"}'},
            {"end": NOW_MS / 1000 - 3600},
        ):
            counts.append(len((await call("GET", "/alerts/history", query=query))[1]["events"]))
        refused = [
            (await call("GET", "/alerts/history", query=query))[0]
            for query in ({"limit": 10_001}, {"event": "x"}, {"fingerprint": "7"}, {"match[]": "{"})
        ]
        return whole, counts, refused, await call("GET", f"/alerts/{KEY}/occurrences")

    (status, whole), counts, refused, (_, past) = server(steps)
    assert status == 200
    (event,) = whole["events"]
    assert (event["event"], event["time"], event["labels"]) == ("firing", NOW_MS / 1000 - 60, dict(ALERT.labels))
    assert (counts, refused) == ([1, 0, 0, 1, 1, 0], [400] * 4)
    assert [(one["endsAt"], one["seconds"]) for one in past["occurrences"]] == [(None, 60.0)]
    for say in SAYS:
        assert KEY in "\n".join(tell_history(whole, say))


def test_who_acknowledges_assigns_and_comments_is_on_the_alert_and_in_the_history(server):
    async def steps(call):
        path = f"/alerts/{KEY}"
        answers = [
            await call("POST", f"{path}/acknowledgement", {"comment": "mine", "seconds": 60}),
            await call("PUT", f"{path}/assignee", {"assignee": "wang"}),
            await call("POST", f"{path}/comments", {"text": "disk full"}),
        ]
        everybody = await call("GET", "/alerts/notes")
        back = await call("DELETE", f"{path}/acknowledgement")
        _, events = await call("GET", "/alerts/history")
        refused = [
            (await call("POST", f"{path}/comments", {"text": " "}))[0],
            (await call("POST", f"{path}/comments", {"words": "x"}))[0],
            (await call("POST", f"{path}/acknowledgement", "{"))[0],
            (await call("POST", f"{path}/acknowledgement", {"seconds": -1}))[0],
            (await call("GET", "/alerts/zz/notes"))[0],
            (await call("GET", f"{path}/notes", **{"x-scope-orgid": "other"}))[0],
            (await call("POST", f"/alerts/{'0' * 16}/acknowledgement"))[0],
            (await call("POST", f"/alerts/{'0' * 16}/acknowledgement", **{"x-scope-orgid": "other"}))[0],
        ]
        return answers, everybody, back, events, refused

    answers, (_, everybody), (_, back), events, refused = server(steps)
    assert [status for status, _ in answers] == [200] * 3
    (_, notes) = answers[-1]
    given = notes["acknowledged"]
    assert (given["comment"], given["until"], notes["assignee"]) == ("mine", NOW_MS / 1000 + 60, "wang")
    assert everybody["notes"] == {KEY: notes}
    assert back["acknowledged"] is None
    kinds = {event["event"] for event in events["events"]}
    assert kinds == {"firing", "acknowledged", "assigned", "commented", "unacknowledged"}
    assert refused == [400, 400, 400, 400, 400, 403, 404, 403]
    for say in SAYS:
        assert len(tell_notes(notes, say)) == len(tell_notes(back, say)) == 1


def test_why_tells_the_way_of_an_alert_in_the_language_that_is_asked_for(server):
    async def steps(call):
        english = await call("GET", f"/alerts/{KEY}/why")
        chinese = await call("GET", f"/alerts/{KEY}/why", **{"accept-language": "zh-CN,en"})
        return english, chinese, await call("GET", f"/alerts/{'0' * 16}/why")

    (status, english), (_, chinese), (missing, _) = server(steps)
    assert (status, missing) == (200, 404)
    assert (english["alert"]["fingerprint"], english["alert"]["state"], english["rule"]) == (KEY, "firing", None)
    (route,) = english["routes"]
    assert (route["receiver"], route["groupKey"]) == ("ops", '{}:{alertname="Full"}')
    codes = [step["code"] for step in route["steps"]]
    assert codes == [step["code"] for step in chinese["routes"][0]["steps"]]
    assert codes[0] == "not_inhibited"
    assert chinese["routes"][0]["steps"][0]["text"] == "没有触发中的告警抑制它"
    for document, say in ((english, SAYS[0]), (chinese, SAYS[1])):
        assert "n1" in "\n".join(tell_why(document, say))
        document["routes"][0]["steps"] = [
            {"step": "set", "integration": "", "passes": True, "parts": ["at ", 60.0, "!"]}
        ]
        assert f"  + set: at {local_time(60)}!" in tell_why(document, say)


def test_times_are_of_the_readers_zone_which_is_named(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    try:
        assert local_time(1_700_000_000.25) == "2023-11-15 06:13:20 CST"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_dry_run_counts_what_a_configuration_would_have_sent(server):
    async def steps(call):
        run = await call("POST", "/alerts/dry-run", CONFIG.replace("ops", "new"), {"since": "1h"})
        wrong = await call("POST", "/alerts/dry-run", "route: {receiver: nobody}\n")
        long = await call("POST", "/alerts/dry-run", CONFIG, {"since": "500d"})
        return run, wrong, long

    (status, run), (wrong_status, wrong), (long_status, _) = server(steps)
    assert (status, run["alerts"], run["notifications"]) == (200, 1, 1)
    (receiver,) = run["receivers"]
    assert (receiver["receiver"], receiver["groups"][0]["groupKey"]) == ("new", '{}:{alertname="Full"}')
    assert run["timeline"][0]["reason"] == "first notification"
    assert receiver["integrations"] == {"webhook[0]": 1}
    assert (run["overTime"]["step"], sum(run["overTime"]["counts"]), sum(run["current"]["overTime"]["counts"])) == (
        60,
        1,
        0,
    )
    assert run["current"]["notifications"] == 0  # its receiver has no integrations here
    assert (wrong_status, long_status) == (400, 400)
    assert wrong["error"] == 'alertmanager.yml:1: route.receiver: undefined receiver "nobody" used in route'
    for say in SAYS:
        assert "new" in "\n".join(tell_dry_run(run, say))
    summary, line, *_ = tell_dry_run(run, SAYS[0])
    assert "1 alert, 1 notification (with the configuration in force: 0)" in summary
    assert line == "  new: 1 notification of 1 alert in 1 group"


def test_objectives_are_set_read_versioned_and_deleted(server):
    async def steps(call):
        return [
            await call("PUT", "/slos/shop", SLO),
            await call("PUT", "/slos/shop", SLO | {"objective": 99.5}),
            await call("GET", "/slos"),
            await call("GET", "/slos/shop/rules"),
            await call("DELETE", "/slos/shop"),
            await call("GET", "/slos/shop"),
            await call("GET", "/slos/shop/versions"),
            await call("PUT", "/slos/filed", SLO | {"name": "filed"}),
            await call("PUT", "/slos/other", SLO),
            await call("POST", "/slos/check", SLO | {"objective": 0}),
            await call("GET", "/slos/never/versions"),
        ]

    answers = server(steps)
    assert [status for status, _ in answers] == [200, 200, 200, 200, 200, 404, 200, 403, 400, 400, 404]
    documents = [document for _, document in answers]
    assert documents[1]["definition"]["objective"] == 99.5
    assert [(slo["definition"]["name"], slo["source"]) for slo in documents[2]["slos"]] == [
        ("filed", "file"),
        ("shop", "api"),
    ]
    assert documents[1]["budget"] == 0.005
    assert [alert["factor"] for alert in documents[1]["alerts"]] == [14.4, 6.0, 3.0, 1.0]
    assert "slo:shop:budget" in documents[3]["rules"]
    versions = [
        (each["number"], each["definition"] and each["definition"]["objective"]) for each in documents[6]["versions"]
    ]
    assert versions == [(1, 99.9), (2, 99.5), (3, None)]


def test_heartbeats_are_pinged_and_listed(server):
    async def steps(call):
        before = await call("GET", "/heartbeats")
        return (
            before,
            await call("POST", "/heartbeats/backup"),
            await call("GET", "/heartbeats"),
            await call("GET", "/heartbeats/x"),
        )

    (_, before), (status, _), (_, after), (unknown, _) = server(steps)
    assert (before["heartbeats"][0]["last"], before["deadman"]) == (None, None)
    assert (status, unknown) == (200, 404)
    assert after["heartbeats"] == [{"name": "backup", "every": 300.0, "last": NOW_MS / 1000, "missing": False}]


def test_the_list_shows_who_has_what_in_hand():
    status = {"silencedBy": [], "inhibitedBy": []}
    alert = {"fingerprint": KEY, "status": status, "startsAt": "2026-01-01T00:00:00Z", "labels": {"a": "b"}}
    notes = {"assignee": "", "acknowledged": {"by": "li"}}
    for say in SAYS:
        (text,) = tell_list([alert | {"notes": notes}, alert | {"notes": None}], say)
        assert "li" in text
        assert len(tell_list([], say)) == 1


def test_every_event_has_a_chinese_word():
    assert set(EVENTS_ZH) == {kind.value for kind in EventKind}
