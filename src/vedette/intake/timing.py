"""When a target is scraped, and which time its samples get. Pure; milliseconds.

A timer fires a little late. Times within the tolerance of the target's grid are moved onto it, so that a series' chunk row
stays regular and costs no bits for its times. Source: Prometheus scrape.go run (2 ms, at most 1 % of the interval).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TOLERANCE_MS: Final = 2


@dataclass(slots=True)
class ScrapeGrid:
    """The times at which one target should be scraped: `origin_ms` and every interval after it."""

    origin_ms: int
    interval_ms: int

    def align(self, now_ms: int) -> int:
        """`now_ms`, or the grid's time just before it when it is within the tolerance.

        A wall clock that went back behind the grid starts a new grid: the reference would stamp every scrape with the
        same time until the clock has caught up.
        """
        late_ms = now_ms - self.origin_ms
        if late_ms >= self.interval_ms:
            self.origin_ms += late_ms // self.interval_ms * self.interval_ms
            late_ms = now_ms - self.origin_ms
        elif late_ms < -TOLERANCE_MS:
            self.origin_ms = now_ms
            return now_ms
        tolerance_ms = min(self.interval_ms // 100, TOLERANCE_MS)
        return self.origin_ms if late_ms <= tolerance_ms else now_ms


@dataclass(slots=True)
class Ticker:
    """Fires every interval after its start; a tick missed while a scrape was running fires at once, older ones are lost."""

    next_s: float
    interval_s: float

    def wait_s(self, now_s: float) -> float:
        """How long to sleep until the next tick; the tick is then spent."""
        behind = now_s - self.next_s
        if behind > self.interval_s:
            self.next_s += behind // self.interval_s * self.interval_s
        wait_s = max(0.0, self.next_s - now_s)
        self.next_s += self.interval_s
        return wait_s
