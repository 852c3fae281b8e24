"""The queries of query_large, then those of query_small, each asked once, first thing after a restart; best of three restarts.

Program caches are empty; the machine's file cache is not: loading or the restart before filled it, for both sides. Two
lines: `query_cold` is the large queries', `query_cold_small` the dashboards'. `--rounds N`: restarts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from benchmarks import query_large, query_small
from benchmarks.asking import RangeQuery, ratio_of, timed
from benchmarks.harness import Figure, Ratio
from benchmarks.histories import History
from benchmarks.loaded import data_folders, our_server, prometheus
from tests.asking import Service, wait_until
from tests.harness import Options

LARGE = [query_large.query_of(*each) for each in query_large.QUERIES]


def run(options: Options) -> Iterable[Ratio | Figure]:
    rounds = options.rounds_or(3)
    sets: tuple[tuple[str, str, tuple[History, ...], list[RangeQuery]], ...] = (
        ("query_cold", "large", query_large.HISTORIES, LARGE),
        ("query_cold_small", "nodes", (query_small.NODES,), query_small.QUERIES),
    )
    for bench, name, histories, queries in sets:
        ratios: list[float] = []
        with data_folders(name, histories) as folder:
            ours, theirs = ([first_answers(folder, peer, queries) for _ in range(rounds)] for peer in (False, True))
        for query, our_s, their_s in zip(queries, best(ours), best(theirs), strict=True):
            ratios.append(ratio_of(their_s, our_s))
            told = f"vedette {our_s * 1e3:7.1f} ms  prometheus {their_s * 1e3:7.1f} ms {ratios[-1]:6.2f}"
            print(f"  {told}  {query.text}", flush=True)
        yield Ratio(bench, "prometheus", ratios)


def first_answers(folder: Path, peer: bool, queries: Sequence[RangeQuery]) -> list[float]:
    server: AbstractContextManager[Service] = prometheus(folder) if peer else our_server(folder)
    with server as service:
        assert wait_until(service.is_ready, 60)
        return [timed(service, query.path(0))[0] for query in queries]


def best(rounds: Sequence[Sequence[float]]) -> list[float]:
    return [min(times) for times in zip(*rounds, strict=True)]
