"""Writes delimited io.prometheus.client.MetricFamily messages: untyped samples and native histograms, for federation.

Histograms are of floats, as a query knows them; one with custom buckets is written as a classic one, because the format has no
field for its bounds. Source: prometheus web/federate.go makeNativeHistogram, makeClassicHistogram; client_model metrics.proto.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from vedette.model.histograms import CUSTOM_BUCKETS, CounterReset, NativeHistogram
from vedette.wire.protobuf import FIXED64, VARINT, bytes_field, varint, varint_field

# MetricType
_UNTYPED: Final = 3
_HISTOGRAM: Final = 4
_GAUGE_HISTOGRAM: Final = 5


@dataclass(frozen=True, slots=True)
class Exposed:
    """A series as it is written: its labels without the name, and its newest sample."""

    labels: Sequence[tuple[str, str]]
    time_ms: int
    value: float | NativeHistogram


def write_families(families: Iterable[tuple[str, Sequence[Exposed]]]) -> bytes:
    """A name with floats and histograms becomes a family for each stretch of one kind, as the reference does."""
    return b"".join(
        _family(name, kind, list(stretch))
        for name, series in families
        for kind, stretch in groupby(series, key=lambda one: _kind(one.value))
    )


def cumulative(histogram: NativeHistogram) -> list[tuple[float, float]]:
    """(bound, count up to it) of one with custom buckets; the bucket to +Inf is left to the count."""
    total, rows = 0.0, []
    for index, bound in enumerate(histogram.bounds):
        total += histogram.positive.get(index, 0.0)
        rows.append((bound, total))
    return rows


def _kind(value: float | NativeHistogram) -> int:
    if not isinstance(value, NativeHistogram):
        return _UNTYPED
    return _GAUGE_HISTOGRAM if value.hint is CounterReset.GAUGE else _HISTOGRAM


def _family(name: str, kind: int, series: Sequence[Exposed]) -> bytes:
    metrics = b"".join(bytes_field(4, _metric(one)) for one in series)
    body = bytes_field(1, name.encode(errors="replace")) + varint_field(3, kind) + metrics
    return varint(len(body)) + body


def _metric(one: Exposed) -> bytes:
    pairs = b"".join(
        bytes_field(1, bytes_field(1, name.encode(errors="replace")) + bytes_field(2, text.encode(errors="replace")))
        for name, text in one.labels
    )
    time = varint(6 << 3 | VARINT) + varint(one.time_ms)
    if not isinstance(one.value, NativeHistogram):
        return pairs + bytes_field(5, _double(1, one.value)) + time
    written = _classic(one.value) if one.value.schema == CUSTOM_BUCKETS else _native(one.value)
    return pairs + time + bytes_field(7, written)


def _classic(histogram: NativeHistogram) -> bytes:
    buckets = b"".join(bytes_field(3, _double(2, bound) + _double(4, count)) for bound, count in cumulative(histogram))
    return _double(2, histogram.sum) + buckets + _double(4, histogram.count)


def _native(histogram: NativeHistogram) -> bytes:
    numbers = _double(2, histogram.sum) + _double(4, histogram.count) + _sint(5, histogram.schema)
    numbers += _double(6, histogram.zero_threshold) + _double(8, histogram.zero_count)
    return numbers + _side(histogram.negative, 9, 11) + _side(histogram.positive, 12, 14)


def _side(buckets: Mapping[int, float], spans_field: int, counts_field: int) -> bytes:
    """Spans of neighbouring buckets, then their counts, packed."""
    spans: list[list[int]] = []
    end = 0
    for index in sorted(buckets):
        if not spans or index > end:
            spans.append([index - end, 0])
        spans[-1][1] += 1
        end = index + 1
    written = b"".join(bytes_field(spans_field, _sint(1, offset) + varint_field(2, length)) for offset, length in spans)
    counts = b"".join(struct.pack("<d", buckets[index]) for index in sorted(buckets))
    return written + (bytes_field(counts_field, counts) if counts else b"")


def _double(number: int, value: float) -> bytes:
    return varint(number << 3 | FIXED64) + struct.pack("<d", value)


def _sint(number: int, value: int) -> bytes:
    return varint(number << 3 | VARINT) + varint(value << 1 ^ value >> 63)
