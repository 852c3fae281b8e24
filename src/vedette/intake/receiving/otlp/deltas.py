"""Delta points to running totals, one total a series; a series not heard of for longest is forgotten first.

A total starts at zero when a series is first seen, or seen again after a restart: that is a counter reset, which every
query over counters knows. A point that is not newer than its series' last one is refused: adding it would count twice.
Source: the collector's deltatocumulative processor.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from vedette.intake.receiving.otlp.native import add
from vedette.model.histograms import NativeHistogram
from vedette.model.telemetry import LIMIT_HITS

Number = float | NativeHistogram


@dataclass(slots=True)
class _Total:
    value: Any
    last_ms: int
    start_ms: int


class DeltaTotals:
    """Thread-safe."""

    def __init__(self, series_max: int) -> None:
        self._series_max = series_max
        self._totals: OrderedDict[int, _Total] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, ref: int, time_ms: int, start_ms: int, delta: Number) -> tuple[Any, int] | None:
        """(the total with this delta in it, since when it counts); None for a point out of order."""
        with self._lock:
            total = self._totals.get(ref)
            if total is None:
                total = self._totals[ref] = _Total(delta, time_ms, start_ms or time_ms)
                self._forget()
            elif time_ms <= total.last_ms:
                return None
            else:
                total.value = add(total.value, delta) if isinstance(delta, NativeHistogram) else total.value + delta
                total.last_ms = time_ms
                self._totals.move_to_end(ref)
            return total.value, total.start_ms

    def _forget(self) -> None:
        while len(self._totals) > self._series_max:
            self._totals.popitem(last=False)
            LIMIT_HITS.labels("delta_series_max").inc()
