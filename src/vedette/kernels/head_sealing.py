"""Sealed pages of the head: 32 samples as narrow deltas in 8-byte words of a segment.

    word 0  position of the page of the same series that was sealed before, or NONE
    word 1  time of the first sample
    word 2  newest time in this page and all before it in the chain: a reader stops where it is older than what it wants
    word 3  first value times 10**exponent (0 when values are kept as they are)
    word 4  from the low end: samples (8 bits), layout of times (4), layout of values (4), exponent (8), period (32)
    then the deviations of the times, then the values, each from a word on

A layout is 0 (nothing: on time, or all values equal) or 1 + width (deltas of 1, 2, 4 or 8 bytes). For values 8 bytes
are the values as they are: not short decimals, or far apart, or with a stale marker among them.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from vedette.kernels.decimals import NOT_DECIMAL, POWERS_OF_TEN, decimal_exponent
from vedette.kernels.deltas import (
    STALE,
    delta_range,
    deviation_range,
    read_deltas,
    read_deviations,
    read_period,
    typical_interval,
    width_of,
    write_deltas,
    write_deviations,
)
from vedette.kernels.head_state import (
    BASE,
    COUNT,
    FIRST_LIVE,
    FIRST_MS,
    N_SAMPLES,
    NEWEST_MS,
    NONE,
    SAMPLES,
    SEALED,
    make_room,
    segment_slot,
    word_at,
)
from vedette.kernels.jit import inlined, kernel

PREVIOUS, START_MS, CHAIN_LAST_MS, FIRST_VALUE, PACKED, HEADER_WORDS = range(6)

PLAIN: Final = 4

PERIOD_MAX: Final = (1 << 31) - 1


@kernel
def seal_page(state: Any, ref: int, page: int) -> None:
    """Moves the page's samples, at least one, to a new sealed page of the series. The open page is not reset."""
    n = state.pages[page, COUNT]
    base = state.pages[page, BASE]
    for i in range(n):
        state.scratch_times[i] = base + np.int64(state.page_times[page, i])
        state.scratch_values[i] = state.page_values[page, i]
    state.marks[N_SAMPLES] -= n  # they come back with the segment
    seal_scratch(state, ref, n)


@kernel
def seal_scratch(state: Any, ref: int, n: int) -> None:
    """Seals the first n samples of the scratch arrays, times ascending, n >= 1, as the newest sealed page of the series."""
    times, values, table, marks = state.scratch_times, state.scratch_values, state.table, state.marks
    period = np.int64(typical_interval(times, 0, n))
    if period > PERIOD_MAX:
        period = np.int64(0)
    low, high = deviation_range(times, 0, n, period)
    time_layout = 1 + width_of(low, high) if low != 0 or high != 0 else 0
    exponent, first, value_layout = _value_layout(values, n)
    time_words = _words(n, time_layout)
    position = make_room(table, marks, HEADER_WORDS + time_words + _words(n, value_layout))

    previous = state.series[ref, SEALED]
    newest = times[n - 1]
    if previous < marks[FIRST_LIVE]:
        previous = np.int64(NONE)
    else:
        newest = max(newest, state.segments[word_at(table, previous) + CHAIN_LAST_MS])
    at = word_at(table, position)
    words = state.segments[at : at + HEADER_WORDS]
    words[PREVIOUS], words[START_MS], words[CHAIN_LAST_MS], words[FIRST_VALUE] = previous, times[0], newest, first
    words[PACKED] = n | time_layout << 8 | value_layout << 12 | exponent << 16 | period << 24
    at += HEADER_WORDS
    _write_times(times, n, period, time_layout, state.segments[at : at + n])
    _write_values(values, n, exponent, value_layout, state.segments[at + time_words : at + time_words + n])

    state.series[ref, SEALED] = position
    slot = segment_slot(table, position)
    table[slot, SAMPLES] += n
    table[slot, FIRST_MS] = min(table[slot, FIRST_MS], times[0])
    table[slot, NEWEST_MS] = max(table[slot, NEWEST_MS], times[n - 1])
    marks[N_SAMPLES] += n


