"""Kernel calls split over the machine's cores: kernels hold no GIL, so slices of series run side by side.

The caller works too and takes slices from the same queue as the helpers, so that it never waits for a thread that other
queries keep busy, and a slow slice holds up nobody. Helpers never split work themselves: no deadlock. Work below
`WORK_SPLIT_MIN` is not worth waking a thread for (20 to 50 us).
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Final, TypeVar

CORES: Final = len(os.sched_getaffinity(0))
WORK_SPLIT_MIN: Final = 200_000
"""Samples or steps that a kernel passes over, at a nanosecond or more each."""
WORK_PER_SLICE_MIN: Final = 50_000
WORK_PER_SLICE_MAX: Final = 20_000_000
"""Some 0.1 s: a task that checks a deadline does so at least that often."""
SLICES_PER_CORE: Final = 4

_HELPERS: Final = ThreadPoolExecutor(max(1, CORES - 1), thread_name_prefix="vedette-kernels")

Slice = tuple[int, int]
Task = Callable[[int, int], None]
T = TypeVar("T")


def run_slices(task: Task, slices: Sequence[Slice]) -> None:
    """Calls the task with each slice, once, in any order; several at a time. The first error is raised when all stopped."""
    if len(slices) <= 1 or CORES == 1:
        for low, high in slices:
            task(low, high)
        return
    share_work(lambda bounds: task(*bounds), slices, _HELPERS, min(CORES, len(slices)) - 1)


def share_work(work: Callable[[T], None], items: Sequence[T], helpers: Executor, n_helpers: int) -> None:
    """Calls `work` with each item, once, in any order, on this thread and at most `n_helpers` of the others.

    A thread of `helpers` itself may call it. The first error is raised when all stopped.
    """
    waiting = iter(list(items))  # `next` of a list's iterator is one step for all threads
    hired = [helpers.submit(_work_off, work, waiting) for _ in range(n_helpers)]
    try:
        _work_off(work, waiting)
    finally:
        errors = [error for helper in hired if not helper.cancel() and (error := helper.exception())]
    if errors:
        raise errors[0]


def split_evenly(n: int, work: float) -> list[Slice]:
    """Slices of range(n) for `work` in all, about the same for each item; one slice where splitting does not pay."""
    wanted = 1.0
    if work >= WORK_SPLIT_MIN and CORES > 1:
        wanted = min(CORES * SLICES_PER_CORE, work / WORK_PER_SLICE_MIN)
    n_slices = min(n, int(max(wanted, work / WORK_PER_SLICE_MAX)))
    bounds = [n * i // max(1, n_slices) for i in range(n_slices + 1)]
    return list(itertools.pairwise(bounds))


def _work_off(work: Callable[[T], None], waiting: Iterator[T]) -> None:
    """An error ends the work of this thread, and leaves nothing for the others."""
    try:
        for item in waiting:
            work(item)
    except BaseException:
        for _ in waiting:
            pass
        raise
