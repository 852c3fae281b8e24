"""Every window kernel says what its plain twin says, on irregular series with NaN, Inf and resets, at any grid."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.query import naive
from vedette.kernels import instant, rates, regression, window_ends, window_extremes, window_order, window_sums, windows
from vedette.model.staleness import STALE_NAN

_FINITE = st.one_of(st.integers(0, 50).map(float), st.floats(-1e6, 1e6), st.sampled_from([0.0, 1e9, -1e9, 1e-9]))
_ANY = st.one_of(_FINITE, st.sampled_from([math.nan, math.inf, -math.inf]))


def series_of(values: st.SearchStrategy[float]) -> st.SearchStrategy[list[list[naive.Sample]]]:
    """A few series of distinct times, ascending; some on a regular scrape, some not, some empty."""
    times = st.one_of(
        st.lists(st.integers(0, 300_000), max_size=40, unique=True).map(sorted),
        st.integers(0, 40).map(lambda n: [1_000 + 15_000 * i for i in range(n)]),
    )
    one = times.flatmap(
        lambda ts: st.lists(values, min_size=len(ts), max_size=len(ts)).map(lambda vs: list(zip(ts, vs, strict=True)))
    )
    return st.lists(one, min_size=1, max_size=3)


_GRIDS = st.tuples(
    st.integers(-50_000, 300_000), st.sampled_from([0, 1, 5_000, 15_000, 60_000]), st.sampled_from([1, 20_000, 100_000])
)


def columns(series: Sequence[Sequence[naive.Sample]]) -> tuple[Any, Any, Any]:
    offsets = np.cumsum([0, *map(len, series)]).astype(np.int64)
    times = np.array([time for each in series for time, _ in each], np.int64)
    return offsets, times, np.array([value for each in series for _, value in each], np.float64)


def run(kernel: Any, series: Sequence[Sequence[naive.Sample]], grid: tuple[int, int, int], *arguments: Any) -> Any:
    """The kernel's cells, None where absent."""
    arrays = columns(series)
    out, present = np.full((len(series), 7), 123.0), np.ones((len(series), 7), np.bool_)
    kernel(*arrays, 0, len(series), *grid, *arguments, out, present)
    return [
        [value if there else None for value, there in zip(*row, strict=True)]
        for row in zip(out.tolist(), present.tolist(), strict=True)
    ]


def expected(
    series: Sequence[Sequence[naive.Sample]],
    grid: tuple[int, int, int],
    twin: Callable[[list[naive.Sample], int], float | None],
) -> list[list[float | None]]:
    ends = [grid[0] + k * grid[1] for k in range(7)]
    return [[twin(naive.window(each, end, grid[2]), end) for end in ends] for each in series]


def agree(ours: Any, theirs: Any, tolerance: float = 0.0) -> bool:
    if ours is None or theirs is None:
        return ours is theirs
    if math.isnan(ours) or math.isnan(theirs) or math.isinf(ours) or math.isinf(theirs):
        return ours == theirs or (math.isnan(ours) and math.isnan(theirs))
    return bool(abs(ours - theirs) <= tolerance)


def assert_agree(ours: Any, theirs: Any, tolerance: float = 0.0) -> None:
    for row, (left, right) in enumerate(zip(ours, theirs, strict=True)):
        for step, (a, b) in enumerate(zip(left, right, strict=True)):
            assert agree(a, b, tolerance), f"series {row} step {step}: {a} instead of {b}"


def scratch(series: Sequence[Sequence[naive.Sample]], dtype: Any, more: int = 0) -> Any:
    return np.empty(max(map(len, series)) + more, dtype)


def of_values(function: Callable[[list[float]], float]) -> Callable[[list[naive.Sample], int], float | None]:
    return lambda inside, _: function([value for _, value in inside]) if inside else None


@pytest.mark.parametrize(("counter", "per_second"), [(True, True), (True, False), (False, False)])
@given(series=series_of(_ANY), grid=_GRIDS)
@settings(max_examples=60, deadline=None)
def test_rates_are_the_same_bits(series: Any, grid: Any, counter: bool, per_second: bool) -> None:
    ours = run(rates.extrapolated_rate, series, grid, counter, per_second, scratch(series, np.int64))
    twin = expected(
        series,
        grid,
        lambda inside, end: naive.extrapolated(inside, end, grid[2], counter=counter, per_second=per_second),
    )
    assert_agree(ours, twin)


