"""Whether one process is enough (docs/adr/0003): the event loop's lag at 100,000 scraped samples/s with four query clients.

p99 of `vedette_loop_lag_seconds` over the measured time, as `histogram_quantile` would read it from the buckets. The
clients ask one after another without a pause: dashboards over all series, one of each kind. `--rounds N`: seconds (default 30).
"""

from __future__ import annotations

import re
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Iterable
from pathlib import Path

from benchmarks.harness import Figure
from benchmarks.load import running_targets, scrape_config
from tests.harness import Options
from tests.server import Vedette

TARGETS = 100
SERIES = 1_000
WARM_UP_S = 12
P99_MAX_S = 0.05
QUERIES = (
    "sum by (code) (rate(http_requests_total[30s]))",
    "topk(5, queue_depth)",
    'http_requests_total{shard="0"}',
    "histogram_quantile(0.9, sum by (le) (rate(request_seconds_bucket[30s])))",
)
BUCKET = re.compile(r'vedette_loop_lag_seconds_bucket\{le="([^"]+)"\} (\S+)')


def run(options: Options) -> Iterable[Figure]:
    with tempfile.TemporaryDirectory() as folder, running_targets(TARGETS, SERIES) as addresses:
        config = Path(folder) / "load.yml"
        config.write_text(scrape_config(addresses, 1))
        with Vedette(Path(folder) / "data", "--config", str(config), "--no-node-job") as server:
            time.sleep(WARM_UP_S)
            before = lag_buckets(server)
            answered = ask_for(server, options.rounds_or(30))
            lags = {bound: count - before[bound] for bound, count in lag_buckets(server).items()}
    print(f"  {answered} queries answered; lags within {lags}", flush=True)
    yield Figure("loop_lag_p99", quantile(0.99, lags), "s", P99_MAX_S)


def ask_for(server: Vedette, seconds: float) -> int:
    """How many queries the clients got answered."""
    end = time.monotonic() + seconds
    answered = [0] * len(QUERIES)
    clients = [threading.Thread(target=ask, args=(server, number, end, answered)) for number in range(len(QUERIES))]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return sum(answered)


def ask(server: Vedette, number: int, end: float, answered: list[int]) -> None:
    while time.monotonic() < end:
        now = time.time()
        parameters = {"query": QUERIES[number], "start": now - 60, "end": now, "step": 1}
        status, body = server.get("/api/v1/query_range?" + urllib.parse.urlencode(parameters))
        assert status == 200, body[:300]
        answered[number] += 1


def lag_buckets(server: Vedette) -> dict[float, float]:
    """Cumulative counts by upper bound."""
    page = server.get("/metrics")[1].decode()
    return {float(bound): float(count) for bound, count in BUCKET.findall(page)}


def quantile(q: float, buckets: dict[float, float]) -> float:
    """Linear within the bucket, from cumulative counts; the last finite bound where it lies beyond."""
    bounds = sorted(buckets)
    wanted, low, below = q * buckets[bounds[-1]], 0.0, 0.0
    for bound in bounds:
        if buckets[bound] >= wanted:
            share = (wanted - below) / max(1.0, buckets[bound] - below)
            return low if bound == float("inf") else low + (bound - low) * share
        low, below = bound, buckets[bound]
    return low
