"""Sealed pages of the head: 32 samples as narrow deltas in 8-byte words of a segment.

    word 0  position of the page of the same series that was sealed before, or NONE
    word 1  time of the first sample
    word 2  newest time in this page and all before it in the chain: a reader stops where it is older than what it wants
    word 3  first value times 10**exponent (0 when values are kept as they are)
    word 4  from the low end: samples (8 bits), layout of times (4), layout of values (4), exponent (8), period (32)
    then the deviations of the times, then the values, each from a word on

A layout is 0 (nothing: on time, or all values equal) or 1 + width (deltas of 1, 2, 4 or 8 bytes); values that are not
short decimals, and pages with a stale marker, have the layout PLAIN. Sealing happens every 32 samples of a series.
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
from vedette.kernels.head_state import N_SAMPLES, NONE, is_live, make_room, page_time, slot_at
from vedette.kernels.jit import inlined, kernel

PREVIOUS, FIRST_MS, CHAIN_LAST_MS, FIRST_VALUE, PACKED, HEADER_WORDS = range(6)

PLAIN: Final = 5

PERIOD_MAX: Final = (1 << 31) - 1


@kernel
def seal_page(state: Any, ref: int, page: int) -> None:
    """Moves the page's samples to a new sealed page of the series. The open page is not reset."""
    n = state.page_count[page]
    for i in range(n):
        state.scratch_times[i] = page_time(state, page, i)
        state.scratch_values[i] = state.page_values[page, i]
    state.marks[N_SAMPLES] -= n  # they come back with the segment
    seal_scratch(state, ref, n)


@kernel
def seal_scratch(state: Any, ref: int, n: int) -> None:
    """Seals the first n samples of the scratch arrays, times ascending, n >= 1, as the newest sealed page of the series."""
    times, values = state.scratch_times, state.scratch_values
    period = np.int64(typical_interval(times, 0, n))
    if period > PERIOD_MAX:
        period = np.int64(0)
    low, high = deviation_range(times, 0, n, period)
    time_layout = 1 + width_of(low, high) if low != 0 or high != 0 else 0
    exponent = NOT_DECIMAL if _has_stale(values, n) else decimal_exponent(values, 0, n)
    first = np.int64(0)
    value_layout = PLAIN
    if exponent == NOT_DECIMAL:
        exponent = 0
    else:
        first, low, high = delta_range(values, 0, n, POWERS_OF_TEN[exponent])
        value_layout = 1 + width_of(low, high) if low != 0 or high != 0 else 0

    time_words = _words(n, time_layout)
    position = make_room(state, HEADER_WORDS + time_words + _words(n, value_layout))
    previous = state.newest_sealed[ref]
    if not is_live(state, previous):
        previous = np.int64(NONE)
    slot = slot_at(state, position)
    at = position % state.segments.shape[1]
    words = state.segments[slot]
    words[at + PREVIOUS] = previous
    words[at + FIRST_MS] = times[0]
    words[at + CHAIN_LAST_MS] = max(times[n - 1], chain_last(state, previous))
    words[at + FIRST_VALUE] = first
    words[at + PACKED] = n | time_layout << 8 | value_layout << 12 | exponent << 16 | period << 24
    at += HEADER_WORDS
    _write_times(times, n, period, time_layout, words[at:])
    _write_values(values, n, exponent, value_layout, words[at + time_words :])
    state.newest_sealed[ref] = position
    state.segment_samples[slot] += n
    state.segment_first_ms[slot] = min(state.segment_first_ms[slot], times[0])
    state.segment_last_ms[slot] = max(state.segment_last_ms[slot], times[n - 1])
    state.marks[N_SAMPLES] += n


@kernel
def chain_last(state: Any, position: int) -> Any:
    """Newest time in the sealed page and all before it in its chain; the smallest integer for NONE."""
    if position == NONE:
        return np.iinfo(np.int64).min
    return state.segments[slot_at(state, position), position % state.segments.shape[1] + CHAIN_LAST_MS]


@kernel
def _has_stale(values: Any, n: int) -> Any:
    bits = values.view(np.uint64)
    for i in range(n):
        if bits[i] == STALE:
            return True
    return False


@inlined
def _words(n: int, layout: int) -> Any:
    """Words that n items take; PLAIN takes 8 bytes each, as the widest deltas do."""
    if layout == 0:
        return 0
    return (n << min(layout - 1, 3)) + 7 >> 3


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
    elif layout == 4:
        write_deltas(values, 0, n, power, words)
    elif layout == PLAIN:
        words[:n] = values[:n].view(np.int64)


@inlined
def sealed_samples(packed: int) -> Any:
    return packed & 0xFF


@kernel
def read_sealed_times(words: Any, out: Any) -> None:
    """`words` begin at the page; `out` has room for exactly its samples."""
    packed = words[PACKED]
    layout = packed >> 8 & 0xF
    first, period = words[FIRST_MS], packed >> 24
    body = words[HEADER_WORDS:]
    if layout == 0:
        read_period(first, period, out)
    elif layout == 1:
        read_deviations(body.view(np.int8), first, period, out)
    elif layout == 2:
        read_deviations(body.view(np.int16), first, period, out)
    elif layout == 3:
        read_deviations(body.view(np.int32), first, period, out)
    else:
        read_deviations(body, first, period, out)


@kernel
def read_sealed_values(words: Any, out: Any) -> None:
    packed = words[PACKED]
    layout = packed >> 12 & 0xF
    first, exponent = words[FIRST_VALUE], packed >> 16 & 0xFF
    body = words[HEADER_WORDS + _words(sealed_samples(packed), packed >> 8 & 0xF) :]
    if layout == 0:
        out[:] = first / POWERS_OF_TEN[exponent]
    elif layout == 1:
        read_deltas(body.view(np.int8), first, exponent, out)
    elif layout == 2:
        read_deltas(body.view(np.int16), first, exponent, out)
    elif layout == 3:
        read_deltas(body.view(np.int32), first, exponent, out)
    elif layout == 4:
        read_deltas(body, first, exponent, out)
    else:
        out[:] = body[: len(out)].view(np.float64)


@kernel
def forget_sealed(state: Any, position: int) -> None:
    """Empties the sealed page; it stays in its chain until its segment is evicted."""
    slot = slot_at(state, position)
    at = position % state.segments.shape[1] + PACKED
    n = sealed_samples(state.segments[slot, at])
    state.segments[slot, at] -= n
    state.segment_samples[slot] -= n
    state.marks[N_SAMPLES] -= n