@pytest.mark.parametrize("per_second", [True, False])
@given(series=series_of(_ANY), grid=_GRIDS)
@settings(max_examples=60, deadline=None)
def test_instant_rates_read_the_last_two_samples(series: Any, grid: Any, per_second: bool) -> None:
    ours = run(rates.instant_rate, series, grid, per_second)
    assert_agree(ours, expected(series, grid, lambda inside, _: naive.last_two(inside, per_second=per_second)))


_ENDS: list[tuple[int, Callable[[list[naive.Sample]], float]]] = [
    (window_ends.COUNT, lambda inside: float(len(inside))),
    (window_ends.PRESENT, lambda inside: 1.0),
    (window_ends.FIRST, lambda inside: inside[0][1]),
    (window_ends.LAST, lambda inside: inside[-1][1]),
    (window_ends.TIME_OF_FIRST, lambda inside: inside[0][0] / 1000),
    (window_ends.TIME_OF_LAST, lambda inside: inside[-1][0] / 1000),
]


@pytest.mark.parametrize(("what", "twin"), _ENDS)
@given(series=series_of(_ANY), grid=_GRIDS)
@settings(max_examples=30, deadline=None)
def test_window_ends(series: Any, grid: Any, what: int, twin: Any) -> None:
    ours = run(window_ends.window_ends, series, grid, what)
    assert_agree(ours, expected(series, grid, lambda inside, _: twin(inside) if inside else None))


@given(series=series_of(_ANY), grid=_GRIDS)
@settings(max_examples=60, deadline=None)
def test_resets_and_changes_count_neighbours_inside_the_window(series: Any, grid: Any) -> None:
    events = scratch(series, np.int64)
    ours = run(window_ends.count_events, series, grid, window_ends.RESETS, events)
    assert_agree(ours, expected(series, grid, of_values(lambda vs: naive.events(vs, lambda a, b: b < a))))
    ours = run(window_ends.count_events, series, grid, window_ends.CHANGES, events)
    differs = of_values(lambda vs: naive.events(vs, lambda a, b: a != b and not (math.isnan(a) and math.isnan(b))))
    assert_agree(ours, expected(series, grid, differs))


@given(series=series_of(_FINITE), grid=_GRIDS)
@settings(max_examples=100, deadline=None)
def test_sums_and_averages_are_exact_to_the_last_digits(series: Any, grid: Any) -> None:
    pair = scratch(series, np.float64, 1), scratch(series, np.float64, 1)
    ours = run(window_sums.window_sums, series, grid, window_sums.SUM, *pair)
    assert_agree(ours, expected(series, grid, of_values(naive.total)), 1e-6)
    ours = run(window_sums.window_sums, series, grid, window_sums.AVG, *pair)
    assert_agree(ours, expected(series, grid, of_values(naive.mean)), 1e-6)


@given(series=series_of(_ANY), grid=_GRIDS)
@settings(max_examples=60, deadline=None)
def test_sums_of_nan_and_inf_are_those_of_a_plain_sum(series: Any, grid: Any) -> None:
    pair = scratch(series, np.float64, 1), scratch(series, np.float64, 1)
    ours = run(window_sums.window_sums, series, grid, window_sums.SUM, *pair)
    assert_agree(ours, expected(series, grid, of_values(naive.total)), 1e-6)


def test_a_sum_keeps_small_values_beside_huge_ones_that_cancel() -> None:
    series = [[(1000 * i, value) for i, value in enumerate([1e100, 1.0, -1e100, 2.0, 3.0, 4.0, 5.0], 1)]]
    pair = scratch(series, np.float64, 1), scratch(series, np.float64, 1)
    ours = run(window_sums.window_sums, series, (1000, 1000, 6000), window_sums.SUM, *pair)
    assert ours[0][2] == 1.0
    assert ours[0][6] == pytest.approx(1.0 - 1e100 + 14.0)


def test_an_average_does_not_overflow() -> None:
    series = [[(1000 * i, 1.7e308) for i in range(1, 8)]]
    pair = scratch(series, np.float64, 1), scratch(series, np.float64, 1)
    ours = run(window_sums.window_sums, series, (1000, 1000, 10_000), window_sums.AVG, *pair)
    assert ours[0] == pytest.approx([1.7e308] * 7)


