"""Chunks of native histograms, as a frame has them, to columns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vedette.kernels import histogram_chunk_reading as kernel
from vedette.kernels.borrowing import borrowed
from vedette.model.blocks import Int64s
from vedette.model.errors import BadInput
from vedette.model.histograms import (
    CUSTOM_BUCKETS,
    EXPONENTIAL,
    NO_HISTOGRAMS,
    SCHEMA_MAX,
    SCHEMA_MIN,
    Buckets,
    Histograms,
    offsets_of,
)


def decode_histogram_chunks(buffer: NDArray[np.uint8], rows: NDArray[np.int64]) -> tuple[Int64s, Histograms]:
    """`rows`: chunks as `scan_frame` leaves them. Times and histograms, in their order. Raises BadInput."""
    if not len(rows):
        return np.empty(0, np.int64), NO_HISTOGRAMS
    encodings, starts, ends = (np.ascontiguousarray(rows[:, column]) for column in (3, 4, 5))
    if (ends - starts < kernel.HEADER_BYTES).any():
        raise BadInput("a chunk is shorter than its head")
    shared, sizes = borrowed(buffer, np.uint8), np.empty((len(rows), kernel.SIZES), np.int64)
    _check(kernel.measure_chunks(shared, starts, ends, sizes))
    n_samples = sizes[:, kernel.SAMPLES]
    n = int(n_samples.sum())
    heads, thresholds = np.empty((len(rows), kernel.HEADS), np.int64), np.empty(len(rows))
    times, numbers = np.empty(n, np.int64), np.empty((n, kernel.NUMBERS))
    positive, negative = (_side(n_samples, sizes[:, column]) for column in (kernel.POSITIVE, kernel.NEGATIVE))
    bounds = np.empty(int(sizes[:, kernel.BOUNDS].sum()))
    filled = [(side.indexes, side.counts) for side in (positive, negative)]
    _check(
        kernel.read_chunks(shared, starts, ends, encodings, sizes, heads, thresholds, times, numbers, *filled, bounds)
    )
    schemas, hints = (np.repeat(heads[:, column], n_samples) for column in (kernel.SCHEMA, kernel.HINT))
    unknown = (schemas != CUSTOM_BUCKETS) & ((schemas < SCHEMA_MIN) | (schemas > SCHEMA_MAX))
    if unknown.any():
        raise BadInput(f"a chunk has histograms of an unknown schema: {int(schemas[np.argmax(unknown)])}")
    return times, Histograms(
        schemas,
        np.ascontiguousarray(numbers[:, kernel.COUNT]),
        np.ascontiguousarray(numbers[:, kernel.SUM]),
        np.ascontiguousarray(numbers[:, kernel.ZERO_COUNT]),
        np.repeat(thresholds, n_samples),
        hints,
        positive,
        negative,
        np.where(schemas == CUSTOM_BUCKETS, np.repeat(np.arange(len(rows)), n_samples), EXPONENTIAL),
        offsets_of(sizes[:, kernel.BOUNDS]),
        bounds,
    )


def _side(n_samples: Int64s, n_buckets: Int64s) -> Buckets:
    """With room for each chunk's samples."""
    offsets = offsets_of(np.repeat(n_buckets, n_samples))
    return Buckets(offsets, np.empty(offsets[-1], np.int64), np.empty(offsets[-1], np.float64))


def _check(damaged: int) -> None:
    if damaged >= 0:
        raise BadInput("a chunk of histograms cannot be decoded")
