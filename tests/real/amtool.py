"""Every verb of amtool against our server, each operation of API v2 against its schema, and a Prometheus that alerts through us."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tests.alertmanager import ask, run_amtool, send
from tests.alertmanager_schema import ApiDescription
from tests.asking import wait_until
from tests.harness import Options, Outcome, run_checks
from tests.prometheus import Prometheus
from tests.server import Vedette
from tests.webhook_sink import WebhookSink

CONFIG: Final = """
route:
  receiver: default
  group_by: [alertname]
  group_wait: 1s
  group_interval: 1s
  routes:
  - {matchers: ['team="a"'], receiver: team-a, labels: {tier: gold}}
receivers:
- {name: default, webhook_configs: [{url: 'URL'}]}
- {name: team-a, labels: {owner: a}}
inhibit_rules:
- {source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [job]}
"""
RULES: Final = """
groups:
- name: one
  interval: 1s
  rules:
  - {alert: FromPrometheus, expr: 'vector(time()) < LIMIT', labels: {severity: page}, annotations: {summary: 'it is {{ $value }}'}}
"""


@dataclass(slots=True)
class Scene:
    folder: Path
    server: Vedette
    sink: WebhookSink
    config: Path


def run(options: Options) -> Iterable[Outcome]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vedette-amtool-")))
        sink = stack.enter_context(WebhookSink())
        config = folder / "alertmanager.yml"
        config.write_text(CONFIG.replace("URL", sink.url))
        (folder / "prometheus.yml").write_text("global: {scrape_interval: 1h}\n")
        own = (f"--config={folder / 'prometheus.yml'}", "--no-node-job", f"--alertmanager.config={config}")
        server = stack.enter_context(Vedette(folder / "data", *own))
        yield run_checks("amtool", CHECKS, Scene(folder, server, sink, config))


def _tool(scene: Scene, *arguments: str, fails: bool = False) -> str:
    done = run_amtool(*arguments, server=scene.server)
    assert (done.returncode != 0) is fails, f"amtool {arguments}: {done.stdout} {done.stderr}"
    return done.stdout + (done.stderr if fails else "")


def alert_add_and_query(scene: Scene) -> None:
    _tool(scene, "alert", "add", "added", "team=a", "--annotation=summary=hello", "--generator-url=http://g/")
    (found,) = json.loads(_tool(scene, "--output=json", "alert", "query", "added"))
    assert found["labels"] == {"alertname": "added", "team": "a"}
    assert found["annotations"] == {"summary": "hello"}
    assert found["receivers"] == [{"name": "team-a"}]
    assert "added" in _tool(scene, "--output=extended", "alert", "query", "--receiver=team-.*")
    assert "added" not in _tool(scene, "alert", "query", "--silenced", "added")


def silence_add_query_update_and_expire(scene: Scene) -> None:
    options = ("--duration=1h", "--author=me", "--comment=why", "--annotation=ticket=7")
    silence_id = _tool(scene, "silence", "add", *options, "alertname=silenced", "team=~a|b").strip()
    (shown,) = json.loads(_tool(scene, "--output=json", "silence", "query", "alertname=silenced"))
    assert (shown["id"], shown["createdBy"], shown["comment"]) == (silence_id, "me", "why")
    assert shown["annotations"] == {"ticket": "7"}
    assert silence_id in _tool(scene, "silence", "query", "--within=2h")
    assert silence_id not in _tool(scene, "silence", "query", "--within=10m")
    _tool(scene, "silence", "update", "--duration=3h", "--comment=longer", silence_id)
    (updated,) = json.loads(_tool(scene, "--output=json", "silence", "query", "alertname=silenced"))
    assert updated["comment"] == "longer" and updated["endsAt"] > shown["endsAt"]
    _tool(scene, "silence", "expire", updated["id"])
    assert _tool(scene, "silence", "query", "--quiet", "alertname=silenced").strip() == ""
    assert updated["id"] in _tool(scene, "silence", "query", "--quiet", "--expired", "alertname=silenced")


def silence_import(scene: Scene) -> None:
    ends = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    matchers = [{"name": "alertname", "value": "imported", "isRegex": False, "isEqual": True}]
    silence = {"matchers": matchers, "startsAt": datetime.now(UTC).isoformat(), "endsAt": ends}
    file = scene.folder / "silences.json"
    file.write_text(json.dumps([{**silence, "createdBy": "me", "comment": "imported"}]))
    _tool(scene, "silence", "import", str(file))
    assert "imported" in _tool(scene, "silence", "query", "alertname=imported")


def check_config(scene: Scene) -> None:
    assert "SUCCESS" in _tool(scene, "check-config", str(scene.config))
    shown = scene.folder / "shown.yml"
    shown.write_text(ask(scene.server, "/status")["config"]["original"])
    assert "2 receivers" in _tool(scene, "check-config", str(shown))


def config_show(scene: Scene) -> None:
    shown = _tool(scene, "config", "show")
    assert "team-a" in shown and scene.sink.url not in shown


def config_routes_show_and_test(scene: Scene) -> None:
    assert 'team="a"' in _tool(scene, "config", "routes", "show")
    assert _tool(scene, "config", "routes", "test", "team=a").strip() == "team-a"
    assert _tool(scene, "config", "routes", "test", "--verify.receivers=default", "team=b").strip() == "default"
    _tool(scene, "config", "routes", "test", "--verify.receivers=default", "team=a", fails=True)


def cluster_show(scene: Scene) -> None:
    assert "disabled" in _tool(scene, "cluster", "show")


def template_render(scene: Scene) -> None:
    file = scene.folder / "own.tmpl"
    file.write_text('{{ define "own" }}{{ .Status }} {{ len .Alerts }}{{ end }}')
    shown = _tool(scene, "template", "render", f"--template.glob={file}", '--template.text={{ template "own" . }}')
    assert shown.strip() == "alertstatus 2"


def every_operation_answers_as_it_is_described(scene: Scene) -> None:
    description, server = ApiDescription(), scene.server
    ends = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    matchers = [{"name": "alertname", "value": "described", "isRegex": False}]
    silence = {"matchers": matchers, "startsAt": datetime.now(UTC).isoformat(), "endsAt": ends}
    silence |= {"createdBy": "me", "comment": "", "annotations": {"a": "b"}}

    def call(method: str, path: str, document: Any = None, query: str = "", **values: str) -> Any:
        status, answer = send(server, method, path.format(**values) + query, document)
        description.check(method, path, status, answer)
        return answer

    call("POST", "/alerts", [{"labels": {"alertname": "described", "team": "a"}, "generatorURL": "http://x/"}])
    call("POST", "/alerts", [{"labels": {}}])
    made = call("POST", "/silences", silence)["silenceID"]
    call("POST", "/silences", silence | {"endsAt": silence["startsAt"]})
    call("POST", "/silences", silence | {"id": "11111111-1111-4111-8111-111111111111"})
    for path in ("/alerts", "/alerts/groups", "/silences"):
        assert call("GET", path)
        call("GET", path, query="?filter=foo!bar")
    call("GET", "/silence/{silenceID}", silenceID=made)
    call("GET", "/silence/{silenceID}", silenceID="11111111-1111-4111-8111-111111111111")
    call("DELETE", "/silence/{silenceID}", silenceID=made)
    call("DELETE", "/silence/{silenceID}", silenceID="11111111-1111-4111-8111-111111111111")
    call("GET", "/status")
    call("GET", "/receivers")
    call("GET", "/receivers", query="?receiver_matchers=x")
    assert description.unchecked() == set()


def health_and_metrics_have_the_references_names(scene: Scene) -> None:
    for path in ("/-/healthy", "/-/ready"):
        assert scene.server.get(path)[0] == 200
    scene.server.reload()
    page = scene.server.get("/metrics")[1].decode()
    for name in (
        "alertmanager_alerts",
        "alertmanager_alerts_received_total",
        "alertmanager_notifications_total",
        "alertmanager_notifications_failed_total",
        "alertmanager_notification_latency_seconds_bucket",
        "alertmanager_silences",
        "alertmanager_config_last_reload_successful",
        "alertmanager_cluster_enabled",
    ):
        assert f"\n{name}{{" in page or f"\n{name} " in page, name


def a_wrong_configuration_changes_nothing(scene: Scene) -> None:
    before, right = ask(scene.server, "/status")["config"], scene.config.read_text()
    scene.config.write_text(right.replace("receiver: team-a,", "receiver: nobody,"))
    status, answer = scene.server.post("/-/reload")
    scene.config.write_text(right)
    assert status == 500, answer
    assert b'undefined receiver "nobody" used in route' in answer and b"hint:" in answer and b":8:" in answer, answer
    assert ask(scene.server, "/status")["config"] == before
    assert b"alertmanager_config_last_reload_successful 0.0" in scene.server.get("/metrics")[1]
    scene.server.reload()
    assert b"alertmanager_config_last_reload_successful 1.0" in scene.server.get("/metrics")[1]


def a_storm_in_one_request_is_stored_and_shown(scene: Scene) -> None:
    """100,000 alerts, one with 64 KB of annotations."""
    long = {"text": "x" * 65_536}
    alerts = [
        {"labels": {"alertname": "storm", "number": str(number)}, "annotations": long if number == 0 else {}}
        for number in range(100_000)
    ]
    assert send(scene.server, "POST", "/alerts", alerts) == (200, None)
    shown = ask(scene.server, "/alerts", filter='alertname="storm"')
    assert len(shown) == len(alerts)
    assert {len(one["annotations"].get("text", "")) for one in shown} == {0, 65_536}


def a_prometheus_alerts_through_us(scene: Scene) -> None:
    """It fires for six seconds; both words reach the webhook."""
    folder = scene.folder / "prometheus"
    folder.mkdir()
    rules = folder / "rules.yml"
    rules.write_text(RULES.replace("LIMIT", str(time.time() + 6)))
    target = scene.server.url.removeprefix("http://")
    config = (
        f"rule_files: [{rules}]\n"
        f"alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{target}']}}]}}]}}\n"
        "global: {evaluation_interval: 1s}\n"
    )
    with Prometheus(folder / "data", config, "--rules.alert.resend-delay=1s"):
        assert wait_until(lambda: "firing" in _states(scene), 20), _states(scene)
        assert wait_until(lambda: "resolved" in _states(scene), 40), _states(scene)


def _states(scene: Scene) -> list[str]:
    return [
        alert["status"]
        for each in scene.sink.messages()
        for alert in each.message["alerts"]
        if alert["labels"]["alertname"] == "FromPrometheus"
    ]


CHECKS: Final[tuple[Callable[[Scene], None], ...]] = (
    *(alert_add_and_query, silence_add_query_update_and_expire, silence_import),
    *(check_config, config_show, config_routes_show_and_test, cluster_show, template_render),
    *(every_operation_answers_as_it_is_described, health_and_metrics_have_the_references_names),
    *(a_wrong_configuration_changes_nothing, a_prometheus_alerts_through_us),
    a_storm_in_one_request_is_stored_and_shown,
)
