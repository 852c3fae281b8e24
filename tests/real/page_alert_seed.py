"""Alerts, silences, rules and an objective on a real server, for the pages about alerts: some of each state."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tests.asking import wait_until
from tests.server import Vedette

ALERTMANAGER: Final = """
route:
  receiver: operators
  group_by: [alertname, cluster]
  group_wait: 1s
  group_interval: 5s
  routes:
  - matchers: ['severity="critical"']
    receiver: pager
    group_by: [alertname]
    continue: true
    routes:
    - {matchers: ['team="storage"'], receiver: storage-pager, group_wait: 5s}
  - {matchers: ['team=~"web|shop"'], receiver: shop, repeat_interval: 12h, active_time_intervals: [office]}
  - {matchers: ['severity="info"'], receiver: operators, group_by: ['...'], mute_time_intervals: [always]}
receivers:
- {name: operators, webhook_configs: [{url: "SINK/operators"}]}
- {name: pager, webhook_configs: [{url: "SINK/pager"}]}
- {name: storage-pager, webhook_configs: [{url: "SINK/storage"}]}
- {name: shop, webhook_configs: [{url: "SINK/shop"}]}
- {name: archive}
inhibit_rules:
- {name: cluster-down, source_matchers: ['alertname="ClusterDown"'], target_matchers: ['severity="warning"'], equal: [cluster]}
time_intervals:
- {name: always, time_intervals: [{times: [{start_time: '00:00', end_time: '24:00'}]}]}
- {name: office, time_intervals: [{weekdays: ['sunday:saturday']}]}
"""
"""SINK stands for the address of a webhook's server."""

RULES: Final = """
name: machine
interval: 2s
rules:
- record: node:memory_available:ratio
  expr: node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes
- alert: MemoryInUse
  expr: node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < 0.999
  labels: {severity: critical, team: storage}
  annotations:
    summary: 'Only {{ $value | humanizePercentage }} of the memory is free on {{ $labels.instance }}'
    description: Programs will be killed soon. Look for the one that grew.
    runbook_url: https://runbooks.example/memory
- alert: LoadHigh
  expr: node_load1 > 0.0001
  for: 1h
  labels: {severity: warning}
- alert: DiskFull
  expr: node_filesystem_avail_bytes / node_filesystem_size_bytes < 0
  labels: {severity: critical}
- alert: RatioBroken
  expr: node_cpu_seconds_total / on (instance) node_cpu_seconds_total > 1
"""
RETIRED_RULES: Final = "name: retired\nrules:\n- {alert: Never, expr: vector(0) > 1}\n"
SLO: Final = {
    "name": "queries-answered",
    "description": "Queries of this server are answered without a fault of ours.",
    "objective": 99.5,
    "window": "30d",
    "indicator": {
        "events": {
            "total": 'prometheus_http_requests_total{job="vedette"}',
            "bad": 'prometheus_http_requests_total{job="vedette",code=~"5.."}',
        }
    },
}
_ALERTS: Final = (
    ("ClusterDown", "critical", {"cluster": "eu", "team": "storage"}, "Cluster eu does not answer", 95),
    ("QueueFull", "warning", {"cluster": "eu", "instance": "queue-1:9100"}, "Queue is full for 10 minutes", 90),
    ("LatencyHigh", "warning", {"cluster": "us", "team": "web", "path": "/checkout"}, "Checkout takes 2.3 s", 34),
    ("LatencyHigh", "warning", {"cluster": "us", "team": "web", "path": "/cart"}, "Cart takes 1.9 s", 33),
    ("CertificateExpires", "warning", {"cluster": "us", "host": "shop.example"}, "Expires in 6 days", 3000),
    ("BackupOld", "critical", {"cluster": "asia", "instance": "db-7:9100"}, "The last backup is 2 days old", 700),
    ("BackupOld", "critical", {"cluster": "asia", "instance": "db-8:9100"}, "The last backup is 2 days old", 700),
    ("ProcessGrew", "warning", {"team": "storage", "process": "compactor"}, "compactor doubled its memory", 0),
    ("Deployed", "info", {"cluster": "asia", "service": "cart"}, "cart 1.4.2 was deployed", 12),
)


