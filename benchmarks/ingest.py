"""CPU per sample from scrape to fsynced commit and compaction: 100 targets x 1,000 changing series, at 1 s and at 15 s.

Both programs scrape the same generator at the same time, so that they share what else goes on in the machine. The first
scrapes, which learn the series, do not count; samples are counted by the programs' own counters, not assumed. Compaction
is part of the cost: Prometheus writes its head as a block (its snapshot call does just that), we compact what was
committed, with the clock turned forward.
`--rounds N`: seconds to measure at 1 s and, at least 45, at 15 s (default 30).
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.harness import Figure, Ratio
from benchmarks.load import running_targets, scrape_config
from benchmarks.processes import cpu_seconds, rss_megabytes
from tests.harness import Options
from tests.prometheus import Prometheus
from tests.server import Vedette

TARGETS = 100
SERIES = 1_000
IDLE_S = 5
WARM_UP_S = {1: 12, 15: 30}
"""By interval: the series are learned, and the machine is back at rest."""

THEIR_SAMPLES = r'prometheus_tsdb_head_samples_appended_total\{type="float"\} (\S+)'
OUR_SAMPLES = r'vedette_committed_rows_total\{table="samples"\} (\S+)'


class Server(Protocol):
    @property
    def pid(self) -> int: ...
    def get(self, path: str) -> tuple[int, bytes]: ...


@dataclass(frozen=True, slots=True)
class Mark:
    """Counters of a process at one moment."""

    cpu_s: float
    samples: float


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU microseconds per sample; megabytes."""

    load: float
    compaction: float
    rss: float

    @property
    def total(self) -> float:
        return self.load + self.compaction

    def words(self) -> str:
        return f"{self.total:.2f} us/sample ({self.load:.2f} + compaction {self.compaction:.2f}), {self.rss:.0f} MB"


def run(options: Options) -> Iterable[Ratio | Figure]:
    measured_s = options.rounds_or(30)
    with tempfile.TemporaryDirectory() as folder, running_targets(TARGETS, SERIES) as addresses:
        for interval_s in (1, 15):
            seconds = measured_s if interval_s == 1 else max(45, measured_s)
            theirs, ours, idle = measure(Path(folder) / f"{interval_s}s", addresses, interval_s, seconds)
            print(f"  {interval_s} s: prometheus {theirs.words()}; vedette {ours.words()}", flush=True)
            yield Ratio(f"ingest_{interval_s}s", "prometheus", [theirs.total / ours.total])
            if interval_s == 1:
                yield Figure("ingest_rss_growth", ours.rss - idle, "MB", theirs.rss)
                yield Figure("ingest_idle_rss", idle, "MB", 500)


def measure(folder: Path, addresses: list[str], interval_s: int, seconds: int) -> tuple[Cost, Cost, float]:
    """(Prometheus, Vedette, Vedette's megabytes before it scraped anything)"""
    folder.mkdir()
    config, data = folder / "vedette.yml", folder / "vedette"
    config.write_text("scrape_configs: []\n")
    with Vedette(data, "--config", str(config), "--no-node-job") as vedette:
        vedette.wait_until_ready()
        time.sleep(IDLE_S)
        idle = rss_megabytes(vedette.pid)
        config.write_text(scrape_config(addresses, interval_s))
        vedette.reload()
        with Prometheus(
            folder / "prometheus", scrape_config(addresses, interval_s), "--web.enable-admin-api"
        ) as prometheus:
            time.sleep(WARM_UP_S[interval_s])
            before = mark(prometheus, THEIR_SAMPLES), mark(vedette, OUR_SAMPLES)
            time.sleep(seconds)
            after = mark(prometheus, THEIR_SAMPLES), mark(vedette, OUR_SAMPLES)
            memory = rss_megabytes(prometheus.pid), rss_megabytes(vedette.pid)
            their_compaction = snapshot_cpu_seconds(prometheus) / after[0].samples
        vedette.stop()
    our_compaction = compaction_cpu_seconds(data) / after[1].samples
    loads = [
        (end.cpu_s - start.cpu_s) / (end.samples - start.samples) for start, end in zip(before, after, strict=True)
    ]
    theirs, ours = (
        Cost(load * 1e6, compaction * 1e6, rss)
        for load, compaction, rss in zip(loads, (their_compaction, our_compaction), memory, strict=True)
    )
    return theirs, ours, idle


def mark(server: Server, pattern: str) -> Mark:
    match = re.search(pattern, server.get("/metrics")[1].decode())
    assert match is not None, pattern
    return Mark(cpu_seconds(server.pid), float(match[1]))


def snapshot_cpu_seconds(prometheus: Prometheus) -> float:
    before = cpu_seconds(prometheus.pid)
    status, body = prometheus.post("/api/v1/admin/tsdb/snapshot")
    assert status == 200, body
    return cpu_seconds(prometheus.pid) - before


def compaction_cpu_seconds(data: Path) -> float:
    """Of compacting the whole directory in a process of its own, less what opening it costs."""
    opening = timed_child("open", data)
    return timed_child("compact", data) - opening


def timed_child(what: str, data: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "benchmarks.compact", what, str(data)], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
