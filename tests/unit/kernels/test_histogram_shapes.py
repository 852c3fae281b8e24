"""Resets, equality, quantiles, fractions, variances and trims of native histograms agree with plain Python, or with laws."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.unit.kernels.histogram_twin import (
    any_histograms,
    bound,
    compacted,
    is_less,
    ordered_buckets,
    plain_variance,
)
from vedette.kernels.histogram_bounds import exponential_bound
from vedette.kernels.histogram_equality import equal_rows
from vedette.kernels.histogram_resets import find_resets, resolve_hints
from vedette.kernels.histogram_shapes import histogram_fractions, histogram_quantiles, histogram_variances
from vedette.kernels.histogram_table import table_of
from vedette.kernels.histogram_trimming import trim_histograms
from vedette.model.histograms import CUSTOM_BUCKETS, CounterReset, Histograms, NativeHistogram

_EXAMPLES = settings(max_examples=200, deadline=None)
_ONE_SERIES = np.array([0, 2], np.int64)


def quantile(histogram: NativeHistogram, q: float) -> float:
    out, flags = np.empty(1), np.empty(1, np.int64)
    histogram_quantiles(table_of(Histograms.of([histogram])), np.zeros(1, np.int64), np.array([q]), out, flags)
    return float(out[0])


def fraction(histogram: NativeHistogram, lower: float, upper: float) -> float:
    out, flags = np.empty(1), np.empty(1, np.int64)
    bounds = (np.array([lower]), np.array([upper]))
    histogram_fractions(table_of(Histograms.of([histogram])), np.zeros(1, np.int64), *bounds, out, flags)
    return float(out[0])


@given(before=any_histograms, now=any_histograms)
@_EXAMPLES
def test_a_reset_is_whatever_makes_a_histogram_less(before: NativeHistogram, now: NativeHistogram) -> None:
    plain = [replace(each, hint=CounterReset.UNKNOWN) for each in (before, now)]
    out = np.empty(2, np.bool_)
    find_resets(table_of(Histograms.of(plain)), np.arange(2, dtype=np.int64), _ONE_SERIES, out)
    assert out.tolist() == [False, is_less(plain[1], plain[0])]


@given(histogram=any_histograms)
@_EXAMPLES
def test_a_histogram_continues_itself_and_hints_decide_before_counts(histogram: NativeHistogram) -> None:
    hints, resets = np.empty(2, np.int64), np.empty(2, np.bool_)
    for hint, found in ((CounterReset.UNKNOWN, False), (CounterReset.NOT_RESET, False), (CounterReset.RESET, True)):
        pair = [replace(histogram, hint=CounterReset.UNKNOWN), replace(histogram, hint=hint)]
        table = table_of(Histograms.of(pair))
        find_resets(table, np.arange(2, dtype=np.int64), _ONE_SERIES, resets)
        assert resets[1] == found
        resolve_hints(table, np.arange(2, dtype=np.int64), _ONE_SERIES, hints, resets)
        read = CounterReset.UNKNOWN if hint is CounterReset.RESET else CounterReset.NOT_RESET
        assert hints.tolist() == [CounterReset.UNKNOWN, read]


def test_a_float_between_two_histograms_hides_what_is_known_of_the_second() -> None:
    table = table_of(Histograms.of([NativeHistogram(count=1.0, positive={1: 1.0})] * 2))
    hints, resets = np.empty(3, np.int64), np.empty(3, np.bool_)
    resolve_hints(table, np.array([0, -1, 1], np.int64), np.array([0, 3], np.int64), hints, resets)
    assert hints.tolist() == [CounterReset.UNKNOWN] * 3 and not resets.any()


@given(a=any_histograms, b=any_histograms)
@_EXAMPLES
def test_equal_is_what_differs_in_empty_buckets_and_hints_at_most(a: NativeHistogram, b: NativeHistogram) -> None:
    out = np.empty(3, np.bool_)
    wider = replace(
        a, positive={**a.positive, max(a.positive, default=0) + 1: 0.0} if a.schema != CUSTOM_BUCKETS else a.positive
    )
    table = table_of(Histograms.of([a, b, wider]))
    equal_rows(table, np.array([0, 0, 0], np.int64), np.array([0, 1, 2], np.int64), out)
    plain = [compacted(replace(each, hint=CounterReset.UNKNOWN)) for each in (a, b)]
    assert out.tolist() == [True, plain[0] == plain[1], True]


@given(histogram=any_histograms, q=st.floats(0.0, 1.0))
@_EXAMPLES
def test_a_quantile_lies_in_the_bucket_of_its_rank(histogram: NativeHistogram, q: float) -> None:
    assume(histogram.count > 0)
    assume(histogram.schema != CUSTOM_BUCKETS or histogram.bounds)
    found, rank = quantile(histogram, q), q * histogram.count
    buckets = ordered_buckets(histogram)
    running = np.cumsum([count for _, _, count in buckets])
    # At a bucket's edge the reference may take either of the neighbours.
    possible = [
        bucket
        for bucket, upto in zip(buckets, running, strict=True)
        if upto - bucket[2] <= rank + 1e-9 and upto >= rank - 1e-9
    ]
    ends = [end for lower, upper, _ in possible for end in (lower, upper)]
    finite = [end if math.isfinite(end) else 0.0 for end in ends] + [end for end in ends if math.isfinite(end)]
    assert min(finite) - 1e-9 <= found <= max(finite) + 1e-9


@given(histogram=any_histograms, low=st.floats(-20, 20), width=st.floats(0, 20))
@_EXAMPLES
def test_fractions_add_up(histogram: NativeHistogram, low: float, width: float) -> None:
    assume(histogram.count > 0)
    parts = [fraction(histogram, *pair) for pair in ((-math.inf, low), (low, low + width), (low + width, math.inf))]
    assert all(0 <= part <= 1 for part in parts)
    assert math.isclose(sum(parts), 1.0, abs_tol=1e-9)


@given(histogram=any_histograms, data=st.data())
@_EXAMPLES
def test_the_fraction_below_a_bucket_end_is_the_share_of_the_buckets_below(
    histogram: NativeHistogram, data: st.DataObject
) -> None:
    assume(histogram.count > 0 and ordered_buckets(histogram))
    end = data.draw(st.sampled_from(ordered_buckets(histogram)))[1]
    assume(math.isfinite(end) and end != 0 and abs(end) != histogram.zero_threshold)
    share = sum(count for _, upper, count in ordered_buckets(histogram) if upper <= end) / histogram.count
    assert math.isclose(fraction(histogram, -math.inf, end), share, abs_tol=1e-9)


@given(histogram=any_histograms)
@_EXAMPLES
def test_the_variance_takes_observations_to_stand_in_the_middle_of_their_bucket(histogram: NativeHistogram) -> None:
    assume(histogram.count > 0)
    assume(all(math.isfinite(lower) and math.isfinite(upper) for lower, upper, _ in ordered_buckets(histogram)))
    out = np.empty(2)
    table = table_of(Histograms.of([histogram]))
    histogram_variances(table, np.zeros(1, np.int64), False, out[:1])
    histogram_variances(table, np.zeros(1, np.int64), True, out[1:])
    expected = plain_variance(histogram)
    assert np.allclose(out, [expected, math.sqrt(expected)])


def trimmed(histogram: NativeHistogram, limit: float, *, keep_below: bool) -> tuple[float, float, float, float]:
    """(count, sum, zero count, what is left in buckets)"""
    histograms = Histograms.of([histogram])
    totals = (np.empty(1), np.empty(1), np.empty(1))
    sides = (np.empty(len(histogram.positive)), np.empty(len(histogram.negative)))
    trim_histograms(table_of(histograms), np.zeros(1, np.int64), np.array([limit]), keep_below, totals, *sides)
    return (*(float(each[0]) for each in totals), float(sum(side.sum() for side in sides)))


@given(histogram=any_histograms, limit=st.floats(-20, 20))
@_EXAMPLES
def test_what_is_trimmed_below_and_above_a_limit_is_all(histogram: NativeHistogram, limit: float) -> None:
    # A bucket that reaches to infinity is kept or dropped as a whole, on both sides alike.
    assume(histogram.schema != CUSTOM_BUCKETS)
    below, above = (trimmed(histogram, limit, keep_below=each) for each in (True, False))
    for count, _, zero, in_buckets in (below, above):
        assert math.isclose(count, zero + in_buckets, abs_tol=1e-9)
    assert math.isclose(below[0] + above[0], histogram.count, abs_tol=1e-9)


@given(histogram=any_histograms)
@_EXAMPLES
def test_a_trim_that_cuts_nothing_leaves_the_sum_as_it_was(histogram: NativeHistogram) -> None:
    count, total, zero, in_buckets = trimmed(histogram, math.inf, keep_below=True)
    assert (count, total, zero) == (histogram.count, histogram.sum, histogram.zero_count)
    assert in_buckets == sum(histogram.positive.values()) + sum(histogram.negative.values())


def test_a_bucket_ends_where_the_next_one_begins() -> None:
    for schema in range(-4, 9):
        bounds = [exponential_bound(index, schema) for index in range(-40, 41)]
        assert bounds == sorted(bounds)
        for index, end in zip(range(-40, 41), bounds, strict=True):
            assert math.isclose(end, 2.0 ** (index * 2.0**-schema), rel_tol=1e-15)
    assert exponential_bound(1024, 0) == np.finfo(np.float64).max and exponential_bound(1025, 0) == math.inf
    assert bound(NativeHistogram(schema=CUSTOM_BUCKETS, bounds=(1.0,)), 1) == math.inf
