"""Native histograms that both sides are sent: of changing resolution, with custom bounds, gauges, and floats among them.

Counts grow by random observations, as an instrumented program's would, with resets; a series may change its schema or its
bounds between two samples. Each histogram lists every bucket that its series ever fills at that schema: where the reference
meets a new bucket, it lists it, empty, in the earlier histograms of the chunk, and comparisons and quantiles can tell. For the
same reason a metric has observations on one side of zero, or always on both: HistogramQuantile asks whether a side lists
buckets, not whether they hold anything.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from tests.differential.promql_data import Series, label_sets, sample_times
from tests.differential.promql_generator import Metric
from tests.remote_writing import WrittenSample
from vedette.model.histograms import CUSTOM_BUCKETS, CounterReset, NativeHistogram
from vedette.model.staleness import STALE_NAN, is_stale

_LABELS: Final = {"job": ("api", "web"), "instance": ("i1", "i2")}
_BOUNDS: Final = ((0.1, 0.5, 1.0, 5.0), (0.1, 1.0, 5.0), (0.1, 0.5, 1.0, 2.5, 5.0, 10.0))
NATIVE_METRICS: Final = (
    Metric("request_duration_seconds", _LABELS, is_counter=True, is_native=True),
    Metric("signed_error", _LABELS, is_counter=True, is_native=True),
    Metric("delay_custom_seconds", _LABELS, is_counter=True, is_native=True),
    Metric("pool_fill", _LABELS, is_native=True),
    Metric("turned_native_total", _LABELS, is_counter=True, is_native=True),
)

Observations = Callable[[random.Random], float]


def native_series(rng: random.Random) -> list[Series]:
    durations, errors, delays, pools, turned = NATIVE_METRICS
    return [
        *_exponential(rng, durations, lambda rng: rng.lognormvariate(-2, 2)),
        *_exponential(rng, errors, lambda rng: rng.gauss(0, 3), changing=True),
        *_custom(rng, delays),
        *_gauges(rng, pools),
        *_mixed(rng, turned),
    ]


def _exponential(
    rng: random.Random, metric: Metric, observe: Observations, *, changing: bool = False
) -> Iterator[Series]:
    for labels in label_sets(metric):
        schema, threshold = rng.choice((0, 1, 3)), rng.choice((0.001, 0.01))
        start = [-1.0, 1.0] if changing else []
        seen: list[float] = [*start]
        samples = []
        for time in sample_times(rng):
            if rng.random() < 0.01:
                seen = [*start]
            if changing and rng.random() < 0.02:
                schema, threshold = rng.choice((-1, 0, 1, 2, 3)), rng.choice((0.001, 0.01, 0.01, 0.05))
            seen += [observe(rng) for _ in range(rng.randrange(6))]
            samples.append(WrittenSample(time, _stale_at_times(rng, exponential(seen, schema, threshold))))
        yield Series(labels, with_all_buckets(samples))


def _custom(rng: random.Random, metric: Metric) -> Iterator[Series]:
    for labels in label_sets(metric):
        bounds = rng.choice(_BOUNDS)
        seen: list[float] = []
        samples = []
        for time in sample_times(rng):
            if rng.random() < 0.01:
                seen.clear()
                bounds = rng.choice(_BOUNDS)
            seen += [rng.lognormvariate(-0.5, 1.5) for _ in range(rng.randrange(6))]
            samples.append(WrittenSample(time, _stale_at_times(rng, with_bounds(seen, bounds))))
        yield Series(labels, tuple(samples))


def _gauges(rng: random.Random, metric: Metric) -> Iterator[Series]:
    for labels in label_sets(metric):
        samples = []
        for time in sample_times(rng):
            fills = exponential([abs(rng.gauss(5, 3)) for _ in range(rng.randrange(20))], 1, 0.01)
            samples.append(WrittenSample(time, replace(fills, hint=CounterReset.GAUGE)))
        yield Series(labels, with_all_buckets(samples))


def _mixed(rng: random.Random, metric: Metric) -> Iterator[Series]:
    """A counter that becomes a histogram, and back."""
    for labels in label_sets(metric):
        native, seen = False, [1.0]
        samples = []
        for time in sample_times(rng):
            native ^= rng.random() < 0.03
            seen += [rng.lognormvariate(0, 1) for _ in range(rng.randrange(4))]
            samples.append(WrittenSample(time, exponential(seen, 0, 0.001) if native else float(len(seen))))
        yield Series(labels, with_all_buckets(samples))


def with_all_buckets(samples: list[WrittenSample]) -> tuple[WrittenSample, ...]:
    """Histograms that list, empty, what others of the series fill at their schema. Stale ones stay as they are."""
    sides: dict[int, tuple[dict[int, float], dict[int, float]]] = {}
    for sample in samples:
        if isinstance(sample.value, NativeHistogram):
            positive, negative = sides.setdefault(sample.value.schema, ({}, {}))
            positive.update(dict.fromkeys(sample.value.positive, 0.0))
            negative.update(dict.fromkeys(sample.value.negative, 0.0))
    return tuple(replace(sample, value=_filled_up(sample.value, sides)) for sample in samples)


def _filled_up(
    value: float | NativeHistogram, sides: dict[int, tuple[dict[int, float], dict[int, float]]]
) -> float | NativeHistogram:
    if not isinstance(value, NativeHistogram) or is_stale(value.sum):
        return value
    positive, negative = sides[value.schema]
    return replace(value, positive=positive | value.positive, negative=negative | value.negative)


def exponential(observed: list[float], schema: int, zero_threshold: float) -> NativeHistogram:
    positive: dict[int, float] = {}
    negative: dict[int, float] = {}
    zero_count = 0.0
    for value in observed:
        if abs(value) <= zero_threshold:
            zero_count += 1
            continue
        side = positive if value > 0 else negative
        index = math.ceil(math.log2(abs(value)) * 2.0**schema)
        side[index] = side.get(index, 0.0) + 1
    return NativeHistogram(
        schema, float(len(observed)), math.fsum(observed), zero_count, zero_threshold, positive, negative
    )


def with_bounds(observed: list[float], bounds: tuple[float, ...]) -> NativeHistogram:
    buckets = dict.fromkeys(range(len(bounds) + 1), 0.0)
    for value in observed:
        index = sum(value > bound for bound in bounds)
        buckets[index] += 1
    count, total = float(len(observed)), math.fsum(observed)
    return NativeHistogram(CUSTOM_BUCKETS, count, total, positive=buckets, bounds=bounds)


def _stale_at_times(rng: random.Random, histogram: NativeHistogram) -> NativeHistogram:
    return (
        NativeHistogram(histogram.schema, sum=STALE_NAN, bounds=histogram.bounds) if rng.random() < 0.005 else histogram
    )
