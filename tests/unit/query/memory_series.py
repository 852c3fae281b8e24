"""A few series in a MemoryStore that remembers what it was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from vedette.model.blocks import SampleBatch, SeriesColumns
from vedette.model.labels import Labels
from vedette.ports.principal import SYSTEM, Principal
from vedette.ports.scan import Deadline, ScanPlan
from vedette.store.memory import MemoryStore

Points = Sequence[tuple[int, float]]


class RememberingStore(MemoryStore):
    """`plans`: what was asked for."""

    def __init__(self, series: Mapping[Labels, Points]) -> None:
        super().__init__(windows=False)
        self.plans: list[ScanPlan] = []
        refs = self.register(SYSTEM, list(series))
        sizes = [len(points) for points in series.values()]
        times = np.array([time for points in series.values() for time, _ in points], np.int64)
        values = np.array([value for points in series.values() for _, value in points], np.float64)
        self.append(SYSTEM, SampleBatch(np.repeat(refs, sizes), times, values))

    def select(self, principal: Principal, plan: ScanPlan, deadline: Deadline) -> SeriesColumns:
        self.plans.append(plan)
        return super().select(principal, plan, deadline)
