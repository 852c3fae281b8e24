"""A remote-write client for tests: series with floats and native histograms, sent as 2.0 requests.

Written by hand from the specification and apart from the product's own codec, so that the two cannot share a mistake.
Source: https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from tests import write_requests as rw
from tests.asking import Service
from vedette.model.histograms import NativeHistogram
from vedette.model.labels import Labels

PATH: Final = "/api/v1/write"
HEADERS: Final = {
    "Content-Type": rw.V2_TYPE,
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "2.0.0",
}


@dataclass(frozen=True, slots=True)
class WrittenSample:
    time_ms: int
    value: float | NativeHistogram


WrittenSeries = tuple[Labels, Sequence[WrittenSample]]


class Metadata(NamedTuple):
    """`type` is the number that 2.0 gives a metric type: 1 counter, 2 gauge, 3 histogram, 4 gauge histogram."""

    type: int
    unit: str = ""


def write(service: Service, series: Iterable[WrittenSeries], metadata: Mapping[str, Metadata] | None = None) -> None:
    """`metadata` by metric name. Raises AssertionError with the answer unless it is a 2xx."""
    known, symbols = metadata or {}, rw.Symbols()
    written = [_series(labels, samples, known.get(labels.name), symbols) for labels, samples in series]
    body = rw.snappy(rw.request_v2(written, symbols))
    status, answer = service.get(PATH, HEADERS, method="POST", body=body)
    assert status in (200, 204), f"{status} {answer[:500]!r}"


def _series(
    labels: Labels, samples: Sequence[WrittenSample], metadata: Metadata | None, symbols: rw.Symbols
) -> rw.Series:
    floats = [(each.time_ms, each.value) for each in samples if not isinstance(each.value, NativeHistogram)]
    histograms = [
        encode_histogram(each.value, each.time_ms) for each in samples if isinstance(each.value, NativeHistogram)
    ]
    extra = b"".join(rw.message(3, one) for one in histograms)
    if metadata is not None:
        unit = rw.integer(4, symbols.ref(metadata.unit)) if metadata.unit else b""
        extra += rw.message(5, rw.integer(1, metadata.type) + unit)
    return rw.Series(list(labels), floats, extra)


def encode_histogram(histogram: NativeHistogram, time_ms: int) -> bytes:
    """With float counts."""
    negative_spans, negative = _spans(histogram.negative)
    positive_spans, positive = _spans(histogram.positive)
    return b"".join(
        (
            rw.double(2, histogram.count),
            rw.double(3, histogram.sum),
            rw.integer(4, rw.zigzag(histogram.schema)),
            rw.double(5, histogram.zero_threshold),
            rw.double(7, histogram.zero_count),
            *(rw.message(8, span) for span in negative_spans),
            rw.message(10, _doubles(negative)),
            *(rw.message(11, span) for span in positive_spans),
            rw.message(13, _doubles(positive)),
            rw.integer(14, int(histogram.hint)),
            rw.integer(15, time_ms),
            rw.message(16, _doubles(histogram.bounds)),
        )
    )


def _spans(buckets: dict[int, float]) -> tuple[list[bytes], list[float]]:
    """Runs of neighbouring buckets: each the gap since the last one's end and its length. And all counts."""
    indexes = sorted(buckets)
    breaks = [0, *(place + 1 for place, (a, b) in enumerate(pairwise(indexes)) if b != a + 1), len(indexes)]
    spans, end = [], 0
    for start, stop in pairwise(breaks):
        if start < stop:
            spans.append(rw.integer(1, rw.zigzag(indexes[start] - end)) + rw.integer(2, stop - start))
            end = indexes[stop - 1] + 1
    return spans, [buckets[index] for index in indexes]


def _doubles(values: Sequence[float]) -> bytes:
    return struct.pack(f"<{len(values)}d", *values)
