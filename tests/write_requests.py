"""A plain writer of remote-write requests, for tests and benchmarks: labels and samples to 1.0 and 2.0 messages."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import cramjam

V1_TYPE = "application/x-protobuf"
V2_TYPE = "application/x-protobuf;proto=io.prometheus.write.v2.Request"

Sample = tuple[int, float]
"""Time in ms, value."""


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def zigzag(value: int) -> int:
    return (value << 1) ^ (value >> 63)


def integer(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value)


def double(number: int, value: float) -> bytes:
    return varint(number << 3 | 1) + struct.pack("<d", value)


def message(number: int, body: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(body)) + body


def packed(number: int, values: Iterable[int]) -> bytes:
    return message(number, b"".join(map(varint, values)))


def sample(time_ms: int, value: float, start_ms: int = 0) -> bytes:
    start = integer(3, start_ms) if start_ms else b""
    return message(2, double(1, value) + integer(2, time_ms) + start)


@dataclass
class Series:
    """`extra` are further fields of its TimeSeries (histograms, exemplars, metadata)."""

    labels: Sequence[tuple[str, str]]
    samples: Sequence[Sample] = ()
    extra: bytes = b""

    @classmethod
    def of(cls, labels: Mapping[str, str], *samples: Sample, extra: bytes = b"") -> Series:
        return cls(sorted(labels.items()), samples, extra)


def label_v1(name: str, value: str) -> bytes:
    return message(1, message(1, name.encode()) + message(2, value.encode()))


def request_v1(series: Iterable[Series], extra: bytes = b"") -> bytes:
    return b"".join(message(1, _series_v1(one)) for one in series) + extra


def _series_v1(series: Series) -> bytes:
    labels = b"".join(label_v1(name, value) for name, value in series.labels)
    return labels + b"".join(sample(*each) for each in series.samples) + series.extra


@dataclass
class Symbols:
    """The table of a 2.0 request; the first symbol is the empty one."""

    known: dict[str, int] = field(default_factory=lambda: {"": 0})

    def ref(self, text: str) -> int:
        return self.known.setdefault(text, len(self.known))

    def refs(self, pairs: Iterable[tuple[str, str]]) -> bytes:
        return packed(1, [self.ref(text) for pair in pairs for text in pair])

    def encoded(self) -> bytes:
        return b"".join(message(4, text.encode()) for text in self.known)


def request_v2(series: Iterable[Series], symbols: Symbols | None = None) -> bytes:
    symbols = symbols or Symbols()
    body = b"".join(message(5, _series_v2(one, symbols)) for one in series)
    return symbols.encoded() + body


def _series_v2(series: Series, symbols: Symbols) -> bytes:
    return symbols.refs(series.labels) + b"".join(sample(*each) for each in series.samples) + series.extra


def snappy(body: bytes) -> bytes:
    return bytes(cramjam.snappy.compress_raw(body))
