"""Counter resets between native histograms, and what the reference would say of them when it reads a series from its store.

Source of semantics: Prometheus FloatHistogram.DetectReset; for `resolve_hints` FloatHistogramAppender.appendable and
counterResetHint of tsdb/chunkenc: a histogram that its chunk could take as the next one reads as NOT_RESET, others as UNKNOWN.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from vedette.kernels.histogram_adding import zero_bucket_upto
from vedette.kernels.histogram_bounds import coarser_index, exponential_bound
from vedette.kernels.histogram_table import CUSTOM, Table, same_bounds, sample_table
from vedette.kernels.jit import kernel
from vedette.model.blocks import Bools, Float64s, Int64s
from vedette.model.histograms import CounterReset

_UNKNOWN: Final = int(CounterReset.UNKNOWN)
_RESET: Final = int(CounterReset.RESET)
_NOT_RESET: Final = int(CounterReset.NOT_RESET)
_GAUGE: Final = int(CounterReset.GAUGE)


@kernel
def find_resets(table: Table, rows: Int64s, offsets: Int64s, out: Bools) -> None:
    """out[i]: the histogram rows[i] of a series is less than the one before it, or says so by its hint. No row is -1."""
    for s in range(len(offsets) - 1):
        for i in range(offsets[s], offsets[s + 1]):
            out[i] = i > offsets[s] and is_reset(table, rows[i], rows[i - 1])


@kernel
def resolve_hints(table: Table, rows: Int64s, offsets: Int64s, hints: Int64s, resets: Bools) -> None:
    """For samples as they were stored: rows[i] is -1 for a float. Hints as the reference reads them, and resets by comparison.

    The first histogram of a series, of which the one before is not here, keeps its NOT_RESET: a store that has seen both says so.
    """
    for s in range(len(offsets) - 1):
        before = -1
        continues = False
        for i in range(offsets[s], offsets[s + 1]):
            row = rows[i]
            hints[i] = _UNKNOWN
            resets[i] = False
            if row < 0:
                continues = False
                continue
            own = table.hints[row]
            if before < 0 and own == _NOT_RESET:
                hints[i] = own
            resets[i] = before >= 0 and is_less(table, row, before)
            if own == _GAUGE:
                hints[i] = _GAUGE
            elif continues and own != _RESET and not resets[i] and is_alike(table, row, before):
                hints[i] = _NOT_RESET
            continues = own != _GAUGE
            before = row


@kernel
def is_alike(table: Table, a: int, b: int) -> bool:
    """Whether both have the same schema, zero threshold and bounds."""
    if table.schemas[a] != table.schemas[b] or table.zero_thresholds[a] != table.zero_thresholds[b]:
        return False
    return bool(table.schemas[a] != CUSTOM or same_bounds(table, table.layouts[a], table.layouts[b]))


@kernel
def is_reset(table: Table, now: int, before: int) -> bool:
    if table.hints[now] == _RESET:
        return True
    return bool(table.hints[now] != _NOT_RESET and is_less(table, now, before))


@kernel
def is_less(table: Table, now: int, before: int) -> bool:
    """Whether something in `now` is less than it was: the count, the zero bucket, any bucket, or the resolution is finer."""
    if table.counts[now] < table.counts[before]:
        return True
    if table.schemas[now] == CUSTOM:
        if table.schemas[before] != CUSTOM:
            return True
        if not same_bounds(table, table.layouts[now], table.layouts[before]):
            return bool(is_custom_less(table, now, before))
    if table.schemas[now] > table.schemas[before]:
        return True
    if table.schemas[before] != CUSTOM and is_zero_bucket_less(table, now, before):
        return True
    arrays = (table.positive_offsets, table.positive_indexes, table.positive_counts)
    if is_side_less(table, now, before, arrays):
        return True
    arrays = (table.negative_offsets, table.negative_indexes, table.negative_counts)
    return bool(is_side_less(table, now, before, arrays))


@kernel
def is_zero_bucket_less(table: Table, now: int, before: int) -> bool:
    threshold = table.zero_thresholds[now]
    if threshold < table.zero_thresholds[before]:
        return True
    count = table.zero_counts[before]
    if threshold != table.zero_thresholds[before]:
        sides = (
            (
                table.positive_indexes,
                table.positive_counts,
                table.positive_offsets[before],
                table.positive_offsets[before + 1] - 1,
            ),
            (
                table.negative_indexes,
                table.negative_counts,
                table.negative_offsets[before],
                table.negative_offsets[before + 1] - 1,
            ),
        )
        count, reach = zero_bucket_upto(threshold, table.schemas[before], count, sides)
        if reach != threshold:
            return True
    return bool(table.zero_counts[now] < count)


@kernel
def is_side_less(table: Table, now: int, before: int, side: tuple[Int64s, Int64s, Float64s]) -> bool:
    """Bucket by bucket at the resolution of `now`, outside its zero bucket."""
    offsets, indexes, counts = side
    schema = table.schemas[now]
    halvings = table.schemas[before] - schema
    threshold = table.zero_thresholds[now]
    i, stop_now = offsets[now], offsets[now + 1]
    j, stop_before = offsets[before], offsets[before + 1]
    while j < stop_before:
        index = coarser_index(indexes[j], halvings)
        count = 0.0
        while j < stop_before and coarser_index(indexes[j], halvings) == index:
            count += counts[j]
            j += 1
        if schema != CUSTOM and threshold > 0.0 and exponential_bound(index, schema) <= threshold:
            continue
        while i < stop_now and indexes[i] < index:
            i += 1
        if i < stop_now and indexes[i] == index:
            if counts[i] < count:
                return True
        elif count != 0.0:
            return True
    return False


@kernel
def is_custom_less(table: Table, now: int, before: int) -> bool:
    """Between each two bounds that both have."""
    begin_now, begin_before = table.bound_offsets[table.layouts[now]], table.bound_offsets[table.layouts[before]]
    n_now = table.bound_offsets[table.layouts[now] + 1] - begin_now
    n_before = table.bound_offsets[table.layouts[before] + 1] - begin_before
    i, j = table.positive_offsets[now], table.positive_offsets[before]
    a = 0
    b = 0
    while a <= n_now and b <= n_before:
        bound_now = table.bounds[begin_now + a] if a < n_now else np.inf
        bound_before = table.bounds[begin_before + b] if b < n_before else np.inf
        if bound_now < bound_before:
            a += 1
        elif bound_before < bound_now:
            b += 1
        else:
            total_now = 0.0
            while i < table.positive_offsets[now + 1] and table.positive_indexes[i] <= a:
                total_now += table.positive_counts[i]
                i += 1
            total_before = 0.0
            while j < table.positive_offsets[before + 1] and table.positive_indexes[j] <= b:
                total_before += table.positive_counts[j]
                j += 1
            if total_now < total_before:
                return True
            a += 1
            b += 1
    return False


def warm() -> None:
    table = sample_table()
    rows, offsets = np.array([0, 1, 2, 3], np.int64), np.array([0, 2, 4], np.int64)
    hints, resets = np.empty(4, np.int64), np.empty(4, np.bool_)
    find_resets(table, rows, offsets, resets)
    resolve_hints(table, rows, offsets, hints, resets)
