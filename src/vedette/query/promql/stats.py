"""What a query cost: samples and time, for `stats=all` of the API. Names and meaning: Prometheus util/stats."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from vedette.model.blocks import Int64s
from vedette.query.shared.steps import Grid


@dataclass(slots=True)
class SampleStats:
    """`held` and `peak`: samples in memory now and at most. `total`: samples looked at, a window's at each of its steps.

    `per_step` int64[n_steps] is the total split by the query's own steps; it is counted only when `detailed`.
    """

    grid: Grid
    detailed: bool = False
    held: int = 0
    peak: int = 0
    total: int = 0
    per_step: Int64s = field(init=False)
    seconds: dict[str, float] = field(default_factory=dict)
    """By phase: parse, plan, scan, exec (exec includes scan)."""

    def __post_init__(self) -> None:
        self.per_step = np.zeros(self.grid.n_steps, np.int64)

    def look_at(self, grid: Grid, counts: Int64s) -> None:
        """`counts` int64[grid.n_steps]: samples looked at for each step of the grid. A subquery's go to the last step."""
        self.total += int(counts.sum())
        if grid == self.grid:
            self.per_step += counts
        elif self.grid.n_steps:
            self.per_step[-1] += counts.sum()

    @contextmanager
    def timing(self, phase: str) -> Iterator[None]:
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[phase] = self.seconds.get(phase, 0.0) + time.perf_counter() - begin
