"""Resident memory with 100,000 active series at 15 s for ten minutes, over what we take idle; the limit is Prometheus' own.

Both scrape the same targets at the same time. `--rounds N`: minutes (default 10).
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from benchmarks.harness import Figure
from benchmarks.load import running_targets, scrape_config
from benchmarks.processes import rss_megabytes
from tests.harness import Options
from tests.prometheus import Prometheus
from tests.server import Vedette

TARGETS, SERIES, INTERVAL_S = 100, 1_000, 15
IDLE_S = 5


def run(options: Options) -> Iterable[Figure]:
    with tempfile.TemporaryDirectory() as name, running_targets(TARGETS, SERIES) as addresses:
        folder = Path(name)
        config = folder / "ours.yml"
        config.write_text("scrape_configs: []\n")
        with Vedette(folder / "vedette", "--config", str(config), "--no-node-job") as ours:
            ours.wait_until_ready()
            time.sleep(IDLE_S)
            idle = rss_megabytes(ours.pid)
            config.write_text(scrape_config(addresses, INTERVAL_S))
            ours.reload()
            with Prometheus(folder / "prometheus", scrape_config(addresses, INTERVAL_S)) as theirs:
                time.sleep(60 * options.rounds_or(10))
                our_mb, their_mb = rss_megabytes(ours.pid), rss_megabytes(theirs.pid)
    print(f"  vedette {our_mb:.0f} MB, {idle:.0f} idle; prometheus {their_mb:.0f} MB", flush=True)
    yield Figure("memory_growth", our_mb - idle, "MB", their_mb)
