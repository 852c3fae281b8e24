"""The threads that evaluate rules: few, because queries of people come first; not nicer than others, because rules have their times."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from vedette.kernels.threads import CORES, share_work

T = TypeVar("T")

CONCURRENT_EVALUATIONS: Final = 4
"""--rules.max-concurrent-evals; over all groups."""


class RuleWorkers:
    def __init__(self, n_threads: int = CONCURRENT_EVALUATIONS) -> None:
        self._pool = ThreadPoolExecutor(n_threads, "rules")
        self._n_helpers = min(n_threads, CORES) - 1

    async def run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def side_by_side(self, work: Callable[[int], None], items: Sequence[int]) -> None:
        """From a worker's thread: idle workers help, busy ones are not waited for."""
        share_work(work, items, self._pool, min(self._n_helpers, len(items) - 1))

    def close(self) -> None:
        """Waits for evaluations under way."""
        self._pool.shutdown(wait=True, cancel_futures=True)
