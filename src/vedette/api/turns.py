"""Who computes now: few threads at once, in the order they came, each for a short while.

    take --free--> computing --give--> the first that waits, or free
       `--> waits        `--rest, after TURN_S and while others wait--> last of those that wait

More threads than cores only take the interpreter from each other, and from what must not wait: with 16 threads that
evaluate, those that take scraped pages in came so late that four scrapes of ten were skipped (`./bench concurrency`).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

TURN_S: Final = 0.05
"""Dashboards' queries take less; a long one gives way so often, and no oftener."""


class Turns:
    def __init__(self, n: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock`: seconds."""
        self._free = n
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()

    @property
    def n_waiting(self) -> int:
        return len(self._waiting)

    @contextmanager
    def taken(self) -> Iterator[Callable[[], None]]:
        """Waits for a turn and has it inside. What it yields is `rest`: for places where no lock is held, from any thread."""
        self._take()
        owner, since_s = threading.get_ident(), self._clock()

        def rest() -> None:
            nonlocal since_s
            if not self._waiting or threading.get_ident() != owner or self._clock() - since_s < TURN_S:
                return
            self._give()
            self._take()
            since_s = self._clock()

        try:
            yield rest
        finally:
            self._give()

    def _take(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        mine.acquire()  # until `_give` opens it

    def _give(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1
