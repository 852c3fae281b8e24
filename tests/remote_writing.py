"""A remote-write client for tests: series with floats, native histograms and start timestamps as a 2.0 request.

Written by hand from the specification and apart from the product's own codec, so that the two cannot share a mistake.
Source: https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import cramjam

from tests.asking import Service
from vedette.model.histograms import NativeHistogram
from vedette.model.labels import Labels

PATH: Final = "/api/v1/write"
HEADERS: Final = {
    "Content-Type": "application/x-protobuf;proto=io.prometheus.write.v2.Request",
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "2.0.0",
}
_VARINT, _FIXED64, _BYTES = 0, 1, 2


@dataclass(frozen=True, slots=True)
class WrittenSample:
    """`start_ms` 0: not known."""

    time_ms: int
    value: float | NativeHistogram
    start_ms: int = 0


WrittenSeries = tuple[Labels, Sequence[WrittenSample]]


def write(service: Service, series: Iterable[WrittenSeries]) -> None:
    """Raises AssertionError with the answer unless it is a 2xx."""
    body = bytes(cramjam.snappy.compress_raw(encode_request(series)))
    status, answer = service.get(PATH, HEADERS, method="POST", body=body)
    assert status in (200, 204), f"{status} {answer[:500]!r}"


def encode_request(series: Iterable[WrittenSeries]) -> bytes:
    symbols: dict[str, int] = {"": 0}
    encoded = [_field(5, _encode_series(labels, samples, symbols)) for labels, samples in series]
    return b"".join([*(_field(4, symbol.encode()) for symbol in symbols), *encoded])


def _encode_series(labels: Labels, samples: Sequence[WrittenSample], symbols: dict[str, int]) -> bytes:
    texts = [text for pair in labels for text in pair]
    references = b"".join(_varint(symbols.setdefault(text, len(symbols))) for text in texts)
    return _field(1, references) + b"".join(map(_encode_sample, samples))


def _encode_sample(sample: WrittenSample) -> bytes:
    if isinstance(sample.value, NativeHistogram):
        return _field(3, _encode_histogram(sample.value, sample.time_ms, sample.start_ms))
    return _field(2, _double(1, sample.value) + _number(2, sample.time_ms) + _number(3, sample.start_ms))


def _encode_histogram(histogram: NativeHistogram, time_ms: int, start_ms: int) -> bytes:
    """With float counts."""
    negative_spans, negative = _spans(histogram.negative)
    positive_spans, positive = _spans(histogram.positive)
    return b"".join(
        (
            _double(2, histogram.count),
            _double(3, histogram.sum),
            _number(4, _zigzag(histogram.schema)),
            _double(5, histogram.zero_threshold),
            _double(7, histogram.zero_count),
            b"".join(_field(8, span) for span in negative_spans),
            _field(10, _doubles(negative)),
            b"".join(_field(11, span) for span in positive_spans),
            _field(13, _doubles(positive)),
            _number(14, int(histogram.hint)),
            _number(15, time_ms),
            _field(16, _doubles(histogram.bounds)),
            _number(17, start_ms),
        )
    )


def _spans(buckets: dict[int, float]) -> tuple[list[bytes], list[float]]:
    """Runs of neighbouring buckets: each the gap since the last one's end and its length. And all counts."""
    indexes = sorted(buckets)
    breaks = [0, *(place + 1 for place, (a, b) in enumerate(pairwise(indexes)) if b != a + 1), len(indexes)]
    spans, end = [], 0
    for start, stop in pairwise(breaks):
        if start < stop:
            spans.append(_number(1, _zigzag(indexes[start] - end)) + _number(2, stop - start))
            end = indexes[stop - 1] + 1
    return spans, [buckets[index] for index in indexes]


def _zigzag(value: int) -> int:
    return value << 1 if value >= 0 else (-value << 1) - 1


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3 | _VARINT) + _varint(value) if value else b""


def _double(number: int, value: float) -> bytes:
    return _varint(number << 3 | _FIXED64) + struct.pack("<d", value)


def _doubles(values: Sequence[float]) -> bytes:
    return struct.pack(f"<{len(values)}d", *values)


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _BYTES) + _varint(len(content)) + content
