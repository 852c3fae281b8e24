"""Made-up traffic, and the truth about it: every good and bad event with its time, counted without any query."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from vedette.model.blocks import HistogramBatch, SampleBatch
from vedette.model.histograms import Histograms, NativeHistogram
from vedette.model.labels import Labels
from vedette.ports.principal import SYSTEM
from vedette.store.memory import MemoryStore

SCRAPE_MS = 60_000


@dataclass
class Traffic:
    """One replica: events of each minute. `total` and `bad` int64[n]: minute i is (i*SCRAPE_MS, (i+1)*SCRAPE_MS]."""

    labels: dict[str, str]
    total: np.ndarray
    bad: np.ndarray
    restarts: list[int] = field(default_factory=list)
    """Minutes after which its counters begin at 0 again; `rate` extrapolates a little less just after that, so not at the end."""

    @classmethod
    def random(cls, seed: int, minutes: int, **labels: str) -> Traffic:
        rng = np.random.default_rng(seed)
        total = rng.poisson(600 * (1.5 + np.sin(np.arange(minutes) / 229)))
        broken = np.where(rng.random(minutes) < 0.05, 0.2, 0.001)
        restarts = sorted(rng.choice(np.arange(60, minutes // 2), 3, replace=False).tolist())
        return cls(labels, total, rng.binomial(total, broken), restarts)

    def put(self, store: MemoryStore) -> None:
        times = (np.arange(len(self.total), dtype=np.int64) + 1) * SCRAPE_MS
        for code, events in (("200", self.total - self.bad), ("500", self.bad)):
            labels = Labels.of({"__name__": "requests_total", "code": code, **self.labels})
            refs = store.register(SYSTEM, [labels]).repeat(len(times))
            values = 1e6 + np.cumsum(events).astype(np.float64)
            for minute in self.restarts:
                values[minute:] -= values[minute - 1]
            store.append(SYSTEM, SampleBatch(refs, times, values))


def error_ratio(traffics: list[Traffic], end_ms: int, window_ms: int) -> float:
    """Of the events between the first and the last scrape within (end - window, end]."""
    first = max(0, (end_ms - window_ms) // SCRAPE_MS + 1)
    last = end_ms // SCRAPE_MS
    total = sum(int(traffic.total[first:last].sum()) for traffic in traffics)
    bad = sum(int(traffic.bad[first:last].sum()) for traffic in traffics)
    return bad / total


def put_counter(store: MemoryStore, labels: dict[str, str], per_minute: float) -> None:
    """An hour of it."""
    refs = store.register(SYSTEM, [Labels.of(labels)]).repeat(60)
    times = (np.arange(60, dtype=np.int64) + 1) * SCRAPE_MS
    store.append(SYSTEM, SampleBatch(refs, times, 1e6 + per_minute * np.arange(60, dtype=np.float64)))


def put_histogram(store: MemoryStore, labels: dict[str, str], per_minute: dict[int, int]) -> None:
    """An hour of a native histogram of schema 0: events of each minute by bucket."""
    found = [
        NativeHistogram(
            count=sum(per_minute.values()) * minute,
            sum=float(minute),
            positive={bucket: float(count * minute) for bucket, count in per_minute.items()},
        )
        for minute in range(1000, 1060)
    ]
    refs = store.register(SYSTEM, [Labels.of(labels)]).repeat(60)
    times = (np.arange(60, dtype=np.int64) + 1) * SCRAPE_MS
    store.append_histograms(SYSTEM, HistogramBatch(refs, times, Histograms.of(found)))
