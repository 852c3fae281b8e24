"""CPU per sample from scrape to fsynced commit and compaction: 100 targets x 1,000 changing series, at 1 s and at 15 s.

Both programs scrape the same generator, one after the other. Compaction is part of the cost: Prometheus writes its head
as a block (its snapshot call does just that), we compact what was committed, with the clock turned forward.
`--rounds N`: N scrapes of each target (default 60 at 1 s, 8 at 15 s).
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import Figure, Ratio
from benchmarks.load import running_targets, scrape_config
from benchmarks.processes import cpu_seconds, rss_megabytes
from tests.harness import Options
from tests.prometheus import Prometheus
from tests.server import Vedette

TARGETS = 100
SERIES = 1_000
WARM_UP_SCRAPES = 3


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds per sample; megabytes."""

    per_sample: float
    rss: float
    idle_rss: float


def run(options: Options) -> Iterable[Ratio | Figure]:
    with tempfile.TemporaryDirectory() as folder, running_targets(TARGETS, SERIES) as addresses:
        for interval_s, scrapes in ((1, options.rounds_or(60)), (15, options.rounds_or(8))):
            theirs = measure_prometheus(Path(folder) / f"prometheus{interval_s}", addresses, interval_s, scrapes)
            ours = measure_vedette(Path(folder) / f"vedette{interval_s}", addresses, interval_s, scrapes)
            print(
                f"  {interval_s} s: prometheus {theirs.per_sample * 1e6:.2f} us/sample {theirs.rss:.0f} MB, vedette {ours.per_sample * 1e6:.2f} us/sample {ours.rss:.0f} MB"
            )
            yield Ratio(f"ingest_{interval_s}s", "prometheus", [theirs.per_sample / ours.per_sample])
            if interval_s == 1:
                yield Figure("ingest_rss_growth", ours.rss - ours.idle_rss, "MB", theirs.rss)
                yield Figure("ingest_idle_rss", ours.idle_rss, "MB", 500)


def measure_prometheus(data: Path, addresses: list[str], interval_s: int, scrapes: int) -> Cost:
    with Prometheus(data, scrape_config(addresses, interval_s), "--web.enable-admin-api") as server:
        idle = rss_megabytes(server.pid)
        load_cpu, samples = measure_load(server.pid, interval_s, scrapes)
        rss = rss_megabytes(server.pid)
        before = cpu_seconds(server.pid)
        status, body = server.post("/api/v1/admin/tsdb/snapshot")
        assert status == 200, body
        share = scrapes / (scrapes + WARM_UP_SCRAPES)
        return Cost((load_cpu + (cpu_seconds(server.pid) - before) * share) / samples, rss, idle)


def measure_vedette(data: Path, addresses: list[str], interval_s: int, scrapes: int) -> Cost:
    config = data.parent / f"{data.name}.yml"
    data.parent.mkdir(parents=True, exist_ok=True)
    config.write_text("scrape_configs: []\n")
    with Vedette(data, "--config", str(config), "--no-node-job") as server:
        server.wait_until_ready()
        time.sleep(5)
        idle = rss_megabytes(server.pid)
        config.write_text(scrape_config(addresses, interval_s))
        server.reload()
        load_cpu, samples = measure_load(server.pid, interval_s, scrapes)
        rss = rss_megabytes(server.pid)
    share = scrapes / (scrapes + WARM_UP_SCRAPES)
    return Cost((load_cpu + compaction_cpu_seconds(data) * share) / samples, rss, idle)


def measure_load(pid: int, interval_s: int, scrapes: int) -> tuple[float, int]:
    """CPU seconds of the scrapes after the first few, which learn the series; and how many samples they brought."""
    time.sleep(interval_s * WARM_UP_SCRAPES)
    before = cpu_seconds(pid)
    time.sleep(interval_s * scrapes)
    return cpu_seconds(pid) - before, TARGETS * SERIES * scrapes


def compaction_cpu_seconds(data: Path) -> float:
    """Of compacting the whole directory in a process of its own, less what opening it costs."""
    return timed_child("compact", data) - timed_child("open", data)


def timed_child(what: str, data: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "benchmarks.compact", what, str(data)], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
