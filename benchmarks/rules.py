"""CPU and p99 of rule groups: kube-prometheus' set (38 groups, 139 alerts, 95 records), each every 30 s, against Prometheus.

Both programs get the same series by remote write (cluster_series.py): HISTORY_S of the past and what will be needed
while they are measured, so that nothing but rules runs then. They are measured one after the other, each alone on the machine,
from its second evaluation on. A group's time is what /api/v1/rules says of it. `--rounds N`: evaluations of each group (default 3).
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import yaml

from benchmarks.cluster_series import all_sources, make_bodies
from benchmarks.harness import Figure, Ratio
from benchmarks.processes import cpu_seconds
from benchmarks.remote_write import send
from tests import write_requests as rw
from tests.asking import Service
from tests.harness import Options
from tests.prometheus import Prometheus
from tests.server import Vedette
from tests.settings import conformance

INTERVAL_S = 30
HISTORY_S = 900
CONNECTIONS = 2


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU seconds of one round of all groups; seconds of each evaluation of a group; failing rules."""

    cpu_s: float
    group_seconds: Sequence[float]
    failing: Sequence[str]


def run(options: Options) -> Iterable[Ratio | Figure]:
    rounds = options.rounds_or(3)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rules = folder / "rules.yml"
        rules.write_text(rule_file())
        config = f"global: {{evaluation_interval: {INTERVAL_S}s}}\nrule_files: ['{rules}']\nscrape_configs: []\n"
        (folder / "ours.yml").write_text(config)
        theirs = measure(
            Prometheus(folder / "theirs", config, "--web.enable-remote-write-receiver", "--web.enable-lifecycle"),
            rounds,
        )
        ours = measure(Vedette(folder / "ours", "--config", str(folder / "ours.yml"), "--no-node-job"), rounds)
    for program, found in (("prometheus", theirs), ("vedette", ours)):
        worst, median = np.quantile(found.group_seconds, [0.99, 0.5]) * 1000
        print(
            f"  {program}: {found.cpu_s:.2f} CPU s a round; a group takes {median:.1f} ms, p99 {worst:.1f} ms;"
            f" {len(found.group_seconds)} evaluations; failing: {list(found.failing)[:3]}",
            flush=True,
        )
    yield Ratio("rules_cpu", "prometheus", [theirs.cpu_s / ours.cpu_s])
    worst_of = [float(np.quantile(found.group_seconds, 0.99)) for found in (theirs, ours)]
    yield Ratio("rules_p99", "prometheus", [worst_of[0] / worst_of[1]])


def rule_file() -> str:
    """All groups of the set, every INTERVAL_S."""
    groups = []
    for path in sorted(conformance("mixins", "kube-prometheus", "manifests").glob("*-prometheusRule.yaml")):
        groups += yaml.safe_load(path.read_text())["spec"]["groups"]
    return yaml.safe_dump({"groups": [{**group, "interval": f"{INTERVAL_S}s"} for group in groups]}, sort_keys=False)


def measure(program: Prometheus | Vedette, rounds: int) -> Measured:
    first_ms = (int(time.time()) - HISTORY_S) * 1000
    steps = HISTORY_S // INTERVAL_S + 2 * rounds + 8
    bodies = list(make_bodies(all_sources(), first_ms, INTERVAL_S * 1000, steps))
    with program as server:
        if isinstance(server, Vedette):
            server.wait_until_ready()
        asyncio.run(send_all(server.url, bodies))
        written = time.time()
        evaluated = wait_for_round(server, written)
        used, watch = cpu_seconds(server.pid), Watch(server, evaluated)
        begin = time.time()
        while time.time() - begin < rounds * INTERVAL_S:
            time.sleep(5)
            watch.look()
        cpu_s = (cpu_seconds(server.pid) - used) / rounds
        return Measured(cpu_s, watch.seconds, watch.failing)


def wait_for_round(server: Service, since_s: float) -> dict[str, str]:
    """Until every group was evaluated over what is written; its last evaluation by then."""
    while True:
        time.sleep(2)
        groups = server.api("rules", exclude_alerts="true")["groups"]
        if groups and all(parsed(group["lastEvaluation"]) > since_s for group in groups):
            return {group["name"]: group["lastEvaluation"] for group in groups}


def parsed(text: str) -> float:
    return np.datetime64(text.rstrip("Z")[:26], "us").astype(np.int64) / 1e6


class Watch:
    """Each evaluation of each group, once."""

    def __init__(self, server: Service, known: dict[str, str]) -> None:
        self._server, self._known = server, known
        self.seconds: list[float] = []
        self.failing: list[str] = []

    def look(self) -> None:
        groups: list[Any] = self._server.api("rules", exclude_alerts="true")["groups"]
        for group in groups:
            if self._known[group["name"]] != group["lastEvaluation"]:
                self._known[group["name"]] = group["lastEvaluation"]
                self.seconds.append(group["evaluationTime"])
        self.failing = [
            f"{rule['name']}: {rule['lastError']}"
            for group in groups
            for rule in group["rules"]
            if rule.get("lastError")
        ]


async def send_all(url: str, bodies: Sequence[bytes]) -> None:
    address = urlsplit(url)
    assert address.hostname and address.port
    async with asyncio.TaskGroup() as tasks:
        for place in range(CONNECTIONS):
            tasks.create_task(send(address.hostname, address.port, bodies[place::CONNECTIONS], rw.V1_TYPE))
