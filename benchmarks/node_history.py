"""Copies of a real node_exporter page over a virtual time: the page of this machine, with values that move.

What a value does follows from what it is: counters grow, by whole numbers or hundredths; byte counts walk by pages;
measured fractions jitter in all their digits; small whole numbers change now and then; zeros, ones and what never changes
on a machine stay.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from benchmarks.histories import STEP_S, Series, instance_name, read_labels, scrape_times
from tests.peers import NodeExporter

PAGE_BYTES = 4096
_LINE = re.compile(r"(([a-zA-Z_:][\w:]*).*) (\S+)$")


@dataclass(frozen=True, slots=True)
class Line:
    labels: dict[str, str]
    value: float
    is_counter: bool


@dataclass(frozen=True)
class NodeHistory:
    name: str
    start_s: int
    minutes: int
    targets: int
    block: str

    @property
    def end_s(self) -> int:
        return self.start_s + self.minutes * 60

    @cached_property
    def lines(self) -> list[Line]:
        with tempfile.TemporaryDirectory() as folder, NodeExporter(Path(folder)) as exporter:
            status, page = exporter.get("/metrics")
        assert status == 200
        return list(read_page(page.decode()))

    def series(self) -> Iterator[Series]:
        steps = self.minutes * 60 // STEP_S
        for number, line in enumerate(self.lines):
            for target in range(self.targets):
                random = np.random.default_rng((self.start_s, number, target))
                labels = {**line.labels, "instance": instance_name(target), "job": "node"}
                yield Series(labels, moving(line, random, steps), scrape_times(self.start_s, target, steps))


def read_page(page: str) -> Iterator[Line]:
    """Finite values only."""
    types: dict[str, str] = {}
    for text in page.splitlines():
        if text.startswith("# TYPE "):
            _, _, name, kind = text.split()
            types[name] = kind
        elif (match := _LINE.match(text)) and np.isfinite(float(match[3])):
            yield Line(read_labels(match[1]), float(match[3]), types.get(match[2]) == "counter")


def moving(line: Line, random: np.random.Generator, steps: int) -> list[str]:
    value = line.value
    if value == 0 or (value == 1 and not line.is_counter):
        return [format(value, "g")] * steps
    whole = value == round(value)
    if line.is_counter:
        growth = random.poisson(min(1e5, max(0.2, value * 1e-4)), steps)
        if whole:
            return [str(int(value) + grown) for grown in np.cumsum(growth).tolist()]
        return [f"{value + grown / 100:.2f}" for grown in np.cumsum(growth).tolist()]
    if not whole:
        return [f"{each:.9g}" for each in (value * (1 + 0.05 * random.standard_normal(steps))).tolist()]
    if abs(value) >= 1e5:
        moves = random.integers(-20, 21, steps) * (random.random(steps) < 0.5)
        return [str(int(value) + PAGE_BYTES * moved) for moved in np.cumsum(moves).tolist()]
    changes = random.integers(-1, 2, steps) * (random.random(steps) < 0.02)
    return [str(int(value) + changed) for changed in np.cumsum(changes).tolist()]
