"""A store for the engine's tests: `select` from a dict of series. Everything else is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from vedette.model.blocks import SeriesColumns
from vedette.model.errors import QueryTooLarge
from vedette.model.labels import Labels
from vedette.model.matchers import matches_all
from vedette.ports.principal import Principal
from vedette.ports.scan import Deadline, ScanPlan

Points = Sequence[tuple[int, float]]


class DictStore:
    def __init__(self, series: Mapping[Labels, Points]) -> None:
        self.series = series
        self.plans: list[ScanPlan] = []

    def select(self, principal: Principal, plan: ScanPlan, deadline: Deadline) -> SeriesColumns:
        self.plans.append(plan)
        deadline.check("store")
        labels: list[Labels] = []
        times: list[int] = []
        values: list[float] = []
        offsets = [0]
        for each, points in self.series.items():
            if not matches_all(plan.matchers, each):
                continue
            inside = [point for point in points if plan.min_time_ms <= point[0] <= plan.max_time_ms]
            labels.append(each)
            times += [time for time, _ in inside]
            values += [value for _, value in inside]
            offsets.append(len(times))
        if len(times) > plan.samples_max:
            raise QueryTooLarge("too many samples")
        return SeriesColumns(
            labels, np.array(offsets, np.int64), np.array(times, np.int64), np.array(values, np.float64)
        )
