"""Plain Python twins of the kernels: one window or one group at a time, by the book, with no care for speed."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise

Sample = tuple[int, float]
"""Time in ms and value."""


def window(samples: Sequence[Sample], end_ms: int, range_ms: int) -> list[Sample]:
    """Left-open: (end - range, end]."""
    return [sample for sample in samples if end_ms - range_ms < sample[0] <= end_ms]


def extrapolated(
    inside: Sequence[Sample], end_ms: int, range_ms: int, *, counter: bool, per_second: bool
) -> float | None:
    if len(inside) < 2:
        return None
    delta = inside[-1][1] - inside[0][1]
    if counter:
        for (_, before), (_, now) in pairwise(inside):
            delta += before if now < before else 0.0
    sampled = (inside[-1][0] - inside[0][0]) / 1000
    gap = sampled / (len(inside) - 1)
    to_start = (inside[0][0] - (end_ms - range_ms)) / 1000
    to_end = (end_ms - inside[-1][0]) / 1000
    if to_start >= gap * 1.1:
        to_start = gap / 2
    if counter and delta > 0 and inside[0][1] >= 0:
        to_start = min(to_start, sampled * (inside[0][1] / delta))
    if to_end >= gap * 1.1:
        to_end = gap / 2
    factor = (sampled + to_start + to_end) / sampled
    return delta * (factor / (range_ms / 1000) if per_second else factor)


def last_two(inside: Sequence[Sample], *, per_second: bool) -> float | None:
    if len(inside) < 2:
        return None
    (t0, before), (t1, now) = inside[-2:]
    change = now if per_second and now < before else now - before
    return change / ((t1 - t0) / 1000) if per_second else change


def total(values: Sequence[float]) -> float:
    """Exact, rounded once."""
    if all(map(math.isfinite, values)):
        return float(sum(map(Fraction, values), Fraction()))
    return sum(values)


def mean(values: Sequence[float]) -> float:
    if all(map(math.isfinite, values)):
        return float(sum(map(Fraction, values), Fraction()) / len(values))
    return sum(values) / len(values)


def variance(values: Sequence[float]) -> float:
    return statistics.pvariance(map(Fraction, values)) if all(map(math.isfinite, values)) else math.nan


def extreme(values: Sequence[float], choose: Callable[[Sequence[float]], float]) -> float:
    numbers = [value for value in values if not math.isnan(value)]
    return choose(numbers) if numbers else math.nan


def quantile(q: float, values: Sequence[float]) -> float:
    if math.isnan(q):
        return math.nan
    if not 0 <= q <= 1:
        return math.copysign(math.inf, q)
    ordered = sorted(values, key=lambda value: (not math.isnan(value), value))
    rank = q * (len(ordered) - 1)
    low = math.floor(rank)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] * (1 - (rank - low)) + ordered[high] * (rank - low)


def deviation(values: Sequence[float]) -> float:
    if any(map(math.isnan, values)):
        return math.nan
    middle = quantile(0.5, values)
    return quantile(0.5, [abs(value - middle) for value in values])


def events(values: Sequence[float], happens: Callable[[float, float], bool]) -> float:
    return float(sum(happens(before, now) for before, now in pairwise(values)))


def line(inside: Sequence[Sample], origin_ms: int) -> tuple[float, float] | None:
    """Slope per second and the value at the origin, by least squares in exact arithmetic."""
    if len(inside) < 2:
        return None
    xs = [Fraction(time - origin_ms, 1000) for time, _ in inside]
    ys = [Fraction(value) for _, value in inside]
    x_mean, y_mean = sum(xs) / len(xs), sum(ys) / len(ys)
    slope = sum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys, strict=True)) / sum((x - x_mean) ** 2 for x in xs)
    return float(slope), float(y_mean - slope * x_mean)


def smoothed(values: Sequence[float], smoothing: float, trend: float) -> float | None:
    if len(values) < 2:
        return None
    level, slope, before = values[0], values[1] - values[0], 0.0
    for i, value in enumerate(values[1:]):
        if i:
            slope = trend * (level - before) + (1 - trend) * slope
        before, level = level, smoothing * value + (1 - smoothing) * (level + slope)
    return level


def newest(samples: Sequence[Sample], at_ms: int, lookback_ms: int) -> Sample | None:
    inside = window(samples, at_ms, lookback_ms)
    return inside[-1] if inside else None


def bucket_quantile(q: float, buckets: Sequence[tuple[float, float]]) -> float:
    """`buckets`: bound and cumulative count, ascending, monotonic, without equal bounds."""
    if math.isnan(q):
        return math.nan
    if not 0 <= q <= 1:
        return math.copysign(math.inf, q)
    if len(buckets) < 2 or buckets[-1][0] != math.inf or buckets[-1][1] == 0:
        return math.nan
    rank = q * buckets[-1][1]
    place = next(i for i, (_, count) in enumerate(buckets) if count >= rank or i == len(buckets) - 1)
    if place == len(buckets) - 1:
        return buckets[-2][0]
    upper, count = buckets[place]
    if place == 0:
        return upper if upper <= 0 else upper * (rank / count) if count else math.nan
    lower, below = buckets[place - 1]
    return lower + (upper - lower) * ((rank - below) / (count - below))