@given(series=series_of(st.floats(-1e3, 1e3)), grid=_GRIDS)
@settings(max_examples=60, deadline=None)
def test_variances(series: Any, grid: Any) -> None:
    ours = run(window_sums.window_variances, series, grid, window_sums.STDVAR)
    assert_agree(ours, expected(series, grid, of_values(naive.variance)), 1e-6)


@pytest.mark.parametrize(("largest", "choose"), [(True, max), (False, min)])
@given(series=series_of(_ANY), grid=_GRIDS)
@settings(max_examples=60, deadline=None)
def test_extremes_skip_nan(series: Any, grid: Any, largest: bool, choose: Any) -> None:
    ours = run(window_extremes.window_extremes, series, grid, largest, False, np.empty((2, 4)))
    assert_agree(ours, expected(series, grid, of_values(lambda vs: naive.extreme(vs, choose))))


@given(series=series_of(_ANY), grid=_GRIDS)
@settings(max_examples=60, deadline=None)
def test_the_time_of_an_extreme_is_its_last(series: Any, grid: Any) -> None:
    def twin(inside: list[naive.Sample], _: int) -> float | None:
        if not inside:
            return None
        greatest = naive.extreme([value for _, value in inside], max)
        same = [t for t, value in inside if value == greatest] or [t for t, _ in inside]
        return same[-1] / 1000

    ours = run(window_extremes.window_extremes, series, grid, True, True, np.empty((2, 4)))
    assert_agree(ours, expected(series, grid, twin))


_LONG_GRIDS = st.tuples(
    st.integers(0, 700_000), st.sampled_from([0, 1_000, 30_000, 400_000]), st.sampled_from([20_000, 300_000, 900_000])
)


@st.composite
def long_series(draw: st.DrawFn) -> list[list[naive.Sample]]:
    """Long enough for blocks of blocks; few distinct values, some NaN, so that extremes repeat."""
    random = draw(st.randoms(use_true_random=False))
    values = draw(st.lists(_ANY, min_size=1, max_size=6))
    return [[(1_000 * i + 7, random.choice(values)) for i in range(n)] for n in (900, 0, 255, 256)]


@pytest.mark.parametrize(("largest", "choose"), [(True, max), (False, min)])
@given(series=long_series(), grid=_LONG_GRIDS)
@settings(max_examples=25, deadline=None)
def test_extremes_of_long_windows(series: Any, grid: Any, largest: bool, choose: Any) -> None:
    blocks = np.empty((2, 64))
    ours = run(window_extremes.window_extremes, series, grid, largest, False, blocks)
    assert_agree(ours, expected(series, grid, of_values(lambda vs: naive.extreme(vs, choose))))
    times = run(window_extremes.window_extremes, series, grid, largest, True, blocks)
    for samples, row, at in zip(series, ours, times, strict=True):
        newest = {value: time / 1000 for time, value in samples}
        assert all(time is None or time <= newest.get(value, math.inf) for value, time in zip(row, at, strict=True))


@given(series=long_series(), grid=_LONG_GRIDS)
@settings(max_examples=25, deadline=None)
def test_sums_of_long_windows(series: Any, grid: Any) -> None:
    ours = run(window_sums.window_sums, series, grid, window_sums.SUM, np.empty(901), np.empty(901))
    assert_agree(ours, expected(series, grid, of_values(naive.total)), 1e-6)


@given(series=series_of(_ANY), grid=_GRIDS, q=st.sampled_from([0.0, 0.3, 0.5, 0.99, 1.0, -1.0, 2.0, math.nan]))
@settings(max_examples=150, deadline=None)
def test_quantiles(series: Any, grid: Any, q: float) -> None:
    ours = run(window_order.window_quantiles, series, grid, np.full(7, q), np.empty((4, max(map(len, series)))))
    assert_agree(ours, expected(series, grid, of_values(lambda vs: naive.quantile(q, vs))), 1e-6)


@given(series=series_of(_ANY), grid=_GRIDS)
@settings(max_examples=60, deadline=None)
def test_median_deviations(series: Any, grid: Any) -> None:
    ours = run(window_order.window_deviations, series, grid)
    assert_agree(ours, expected(series, grid, of_values(naive.deviation)), 1e-6)


