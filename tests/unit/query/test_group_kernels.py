"""Aggregation, ranking and bucket kernels agree with their plain twins, whoever is present at a step."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.query import naive
from vedette.kernels import aggregation, buckets, ranking

_VALUES = st.one_of(st.integers(-5, 5).map(float), st.floats(-1e6, 1e6), st.sampled_from([math.nan, math.inf]))
_CELLS = st.lists(
    st.tuples(st.integers(0, 2), st.lists(st.one_of(st.none(), _VALUES), min_size=4, max_size=4)),
    min_size=1,
    max_size=9,
)
"""Series: a group and the values at four steps, None where absent."""


def arrays(cells: Any) -> tuple[Any, Any, Any]:
    values = np.array([[0.0 if v is None else v for v in row] for _, row in cells])
    present = np.array([[v is not None for v in row] for _, row in cells])
    return values, present, np.array([group for group, _ in cells], np.int64)


def by_group(cells: Any, step: int, group: int) -> list[float]:
    return [row[step] for own, row in cells if own == group and row[step] is not None]


def grouped(groups: Any) -> tuple[Any, Any]:
    members = np.argsort(groups, kind="stable").astype(np.int64)
    return members, np.concatenate([[0], np.cumsum(np.bincount(groups, minlength=3))]).astype(np.int64)


def close(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b)) or abs(a - b) <= 1e-9 * max(1.0, abs(b)) + 1e-6


def spread(values: list[float]) -> float:
    return naive.variance(values) if all(map(math.isfinite, values)) else math.nan


_REDUCTIONS: list[tuple[Any, tuple[Any, ...], Callable[[list[float]], float]]] = [
    (aggregation.group_sums, (), naive.total),
    (aggregation.group_averages, (), naive.mean),
    (aggregation.group_extremes, (aggregation.MIN,), lambda vs: naive.extreme(vs, min)),
    (aggregation.group_extremes, (aggregation.MAX,), lambda vs: naive.extreme(vs, max)),
    (aggregation.group_extremes, (aggregation.COUNT,), lambda vs: float(len(vs))),
    (aggregation.group_extremes, (aggregation.GROUP,), lambda vs: 1.0),
    (aggregation.group_variances, (False,), spread),
    (aggregation.group_variances, (True,), lambda vs: math.sqrt(spread(vs))),
]


@pytest.mark.parametrize(("kernel", "arguments", "twin"), _REDUCTIONS)
@given(cells=_CELLS)
@settings(max_examples=40, deadline=None)
def test_reductions(cells: Any, kernel: Any, arguments: Any, twin: Any) -> None:
    values, present, groups = arrays(cells)
    out, out_present = np.full((3, 4), 7.0), np.ones((3, 4), np.bool_)
    for low, high in ((0, 3), (3, 4)):
        kernel(values, present, groups, low, high, *arguments, out, out_present)
    for group in range(3):
        for step in range(4):
            inside = by_group(cells, step, group)
            assert out_present[group, step] == bool(inside)
            assert not inside or close(out[group, step], twin(inside)), (group, step, inside)


@given(cells=_CELLS, q=st.sampled_from([0.0, 0.5, 0.9, 1.0, -1.0, 2.0]))
@settings(max_examples=60, deadline=None)
def test_quantiles_of_groups(cells: Any, q: float) -> None:
    values, present, groups = arrays(cells)
    out, out_present = np.empty((3, 4)), np.empty((3, 4), np.bool_)
    ranking.group_quantiles(
        values, present, *grouped(groups), 0, 4, np.full(4, q), np.empty(len(cells)), out, out_present
    )
    for group in range(3):
        for step in range(4):
            inside = by_group(cells, step, group)
            assert out_present[group, step] == bool(inside)
            assert not inside or close(out[group, step], naive.quantile(q, inside))


@given(cells=_CELLS, k=st.integers(0, 4), largest=st.booleans())
@settings(max_examples=80, deadline=None)
def test_the_best_k_of_a_group_are_kept_and_nan_is_worst(cells: Any, k: int, largest: bool) -> None:
    values, present, groups = arrays(cells)
    keep = np.empty(present.shape, np.bool_)
    heap = np.empty(len(cells), np.int64)
    ranking.keep_best(values, present, *grouped(groups), 0, 4, np.full(4, k, np.int64), largest, heap, keep)
    assert not (keep & ~present).any()
    for group in range(3):
        for step in range(4):
            inside = by_group(cells, step, group)
            kept = values[keep[:, step] & (groups == group), step].tolist()
            best = sorted(inside, key=lambda v: (math.isnan(v), -v if largest else v))[:k]
            numbers = [v for v in best if not math.isnan(v)]
            assert len(kept) == len(best)
            assert sorted(v for v in kept if not math.isnan(v)) == sorted(numbers)


@given(cells=_CELLS, k=st.integers(0, 4))
@settings(max_examples=40, deadline=None)
def test_limitk_keeps_the_first_that_are_present(cells: Any, k: int) -> None:
    _, present, groups = arrays(cells)
    keep = np.empty(present.shape, np.bool_)
    ranking.keep_first(present, *grouped(groups), 0, 4, np.full(4, k, np.int64), keep)
    for group in range(3):
        for step in range(4):
            there = np.flatnonzero(present[:, step] & (groups == group))
            assert np.flatnonzero(keep[:, step] & (groups == group)).tolist() == there[:k].tolist()


_COUNTS = st.lists(st.integers(0, 20), min_size=1, max_size=6)
_FIRST_BOUND = st.sampled_from([-2.0, 0.0, 0.5])


def histogram(counts: list[int], first: float) -> list[tuple[float, float]]:
    """Monotonic buckets, the last of them +Inf."""
    bounds = [first + i for i in range(len(counts) - 1)] + [math.inf]
    return list(zip(bounds, np.cumsum(counts).astype(float).tolist(), strict=True))


def bucket_arrays(cells: list[tuple[float, float]]) -> tuple[Any, ...]:
    values = np.array([[count] for _, count in cells])
    bounds = np.array([bound for bound, _ in cells])
    members = np.arange(len(cells), dtype=np.int64)
    return values, np.ones(values.shape, np.bool_), members, bounds, np.array([0, len(cells)], np.int64)


def quantile_of(cells: list[tuple[float, float]], q: float) -> tuple[float, list[float]]:
    out, present, forced = np.empty((1, 1)), np.empty((1, 1), np.bool_), np.empty((1, 1, 3))
    scratch = np.empty((2, len(cells)))
    buckets.bucket_quantiles(*bucket_arrays(cells), 0, 1, np.full(1, q), scratch, out, present, forced)
    return float(out[0, 0]), forced[0, 0].tolist()


@given(counts=_COUNTS, first=_FIRST_BOUND, q=st.sampled_from([0.0, 0.1, 0.5, 0.99, 1.0, -1.0, 2.0, math.nan]))
@settings(max_examples=150, deadline=None)
def test_quantiles_of_buckets(counts: list[int], first: float, q: float) -> None:
    cells = histogram(counts, first)
    ours, forced = quantile_of(cells, q)
    twin = naive.bucket_quantile(q, cells)
    assert ours == pytest.approx(twin, nan_ok=True)
    assert forced[2] == 0.0


def test_decreasing_buckets_are_lifted_and_reported() -> None:
    value, forced = quantile_of([(1.0, 10.0), (2.0, 4.0), (3.0, 8.0), (math.inf, 12.0)], 0.5)
    assert value == pytest.approx(0.6)
    assert forced == [2.0, 3.0, 6.0]


def test_rounding_errors_between_buckets_are_not_reported() -> None:
    value, forced = quantile_of([(1.0, 10.0), (2.0, 10.0 - 1e-13), (math.inf, 20.0)], 0.75)
    assert value == 2.0
    assert forced[2] == 0.0


def test_buckets_without_an_infinite_bound_have_no_quantile() -> None:
    assert math.isnan(quantile_of([(1.0, 10.0), (2.0, 14.0)], 0.5)[0])


@given(counts=_COUNTS, first=_FIRST_BOUND, q=st.floats(0.01, 0.99))
@settings(max_examples=80, deadline=None)
def test_the_fraction_below_a_quantile_is_the_quantiles_rank(counts: list[int], first: float, q: float) -> None:
    cells = histogram([count + 1 for count in counts], first)
    value, _ = quantile_of(cells, q)
    if len(cells) < 2 or value >= cells[-2][0] or (first <= 0 and value <= first):
        return
    out, present, scratch = np.empty((1, 1)), np.empty((1, 1), np.bool_), np.empty((2, len(cells)))
    below, above = np.full(1, -math.inf), np.full(1, value)
    buckets.bucket_fractions(*bucket_arrays(cells), 0, 1, below, above, scratch, out, present)
    assert out[0, 0] == pytest.approx(q, rel=1e-6)
