"""Sums of native histograms agree with adding them one after another in plain Python."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.kernels.histogram_twin import (
    added,
    any_histograms,
    compacted,
    custom_histograms,
    exponential_histograms,
)
from vedette.kernels import histogram_sums
from vedette.kernels.histogram_scaling import divide, multiply
from vedette.kernels.histogram_sums import Sums, sum_histograms
from vedette.kernels.histogram_workspace import (
    ABSENT,
    INCOMPATIBLE,
    NOT_FINITE,
    RECONCILED_ADDING,
    RECONCILED_SUBTRACTING,
)
from vedette.model.histograms import CounterReset, Histograms, NativeHistogram

_TERMS = st.lists(st.tuples(any_histograms, st.sampled_from((1.0, -1.0))), min_size=1, max_size=5)


def sum_of(histograms: list[NativeHistogram], weights: list[float] | None = None, *, compensated: bool = True) -> Sums:
    n = len(histograms)
    spans = (np.zeros(1, np.int64), np.array([n], np.int64))
    of_terms = np.ones(n) if weights is None else np.array(weights)
    return sum_histograms(
        Histograms.of(histograms), np.arange(n, dtype=np.int64), of_terms, spans, compensated=compensated
    )


@given(terms=_TERMS, compensated=st.booleans())
@settings(max_examples=300, deadline=None)
def test_a_sum_is_what_adding_one_by_one_gives(terms: list[tuple[NativeHistogram, float]], compensated: bool) -> None:
    first = terms[0][0]
    expected: NativeHistogram | None = compacted(first)
    for histogram, weight in terms[1:]:
        expected = None if expected is None else added(expected, histogram, weight)
    sums = sum_of([each for each, _ in terms], [1.0, *(weight for _, weight in terms[1:])], compensated=compensated)
    if expected is None:
        assert sums.flagged(INCOMPATIBLE)[0] and sums.rows[0] == -1
    else:
        assert sums.histograms.at(0) == expected


@given(histograms=st.lists(exponential_histograms(), min_size=2, max_size=5), data=st.data())
@settings(max_examples=100, deadline=None)
def test_the_order_of_terms_of_one_shape_does_not_matter(
    histograms: list[NativeHistogram], data: st.DataObject
) -> None:
    alike = [replace(each, schema=1, zero_threshold=0.0, hint=CounterReset.UNKNOWN) for each in histograms]
    shuffled = data.draw(st.permutations(alike))
    assert sum_of(alike).histograms.at(0) == sum_of(shuffled).histograms.at(0)


@given(histogram=custom_histograms(), bounds=st.sets(st.sampled_from((0.5, 1.0, 2.0)), max_size=3))
@settings(max_examples=100, deadline=None)
def test_bounds_that_differ_are_reported_as_reconciled(histogram: NativeHistogram, bounds: set[float]) -> None:
    other = NativeHistogram(histogram.schema, bounds=tuple(sorted(bounds)))
    differ = other.bounds != histogram.bounds
    assert sum_of([histogram, other]).flagged(RECONCILED_ADDING)[0] == differ
    assert sum_of([histogram, other], [1.0, -1.0]).flagged(RECONCILED_SUBTRACTING)[0] == differ


def test_results_without_terms_and_results_that_overflow_are_flagged() -> None:
    huge = NativeHistogram(count=1.5e308, sum=1.0, positive={1: 1.5e308})
    table = Histograms.of([huge, huge])
    spans = (np.array([0, 2], np.int64), np.array([2, 2], np.int64))
    sums = sum_histograms(table, np.arange(2, dtype=np.int64), np.ones(2), spans)
    assert sums.flagged(NOT_FINITE).tolist() == [True, False]
    assert sums.flagged(ABSENT).tolist() == [False, True]
    assert sums.rows.tolist() == [0, -1]


def test_a_sum_is_no_finer_than_asked_for() -> None:
    fine = NativeHistogram(schema=2, count=4.0, positive={1: 1.0, 2: 1.0, 5: 1.0, -3: 1.0})
    spans = (np.zeros(1, np.int64), np.ones(1, np.int64))
    sums = sum_histograms(
        Histograms.of([fine]), np.zeros(1, np.int64), np.ones(1), spans, coarsest=np.zeros(1, np.int64)
    )
    assert sums.histograms.at(0) == replace(fine, schema=0, positive={0: 1.0, 1: 2.0, 2: 1.0})


def test_results_that_fill_the_room_are_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(histogram_sums, "_ROOM", 8)
    histograms = [
        NativeHistogram(count=3.0, positive={1: 1.0, 2: 1.0, 5: 1.0}, negative={2: float(i + 1)}) for i in range(20)
    ]
    rows = np.arange(20, dtype=np.int64)
    sums = sum_histograms(Histograms.of(histograms), rows, np.ones(20), (rows, rows + 1))
    assert [sums.histograms.at(row) for row in sums.rows.tolist()] == histograms


@given(histogram=any_histograms, factor=st.sampled_from((0.0, 0.5, 2.0, -1.0)))
@settings(max_examples=100, deadline=None)
def test_scaling_multiplies_every_number_and_makes_a_gauge_of_what_is_negative(
    histogram: NativeHistogram, factor: float
) -> None:
    scaled = multiply(Histograms.of([histogram]), np.array([factor])).at(0)
    assert (scaled.count, scaled.sum, scaled.zero_count) == tuple(
        factor * each for each in (histogram.count, histogram.sum, histogram.zero_count)
    )
    assert scaled.positive == {index: factor * count for index, count in histogram.positive.items() if factor * count}
    assert scaled.hint == (CounterReset.GAUGE if factor < 0 else histogram.hint)
    if factor:
        divided = divide(Histograms.of([histogram]), np.array([1 / factor])).at(0)
        assert divided == scaled


def test_dividing_by_zero_leaves_no_buckets() -> None:
    with np.errstate(divide="ignore", invalid="ignore"):
        divided = divide(Histograms.of([NativeHistogram(count=2.0, sum=1.0, positive={1: 2.0})]), np.zeros(1)).at(0)
    assert (divided.count, divided.positive) == (np.inf, {})