@given(series=series_of(st.integers(-1000, 1000).map(float)), grid=_GRIDS)
@settings(max_examples=60, deadline=None)
def test_lines_through_a_window(series: Any, grid: Any) -> None:
    slopes = run(regression.window_slopes, series, grid)
    assert_agree(
        slopes, expected(series, grid, lambda inside, _: (naive.line(inside, inside[0][0]) or (None,))[0] if inside else None), 1e-6
    )  # fmt: skip
    ahead = run(regression.window_predictions, series, grid, grid[0], grid[1], np.full(7, 10.0))

    def predicted(inside: list[naive.Sample], end: int) -> float | None:
        line = naive.line(inside, end)
        return None if line is None else line[0] * 10 + line[1]

    for row, twin in zip(ahead, expected(series, grid, predicted), strict=True):
        assert [each is None for each in row] == [each is None for each in twin]
        assert [a for a in row if a is not None] == pytest.approx(
            [b for b in twin if b is not None], rel=1e-5, abs=1e-3
        )


@given(series=series_of(st.floats(-1e3, 1e3)), grid=_GRIDS)
@settings(max_examples=40, deadline=None)
def test_double_exponential_smoothing(series: Any, grid: Any) -> None:
    ours = run(regression.window_smoothings, series, grid, np.full(7, 0.3), np.full(7, 0.6))
    twin = expected(series, grid, lambda inside, _: naive.smoothed([value for _, value in inside], 0.3, 0.6))
    assert_agree(ours, twin, 1e-9)


@given(series=series_of(st.one_of(_ANY, st.just(STALE_NAN))), grid=_GRIDS)
@settings(max_examples=60, deadline=None)
def test_instant_selection_takes_the_newest_sample_and_hides_stale_ones(series: Any, grid: Any) -> None:
    offsets, times, values = columns(series)
    out, present = np.empty((len(series), 7)), np.empty((len(series), 7), np.bool_)
    instant.select_instant(
        offsets, times, values, values.view(np.uint64), 0, len(series), *grid[:2], grid[2], out, present
    )
    stale = np.float64(STALE_NAN).view(np.uint64)
    for row, each in enumerate(series):
        for step in range(7):
            found = naive.newest(each, grid[0] + step * grid[1], grid[2])
            there = found is not None and np.float64(found[1]).view(np.uint64) != stale
            assert present[row, step] == there
            assert not there or agree(out[row, step], found[1])  # type: ignore[index]


def test_the_lookback_is_left_open() -> None:
    series = [[(10_000, 1.0)]]
    offsets, times, values = columns(series)
    out, present = np.empty((1, 2)), np.empty((1, 2), np.bool_)
    instant.select_instant(offsets, times, values, values.view(np.uint64), 0, 1, 14_999, 1, 5_000, out, present)
    assert present.tolist() == [[True, False]]


@given(series=series_of(st.one_of(_ANY, st.just(STALE_NAN))))
@settings(deadline=None)
def test_windows_see_no_stale_marker(series: Any) -> None:
    offsets, times, values = windows.strip_stale(*columns(series))
    stale = np.float64(STALE_NAN).view(np.uint64)
    kept = [[(t, v) for t, v in each if np.float64(v).view(np.uint64) != stale] for each in series]
    again = columns(kept)
    assert offsets.tolist() == again[0].tolist()
    assert times.tolist() == again[1].tolist()
    assert values.view(np.uint64).tolist() == again[2].view(np.uint64).tolist()


@given(series=series_of(_FINITE), grid=_GRIDS, cut=st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_slices_of_series_make_up_the_whole(series: Any, grid: Any, cut: int) -> None:
    arrays = columns(series)
    cut = min(cut, len(series))
    whole, parts = np.zeros((len(series), 7)), np.zeros((len(series), 7))
    present = np.empty((len(series), 7), np.bool_)
    events = scratch(series, np.int64)
    rates.extrapolated_rate(*arrays, 0, len(series), *grid, True, True, events, whole, present)
    rates.extrapolated_rate(*arrays, 0, cut, *grid, True, True, events, parts, present)
    rates.extrapolated_rate(*arrays, cut, len(series), *grid, True, True, events, parts, present)
    assert whole.tolist() == parts.tolist()