@kernel
def _value_layout(values: Any, n: int) -> Any:
    """(exponent, first integer, layout)"""
    bits = values.view(np.uint64)
    for i in range(n):
        if bits[i] == STALE:
            return 0, np.int64(0), PLAIN
    exponent = decimal_exponent(values, 0, n)
    if exponent == NOT_DECIMAL:
        return 0, np.int64(0), PLAIN
    first, low, high = delta_range(values, 0, n, POWERS_OF_TEN[exponent])
    layout = 1 + width_of(low, high) if low != 0 or high != 0 else 0
    return (0, np.int64(0), PLAIN) if layout == PLAIN else (exponent, first, layout)


@inlined
def _words(n: int, layout: int) -> Any:
    """Words that n items take."""
    return ((n << (layout - 1)) + 7) >> 3 if layout else 0


@kernel
def _write_times(times: Any, n: int, period: int, layout: int, words: Any) -> None:
    if layout == 1:
        write_deviations(times, 0, n, period, words.view(np.int8))
    elif layout == 2:
        write_deviations(times, 0, n, period, words.view(np.int16))
    elif layout == 3:
        write_deviations(times, 0, n, period, words.view(np.int32))
    elif layout == 4:
        write_deviations(times, 0, n, period, words)


@kernel
def _write_values(values: Any, n: int, exponent: int, layout: int, words: Any) -> None:
    power = POWERS_OF_TEN[exponent]
    if layout == 1:
        write_deltas(values, 0, n, power, words.view(np.int8))
    elif layout == 2:
        write_deltas(values, 0, n, power, words.view(np.int16))
    elif layout == 3:
        write_deltas(values, 0, n, power, words.view(np.int32))
    elif layout == PLAIN:
        words[:n] = values[:n].view(np.int64)


@inlined
def sealed_views(segments: Any) -> Any:
    """The segments as words of 8, 4, 2 and 1 bytes: what the readers below take, made once per kernel."""
    return segments, segments.view(np.int32), segments.view(np.int16), segments.view(np.int8)


@inlined
def sealed_samples(packed: int) -> Any:
    return packed & 0xFF


@kernel
def read_sealed_times(views: Any, at: int, out: Any, begin: int) -> None:
    """Times of the page whose header is at word `at`, to out[begin:]."""
    words, words32, words16, words8 = views
    packed = words[at + PACKED]
    end = begin + sealed_samples(packed)
    layout = packed >> 8 & 0xF
    period = packed >> 24
    out[begin] = words[at + START_MS]
    at += HEADER_WORDS
    if layout == 0:
        read_period(period, out, begin, end)
    elif layout == 1:
        read_deviations(words8, at << 3, period, out, begin, end)
    elif layout == 2:
        read_deviations(words16, at << 2, period, out, begin, end)
    elif layout == 3:
        read_deviations(words32, at << 1, period, out, begin, end)
    else:
        read_deviations(words, at, period, out, begin, end)


@kernel
def read_sealed_values(views: Any, at: int, out: Any, begin: int) -> None:
    words, words32, words16, words8 = views
    packed = words[at + PACKED]
    n = sealed_samples(packed)
    end = begin + n
    layout = packed >> 12 & 0xF
    first = (words[at + FIRST_VALUE], packed >> 16 & 0xFF)
    at += HEADER_WORDS + _words(n, packed >> 8 & 0xF)
    if layout == 0:
        value = first[0] / POWERS_OF_TEN[first[1]]
        for i in range(begin, end):
            out[i] = value
    elif layout == 1:
        read_deltas(words8, at << 3, first, out, begin, end)
    elif layout == 2:
        read_deltas(words16, at << 2, first, out, begin, end)
    elif layout == 3:
        read_deltas(words32, at << 1, first, out, begin, end)
    else:
        bits = out.view(np.int64)
        for i in range(n):
            bits[begin + i] = words[at + i]


@kernel
def forget_sealed(state: Any, position: int) -> None:
    """Empties the sealed page; it stays in its chain until its segment is evicted."""
    at = word_at(state.table, position) + PACKED
    n = sealed_samples(state.segments[at])
    state.segments[at] -= n
    state.table[segment_slot(state.table, position), SAMPLES] -= n
    state.marks[N_SAMPLES] -= n


def warm() -> None:
    """Only other kernels call these; they are compiled with them."""
