"""Prometheus' chunks of native histograms read into columns: both encodings, of integer counts and of floats.

Two passes over a list of chunks: `measure_chunks` says how many samples, buckets and bounds each has, `read_chunks` writes
them where the running sums say. Each number of a sample takes a bit at least, but a stale marker (by its sum) has no buckets:
they read as zeros. So a chunk may have some more numbers than bits, NUMBERS_PER_BIT_MAX times at most.

    float counts    histogram_chunks.py has the format
    integers        counts and differences between neighbouring buckets as varbits: first themselves, then the change of their change

Source: prometheus tsdb/chunkenc/{histogram,float_histogram,histogram_meta}.go.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from vedette.kernels.bits import take_bits
from vedette.kernels.borrowing import borrowed
from vedette.kernels.chunk_frames import FLOAT_HISTOGRAM
from vedette.kernels.histogram_table import CUSTOM
from vedette.kernels.jit import borrowing, kernel
from vedette.kernels.varbits import take_unsigned_varbit, take_varbit
from vedette.kernels.words import float_of
from vedette.kernels.xor_chunks import take_xor
from vedette.model.histograms import CounterReset
from vedette.model.staleness import STALE_NAN_BITS

HEADER_BYTES: Final = 3

# columns of `sizes`
SAMPLES: Final = 0
POSITIVE: Final = 1
NEGATIVE: Final = 2
BOUNDS: Final = 3
SIZES: Final = 4

# columns of `heads` int64, of each chunk
SCHEMA: Final = 0
HINT: Final = 1
HEADS: Final = 2

# columns of `numbers` float64, of each sample
COUNT: Final = 0
ZERO_COUNT: Final = 1
SUM: Final = 2
NUMBERS: Final = 3

NUMBERS_PER_BIT_MAX: Final = 8

_FLAGS: Final = 0b11000000
_STALE = np.uint64(STALE_NAN_BITS)
_GAUGE: Final = int(CounterReset.GAUGE)
_UNKNOWN: Final = int(CounterReset.UNKNOWN)
_THRESHOLD_AS_BITS: Final = 255
_THRESHOLD_BIAS: Final = 1022 - 243
_INDEX_MAX: Final = 1 << 31


@kernel
def measure_chunks(buffer: Any, starts: Any, ends: Any, sizes: Any) -> Any:
    """sizes int64[k, SIZES]. The first chunk that cannot be one, or -1. A chunk has HEADER_BYTES at least."""
    none, no_bounds = np.empty(0, np.int64), np.empty(0)
    for k in range(len(starts)):
        sizes[k, :] = 0
        sizes[k, SAMPLES] = (np.int64(buffer[starts[k]]) << 8) | np.int64(buffer[starts[k] + 1])
        if sizes[k, SAMPLES] == 0:
            continue
        limit = ends[k] << 3
        _, _, position = take_layout(buffer, starts[k], limit, sizes[k], none, none, no_bounds)
        numbers = NUMBERS + sizes[k, POSITIVE] + sizes[k, NEGATIVE]
        if position < 0 or sizes[k, SAMPLES] * numbers > NUMBERS_PER_BIT_MAX * (limit - position):
            return k
    return -1


@borrowing
def take_layout(buffer: Any, start: Any, limit: Any, sizes: Any, positive: Any, negative: Any, bounds: Any) -> Any:
    """(schema, zero threshold, position or -1). Counts go to `sizes`; indexes and bounds as far as the arrays have room."""
    position = (start + HEADER_BYTES) << 3
    schema, threshold = np.int64(0), 0.0
    threshold, position = _take_threshold(buffer, position, limit)
    if position >= 0:
        schema, position = take_varbit(buffer, position, limit)
    if position >= 0:
        sizes[POSITIVE], position = _take_spans(buffer, position, limit, positive)
    if position >= 0:
        sizes[NEGATIVE], position = _take_spans(buffer, position, limit, negative)
    if position >= 0 and schema == CUSTOM:
        sizes[BOUNDS], position = _take_bounds(buffer, position, limit, bounds)
    return schema, threshold, position


@borrowing
def _take_threshold(buffer: Any, position: Any, limit: Any) -> Any:
    if position + 8 > limit:
        return 0.0, -1
    byte = np.int64(take_bits(buffer, position, 8))
    position += 8
    if byte == 0:
        return 0.0, position
    if byte < _THRESHOLD_AS_BITS:
        return float_of(np.uint64(byte + _THRESHOLD_BIAS) << np.uint64(52)), position
    if position + 64 > limit:
        return 0.0, -1
    return float_of(take_bits(buffer, position, 64)), position + 64


@borrowing
def _take_spans(buffer: Any, position: Any, limit: Any, indexes: Any) -> Any:
    """(how many buckets, position or -1)"""
    n_spans, position = take_unsigned_varbit(buffer, position, limit)
    n, index = np.int64(0), np.int64(0)
    if position >= 0 and n_spans > np.uint64(limit - position):
        return n, -1
    for _ in range(np.int64(n_spans) if position >= 0 else 0):
        length, position = take_unsigned_varbit(buffer, position, limit)
        if position < 0 or length > np.uint64(limit):
            return n, -1
        offset, position = take_varbit(buffer, position, limit)
        index += offset
        if position < 0 or n + np.int64(length) > limit or not -_INDEX_MAX <= index < _INDEX_MAX - np.int64(length):
            return n, -1
        for i in range(np.int64(length)):
            if n + i < len(indexes):
                indexes[n + i] = index + i
        n += np.int64(length)
        index += np.int64(length)
    return n, position


@borrowing
def _take_bounds(buffer: Any, position: Any, limit: Any, bounds: Any) -> Any:
    n, position = take_unsigned_varbit(buffer, position, limit)
    if position >= 0 and n > np.uint64(limit - position):
        return np.int64(0), -1
    for i in range(np.int64(n) if position >= 0 else 0):
        scaled, position = take_unsigned_varbit(buffer, position, limit)
        if position < 0 or (scaled == 0 and position + 64 > limit):
            return np.int64(0), -1
        bound = np.float64(scaled - np.uint64(1)) / 1000.0
        if scaled == 0:
            bound = float_of(take_bits(buffer, position, 64))
            position += 64
        if i < len(bounds):
            bounds[i] = bound
    return np.int64(n), position


@kernel
def read_chunks(
    buffer: Any,
    starts: Any,
    ends: Any,
    encodings: Any,
    sizes: Any,
    heads: Any,
    thresholds: Any,
    times: Any,
    numbers: Any,
    positive: Any,
    negative: Any,
    bounds: Any,
) -> Any:
    """What `measure_chunks` found: the first damaged chunk, or -1. Rows of samples one chunk after another.

    heads int64[k, HEADS], thresholds float64[k]; times int64[n], numbers float64[n, NUMBERS]; positive, negative: (indexes int64,
    counts float64), each sample's buckets after the other's; bounds float64, each chunk's after the other's.
    """
    at, at_positive, at_negative, at_bounds = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    own = np.zeros(SIZES, np.int64)
    for k in range(len(starts)):
        n, n_positive, n_negative = sizes[k, SAMPLES], sizes[k, POSITIVE], sizes[k, NEGATIVE]
        heads[k, SCHEMA], heads[k, HINT], thresholds[k] = 0, _UNKNOWN, 0.0
        if n == 0:
            continue
        if buffer[starts[k] + 2] & _FLAGS == _FLAGS:
            heads[k, HINT] = _GAUGE
        sides = (
            (positive[0][at_positive : at_positive + n_positive], positive[1][at_positive:]),
            (negative[0][at_negative : at_negative + n_negative], negative[1][at_negative:]),
        )
        heads[k, SCHEMA], thresholds[k], position = take_layout(
            buffer,
            starts[k],
            ends[k] << 3,
            own,
            sides[0][0],
            sides[1][0],
            bounds[at_bounds : at_bounds + sizes[k, BOUNDS]],
        )
        rows = (times[at : at + n], numbers[at : at + n], sides[0][1], sides[1][1])
        if encodings[k] == FLOAT_HISTOGRAM:
            is_sound = _take_floats(buffer, position, ends[k] << 3, rows, n_positive, n_negative)
        else:
            is_sound = _take_integers(buffer, position, ends[k] << 3, rows, n_positive, n_negative)
        if not is_sound:
            return k
        for i in range(1, n):
            for j in range(n_positive):
                positive[0][at_positive + i * n_positive + j] = positive[0][at_positive + j]
            for j in range(n_negative):
                negative[0][at_negative + i * n_negative + j] = negative[0][at_negative + j]
        at, at_bounds = at + n, at_bounds + sizes[k, BOUNDS]
        at_positive, at_negative = at_positive + n * n_positive, at_negative + n * n_negative
    return -1


@kernel
def _take_floats(buffer: Any, position: Any, limit: Any, rows: Any, n_positive: Any, n_negative: Any) -> Any:
    """Whether all could be read. rows: (times, numbers, counts of the positive buckets, of the negative ones)."""
    times, numbers, positive, negative = rows
    n = NUMBERS + n_positive + n_negative
    words, leading, trailing = np.zeros(n, np.uint64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    delta = np.int64(0)
    for i in range(len(times)):
        step, position = take_varbit(buffer, position, limit)
        if position < 0:
            return False
        delta = delta + step if i else np.int64(0)
        times[i] = times[i - 1] + delta if i else step
        for k in range(n):
            if k == NUMBERS and words[SUM] == _STALE:
                words[NUMBERS:] = 0
                break
            if i == 0:
                if position + 64 > limit:
                    return False
                words[k] = take_bits(buffer, position, 64)
                position += 64
            else:
                difference, position, leading[k], trailing[k] = take_xor(
                    buffer, position, limit, leading[k], trailing[k]
                )
                if position < 0:
                    return False
                words[k] ^= difference
        for k in range(NUMBERS):
            numbers[i, k] = float_of(words[k])
        for k in range(n_positive):
            positive[i * n_positive + k] = float_of(words[NUMBERS + k])
        for k in range(n_negative):
            negative[i * n_negative + k] = float_of(words[NUMBERS + n_positive + k])
    return True


@kernel
def _take_integers(buffer: Any, position: Any, limit: Any, rows: Any, n_positive: Any, n_negative: Any) -> Any:
    """As `_take_floats`. `state`: time, count, zero count, then the differences between neighbouring buckets."""
    times, numbers, positive, negative = rows
    n = NUMBERS + n_positive + n_negative
    state, change = np.zeros(n, np.int64), np.zeros(n, np.int64)
    word, leading, trailing = np.uint64(0), np.int64(0), np.int64(0)
    for i in range(len(times)):
        for k in range(n):
            if k == NUMBERS and word == _STALE:
                state[NUMBERS:] = 0
                break
            if i == 0 and 0 < k < NUMBERS:
                unsigned, position = take_unsigned_varbit(buffer, position, limit)
                step = np.int64(unsigned)
            else:
                step, position = take_varbit(buffer, position, limit)
            if position < 0:
                return False
            if i:
                change[k] += step
                state[k] += change[k]
            else:
                state[k] = step
            if k == NUMBERS - 1:  # the sum stands before the buckets
                if i == 0:
                    if position + 64 > limit:
                        return False
                    word = take_bits(buffer, position, 64)
                    position += 64
                else:
                    difference, position, leading, trailing = take_xor(buffer, position, limit, leading, trailing)
                    if position < 0:
                        return False
                    word ^= difference
        times[i] = state[0]
        numbers[i, COUNT], numbers[i, ZERO_COUNT] = np.float64(np.uint64(state[1])), np.float64(np.uint64(state[2]))
        numbers[i, SUM] = float_of(word)
        _sum_up(state, NUMBERS, n_positive, positive, i * n_positive)
        _sum_up(state, NUMBERS + n_positive, n_negative, negative, i * n_negative)
    return True


@borrowing
def _sum_up(state: Any, first: Any, n: Any, out: Any, at: Any) -> Any:
    total = np.int64(0)
    for k in range(n):
        total += state[first + k]
        out[at + k] = np.float64(total)


def warm() -> None:
    buffer = borrowed(np.array([0, 1, 0, 0, 0, 0] + [0] * 64), np.uint8)
    starts, ends, encodings = np.zeros(1, np.int64), np.array([70], np.int64), np.array([FLOAT_HISTOGRAM], np.int64)
    sizes = np.zeros((1, SIZES), np.int64)
    measure_chunks(buffer, starts, ends, sizes)
    heads, thresholds, times = np.zeros((1, HEADS), np.int64), np.zeros(1), np.zeros(1, np.int64)
    side = (np.zeros(1, np.int64), np.zeros(1))
    numbers, bounds = np.zeros((1, NUMBERS)), np.zeros(1)
    read_chunks(buffer, starts, ends, encodings, sizes, heads, thresholds, times, numbers, side, side, bounds)
