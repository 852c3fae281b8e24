"""One file of OpenMetrics with timestamps that both sides load: every kind of series that makes PromQL difficult.

Counters with resets, gauges that go negative, infinite or NaN, classic histograms, series that come and go, gaps longer than
the lookback, samples that are late by some milliseconds, names shared by series with other labels.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

from tests.differential.promql_generator import Metric
from vedette.model.labels import METRIC_NAME, Labels, escape_value

START_S: Final = 1_704_067_200
"""2024-01-01T00:00:00Z"""
END_S: Final = START_S + 90 * 60
_INTERVAL_MS: Final = 15_000
_BOUNDS: Final = ("0.005", "0.05", "0.5", "1.0", "5.0", "+Inf")


@dataclass(frozen=True, slots=True)
class Series:
    labels: Labels
    samples: tuple[tuple[int, float], ...]
    """Time in ms and value, times ascending."""


@dataclass(frozen=True, slots=True)
class Family:
    """`name` as the TYPE line has it; the series carry the suffixes."""

    name: str
    type: str
    series: tuple[Series, ...]


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


def make_families(seed: int) -> tuple[Family, ...]:
    rng = random.Random(seed)
    return (
        Family("requests", "counter", tuple(_counters(rng, METRICS[0], 0.02))),
        Family("bytes", "counter", tuple(_counters(rng, METRICS[1], 0.005, step_max=5_000.0))),
        Family("latency_seconds", "histogram", tuple(_histograms(rng))),
        Family("temperature_celsius", "gauge", tuple(_gauges(rng, METRICS[5], specials=True))),
        Family("load", "gauge", tuple(_gauges(rng, METRICS[6], sparse=True))),
        Family("queue_length", "gauge", tuple(_small_integers(rng, METRICS[7]))),
        Family("start_time", "unknown", tuple(_constants(METRICS[8]))),
    )


def openmetrics_text(families: tuple[Family, ...]) -> str:
    """Ends with `# EOF`; a family's samples stand together, series by series."""
    lines = []
    for family in families:
        lines.append(f"# TYPE {family.name} {family.type}")
        for series in family.series:
            name = _exposed(series.labels)
            lines += [f"{name} {_number(value)} {time / 1000:.3f}" for time, value in series.samples]
    return "\n".join([*lines, "# EOF", ""])


def magnitudes(families: tuple[Family, ...]) -> dict[str, float]:
    """By metric name, the largest finite amount of a sample."""
    largest: dict[str, float] = {}
    for family in families:
        for series in family.series:
            finite = [abs(value) for _, value in series.samples if math.isfinite(value)]
            largest[series.labels.name] = max(largest.get(series.labels.name, 0.0), *finite)
    return largest


def _exposed(labels: Labels) -> str:
    """Without the space behind commas, which OpenMetrics does not allow."""
    pairs = [f'{name}="{escape_value(value)}"' for name, value in labels if name != METRIC_NAME]
    return f"{labels.name}{{{','.join(pairs)}}}"


def _number(value: float) -> str:
    return "NaN" if math.isnan(value) else repr(value).replace("inf", "Inf")


def _label_sets(metric: Metric) -> Iterator[Labels]:
    for values in product(*metric.labels.values()):
        yield Labels([(METRIC_NAME, metric.name), *zip(metric.labels, values, strict=True)])


def _times(rng: random.Random, *, sparse: bool = False) -> Iterator[int]:
    """From a random phase on; late by some ms now and then, sometimes missing, sometimes for longer than the lookback."""
    time = START_S * 1000 + rng.randrange(_INTERVAL_MS)
    late = rng.random() < 0.5
    while time < END_S * 1000:
        yield time + (rng.randrange(50) if late else 0)
        time += _INTERVAL_MS * (rng.randint(2, 12) if sparse else 1)
        if rng.random() < 0.004:
            time += rng.choice((60_000, 400_000, 1_200_000))


def _counters(rng: random.Random, metric: Metric, resets: float, step_max: float = 20.0) -> Iterator[Series]:
    for labels in _label_sets(metric):
        value, samples = float(rng.randrange(1000)), []
        for time in _times(rng):
            value = (
                float(rng.randrange(3))
                if rng.random() < resets
                else value + rng.choice((0.0, 1.0, rng.random() * step_max))
            )
            samples.append((time, value))
        yield Series(labels, tuple(samples))


def _gauges(rng: random.Random, metric: Metric, *, specials: bool = False, sparse: bool = False) -> Iterator[Series]:
    for labels in _label_sets(metric):
        level, samples = rng.uniform(-20, 30), []
        for time in _times(rng, sparse=sparse):
            level += rng.gauss(0, 1)
            special = specials and rng.random() < 0.01
            samples.append((time, rng.choice((math.nan, math.inf, -math.inf, 0.0, -0.0)) if special else level))
        yield Series(labels, tuple(samples))


def _small_integers(rng: random.Random, metric: Metric) -> Iterator[Series]:
    for labels in _label_sets(metric):
        yield Series(labels, tuple((time, float(rng.randint(-2, 5))) for time in _times(rng)))


def _constants(metric: Metric) -> Iterator[Series]:
    for index, labels in enumerate(_label_sets(metric)):
        times = range(START_S * 1000, END_S * 1000, 60_000)
        yield Series(labels, tuple((time, 1.5e9 + index) for time in times))


def _histograms(rng: random.Random) -> Iterator[Series]:
    for job, instance in product(*METRICS[3].labels.values()):
        counts, total = [0.0] * len(_BOUNDS), 0.0
        samples: dict[str, list[tuple[int, float]]] = {name: [] for name in (*_BOUNDS, "count", "sum")}
        for time in _times(rng):
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
            yield Series(Labels(named), tuple(samples[bound]))
        for suffix in ("count", "sum"):
            yield Series(Labels([(METRIC_NAME, f"latency_seconds_{suffix}"), *shared]), tuple(samples[suffix]))
