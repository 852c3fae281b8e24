"""A clock for tests (ports.clock.Clock)."""

from __future__ import annotations

import time


class SetClock:
    """Stands where it is put; sleeping moves it."""

    def __init__(self, now_ms: int) -> None:
        self.time_ms = now_ms

    def now_ms(self) -> int:
        return self.time_ms

    def monotonic_s(self) -> float:
        return self.time_ms / 1000

    async def sleep(self, seconds: float) -> None:
        self.time_ms += int(seconds * 1000)


class RunningClock(SetClock):
    """Its days stand where they are put, its seconds also pass: what waits for another try gets it."""

    def monotonic_s(self) -> float:
        return self.time_ms / 1000 + time.monotonic()
