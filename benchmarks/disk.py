"""Bytes a sample on disk after compaction: 2 h of the load at 15 s, 10 targets x 1,000 series, loaded into all three.

`--rounds N`: targets (default 10). How sizes are taken: disk_sizes.py.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from benchmarks import load
from benchmarks.disk_sizes import compare_sizes
from benchmarks.harness import Figure, Ratio
from benchmarks.histories import STEP_S, Series, read_labels
from tests.harness import Options
from vedette.model.time import BLOCK_MS, block_of

SERIES = 1_000


@dataclass(frozen=True, slots=True)
class LoadHistory:
    """The benchmarks' usual load, as a history."""

    name: str
    start_s: int
    hours: int
    targets: int
    block: str = "2h"

    @property
    def end_s(self) -> int:
        return self.start_s + self.hours * 3600

    def series(self) -> Iterator[Series]:
        times = list(range(self.start_s, self.end_s, STEP_S))
        for target in range(self.targets):
            made = load.Series(target, SERIES)
            columns = [made.advance() for _ in times]
            for row, name in enumerate(made.names):
                labels = {**read_labels(name), "instance": f"127.0.1.{target + 1}:80"}
                yield Series(labels, [column[row] for column in columns], times)


def run(options: Options) -> Iterable[Ratio | Figure]:
    start_s = (block_of(int(time.time() * 1000)) - 12) * BLOCK_MS // 1_000  # yesterday: retention must not take it
    yield from compare_sizes("disk", LoadHistory("load", start_s, 2, options.rounds_or(10)))
