"""Two clocks: what time it is, and how much of it has passed.

Alerts, silences and intervals are about wall time, which an administrator or NTP may turn. Timers of groups count on the clock that
is never turned, so that an hour back does not hold notifications up for an hour.
"""

from __future__ import annotations

from typing import NamedTuple

from vedette.ports.clock import Clock


class Moment(NamedTuple):
    now_ms: int
    """Since the epoch."""
    steady_ms: int
    """Since some beginning; never goes back."""


def read_clock(clock: Clock) -> Moment:
    return Moment(clock.now_ms(), int(clock.monotonic_s() * 1000))
