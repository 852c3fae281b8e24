"""What each range function wants a downsampled sample to stand for, where raw ones are not there (downsampled.py)."""

from __future__ import annotations

from typing import Final

from vedette.ports.scan import Reduction

REDUCTIONS: Final = {
    "rate": Reduction.INCREASE,
    "increase": Reduction.INCREASE,
    "irate": Reduction.INCREASE,
    "min_over_time": Reduction.MIN,
    "max_over_time": Reduction.MAX,
    "sum_over_time": Reduction.SUM,
    "avg_over_time": Reduction.COUNTED,
    "count_over_time": Reduction.COUNTED,
}
"""What a range function wants a downsampled sample to stand for; the others take the last value."""


def reduction_of(function: str, range_ms: int) -> Reduction:
    return REDUCTIONS.get(function, Reduction.LAST) if range_ms else Reduction.LAST
