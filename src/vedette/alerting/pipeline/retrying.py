"""How long to wait before the next try: half a second at first, half as much again each time, at most a minute, give or take half.

Source: alertmanager notify/retry_stage.go over cenkalti/backoff's defaults.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

FIRST_S: Final = 0.5
FACTOR: Final = 1.5
LONGEST_S: Final = 60.0
SPREAD: Final = 0.5


def waits_s(random: Random) -> Iterator[float]:
    """Seconds, without end."""
    wait_s = FIRST_S
    while True:
        yield wait_s * random.uniform(1 - SPREAD, 1 + SPREAD)
        wait_s = min(wait_s * FACTOR, LONGEST_S)
