"""Histories for the benchmarks: samples of many series over a time of their own, written once in two formats.

A history is seeded and has its own time range, so that several live in one data directory and a query chooses by its
range. `ServiceHistory`: counters, histograms and gauges of a service; node_history.py: copies of a real page.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

STEP_S = 15
COUNTERS_OF_TEN, BUCKETS_OF_TEN = 4, 3
BOUNDS = ("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "+Inf")
PER_INSTANCE = 100
"""Series: 40 counters, 3 histograms of 10 buckets, 30 gauges."""
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
RESTARTS = 3
"""Of an instance over its history: its counters begin again at zero."""


@dataclass(frozen=True, slots=True)
class Series:
    """`texts`: the values as an exporter writes them; `times_s` parallel to them."""

    labels: dict[str, str]
    texts: list[str]
    times_s: list[int]


class History(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def start_s(self) -> int: ...
    @property
    def end_s(self) -> int: ...
    @property
    def block(self) -> str:
        """The length of the reference's blocks, as its compaction would have left them."""
        ...

    def series(self) -> Iterator[Series]:
        """Metric by metric."""
        ...


@dataclass(frozen=True, slots=True)
class ServiceHistory:
    """Scrapes come on time, each instance at an offset of its own; an instance restarts now and then."""

    name: str
    start_s: int
    hours: int
    n_series: int
    block: str

    @property
    def end_s(self) -> int:
        return self.start_s + self.hours * 3600

    def series(self) -> Iterator[Series]:
        steps = self.hours * 3600 // STEP_S
        instances = range(self.n_series // PER_INSTANCE)
        for (kind, rows_of), instance in itertools.product(enumerate((_counters, _buckets, _gauges)), instances):
            random = np.random.default_rng((self.start_s, instance, kind))
            times = scrape_times(self.start_s, instance, steps)
            for labels, texts in rows_of(random, steps):
                yield Series({**labels, "instance": instance_name(instance)}, texts, times)


def read_labels(name: str) -> dict[str, str]:
    """Of a series as a page has it. Values stay escaped as far as JSON and the text format agree: all that occurs."""
    return {"__name__": name.partition("{")[0], **dict(_LABEL.findall(name))}


def scrape_times(start_s: int, instance: int, steps: int) -> list[int]:
    first = start_s + instance % STEP_S
    return list(range(first, first + steps * STEP_S, STEP_S))


def instance_name(instance: int) -> str:
    return f"10.0.{instance // 256}.{instance % 256}:9100"


Rows = Iterator[tuple[dict[str, str], list[str]]]


def _counters(random: np.random.Generator, steps: int) -> Rows:
    restarts = _restarts(random, steps)
    for row in range(PER_INSTANCE * COUNTERS_OF_TEN // 10):
        labels = {
            "__name__": "http_requests_total",
            "handler": f"/api/v1/item{row // 5}",
            "method": ("GET", "POST", "PUT")[row % 3],
            "code": str(200 + row % 5),
        }
        yield labels, _texts(_restarting(np.cumsum(random.integers(0, 100, steps)), restarts))


def _buckets(random: np.random.Generator, steps: int) -> Rows:
    restarts = _restarts(random, steps)
    for handler in range(PER_INSTANCE * BUCKETS_OF_TEN // 10 // len(BOUNDS)):
        counts = np.cumsum(np.cumsum(random.integers(0, 10, (len(BOUNDS), steps)), axis=0), axis=1)
        for bound, values in zip(BOUNDS, counts, strict=True):
            labels = {"__name__": "request_seconds_bucket", "handler": f"/api/v1/item{handler}", "le": bound}
            yield labels, _texts(_restarting(values, restarts))


def _gauges(random: np.random.Generator, steps: int) -> Rows:
    for row in range(PER_INSTANCE - PER_INSTANCE * (COUNTERS_OF_TEN + BUCKETS_OF_TEN) // 10):
        values = random.integers(0, 100_000) + np.cumsum(random.integers(-500, 501, steps))
        labels = {"__name__": "queue_depth", "queue": f"orders-{row // 10}", "partition": str(row)}
        yield labels, [f"{value / 100:.2f}" for value in values.tolist()]


def _restarts(random: np.random.Generator, steps: int) -> NDArray[np.int64]:
    return np.sort(random.integers(1, steps, RESTARTS))


def _restarting(values: NDArray[np.int64], restarts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The counter with what it had reached taken away from each restart on."""
    taken = np.zeros_like(values)
    for place in restarts.tolist():
        taken[place:] = values[place]
    return values - taken


def _texts(values: NDArray[np.int64]) -> list[str]:
    return [str(value) for value in values.tolist()]


def write_history(history: History, openmetrics: Path, json_lines: Path) -> int:
    """Both files; the number of samples."""
    samples = 0
    with openmetrics.open("w") as page, json_lines.open("w") as lines:
        for series in history.series():
            samples += len(series.texts)
            page.write(_page(series))
            lines.write(_line(series))
        page.write("# EOF\n")
    return samples


def _page(series: Series) -> str:
    inner = ",".join(f"{name}={json.dumps(value)}" for name, value in series.labels.items() if name != "__name__")
    head = f"{series.labels['__name__']}{{{inner}}}"
    return "".join([f"{head} {text} {time}\n" for text, time in zip(series.texts, series.times_s, strict=True)])


def _line(series: Series) -> str:
    times = ",".join([f"{time}000" for time in series.times_s])
    return f'{{"metric":{json.dumps(series.labels)},"values":[{",".join(series.texts)}],"timestamps":[{times}]}}\n'
