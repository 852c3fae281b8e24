"""The native histograms of a request, in columns; which of them have buckets that no span names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from vedette.kernels import remote_write_histograms as kernel
from vedette.model.blocks import Int64s
from vedette.model.errors import BadInput
from vedette.model.histograms import CUSTOM_BUCKETS, EXPONENTIAL, Buckets, Histograms, offsets_of
from vedette.wire.remote_write.request import WriteRequest

_FAULTS: Final = {
    kernel.SPANS_MISMATCH: "histogram spans specify different number of buckets than provided",
    kernel.NEGATIVE_OFFSET: "histogram has a span whose offset is negative",
}


@dataclass(frozen=True, slots=True)
class WrittenHistograms:
    """`owners` int64[k]: the rows of their series. `faults`: (row, words), ascending; such a row's buckets mean nothing."""

    owners: Int64s
    times_ms: Int64s
    start_times_ms: Int64s
    table: Histograms
    faults: list[tuple[int, str]]


def read_histograms(request: WriteRequest) -> WrittenHistograms:
    """Raises BadInput where a message is no Histogram."""
    spans = request.histograms
    n = len(spans)
    sizes = np.empty((n, kernel.SIZES), np.int64)
    wrong = kernel.measure(request.buffer, spans.starts, spans.stops, sizes)
    if wrong >= 0:
        raise BadInput(f"proto: malformed or truncated Histogram at byte {wrong}")
    heads, numbers = np.empty((n, kernel.HEADS), np.int64), np.empty((n, kernel.NUMBERS))
    offsets = [offsets_of(sizes[:, column]) for column in (kernel.POSITIVE, kernel.NEGATIVE, kernel.BOUNDS)]
    positive, negative = (
        Buckets(each, np.empty(each[-1], np.int64), np.empty(each[-1], np.float64)) for each in offsets[:2]
    )
    bounds = np.empty(offsets[2][-1], np.float64)
    sides = positive.indexes, positive.counts, negative.indexes, negative.counts
    kernel.read(request.buffer, spans.starts, spans.stops, sizes, heads, numbers, sides, bounds)
    schemas = np.ascontiguousarray(heads[:, kernel.SCHEMA])
    table = Histograms(
        schemas,
        np.ascontiguousarray(numbers[:, kernel.COUNT]),
        np.ascontiguousarray(numbers[:, kernel.SUM]),
        np.ascontiguousarray(numbers[:, kernel.ZERO_COUNT]),
        np.ascontiguousarray(numbers[:, kernel.ZERO_THRESHOLD]),
        np.ascontiguousarray(heads[:, kernel.HINT]),
        positive,
        negative,
        np.where(schemas == CUSTOM_BUCKETS, np.arange(n), EXPONENTIAL),
        offsets[2],
        bounds,
    )
    faulty = np.flatnonzero(heads[:, kernel.FAULT])
    faults = [(row, _FAULTS[int(heads[row, kernel.FAULT])]) for row in faulty.tolist()]
    times, starts = (np.ascontiguousarray(heads[:, column]) for column in (kernel.TIME, kernel.START_TIME))
    return WrittenHistograms(spans.owners, times, starts, table, faults)
