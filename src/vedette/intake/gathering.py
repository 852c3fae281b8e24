"""Worker threads that take what comes within a short while in one go.

    submit --> queue --first task--> pause --everything queued--> run, one after another
                          (one thread gathers at a time; the others run what they have gathered)

A page of 1,000 samples costs half as much when the code and tables that it needs are warm from the page before, and one
turn of the interpreter lock serves several pages: with 100 targets at 1 s, pages come 10 ms apart and each found every
cache cold (0.76 us a sample instead of 0.33). The pause is what a sample waits longer until it can be queried.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, Final

from vedette.model.threads import give_way

PAUSE_S: Final = 0.1


class GatheringExecutor(Executor):
    """As ThreadPoolExecutor; tasks of one gathering run on one thread, in the order they came."""

    def __init__(self, threads: int, name: str, pause_s: float = PAUSE_S) -> None:
        self._pause_s = pause_s
        self._queue: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._came = threading.Semaphore(0)
        self._gathering = threading.Lock()
        self._closed = threading.Event()
        self._starting = threading.Lock()
        self._threads = [threading.Thread(target=self._run, name=f"{name}_{i}", daemon=True) for i in range(threads)]

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Raises RuntimeError after `shutdown`."""
        future: Future[Any] = Future()
        with self._starting:
            if self._closed.is_set():
                raise RuntimeError("cannot schedule new futures after shutdown")
            if not self._threads[0].is_alive():
                for thread in self._threads:
                    thread.start()
            self._queue.append((future, lambda: fn(*args, **kwargs)))
        self._came.release()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """What is queued still runs, unless it is cancelled, without a pause."""
        with self._starting:
            self._closed.set()
        if cancel_futures:
            for future, _ in list(self._queue):
                future.cancel()
        for _ in self._threads:
            self._came.release()
        if wait:
            for thread in self._threads:
                if thread.is_alive():
                    thread.join()

    def _run(self) -> None:
        give_way()
        while gathered := self._gather():
            for future, task in gathered:
                if not future.set_running_or_notify_cancel():
                    continue
                try:
                    future.set_result(task())
                except BaseException as error:  # noqa: BLE001 - the caller gets it, as from any executor
                    future.set_exception(error)

    def _gather(self) -> list[tuple[Future[Any], Callable[[], Any]]]:
        """Waits for a task and a little longer; empty when there is nothing more to do."""
        with self._gathering:
            while not self._queue:
                if self._closed.is_set():
                    return []
                self._came.acquire()
            self._closed.wait(self._pause_s)
            gathered = []
            while self._queue:
                gathered.append(self._queue.popleft())
            while self._came.acquire(blocking=False):
                pass  # they stand for what was gathered
            if self._closed.is_set():
                for _ in self._threads:
                    self._came.release()
            return gathered
