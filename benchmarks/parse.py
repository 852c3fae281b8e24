"""A real node_exporter page on one core: scan and find every series in a warm cache, against prometheus_client's parser.

The page is fetched from the peer node_exporter on this machine; where there is none, its own end-to-end fixture is taken.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.harness import Figure, Ratio
from tests.harness import Options, Skipped
from tests.peers import NodeExporter
from tests.settings import conformance
from vedette.wire.exposition import Format, SeriesCache, scan

REPEATS = 7
SAMPLE_NS_MAX = 250
"""Four million samples a second on one core."""


def run(options: Options) -> Iterable[Ratio | Figure]:
    body = node_page()
    cache = SeriesCache()
    page = scan(body, Format.TEXT)
    cache.resolve(page)
    cache.learn(page, np.arange(page.n), np.arange(page.n))
    cache.finish()

    def ours() -> None:
        refs = cache.resolve(scan(body, Format.TEXT))
        assert refs[-1] == page.n - 1
        cache.finish()

    text = body.decode()

    def theirs() -> None:
        n = sum(len(family.samples) for family in text_string_to_metric_families(text))
        assert n >= page.n

    ours_s, theirs_s = best_s(ours, 100), best_s(theirs, 1)
    yield Ratio("parse", "prometheus_client", [theirs_s / ours_s])
    yield Figure("parse_sample_cost", ours_s / page.n * 1e9, "ns", SAMPLE_NS_MAX)


def best_s(work: Callable[[], None], calls: int) -> float:
    """Seconds of one call, the best of several rounds: what the machine can do when it does nothing else."""
    rounds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        for _ in range(calls):
            work()
        rounds.append((time.perf_counter() - started) / calls)
    return min(rounds)


def node_page() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        try:
            reference = NodeExporter(Path(folder))
        except Skipped:
            return conformance("prometheus", "node_exporter_e2e-output.txt").read_bytes()
        with reference:
            return reference.get("/metrics")[1]
