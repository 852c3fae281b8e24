"""The grid that scrape times are moved onto, and the ticker that keeps it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.intake.timing import ScrapeGrid, Ticker


@pytest.mark.parametrize(
    ("interval_ms", "late_ms", "moved"),
    [(15_000, 0, True), (15_000, 2, True), (15_000, 3, False), (100, 1, True), (100, 2, False), (50, 1, False)],
)
def test_a_time_within_the_tolerance_is_moved_onto_the_grid(interval_ms: int, late_ms: int, moved: bool) -> None:
    grid = ScrapeGrid(1_000_000, interval_ms)
    now_ms = 1_000_000 + 4 * interval_ms + late_ms
    assert grid.align(now_ms) == (now_ms - late_ms if moved else now_ms)


def test_a_clock_that_went_back_starts_a_new_grid() -> None:
    grid = ScrapeGrid(1_000_000, 1000)
    assert [grid.align(990_500), grid.align(991_501), grid.align(995_502)] == [990_500, 991_500, 995_500]


@given(st.integers(1, 10**6), st.lists(st.integers(0, 10**7), max_size=20))
def test_aligned_times_are_never_late_nor_more_than_the_tolerance_early(interval_ms: int, steps: list[int]) -> None:
    grid = ScrapeGrid(0, interval_ms)
    now_ms = 0
    for step in steps:
        now_ms += step
        assert 0 <= now_ms - grid.align(now_ms) <= 2


def test_a_tick_missed_during_a_scrape_fires_at_once_and_older_ones_are_lost() -> None:
    ticker = Ticker(next_s=10.0, interval_s=10.0)
    assert ticker.wait_s(3.0) == 7.0
    assert ticker.wait_s(23.0) == 0.0
    assert ticker.wait_s(24.0) == 6.0
    assert ticker.wait_s(75.0) == 0.0
    assert ticker.wait_s(75.0) == 5.0
