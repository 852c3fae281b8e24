"""Answers that carry raw samples out by the million (remote read, export): how many at once, and on which threads.

They have threads of their own, so that a year of samples on its way out does not keep dashboards waiting. Each thread
holds one slice of samples; each answer two rendered pieces. Those beyond `answers_max` wait for their turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from vedette.api.answers import Answer
from vedette.model.limits import BulkReadLimits
from vedette.model.telemetry import gauge
from vedette.ports.scan import Deadline

_UNDER_WAY = gauge(
    "prometheus_remote_read_handler_queries", "Remote reads and exports that are under way or wait for their turn."
)


class BulkAnswers:
    def __init__(self, limits: BulkReadLimits) -> None:
        self.limits = limits
        self.executor = ThreadPoolExecutor(limits.threads, thread_name_prefix="vedette-bulk")
        self._turns = asyncio.Semaphore(limits.answers_max)
        self._deadlines: set[Deadline] = set()

    async def take_turn(self, make: Callable[[Deadline], Awaitable[Answer]]) -> Answer:
        """The answer that `make` gives when its turn has come; the turn lasts until the answer is sent."""
        _UNDER_WAY.inc()
        try:
            await self._turns.acquire()
        except BaseException:
            _UNDER_WAY.dec()
            raise
        deadline = Deadline(self.limits.timeout_s)
        self._deadlines.add(deadline)

        def finish() -> None:
            deadline.cancel()  # pieces that are being read stop at their next check
            self._deadlines.discard(deadline)
            self._turns.release()
            _UNDER_WAY.dec()

        try:
            answer = await make(deadline)
        except BaseException:
            finish()
            raise
        return replace(answer, workers=self.executor, on_sent=finish)

    def cancel_all(self) -> None:
        for deadline in self._deadlines:
            deadline.cancel()

    def close(self) -> None:
        self.executor.shutdown(wait=False, cancel_futures=True)
