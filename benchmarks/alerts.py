"""The notification pipeline against Alertmanager: 50,000 firing alerts, 500 silences, 200 routes, 50 inhibition rules.

A full cycle: every alert is posted (256 a request, as a Prometheus sends), put into its group, inhibited, silenced, and its group
told to a webhook; then each is posted again, as each minute it is, and the groups find nothing to tell. CPU is that of the whole
process, ours with its fsyncs. Then `GET /api/v2/alerts/groups`, whole, in turns; and what memory the alerts took.
`--rounds N`: how often the groups are asked for (default 5).
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import yaml

from benchmarks.harness import Figure, Ratio
from benchmarks.processes import cpu_seconds, rss_megabytes
from tests.alertmanager import Alertmanager, send
from tests.asking import Service
from tests.harness import Options
from tests.server import Vedette
from tests.webhook_sink import WebhookSink

ALERTS: Final = 50_000
SILENCES: Final = 500
ROUTES: Final = 200
INHIBIT_RULES: Final = 50
ALERTS_A_REQUEST: Final = 256
GROUP_WAIT_S: Final = 5
GROUP_INTERVAL_S: Final = 10
QUIET_S: Final = 1.0
"""A process that used no CPU for so long has nothing left to do."""


@dataclass(slots=True)
class Side:
    server: Vedette | Alertmanager
    sink: WebhookSink
    cpu_s: float = 0.0
    rss_growth_mb: float = 0.0
    groups_s: float = float("inf")


def run(options: Options) -> Iterable[Ratio | Figure]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vedette-bench-")))
        sides = [Side(server, sink) for server, sink in _start(stack, folder)]
        bodies = _bodies(_alerts())
        for side in sides:
            _cycle(side, bodies)
        for _ in range(options.rounds_or(5)):
            for side in sides:
                side.groups_s = min(side.groups_s, _time_groups(side.server))
        ours, theirs = sides
        for name, side in (("vedette", ours), ("alertmanager", theirs)):
            told = sum(len(each.message["alerts"]) for each in side.sink.messages())
            print(
                f"  {name}: {side.cpu_s:.2f} s CPU, groups {side.groups_s * 1000:.0f} ms, "
                f"{side.rss_growth_mb:.0f} MB, {len(side.sink.messages())} notifications of {told} alerts",
                flush=True,
            )
    yield Ratio("alerts_cpu", "alertmanager", [theirs.cpu_s / ours.cpu_s])
    yield Ratio("alerts_groups", "alertmanager", [theirs.groups_s / ours.groups_s])
    yield Figure("alerts_rss_growth", ours.rss_growth_mb, "MB", round(theirs.rss_growth_mb, 1))


def _start(stack: ExitStack, folder: Path) -> list[tuple[Vedette | Alertmanager, WebhookSink]]:
    sinks = [stack.enter_context(WebhookSink()) for _ in range(2)]
    config = folder / "alertmanager.yml"
    config.write_text(_config(sinks[0].url))
    (folder / "prometheus.yml").write_text("global: {scrape_interval: 1h}\n")
    own = ("--no-node-job", f"--config={folder / 'prometheus.yml'}", f"--alertmanager.config={config}")
    ours = stack.enter_context(Vedette(folder / "ours", *own))
    theirs = stack.enter_context(Alertmanager(folder / "theirs", _config(sinks[1].url)))
    return list(zip((ours, theirs), sinks, strict=True))


def _config(url: str) -> str:
    timers = {"group_wait": f"{GROUP_WAIT_S}s", "group_interval": f"{GROUP_INTERVAL_S}s", "repeat_interval": "4h"}
    return yaml.safe_dump(
        {
            "route": {
                "receiver": "hook",
                "group_by": ["alertname", "cluster"],
                **timers,
                "routes": [{"matchers": [f'team="team-{number}"']} for number in range(ROUTES)],
            },
            "receivers": [{"name": "hook", "webhook_configs": [{"url": url}]}],
            "inhibit_rules": [
                {
                    "source_matchers": [f'alertname="Alert{number}"', 'severity="critical"'],
                    "target_matchers": [f'alertname="Alert{number}"', 'severity="warning"'],
                    "equal": ["cluster", "namespace"],
                }
                for number in range(INHIBIT_RULES)
            ],
        },
        sort_keys=False,
    )


def _alerts() -> list[dict[str, Any]]:
    """250 of each team: 5 names in 2 clusters, 25 pods each; some inhibit, some are silenced."""
    now = datetime.now(UTC)
    starts, ends = now.isoformat(), (now + timedelta(hours=1)).isoformat()
    made = []
    for number in range(ALERTS):
        team, within = number % ROUTES, number // ROUTES
        labels = {
            "alertname": f"Alert{(team + within % 5) % 100}",
            "team": f"team-{team}",
            "cluster": f"cluster-{within // 5 % 2}",
            "namespace": f"namespace-{within % 25}",
            "pod": f"service-{team}-{number:06}-abcde",
            "instance": f"10.{team}.{within}.1:9100",
            "job": "kubernetes-pods",
            "severity": "critical" if number % 50 == 0 else "warning",
        }
        summary = f"{labels['pod']} in {labels['namespace']} has been restarting for more than fifteen minutes"
        annotations = {"summary": summary, "runbook_url": f"https://runbooks.example.com/{labels['alertname']}"}
        made.append({"labels": labels, "annotations": annotations, "startsAt": starts, "endsAt": ends})
        made[-1]["generatorURL"] = f"http://prometheus.example.com/graph?g0.expr={labels['alertname']}"
    return made


def _bodies(alerts: Sequence[dict[str, Any]]) -> list[bytes]:
    return [
        json.dumps(alerts[start : start + ALERTS_A_REQUEST]).encode() for start in range(0, ALERTS, ALERTS_A_REQUEST)
    ]


def _cycle(side: Side, bodies: Sequence[bytes]) -> None:
    rss_before = rss_megabytes(side.server.pid)
    _silence(side.server)
    _settle(side.server)
    cpu_before = cpu_seconds(side.server.pid)
    for _ in range(2):
        for body in bodies:
            headers = {"content-type": "application/json"}
            assert side.server.get("/api/v2/alerts", headers, method="POST", body=body)[0] == 200
        time.sleep(GROUP_INTERVAL_S + 2)  # the groups' next time is within it
        _settle(side.server)
    side.cpu_s = cpu_seconds(side.server.pid) - cpu_before
    side.rss_growth_mb = rss_megabytes(side.server.pid) - rss_before


def _silence(server: Service) -> None:
    now = datetime.now(UTC)
    for number in range(SILENCES):
        matchers = [
            {"name": "team", "value": f"team-{number % ROUTES}", "isRegex": False, "isEqual": True},
            {"name": "pod", "value": f"service-.*-{number:06}-.*", "isRegex": True, "isEqual": True},
        ]
        times = {"startsAt": now.isoformat(), "endsAt": (now + timedelta(hours=2)).isoformat()}
        status, answer = send(
            server, "POST", "/silences", {"matchers": matchers, **times, "createdBy": "bench", "comment": "bench"}
        )
        assert status == 200, answer


def _settle(server: Vedette | Alertmanager) -> None:
    """Until it is idle."""
    used, since = cpu_seconds(server.pid), time.monotonic()
    while time.monotonic() - since < QUIET_S:
        time.sleep(0.1)
        now = cpu_seconds(server.pid)
        if now - used > 0.05 * QUIET_S:
            used, since = now, time.monotonic()


def _time_groups(server: Service) -> float:
    started = time.perf_counter()
    status, body = server.get("/api/v2/alerts/groups")
    assert status == 200 and len(body) > ALERTS * 100, (status, body[:200])
    return time.perf_counter() - started
