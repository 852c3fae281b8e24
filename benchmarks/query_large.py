"""Twenty queries that each touch over a million samples, through HTTP with JSON, results caches off; best of four.

1,000 series x 24 h, 10,000 x 2 h, 100 x 7 d, all at 15 s, loaded into us, Prometheus and VictoriaMetrics. Every
repetition shifts the range by a second. `--rounds N`: repetitions.
"""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.asking import RangeQuery, compare
from benchmarks.harness import Figure, Ratio
from benchmarks.histories import History, ServiceHistory
from benchmarks.loaded import data_folders, running
from tests.harness import Options

_START_S = 1_699_920_000
"""A midnight; each history has days of its own."""
_DAY_S = 86_400
DAY = ServiceHistory("day", _START_S, 24, 1_000, "24h")
WIDE = ServiceHistory("wide", _START_S + 10 * _DAY_S, 2, 10_000, "2h")
LONG = ServiceHistory("long", _START_S + 20 * _DAY_S, 7 * 24, 100, "168h")

_RATE = "rate(http_requests_total[5m])"
_BUCKETS = "rate(request_seconds_bucket[5m])"

QUERIES = (
    (DAY, 60, _RATE),
    (DAY, 60, f"sum({_RATE})"),
    (DAY, 60, f"sum by (handler, code) ({_RATE})"),
    (DAY, 300, "topk(5, avg_over_time(queue_depth[1h]))"),
    (DAY, 300, "quantile_over_time(0.9, queue_depth[30m])"),
    (DAY, 60, f"histogram_quantile(0.9, sum by (le) ({_BUCKETS}))"),
    (DAY, 300, f"{_RATE} / on (handler) group_left sum by (handler) ({_RATE})"),
    (DAY, 300, f"max_over_time(sum({_RATE})[1h:1m])"),
    (DAY, 60, "max by (queue) (max_over_time(queue_depth[10m]))"),
    (DAY, 300, "sum by (code) (increase(http_requests_total[1h]))"),
    (WIDE, 15, f"sum by (instance) ({_RATE})"),
    (WIDE, 60, f"topk(10, {_RATE})"),
    (WIDE, 30, f"histogram_quantile(0.99, sum by (le, handler) ({_BUCKETS}))"),
    (WIDE, 30, "count by (instance) (queue_depth > 500)"),
    (WIDE, 15, "avg(queue_depth)"),
    (WIDE, 15, "sum(irate(http_requests_total[1m]))"),
    (LONG, 600, "rate(http_requests_total[1h])"),
    (LONG, 3600, "avg_over_time(queue_depth[1d])"),
    (LONG, 3600, "sum(increase(http_requests_total[1d]))"),
    (LONG, 1800, "max_over_time(queue_depth[6h]) - min_over_time(queue_depth[6h])"),
)
HISTORIES = (DAY, WIDE, LONG)


def run(options: Options) -> Iterable[Ratio | Figure]:
    with data_folders("large", HISTORIES) as folder, running(folder) as servers:
        yield from compare("query_large", servers, [query_of(*each) for each in QUERIES], options.rounds_or(4))


def query_of(history: History, step_s: int, text: str) -> RangeQuery:
    """Over the whole history but its first ten minutes."""
    return RangeQuery(text, history.start_s + 600, history.end_s - 60, step_s)
