"""Bytes a sample on disk: 20 copies of a real node_exporter page over a virtual day at 15 s, with values that move.

`--rounds N`: hours (default 24; some 60 M samples, a quarter of an hour and 10 GB of temporary files).
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from benchmarks.disk_sizes import compare_sizes
from benchmarks.harness import Figure, Ratio
from benchmarks.node_history import NodeHistory
from tests.harness import Options

_DAY_S = 86_400


def run(options: Options) -> Iterable[Ratio | Figure]:
    start_s = (int(time.time()) // _DAY_S - 2) * _DAY_S  # a whole day that is over
    yield from compare_sizes("disk_node", NodeHistory("node", start_s, 60 * options.rounds_or(24), 20, "24h"))