def seed_alerts(server: Vedette) -> None:
    """Until the rule's alert is in the pipeline, so that each page has something of each state."""
    _change_rules(server)
    _post_json(server, "/api/v2/alerts", [_alert(*one) for one in _ALERTS])
    for objective in (99, SLO["objective"]):
        body = json.dumps(SLO | {"objective": objective}).encode()
        status, answer = server.get(f"/api/v1/slos/{SLO['name']}", method="PUT", body=body)
        assert status == 200, answer
    for silence in (*_silences(), _silence_of_any()):
        _post_json(server, "/api/v2/silences", silence)
    expired = json.loads(_post_json(server, "/api/v2/silences", _silence("alertname", "Old", 0, 60, "done")))
    assert server.get(f"/api/v2/silence/{expired['silenceID']}", method="DELETE")[0] == 200
    assert wait_until(lambda: bool(fingerprint_of(server, "MemoryInUse")), 60, every_s=0.5), "the rule does not fire"


def _change_rules(server: Vedette) -> None:
    """So that there is a history: a group that was changed, and one that is no more."""
    path = "/config/v1/rules/pages"
    for text in (RULES.replace("0.999", "0.05"), RULES, RETIRED_RULES):
        _post(server, path, text.encode(), "application/yaml")
    assert server.get(f"{path}/retired", method="DELETE")[0] == 202


def wait_for_objective(server: Vedette) -> None:
    """Until its rules, which run each minute, have given a burn rate."""
    assert wait_until(lambda: bool(server.api(f"slos/{SLO['name']}")["groups"]), 150, every_s=1.0), "no burn rate"


def fingerprint_of(server: Vedette, name: str) -> str:
    """Empty while no such alert fires."""
    status, body = server.get(f"/api/v2/alerts?filter=alertname%3D{name}")
    assert status == 200, body
    return next((str(alert["fingerprint"]) for alert in json.loads(body)), "")


def _alert(name: str, severity: str, labels: dict[str, str], summary: str, minutes: int) -> dict[str, Any]:
    return {
        "labels": {"alertname": name, "severity": severity, **labels},
        "annotations": {"summary": summary},
        "startsAt": _time(-minutes),
        "endsAt": _time(600),
        "generatorURL": "http://prometheus.example/graph?g0.expr=up+%3D%3D+0&g0.tab=1",
    }


def _silences() -> list[dict[str, Any]]:
    return [
        _silence("alertname", "CertificateExpires", 0, 40, "The new one is ordered"),
        _silence("alertname", "BackupOld", 0, 60 * 26, "Move of db-8, see the plan", instance="db-8:9100"),
        _silence("cluster", "us", 180, 300, "Maintenance of the network"),
    ]


def _silence(name: str, value: str, begins: int, ends: int, comment: str, **others: str) -> dict[str, Any]:
    matchers = [
        {"name": name, "value": value, "isRegex": False, "isEqual": True}
        for name, value in {name: value, **others}.items()
    ]
    times = {"startsAt": _time(begins), "endsAt": _time(ends)}
    return {"matchers": matchers, **times, "createdBy": "li", "comment": comment}


def _silence_of_any() -> dict[str, Any]:
    """Of two matcher sets."""
    first = _silence("service", "cart", 0, 60 * 8, "Release of the cart")
    second = _silence("alertname", "ProcessGrew", 0, 0, "", process="compactor")
    return first | {"matcherSets": [first["matchers"], second["matchers"]], "annotations": {"ticket": "OPS-42"}}


def _time(minutes: int) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()


def _post_json(server: Vedette, path: str, document: Any) -> bytes:
    return _post(server, path, json.dumps(document).encode(), "application/json")


def _post(server: Vedette, path: str, body: bytes, content_type: str) -> bytes:
    status, answer = server.get(path, {"Content-Type": content_type}, method="POST", body=body)
    assert status in (200, 202), f"{path}: {status} {answer[:500]!r}"
    return answer
