"""How late the event loop runs its timers: the figure that decides whether one process is enough (docs/adr/0003)."""

from __future__ import annotations

from typing import Final

from vedette.model.telemetry import histogram
from vedette.ports.clock import Clock

PROBE_S: Final = 0.2
"""Each wakes an idle process: twenty a second took half of the loop's CPU with 100 targets every 15 s."""

_LAG = histogram(
    "vedette_loop_lag_seconds",
    "How much later than asked a timer of the event loop ran.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
)


async def watch_loop_lag(clock: Clock) -> None:
    """Until cancelled."""
    while True:
        asked = clock.monotonic_s() + PROBE_S
        await clock.sleep(PROBE_S)
        _LAG.observe(max(0.0, clock.monotonic_s() - asked))
