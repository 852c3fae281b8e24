"""Twenty queries of a dashboard over 20 nodes, under 100,000 samples each, through HTTP with JSON; best of nine.

The nodes are copies of a real node_exporter page with values that move, two and a half hours at 15 s. Results caches off;
every repetition shifts the range by a second. A query that both answer in under 5 ms counts as 1. `--rounds N`: repetitions.
"""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.asking import RangeQuery, compare
from benchmarks.harness import Figure, Ratio
from benchmarks.loaded import data_folders, running
from benchmarks.node_history import NodeHistory
from tests.harness import Options

NODES = NodeHistory("nodes", 1_699_920_000, 150, 20, "2h")
_ONE = 'instance="10.0.0.7:9100"'

RANGES = (
    '100 - 100 * avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))',
    f"sum by (mode) (rate(node_cpu_seconds_total{{{_ONE}}}[5m]))",
    'sum by (instance) (rate(node_cpu_seconds_total{mode!="idle"}[5m]))',
    "node_load1",
    f"{{__name__=~'node_load1|node_load5|node_load15', {_ONE}}}",
    "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes",
    "1 - node_filesystem_avail_bytes / node_filesystem_size_bytes",
    'sum by (instance) (rate(node_network_receive_bytes_total{device!="lo"}[5m]))',
    f"rate(node_network_transmit_bytes_total{{{_ONE}}}[5m])",
    "irate(node_context_switches_total[5m])",
    "sum(rate(node_intr_total[5m]))",
    "topk(5, node_load1)",
    "avg_over_time(node_load5[15m])",
    "max_over_time(node_memory_Active_bytes[10m])",
    "quantile(0.9, node_load1)",
    "node_filefd_allocated / node_filefd_maximum",
    "rate(node_vmstat_pgfault[5m])",
)
INSTANTS = (
    'count by (instance) (node_cpu_seconds_total{mode="idle"})',
    "predict_linear(node_filesystem_avail_bytes[1h], 4 * 3600) < 0",
    "time() - node_boot_time_seconds",
)
QUERIES = [
    *(RangeQuery(text, NODES.end_s - 5_400, NODES.end_s - 60, 15) for text in RANGES),
    *(RangeQuery(text, 0, NODES.end_s - 60, 0) for text in INSTANTS),
]


def run(options: Options) -> Iterable[Ratio | Figure]:
    with data_folders("nodes", (NODES,)) as folder, running(folder) as servers:
        yield from compare("query_small", servers, QUERIES, options.rounds_or(9))
