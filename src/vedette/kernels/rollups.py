"""Samples to buckets of equal width, and a counter rebuilt from its buckets (docs/downsampling.md).

Bucket k is left-open: it covers (k * width, (k + 1) * width], as the windows of range functions are, and is known by its
end. Stale markers are no samples. Minimum and maximum skip NaN unless there is nothing else, as max_over_time does.

The increase is that of a counter: the sum of the steps between neighbours, where a step down counts from zero; the step
into a bucket's first sample belongs to the bucket, so increases of neighbouring buckets add up without loss.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from vedette.kernels.decimals import INTEGER_MAX, NOT_DECIMAL, POWERS_OF_TEN, decimal_exponent
from vedette.kernels.jit import inlined, kernel
from vedette.kernels.kahan import kahan_add
from vedette.model.staleness import STALE_NAN_BITS

N_AGGREGATES: Final = 6
MIN, MAX, SUM, COUNT, LAST, INCREASE = range(N_AGGREGATES)

_STALE: Final = np.uint64(STALE_NAN_BITS)


@inlined
def _as_decimal(value: float, exponent: int) -> float:
    """The decimal number of so many places that a sum of such numbers must be."""
    if exponent != NOT_DECIMAL:
        scaled = np.rint(value * POWERS_OF_TEN[exponent])
        if abs(scaled) <= INTEGER_MAX:
            value = scaled / POWERS_OF_TEN[exponent] + 0.0
    return value


@kernel
def roll_up(
    offsets: Any, times: Any, values: Any, bounds: Any, width: int, out_offsets: Any, ends: Any, aggregates: Any
) -> Any:
    """Buckets of every series of a CSR; returns how many were written.

    bounds: (after, until): buckets with after < end <= until are written; an older sample is only the one before the first.
    out_offsets int64[n_series + 1], ends int64[room], aggregates float64[N_AGGREGATES, room]; one bucket a sample is room.
    """
    after, until = bounds
    bits = values.view(np.uint64)
    n = 0
    for series in range(len(offsets) - 1):
        out_offsets[series] = n
        start, stop = offsets[series], offsets[series + 1]
        exponent = decimal_exponent(values, start, stop)
        before = math.nan
        end = after
        first = True
        compensation = 0.0
        for i in range(start, stop):
            if bits[i] == _STALE:
                continue
            value, time = values[i], times[i]
            if time > until:
                break
            step = value - before if value >= before else value
            if math.isnan(before) or not math.isfinite(step):
                step = 0.0
            if not math.isnan(value):
                before = value
            if time <= after:
                continue
            if first or time > end:
                if not first:
                    aggregates[SUM, n - 1] = _as_decimal(aggregates[SUM, n - 1] + compensation, exponent)
                    aggregates[INCREASE, n - 1] = _as_decimal(aggregates[INCREASE, n - 1], exponent)
                first = False
                compensation = 0.0
                end = -(-time // width) * width
                ends[n] = end
                aggregates[:, n] = 0.0
                aggregates[MIN, n] = value
                aggregates[MAX, n] = value
                n += 1
            b = n - 1
            if value < aggregates[MIN, b] or math.isnan(aggregates[MIN, b]):
                aggregates[MIN, b] = value
            if value > aggregates[MAX, b] or math.isnan(aggregates[MAX, b]):
                aggregates[MAX, b] = value
            aggregates[SUM, b], compensation = kahan_add(value, aggregates[SUM, b], compensation)
            aggregates[COUNT, b] += 1.0
            aggregates[LAST, b] = value
            aggregates[INCREASE, b] += step
        if not first:
            aggregates[SUM, n - 1] = _as_decimal(aggregates[SUM, n - 1] + compensation, exponent)
            aggregates[INCREASE, n - 1] = _as_decimal(aggregates[INCREASE, n - 1], exponent)
    out_offsets[-1] = n
    return n


@kernel
def count_falls(offsets: Any, times: Any, values: Any, after: int, out: Any) -> None:
    """int64[n_series]: how often the series falls from one sample to the next, from the first sample later than `after` on."""
    for series in range(len(offsets) - 1):
        falls = 0
        before = math.nan
        for i in range(offsets[series], offsets[series + 1]):
            if values[i] < before and times[i] > after:
                falls += 1
            if not math.isnan(values[i]):
                before = values[i]
        out[series] = falls


@kernel
def chain_increases(offsets: Any, last: Any, increases: Any, out: Any) -> None:
    """A counter without resets from buckets: it ends at the last value and rises by each bucket's increase.

    increases: float64, parallel to `last`; NaN where it is the step between the neighbours' last values.
    """
    for series in range(len(offsets) - 1):
        start, stop = offsets[series], offsets[series + 1]
        shift = 0.0
        for i in range(stop - 1, start - 1, -1):
            out[i] = last[i] + shift
            if i > start:
                step = last[i] - last[i - 1]
                increase = increases[i]
                if math.isnan(increase):
                    increase = step if step >= 0.0 else last[i]
                if increase != step and math.isfinite(increase - step):
                    shift += step - increase


def warm() -> None:
    offsets, times, values = np.array([0, 1]), np.array([1]), np.ones(1)
    for array in (offsets, times, values):
        array.flags.writeable = False
    room = np.empty(1, np.int64), np.empty((N_AGGREGATES, 1))
    roll_up(offsets, times, values, (0, 10), 10, np.empty(2, np.int64), *room)
    count_falls(offsets, times, values, 0, np.empty(1, np.int64))
    chain_increases(offsets, values, values, np.empty(1))
