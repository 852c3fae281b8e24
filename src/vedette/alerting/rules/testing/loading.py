"""Input series go into a store as time passes: a rule never sees what comes after its evaluation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vedette.alerting.rules.testing.sections import InputSeries
from vedette.model.blocks import HistogramBatch, SampleBatch
from vedette.model.histograms import Histograms
from vedette.ports.principal import Principal
from vedette.ports.store import Store
from vedette.query.promql.histogram_notation import HistogramLiteral
from vedette.query.promql.series_notation import Point, parse_points, split_metric


class SeriesFeed:
    """Points of all series stand at the start and every `interval_ms` after it. Raises BadSeries for what is not one."""

    def __init__(
        self, store: Store, principal: Principal, series: Sequence[InputSeries], start_ms: int, interval_ms: int
    ) -> None:
        self._store, self._principal = store, principal
        self._start_ms, self._interval_ms = start_ms, interval_ms
        self._points: list[list[Point]] = []
        labels = []
        for each in series:
            own, rest = split_metric(f"{each.series} {each.values}")
            labels.append(own)
            self._points.append(parse_points(rest))
        self._refs = store.register(principal, labels).tolist()
        self._next = 0

    def put_until(self, time_ms: int) -> None:
        """All points up to and including this time."""
        last = (time_ms - self._start_ms) // self._interval_ms
        floats: list[tuple[int, int, float]] = []
        histograms: list[tuple[int, int, HistogramLiteral]] = []
        for ref, points in zip(self._refs, self._points, strict=True):
            for place in range(self._next, min(last + 1, len(points))):
                point, at_ms = points[place], self._start_ms + place * self._interval_ms
                if isinstance(point, HistogramLiteral):
                    histograms.append((ref, at_ms, point))
                elif point is not None:
                    floats.append((ref, at_ms, point))
        self._next = max(self._next, last + 1)
        if floats:
            refs, times, values = zip(*floats, strict=True)
            arrays = np.array(refs, np.int64), np.array(times, np.int64), np.array(values, np.float64)
            self._store.append(self._principal, SampleBatch(*arrays))
        if histograms:
            refs, times, literals = zip(*histograms, strict=True)
            table = Histograms.of([literal.value for literal in literals])
            batch = HistogramBatch(np.array(refs, np.int64), np.array(times, np.int64), table)
            self._store.append_histograms(self._principal, batch)
