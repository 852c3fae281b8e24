"""Worker threads for what takes longer than a millisecond: a bounded number run, a bounded number wait, the rest is refused.

Of those that run few compute at a time (`turns`): the others wait for theirs.

The event loop only waits. When the caller closes the connection, the work's Deadline is cancelled and the worker stops
at its next check; the wait ends at once.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

from vedette.api.requests import Request
from vedette.api.turns import Turns
from vedette.kernels.threads import CORES
from vedette.model.errors import QueryCanceled, QueueFull
from vedette.model.telemetry import LIMIT_HITS, gauge
from vedette.model.threads import give_way
from vedette.ports.scan import Deadline

T = TypeVar("T")

_PENDING: Final = gauge("vedette_api_pending_requests", "Requests that run or wait, by pool.", ("pool",))
QUIET_SECONDS: Final = 0.02
"""Most requests are answered before this; only later ones pay for watching the connection."""


class WorkerPool:
    def __init__(self, name: str, running_max: int, waiting_max: int) -> None:
        self.executor: Final = ThreadPoolExecutor(running_max, f"vedette-{name}", initializer=give_way)
        self._name = name
        self._pending = 0
        self._counting = threading.Lock()
        self._deadlines: set[Deadline] = set()
        self._pending_max = running_max + waiting_max
        self._turns = Turns(CORES + 1)  # one may wait for the engine
        self._gauge = _PENDING.labels(name)

    async def run(self, request: Request, deadline: Deadline, work: Callable[[], T]) -> T:
        """Runs `work` in a thread. Raises QueueFull, QueryTimeout while waiting for a place, QueryCanceled, and what `work` raises."""
        future = asyncio.wrap_future(self._submit(deadline, work))
        self._deadlines.add(deadline)
        try:
            done, _ = await asyncio.wait((future,), timeout=QUIET_SECONDS)
            if not done:
                await self._watch(request, future)
            if not future.done():
                raise QueryCanceled("query was canceled in query execution")
            return future.result()
        finally:
            self._deadlines.discard(deadline)
            if not future.done():
                deadline.cancel()
                future.cancel()

    def _submit(self, deadline: Deadline, work: Callable[[], T]) -> Future[T]:
        if self._pending >= self._pending_max:
            LIMIT_HITS.labels(f"{self._name}_queue_max").inc()
            raise QueueFull(f"too many requests wait: the limit of the {self._name} pool is {self._pending_max}")
        self._change(1)
        future = self.executor.submit(self._work, deadline, work)
        future.add_done_callback(
            lambda _: self._change(-1)
        )  # on the worker's thread: waking the loop for it costs more
        return future

    def _work(self, deadline: Deadline, work: Callable[[], T]) -> T:
        with self._turns.taken() as deadline.rest:
            deadline.check("query queue")
            return work()

    def _change(self, by: int) -> None:
        with self._counting:
            self._pending += by
            self._gauge.set(self._pending)

    async def _watch(self, request: Request, future: asyncio.Future[T]) -> None:
        watcher = asyncio.ensure_future(request.disconnected())
        try:
            await asyncio.wait((future, watcher), return_when=asyncio.FIRST_COMPLETED)
        finally:
            watcher.cancel()

    def cancel_all(self) -> None:
        """What runs or waits ends with QueryCanceled at its next check."""
        for deadline in self._deadlines:
            deadline.cancel()

    def close(self) -> None:
        self.executor.shutdown(wait=False, cancel_futures=True)
