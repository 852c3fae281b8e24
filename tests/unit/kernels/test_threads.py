"""Work split over threads: every slice once, errors reach the caller."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.kernels.threads import CORES, WORK_PER_SLICE_MAX, run_slices, split_evenly


@given(st.integers(0, 5_000), st.floats(0, 1e10))
def test_slices_cover_everything_once_and_none_is_too_long(n: int, work: float) -> None:
    slices = split_evenly(n, work)
    assert [place for low, high in slices for place in range(low, high)] == list(range(n))
    assert all(high > low for low, high in slices)
    assert len(slices) == n or work / max(1, len(slices)) <= 2 * WORK_PER_SLICE_MAX


def test_small_work_stays_in_the_callers_thread() -> None:
    assert split_evenly(1000, 1000.0) == [(0, 1000)]
    threads: list[int] = []
    run_slices(lambda low, high: threads.append(threading.get_ident()), [(0, 1000)])
    assert threads == [threading.get_ident()]


def test_every_slice_is_done_once() -> None:
    done: list[tuple[int, int]] = []
    slices = [(i, i + 1) for i in range(500)]
    run_slices(lambda low, high: done.append((low, high)), slices)
    assert sorted(done) == slices


def test_the_first_error_is_raised_and_the_rest_is_left() -> None:
    done: list[int] = []

    def task(low: int, high: int) -> None:
        if low == 3:
            raise ValueError(low)
        done.append(low)

    with pytest.raises(ValueError, match="3"):
        run_slices(task, [(i, i + 1) for i in range(10_000)])
    assert len(done) < 10_000


@pytest.mark.skipif(CORES == 1, reason="there are no helpers")
def test_an_error_in_a_helper_reaches_the_caller() -> None:
    caller, failed = threading.get_ident(), threading.Event()

    def task(low: int, high: int) -> None:
        if threading.get_ident() == caller:
            failed.wait(5)
        else:
            failed.set()
            raise ValueError("helper")

    with pytest.raises(ValueError, match="helper"):
        run_slices(task, [(i, i + 1) for i in range(64)])
