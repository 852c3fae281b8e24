"""A restart with two hours of 100 targets x 1,000 series at 15 s in the directory: 48 M fresh rows, none compacted.

Measured from the start of the process: the first right answer of an instant query over every series' newest sample, and
the head being rebuilt. The directory is made in a child process (`python -m benchmarks.start FOLDER END_MS`) just before, with
the clock turned back: its samples must end now. `--rounds N`: N scrapes of each target instead of 480.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from benchmarks.harness import Figure
from benchmarks.load import Series
from tests.harness import Options
from tests.server import Vedette
from vedette.model.blocks import SampleBatch
from vedette.model.labels import Labels
from vedette.model.limits import IngestLimits
from vedette.ports.clock import SystemClock
from vedette.ports.principal import SYSTEM
from vedette.store.chdb_store import ChdbStore
from vedette.store.opening import StoreSettings
from vedette.wire.exposition import Format, scan

TARGETS = 100
SERIES = 1_000
INTERVAL_MS = 15_000
SCRAPES = 480
QUERY = 'sum({job="load"})'


def run(options: Options) -> Iterable[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        data, config = Path(folder) / "data", Path(folder) / "prometheus.yml"
        config.write_text("scrape_configs: []\n")
        end_ms = time.time_ns() // 1_000_000
        made = subprocess.run(
            [sys.executable, "-m", "benchmarks.start", str(data), str(end_ms), str(options.rounds_or(SCRAPES))],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        yield from measure(data, config, end_ms, float(made.stdout))


def measure(data: Path, config: Path, end_ms: int, expected: float) -> Iterable[Figure]:
    started = time.monotonic()
    with Vedette(data, "--config", str(config), "--no-node-job") as server:
        until(lambda: answer_of(server, end_ms) == expected)
        yield Figure("start_first_answer", time.monotonic() - started, "s", 3)
        until(lambda: b"\nvedette_head_ready 1.0\n" in server.get("/metrics")[1])
        yield Figure("start_head", time.monotonic() - started, "s", 10)
        assert answer_of(server, end_ms) == expected


def answer_of(server: Vedette, time_ms: int) -> float | None:
    """None while the server does not answer yet; what it answers must be right."""
    status, _ = server.get("/-/ready")
    if status != 200:
        return None
    [series] = server.api("query", query=QUERY, time=str(time_ms / 1000))["result"]
    return float(series["value"][1])


def until(holds: Callable[[], bool], timeout_s: float = 120.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


class TurnedClock(SystemClock):
    def __init__(self, now_ms: int) -> None:
        self.time_ms = now_ms

    def now_ms(self) -> int:
        return self.time_ms


def fill(data: Path, end_ms: int, scrapes: int) -> float:
    """Returns the sum of each series' last value. A target's scrapes have their own offset within the interval."""
    clock = TurnedClock(end_ms - scrapes * INTERVAL_MS)
    store = ChdbStore(StoreSettings(data, maintenance=False), clock)
    refs = np.concatenate([store.register(SYSTEM, labels_of(target)) for target in range(TARGETS)])
    offsets = np.repeat(np.arange(TARGETS) * INTERVAL_MS // TARGETS, SERIES)
    random, values = np.random.default_rng(0), np.zeros(len(refs))
    for _ in range(scrapes):
        values += random.integers(0, 100, len(refs))
        result = store.append(SYSTEM, SampleBatch(refs, clock.time_ms + offsets, values.copy()), commit_within_s=0.0)
        assert result.accepted == len(refs), result
        result.committed.result()
        clock.time_ms += INTERVAL_MS
    store.close()
    return float(values.sum())


def labels_of(target: int) -> list[Labels]:
    names = Series(target, SERIES).names
    page = scan("".join(f"{name} 0\n" for name in names).encode(), Format.TEXT, limits=IngestLimits())
    own = {"instance": f"127.0.1.{target + 1}:80", "job": "load"}
    return [Labels([*page.labels(row), *own.items()]) for row in range(len(names))]


if __name__ == "__main__":
    shutil.rmtree(sys.argv[1], ignore_errors=True)
    Path(sys.argv[1]).mkdir(parents=True)
    print(fill(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
