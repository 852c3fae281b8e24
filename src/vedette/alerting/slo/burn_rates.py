"""How fast a budget may burn before somebody is told.

A burn rate of 1 spends the whole budget in exactly the window. Who burns `factor` times as fast spends
`factor * long / window` of the budget within the time `long`; so the factor that spends a fraction f of it is
`f * window / long`. For 30 days and the fractions below these are the workbook's 14.4, 6, 3 and 1.

An alert asks two windows: the long one for significance, the short one (a twelfth of it) so that it ends soon after the burning.
Source: The Site Reliability Workbook, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts".
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Watch:
    """Tells when `fraction` of the budget was spent within `long_ms`, if it is still being spent within `short_ms`."""

    fraction: Decimal
    long_ms: int
    short_ms: int
    pages: bool
    """Wakes somebody, or files a ticket."""


@dataclass(frozen=True, slots=True)
class BurnRate:
    watch: Watch
    factor: Decimal


WATCHES: Final = (
    Watch(Decimal("0.02"), HOUR_MS, 5 * MINUTE_MS, pages=True),
    Watch(Decimal("0.05"), 6 * HOUR_MS, 30 * MINUTE_MS, pages=True),
    Watch(Decimal("0.10"), DAY_MS, 2 * HOUR_MS, pages=False),
    Watch(Decimal("0.10"), 3 * DAY_MS, 6 * HOUR_MS, pages=False),
)
SLOWEST: Final = Decimal(1)
"""Who burns slower than this never spends the budget: no alert asks for less, however short the window is."""


def burn_rates(window_ms: int, budget: Decimal) -> list[BurnRate]:
    """Of the watches that can tell anything: within the window, and below the rate at which every event is bad."""
    found = []
    for watch in WATCHES:
        factor = max(SLOWEST, watch.fraction * window_ms / watch.long_ms)
        if watch.long_ms < window_ms and factor * budget < 1:
            found.append(BurnRate(watch, factor))
    return found
