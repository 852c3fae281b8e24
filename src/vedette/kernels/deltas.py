"""Narrow deltas: times as deviations from a period, values as differences of decimal integers.

Shared by chunk rows (on disk) and by the head's sealed pages (in RAM). `out` and `deltas` may be int8, int16, int32 or
int64 arrays: a width is 0, 1, 2, 3 for those, chosen by `width_of`. Stale markers among values are skipped.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from vedette.kernels.decimals import POWERS_OF_TEN
from vedette.kernels.jit import inlined, kernel
from vedette.model.staleness import STALE_NAN_BITS

STALE: Final = np.uint64(STALE_NAN_BITS)


@kernel
def typical_interval(times: Any, start: int, end: int) -> Any:
    """The median of the first, middle and last interval: right when scrapes are on time, and one gap does not spoil it."""
    if end - start < 2:
        return 0
    middle = start + (end - start) // 2
    a = times[start + 1] - times[start]
    b = times[middle] - times[middle - 1]
    c = times[end - 1] - times[end - 2]
    return max(min(a, b), min(max(a, b), c))


@kernel
def deviation_range(times: Any, start: int, end: int, period: int) -> Any:
    """(smallest, largest) deviation of an interval from the period, and 0."""
    low = high = np.int64(0)
    for i in range(start + 1, end):
        deviation = times[i] - times[i - 1] - period
        low, high = min(low, deviation), max(high, deviation)
    return low, high


@kernel
def delta_range(values: Any, start: int, end: int, power: float) -> Any:
    """(first integer, smallest delta, largest delta), the latter two around 0."""
    bits = values.view(np.uint64)
    first = last = low = high = np.int64(0)
    seen = False
    for i in range(start, end):
        if bits[i] == STALE:
            continue
        integer = np.int64(np.rint(values[i] * power))
        if not seen:
            first = last = integer
            seen = True
        low, high = min(low, integer - last), max(high, integer - last)
        last = integer
    return first, low, high


@inlined
def width_of(low: int, high: int) -> Any:
    if low >= -0x80 and high <= 0x7F:
        return 0
    if low >= -0x8000 and high <= 0x7FFF:
        return 1
    return 2 if low >= -0x80000000 and high <= 0x7FFFFFFF else 3


@kernel
def write_deviations(times: Any, start: int, end: int, period: int, out: Any) -> None:
    out[0] = 0
    for i in range(1, end - start):
        out[i] = times[start + i] - times[start + i - 1] - period


@kernel
def write_deltas(values: Any, start: int, end: int, power: float, out: Any) -> None:
    bits = values.view(np.uint64)
    last = np.int64(0)
    at = 0
    for i in range(start, end):
        if bits[i] == STALE:
            continue
        integer = np.int64(np.rint(values[i] * power))
        out[at] = integer - last if at else 0
        last = integer
        at += 1


@kernel
def read_deviations(deviations: Any, at: int, period: int, out: Any, begin: int, end: int) -> None:
    """Times to out[begin:end], of which out[begin] is there already; deviations[at] belongs to it."""
    time = out[begin]
    for i in range(1, end - begin):
        time += period + deviations[at + i]
        out[begin + i] = time


@kernel
def read_period(period: int, out: Any, begin: int, end: int) -> None:
    """Times to out[begin:end], of which out[begin] is there already."""
    for i in range(1, end - begin):
        out[begin + i] = out[begin] + i * period


@kernel
def read_deltas(deltas: Any, at: int, first: tuple[int, int], out: Any, begin: int, end: int) -> None:
    """Values to out[begin:end]; `first` is (integer, exponent) of the first one, deltas[at] belongs to it."""
    integer, exponent = first
    if exponent == 0:
        for i in range(end - begin):
            integer += deltas[at + i]
            out[begin + i] = integer
        return
    power = POWERS_OF_TEN[exponent]
    for i in range(end - begin):
        integer += deltas[at + i]
        out[begin + i] = integer / power


def warm() -> None:
    """Only other kernels call these; they are compiled with them."""
