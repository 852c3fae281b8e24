"""Series that both sides are sent by remote write: every kind that makes PromQL difficult.

Counters with resets, gauges that go negative, infinite or NaN, classic histograms, series that come and go, stale markers,
gaps longer than the lookback, samples that are late by some milliseconds, names shared by series with other labels. Native
histograms are in promql_native_data.py.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, product
from typing import Final

from tests.differential.promql_generator import Metric
from tests.remote_writing import Metadata, WrittenSample, WrittenSeries
from vedette.model.histograms import NativeHistogram
from vedette.model.labels import METRIC_NAME, Labels
from vedette.model.staleness import STALE_NAN

START_S: Final = 1_704_067_200
"""2024-01-01T00:00:00Z"""
END_S: Final = START_S + 90 * 60
_INTERVAL_MS: Final = 15_000
_BOUNDS: Final = ("0.005", "0.05", "0.5", "1.0", "5.0", "+Inf")


@dataclass(frozen=True, slots=True)
class Series:
    labels: Labels
    samples: tuple[WrittenSample, ...]
    """Times ascending."""


METRICS: Final = (
    Metric("requests_total", {"job": ("api", "web"), "code": ("200", "404", "500"), "instance": ("i1", "i2")}, True),
    Metric("bytes_total", {"job": ("api", "web"), "instance": ("i1", "i2")}, True),
    Metric("latency_seconds_bucket", {"job": ("api", "web"), "instance": ("i1", "i2"), "le": _BOUNDS}, True),
    Metric("latency_seconds_count", {"job": ("api", "web"), "instance": ("i1", "i2")}, True),
    Metric("latency_seconds_sum", {"job": ("api", "web"), "instance": ("i1", "i2")}, True),
    Metric("temperature_celsius", {"job": ("api", "web"), "room": ("north", "south", "")}),
    Metric("load", {"instance": ("i1", "i2", "i3")}),
    Metric("queue_length", {"job": ("api", "web"), "instance": ("i1", "i2")}),
    Metric("start_time", {"job": ("api", "web"), "instance": ("i1", "i2")}),
)

METADATA: Final = {
    "requests_total": Metadata(1),
    "bytes_total": Metadata(1, "bytes"),
    "temperature_celsius": Metadata(2, "celsius"),
    "queue_length": Metadata(2),
    "request_duration_seconds": Metadata(3, "seconds"),
    "signed_error": Metadata(3),
    "pool_fill": Metadata(4),
}
"""Of some metrics only: the others have neither `__type__` nor `__unit__`."""


def float_series(rng: random.Random) -> list[Series]:
    made = (
        _counters(rng, METRICS[0], 0.02),
        _counters(rng, METRICS[1], 0.005, step_max=5_000.0),
        _classic_histograms(rng),
        _gauges(rng, METRICS[5], specials=True),
        _gauges(rng, METRICS[6], sparse=True),
        _small_integers(rng, METRICS[7]),
        _constants(METRICS[8]),
    )
    return [series for kind in made for series in kind]


def write_requests(series: Sequence[Series]) -> Iterator[list[WrittenSeries]]:
    """The samples in the order of time, a minute at a time: a head takes nothing that is an hour late.

    A series' floats and histograms come in requests apart, because the reference appends a request's floats first.
    """
    for low in range(START_S * 1000, END_S * 1000 + 60_000, 60_000):
        cut = {one.labels: [each for each in one.samples if low <= each.time_ms < low + 60_000] for one in series}
        waiting = {labels: [list(run) for _, run in groupby(samples, _is_native)] for labels, samples in cut.items()}
        while any(waiting.values()):
            yield [(labels, runs.pop(0)) for labels, runs in waiting.items() if runs]


def _is_native(sample: WrittenSample) -> bool:
    return isinstance(sample.value, NativeHistogram)


def magnitudes(series: Sequence[Series]) -> dict[str, float]:
    """By metric name, the largest finite amount of a sample."""
    largest: dict[str, float] = {}
    for one in series:
        amounts = [amount for sample in one.samples for amount in _amounts(sample.value)]
        finite = [abs(amount) for amount in amounts if math.isfinite(amount)]
        largest[one.labels.name] = max(largest.get(one.labels.name, 0.0), *finite)
    return largest


def _amounts(value: float | NativeHistogram) -> tuple[float, ...]:
    return (value.count, value.sum) if isinstance(value, NativeHistogram) else (value,)


def _floats(labels: Labels, samples: Iterable[tuple[int, float]]) -> Series:
    return Series(labels, tuple(WrittenSample(time, value) for time, value in samples))


def label_sets(metric: Metric) -> Iterator[Labels]:
    for values in product(*metric.labels.values()):
        yield Labels([(METRIC_NAME, metric.name), *zip(metric.labels, values, strict=True)])


def sample_times(rng: random.Random, *, sparse: bool = False) -> Iterator[int]:
    """From a random phase on; late by some ms now and then, sometimes missing, sometimes for longer than the lookback."""
    time = START_S * 1000 + rng.randrange(_INTERVAL_MS)
    late = rng.random() < 0.5
    while time < END_S * 1000:
        yield time + (rng.randrange(50) if late else 0)
        time += _INTERVAL_MS * (rng.randint(2, 12) if sparse else 1)
        if rng.random() < 0.004:
            time += rng.choice((60_000, 400_000, 1_200_000))


def _counters(rng: random.Random, metric: Metric, resets: float, step_max: float = 20.0) -> Iterator[Series]:
    for labels in label_sets(metric):
        value, samples = float(rng.randrange(1000)), []
        for time in sample_times(rng):
            value = (
                float(rng.randrange(3))
                if rng.random() < resets
                else value + rng.choice((0.0, 1.0, rng.random() * step_max))
            )
            samples.append((time, value))
        yield _floats(labels, samples)


def _gauges(rng: random.Random, metric: Metric, *, specials: bool = False, sparse: bool = False) -> Iterator[Series]:
    for labels in label_sets(metric):
        level, samples = rng.uniform(-20, 30), []
        for time in sample_times(rng, sparse=sparse):
            level += rng.gauss(0, 1)
            special = specials and rng.random() < 0.01
            samples.append(
                (time, rng.choice((math.nan, math.inf, -math.inf, 0.0, -0.0, STALE_NAN)) if special else level)
            )
        yield _floats(labels, samples)


def _small_integers(rng: random.Random, metric: Metric) -> Iterator[Series]:
    for labels in label_sets(metric):
        yield _floats(labels, ((time, float(rng.randint(-2, 5))) for time in sample_times(rng)))


def _constants(metric: Metric) -> Iterator[Series]:
    for index, labels in enumerate(label_sets(metric)):
        times = range(START_S * 1000, END_S * 1000, 60_000)
        yield _floats(labels, ((time, 1.5e9 + index) for time in times))


def _classic_histograms(rng: random.Random) -> Iterator[Series]:
    for job, instance in product(*METRICS[3].labels.values()):
        counts, total = [0.0] * len(_BOUNDS), 0.0
        samples: dict[str, list[tuple[int, float]]] = {name: [] for name in (*_BOUNDS, "count", "sum")}
        for time in sample_times(rng):
            if rng.random() < 0.005:
                counts, total = [0.0] * len(_BOUNDS), 0.0
            for _ in range(rng.randrange(8)):
                observed = rng.lognormvariate(-2, 2)
                total += observed
                counts = [count + (observed <= float(bound)) for count, bound in zip(counts, _BOUNDS, strict=True)]
            for bound, count in zip((*_BOUNDS, "count", "sum"), (*counts, counts[-1], total), strict=True):
                samples[bound].append((time, count))
        shared = [("job", job), ("instance", instance)]
        for bound in _BOUNDS:
            named = [(METRIC_NAME, "latency_seconds_bucket"), *shared, ("le", bound)]
            yield _floats(Labels(named), samples[bound])
        for suffix in ("count", "sum"):
            yield _floats(Labels([(METRIC_NAME, f"latency_seconds_{suffix}"), *shared]), samples[suffix])
