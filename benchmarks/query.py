"""Ten queries over 1,000 series x 24 h at 15 s, through HTTP with JSON, results caches off; best of five, ranges shifted.

The same file is loaded into both. It is made once (seeded) and kept in the cache folder. `--rounds N`: repetitions.
"""

from __future__ import annotations

import shutil
import tempfile
import time
import urllib.parse
from collections.abc import Iterable
from pathlib import Path

from benchmarks.harness import Figure, Ratio
from benchmarks.load import write_openmetrics
from tests.asking import Service
from tests.harness import Options
from tests.prometheus import Prometheus, create_blocks
from tests.server import Vedette, import_openmetrics
from tests.settings import ROOT

START_S = 1_700_006_400
STEP_S = 15
HOURS = 24
END_S = START_S + HOURS * 3600
BOTH_FAST_S = 0.005
"""A query that both answer faster counts as 1: below this the network stack is measured."""

RANGE = (
    ("rate", "rate(http_requests_total[5m])", 60),
    ("sum rate", "sum(rate(http_requests_total[5m]))", 60),
    ("sum by", "sum by (handler, code) (rate(http_requests_total[5m]))", 60),
    ("topk", "topk(5, avg_over_time(queue_depth[1h]))", 300),
    ("quantile over time", "quantile_over_time(0.9, queue_depth[30m])", 300),
    ("one series", 'http_requests_total{shard="0"}', 15),
    (
        "join",
        "rate(http_requests_total[5m]) / on (handler) group_left sum by (handler) (rate(http_requests_total[5m]))",
        300,
    ),
    ("subquery", "max_over_time(sum(rate(http_requests_total[5m]))[1h:1m])", 300),
    ("histogram_quantile", "histogram_quantile(0.9, sum by (le) (rate(request_seconds_bucket[5m])))", 60),
)
INSTANT = (("instant", "sum by (code) (rate(http_requests_total[5m]))"),)


def run(options: Options) -> Iterable[Ratio | Figure]:
    rounds = options.rounds_or(5)
    with tempfile.TemporaryDirectory() as folder:
        ours_data, theirs_data = prepare(Path(folder))
        config = Path(folder) / "none.yml"
        config.write_text("scrape_configs: []\n")
        with (
            Prometheus(
                theirs_data, "{}\n", "--storage.tsdb.retention.time=100y", "--query.max-samples=100000000"
            ) as theirs,
            Vedette(ours_data, "--config", str(config), "--no-node-job", "--storage.retention.time", "100y") as ours,
        ):
            ours.wait_until_ready()
            ratios = []
            for name, path_of in paths():
                their_s, our_s = best_of(theirs, path_of, rounds), best_of(ours, path_of, rounds)
                ratio = 1.0 if max(their_s, our_s) < BOTH_FAST_S else their_s / our_s
                print(
                    f"  {name:20s} prometheus {their_s * 1e3:8.1f} ms  vedette {our_s * 1e3:8.1f} ms  ratio {ratio:.2f}",
                    flush=True,
                )
                ratios.append(ratio)
    yield Ratio("query", "prometheus", ratios)


def prepare(folder: Path) -> tuple[Path, Path]:
    """The two data directories, loaded; kept in the cache folder because loading takes a minute."""
    cache = ROOT / ".cache" / "bench-query"
    if not (cache / "loaded").exists():
        shutil.rmtree(cache, ignore_errors=True)
        cache.mkdir(parents=True)
        page = folder / "load.om"
        write_openmetrics(page, 1, 1_000, START_S, STEP_S, HOURS * 3600 // STEP_S)
        create_blocks(page, cache / "prometheus")
        import_openmetrics(page, cache / "vedette")
        (cache / "loaded").touch()
    for name in ("vedette", "prometheus"):
        shutil.copytree(cache / name, folder / name, symlinks=True)
    return folder / "vedette", folder / "prometheus"


def paths() -> Iterable[tuple[str, object]]:
    for name, query, step_s in RANGE:
        yield (
            name,
            lambda shift, query=query, step_s=step_s: (
                "/api/v1/query_range?"
                + urllib.parse.urlencode(
                    {"query": query, "start": START_S + 3600 + shift, "end": END_S - 3600 + shift, "step": step_s}
                )
            ),
        )
    for name, query in INSTANT:
        yield (
            name,
            lambda shift, query=query: (
                "/api/v1/query?" + urllib.parse.urlencode({"query": query, "time": END_S - 7200 + shift})
            ),
        )


def best_of(server: Service, path_of: object, rounds: int) -> float:
    best = float("inf")
    for shift in range(rounds + 1):
        path = path_of(shift)  # type: ignore[operator]
        started = time.perf_counter()
        status, body = server.get(path)
        took = time.perf_counter() - started
        assert status == 200, f"{path}: {status} {body[:300]!r}"
        best = min(best, took) if shift else best  # the first one warms up
    return best
