"""A plain writer of io.prometheus.client messages, for the tests only."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def integer(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value)


def double(number: int, value: float) -> bytes:
    return varint(number << 3 | 1) + struct.pack("<d", value)


def double_bits(number: int, bits: int) -> bytes:
    return varint(number << 3 | 1) + struct.pack("<Q", bits)


def message(number: int, body: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(body)) + body


def text(number: int, value: str) -> bytes:
    return message(number, value.encode())


def timestamp(seconds: int, nanos: int = 0) -> bytes:
    return integer(1, seconds) + integer(2, nanos)


def label(name: str, value: str) -> bytes:
    return message(1, text(1, name) + text(2, value))


def metric(value: bytes, labels: Mapping[str, str] = {}, time_ms: int = 0) -> bytes:
    pairs = b"".join(label(name, text) for name, text in labels.items())
    return pairs + value + (integer(6, time_ms) if time_ms else b"")


def exemplar(labels: Mapping[str, str], value: float, seconds: int = 0) -> bytes:
    pairs = b"".join(label(name, text) for name, text in labels.items())
    return pairs + double(2, value) + (message(3, timestamp(seconds)) if seconds else b"")


def counter(value: float, extra: bytes = b"") -> bytes:
    return message(3, double(1, value) + extra)


def gauge(value: float) -> bytes:
    return message(2, double(1, value))


def untyped(value: float) -> bytes:
    return message(5, double(1, value))


def summary(count: int, total: float, quantiles: Mapping[float, float]) -> bytes:
    points = b"".join(message(3, double(1, q) + double(2, v)) for q, v in quantiles.items())
    return message(4, integer(1, count) + double(2, total) + points)


def histogram(count: int, total: float, buckets: Mapping[float, int], extra: bytes = b"") -> bytes:
    points = b"".join(message(3, integer(1, n) + double(2, bound)) for bound, n in buckets.items())
    return message(7, integer(1, count) + double(2, total) + points + extra)


COUNTER, GAUGE, SUMMARY, UNTYPED, HISTOGRAM, GAUGE_HISTOGRAM = range(6)


def family(name: str, kind: int, metrics: Sequence[bytes], help_text: str = "", unit: str = "") -> bytes:
    body = text(1, name) + (text(2, help_text) if help_text else b"") + integer(3, kind)
    body += b"".join(message(4, one) for one in metrics) + (text(5, unit) if unit else b"")
    return varint(len(body)) + body
