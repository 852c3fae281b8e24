"""16 clients of dashboard queries while the usual load is scraped every second: the slowest hundredth of the answers.

Each program in turn scrapes 20 targets x 1,000 series and is asked; then no scrape may be missing from what it stored.
`--rounds N`: seconds to ask for (default 20).
"""

from __future__ import annotations

import itertools
import random
import tempfile
import threading
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from benchmarks.asking import RangeQuery, timed
from benchmarks.harness import Figure, Ratio
from benchmarks.load import running_targets, scrape_config
from tests.asking import Service
from tests.harness import Options
from tests.prometheus import Prometheus
from tests.server import Vedette

TARGETS, SERIES = 20, 1_000
CLIENTS = 16
WARM_UP_S = 30
QUERIES = (
    "sum by (instance) (rate(http_requests_total[15s]))",
    'sum by (code) (rate(http_requests_total{instance="127.0.1.7:@"}[15s]))',
    "avg by (queue) (queue_depth)",
    "histogram_quantile(0.9, sum by (le) (rate(request_seconds_bucket[15s])))",
    'queue_depth{partition="7"}',
    "topk(5, sum by (handler) (rate(http_requests_total[15s])))",
    "max by (instance) (max_over_time(queue_depth[15s]))",
    "count(up)",
)


def run(options: Options) -> Iterable[Ratio | Figure]:
    seconds = options.rounds_or(20)
    with tempfile.TemporaryDirectory() as name, running_targets(TARGETS, SERIES) as addresses:
        folder, config = Path(name), scrape_config(addresses, 1)
        file = folder / "ours.yml"
        file.write_text(config)
        with Vedette(folder / "vedette", "--config", str(file), "--no-node-job") as ours:
            our_times = ask_for(ours, addresses, seconds)
        with Prometheus(folder / "prometheus", config) as theirs:
            their_times = ask_for(theirs, addresses, seconds)
    our_p99, their_p99 = (float(np.percentile(times, 99)) for times in (our_times, their_times))
    for name, times, p99 in (("vedette", our_times, our_p99), ("prometheus", their_times, their_p99)):
        median = float(np.median(times))
        print(f"  {name}: {len(times)} answers, median {median * 1e3:.1f} ms, p99 {p99 * 1e3:.1f} ms", flush=True)
    yield Ratio("concurrency", "prometheus", [their_p99 / our_p99])


def ask_for(server: Service, addresses: list[str], seconds: int) -> list[float]:
    """Seconds of each answer."""
    time.sleep(WARM_UP_S)
    port = addresses[0].rpartition(":")[2]
    stop_at = time.monotonic() + seconds
    times: list[float] = []
    clients = [threading.Thread(target=_client, args=(server, port, seed, stop_at, times)) for seed in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    check_no_gap(server, seconds)
    return times


def _client(server: Service, port: str, seed: int, stop_at: float, times: list[float]) -> None:
    texts = random.Random(seed).sample(QUERIES, len(QUERIES))
    for text in itertools.cycle(texts):
        if time.monotonic() > stop_at:
            return
        now = int(time.time())
        query = RangeQuery(text.replace("@", port), now - WARM_UP_S, now, 1)
        times.append(timed(server, query.path(0))[0])


def check_no_gap(server: Service, seconds: int) -> None:
    """Every target's every scrape is there; the one under way may be missing."""
    found = server.api("query", query=f'min(count_over_time(up{{job="load"}}[{seconds}s]))')["result"]
    assert int(found[0]["value"][1]) >= seconds - 1, f"scrapes are missing: {found} of {seconds}"
