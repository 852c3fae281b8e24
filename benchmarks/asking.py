"""The same queries to us and to the peers: the first answers are compared, the best of some repetitions is timed."""

from __future__ import annotations

import json
import math
import time
import urllib.parse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.harness import Ratio
from benchmarks.loaded import Servers
from tests.asking import Service

BOTH_FAST_S = 0.005
"""A query that both answer faster counts as 1: below this the network stack is measured."""
_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class RangeQuery:
    """`step_s` 0: an instant query at the end."""

    text: str
    start_s: int
    end_s: int
    step_s: int

    def path(self, shift_s: int) -> str:
        asked: dict[str, Any] = {"query": self.text, "nocache": 1}
        if not self.step_s:
            return "/api/v1/query?" + urllib.parse.urlencode(asked | {"time": self.end_s + shift_s})
        times = {"start": self.start_s + shift_s, "end": self.end_s + shift_s, "step": self.step_s}
        return "/api/v1/query_range?" + urllib.parse.urlencode(asked | times)


def compare(bench: str, servers: Servers, queries: Sequence[RangeQuery], rounds: int) -> Iterable[Ratio]:
    """Prints a line a query; a ratio for each peer."""
    peers: dict[str, Service] = {"prometheus": servers.prometheus, "victoriametrics": servers.victoriametrics}
    ratios: dict[str, list[float]] = {name: [] for name in peers}
    for query in queries:
        check_agreement(query, servers.ours, servers.prometheus)
        our_s = best_of(servers.ours, query, rounds)
        told = [f"vedette {our_s * 1e3:7.1f} ms"]
        for name, peer in peers.items():
            their_s = best_of(peer, query, rounds)
            ratios[name].append(ratio_of(their_s, our_s))
            told.append(f"{name} {their_s * 1e3:7.1f} ms {ratios[name][-1]:6.2f}")
        print(f"  {'  '.join(told)}  {query.text}", flush=True)
    return [Ratio(bench, name, values) for name, values in ratios.items()]


def ratio_of(their_s: float, our_s: float) -> float:
    return 1.0 if max(their_s, our_s) < BOTH_FAST_S else their_s / our_s


def best_of(server: Service, query: RangeQuery, rounds: int) -> float:
    """Seconds; the first answer warms up and does not count."""
    return min([timed(server, query.path(shift))[0] for shift in range(rounds + 1)][1:])


def timed(server: Service, path: str) -> tuple[float, bytes]:
    started = time.perf_counter()
    status, body = server.get(path)
    took = time.perf_counter() - started
    assert status == 200, f"{path}: {status} {body[:300]!r}"
    return took, body


def check_agreement(query: RangeQuery, ours: Service, theirs: Service) -> None:
    """A fast wrong answer counts for nothing: the same series, times and values, to 1e-9 of the largest value."""
    our_points, their_points = (points_of(timed(server, query.path(0))[1]) for server in (ours, theirs))
    assert our_points.keys() == their_points.keys(), f"{query.text}: {len(our_points)} series and {len(their_points)}"
    for labels, points in our_points.items():
        expected = their_points[labels]
        assert [at for at, _ in points] == [at for at, _ in expected], f"{query.text}: {labels}"
        scale = max((abs(value) for _, value in expected if math.isfinite(value)), default=0.0)
        for (at, value), (_, wanted) in zip(points, expected, strict=True):
            same = abs(value - wanted) <= _TOLERANCE * scale or value == wanted or (value != value and wanted != wanted)
            assert same, f"{query.text}: {labels} at {at}: {value} and {wanted}"


def points_of(body: bytes) -> dict[str, list[tuple[float, float]]]:
    result = json.loads(body)["data"]["result"]
    return {
        json.dumps(series["metric"], sort_keys=True): [
            (float(at), float(value)) for at, value in series.get("values") or [series["value"]]
        ]
        for series in result
    }
