"""Pushed exemplars, gathered one by one: they are few, and each has labels of its own."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from vedette.model.blocks import ExemplarBatch
from vedette.model.labels import Labels


@dataclass(slots=True)
class ExemplarRows:
    refs: list[int] = field(default_factory=list)
    times_ms: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    labels: list[Labels] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.refs)

    def add(self, ref: int, time_ms: int, value: float, labels: Labels) -> None:
        self.refs.append(ref)
        self.times_ms.append(time_ms)
        self.values.append(value)
        self.labels.append(labels)

    def batch(self) -> ExemplarBatch:
        """In the order that the store asks for: by time and value within a series."""
        order = sorted(range(len(self.refs)), key=lambda i: (self.refs[i], self.times_ms[i], self.values[i]))
        return ExemplarBatch(
            np.array([self.refs[i] for i in order], np.int64),
            np.array([self.times_ms[i] for i in order], np.int64),
            np.array([self.values[i] for i in order], np.float64),
            [self.labels[i] for i in order],
        )
