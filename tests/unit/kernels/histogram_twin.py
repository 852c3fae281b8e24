"""Native histograms in plain Python, one at a time: what the kernels are held to. Source: the functions of Prometheus named there."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from hypothesis import strategies as st

from vedette.kernels.histogram_bounds import exponential_bound
from vedette.model.histograms import CUSTOM_BUCKETS, CounterReset, NativeHistogram

Side = dict[int, float]


def bound(histogram: NativeHistogram, index: int) -> float:
    if histogram.schema != CUSTOM_BUCKETS:
        return float(exponential_bound(index, histogram.schema))
    if index < 0:
        return -math.inf
    return histogram.bounds[index] if index < len(histogram.bounds) else math.inf


def merged(side: Side, halvings: int) -> Side:
    out: Side = {}
    for index, count in side.items():
        target = -((-index) >> halvings)
        out[target] = out.get(target, 0.0) + count
    return out


def reach(histogram: NativeHistogram, threshold: float) -> tuple[float, float]:
    """The zero bucket's count and width once it is as wide as the threshold and cuts no populated bucket.

    The width that it has already is left as it is, even if it cuts a bucket.
    """
    while threshold != histogram.zero_threshold:
        count, wider = histogram.zero_count, threshold
        for side in (histogram.positive, histogram.negative):
            for index, own in sorted(side.items()):
                if own and bound(histogram, index - 1) < wider:
                    count += own
                    wider = max(wider, bound(histogram, index))
            if side is histogram.positive:
                threshold = wider
        if wider == threshold:
            return count, threshold
        threshold = wider
    return histogram.zero_count, threshold


def added(a: NativeHistogram, b: NativeHistogram, weight: float) -> NativeHistogram | None:
    """a + weight * b, or None where exponential and custom buckets meet."""
    if (a.schema == CUSTOM_BUCKETS) != (b.schema == CUSTOM_BUCKETS):
        return None
    total = replace(a, count=a.count + weight * b.count, sum=a.sum + weight * b.sum, hint=joint_hint(a.hint, b.hint))
    if a.schema == CUSTOM_BUCKETS:
        shared = tuple(each for each in a.bounds if each in b.bounds)
        sides = plus(rebounded(a, shared), rebounded(b, shared), weight)
        return compacted(replace(total, positive=sides, bounds=shared))
    while a.zero_threshold != reach(b, max(a.zero_threshold, b.zero_threshold))[1]:
        width = reach(b, max(a.zero_threshold, b.zero_threshold))[1]
        zero, width = reach(a, width)
        a = replace(a, zero_count=zero, zero_threshold=width, positive=outside(a, a.positive, width))
        a = replace(a, negative=outside(a, a.negative, width))
    zero_of_b = b.zero_count if b.zero_threshold == a.zero_threshold else reach(b, a.zero_threshold)[0]
    schema = min(a.schema, b.schema)
    coarse = replace(a, schema=schema)
    sides = []
    for of_a, of_b in ((a.positive, b.positive), (a.negative, b.negative)):
        kept = {i: n for i, n in merged(of_b, b.schema - schema).items() if bound(coarse, i) > a.zero_threshold}
        sides.append(plus(merged(of_a, a.schema - schema), kept, weight))
    zero = a.zero_count + weight * zero_of_b
    return compacted(
        replace(
            total,
            schema=schema,
            zero_count=zero,
            zero_threshold=a.zero_threshold,
            positive=sides[0],
            negative=sides[1],
        )
    )


def outside(histogram: NativeHistogram, side: Side, width: float) -> Side:
    return {index: count for index, count in side.items() if bound(histogram, index - 1) >= width}


def rebounded(histogram: NativeHistogram, shared: tuple[float, ...]) -> Side:
    out: Side = {}
    for index, count in histogram.positive.items():
        end = bound(histogram, index)
        target = next((i for i, each in enumerate(shared) if each >= end), len(shared))
        out[target] = out.get(target, 0.0) + count
    return out


def plus(a: Side, b: Side, weight: float) -> Side:
    return {index: a.get(index, 0.0) + weight * b.get(index, 0.0) for index in sorted({*a, *b})}


def compacted(histogram: NativeHistogram) -> NativeHistogram:
    sides = (
        {index: count for index, count in side.items() if count} for side in (histogram.positive, histogram.negative)
    )
    positive, negative = sides
    return replace(histogram, positive=positive, negative=negative)


def joint_hint(a: CounterReset, b: CounterReset) -> CounterReset:
    if CounterReset.GAUGE in (a, b):
        return CounterReset.GAUGE
    return a if a == b else CounterReset.UNKNOWN


def is_less(now: NativeHistogram, before: NativeHistogram) -> bool:
    if now.count < before.count or now.schema > before.schema:
        return True
    if now.schema == CUSTOM_BUCKETS and before.schema != CUSTOM_BUCKETS:
        return True
    if now.schema == CUSTOM_BUCKETS:
        shared = tuple(each for each in now.bounds if each in before.bounds)
        a, b = rebounded(now, shared), rebounded(before, shared)
        return any(a.get(index, 0.0) < count for index, count in b.items())
    if now.zero_threshold < before.zero_threshold:
        return True
    zero, width = before.zero_count, before.zero_threshold
    if width != now.zero_threshold:
        zero, width = reach(before, now.zero_threshold)
    if width != now.zero_threshold or now.zero_count < zero:
        return True
    for own, other in ((now.positive, before.positive), (now.negative, before.negative)):
        for index, count in merged(other, before.schema - now.schema).items():
            if bound(now, index) > now.zero_threshold and own.get(index, 0.0) < count:
                return True
    return False


def ordered_buckets(histogram: NativeHistogram) -> list[tuple[float, float, float]]:
    """(lower, upper, count) in the order of values, without empty ones; those beside the zero bucket clipped."""
    width = histogram.zero_threshold
    out = []
    for index, count in sorted(histogram.negative.items(), reverse=True):
        out.append((-bound(histogram, index), min(-bound(histogram, index - 1), -width), count))
    out.append((-width, width, histogram.zero_count))
    for index, count in sorted(histogram.positive.items()):
        lower = bound(histogram, index - 1)
        out.append((lower if lower <= 0 else max(lower, width), bound(histogram, index), count))
    return [each for each in out if each[2] > 0]


def plain_variance(histogram: NativeHistogram) -> float:
    mean = histogram.sum / histogram.count
    terms = []
    for lower, upper, count in ordered_buckets(histogram):
        middle = math.copysign(math.sqrt(lower * upper), upper) if lower * upper > 0 else 0.0
        if histogram.schema == CUSTOM_BUCKETS:
            middle = (lower + upper) / 2
        terms.append(count * (middle - mean) ** 2)
    return math.fsum(terms) / histogram.count


_COUNTS = st.integers(0, 5).map(float)
_SIDES = st.dictionaries(st.integers(-6, 9), _COUNTS, max_size=6)


@st.composite
def exponential_histograms(draw: st.DrawFn) -> NativeHistogram:
    threshold = draw(st.sampled_from((0.0, 0.001, 0.3, 0.5, 1.0, 3.0)))
    schema = draw(st.integers(-2, 3))
    bare = NativeHistogram(schema=schema, zero_threshold=threshold)
    sides = [{i: n for i, n in draw(_SIDES).items() if bound(bare, i) > threshold} for _ in range(2)]
    zero = draw(_COUNTS)
    hint = draw(st.sampled_from(list(CounterReset)))
    count = zero + sum(total(side.values()) for side in sides)
    value = float(draw(st.integers(-50, 50)))
    return NativeHistogram(schema, count, value, zero, threshold, sides[0], sides[1], hint=hint)


@st.composite
def custom_histograms(draw: st.DrawFn) -> NativeHistogram:
    bounds = tuple(sorted(draw(st.sets(st.sampled_from((-1.0, 0.5, 1.0, 2.0, 5.0, 10.0)), max_size=4))))
    side = draw(st.dictionaries(st.integers(0, len(bounds)), _COUNTS, max_size=5))
    value = float(draw(st.integers(0, 50)))
    return NativeHistogram(CUSTOM_BUCKETS, total(side.values()), value, positive=side, bounds=bounds)


def total(counts: Iterable[float]) -> float:
    return math.fsum(counts)


any_histograms = st.one_of(exponential_histograms(), exponential_histograms(), custom_histograms())
