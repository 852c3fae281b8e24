"""The lines that `./bench` prints (a contract). A ratio is the peer's cost divided by ours: above 1 we win."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ratio:
    bench: str
    peer: str
    values: Sequence[float]

    def line(self) -> str:
        geomean = math.exp(sum(map(math.log, self.values)) / len(self.values))
        return f"ratio {self.bench}/{self.peer}: geomean {geomean:.2f} min {min(self.values):.2f} max {max(self.values):.2f}"


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    value: float
    unit: str
    limit: float

    def line(self) -> str:
        return f"figure {self.name}: {self.value:.2f} {self.unit} limit {self.limit:g}"
