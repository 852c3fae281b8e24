"""Tasks that come close together run on one thread, in order."""

from __future__ import annotations

import threading

import pytest

from vedette.intake.gathering import GatheringExecutor


def test_tasks_that_come_within_the_pause_run_in_order_on_one_thread() -> None:
    executor = GatheringExecutor(2, "gathering", pause_s=0.05)
    order: list[tuple[int, int]] = []
    futures = [executor.submit(lambda i=i: order.append((i, threading.get_ident()))) for i in range(20)]
    for future in futures:
        future.result(5)
    assert [i for i, _ in order] == list(range(20))
    assert len({thread for _, thread in order}) == 1
    executor.shutdown()


def test_a_long_task_does_not_hold_up_what_comes_after_it() -> None:
    executor = GatheringExecutor(2, "gathering", pause_s=0.0)
    started, release = threading.Event(), threading.Event()

    def wait() -> bool:
        started.set()
        return release.wait(5)

    long = executor.submit(wait)
    assert started.wait(5)
    assert executor.submit(lambda: 7).result(5) == 7
    release.set()
    assert long.result(5)
    executor.shutdown()


def test_an_error_reaches_the_caller_and_the_thread_goes_on() -> None:
    executor = GatheringExecutor(1, "gathering", pause_s=0.0)
    with pytest.raises(ZeroDivisionError):
        executor.submit(lambda: 1 // 0).result(5)
    assert executor.submit(lambda: 1).result(5) == 1
    executor.shutdown()


def test_shutdown_runs_what_waits_and_refuses_more() -> None:
    executor = GatheringExecutor(2, "gathering", pause_s=60.0)
    futures = [executor.submit(lambda i=i: i) for i in range(3)]
    executor.shutdown()
    assert [future.result(0) for future in futures] == [0, 1, 2]
    with pytest.raises(RuntimeError):
        executor.submit(lambda: 1)


def test_shutdown_may_cancel_what_waits() -> None:
    executor = GatheringExecutor(1, "gathering", pause_s=60.0)
    future = executor.submit(lambda: 1)
    executor.shutdown(cancel_futures=True)
    assert future.cancelled()
