"""Chunks of histograms in plain Python on strings of bits, by the format's description: of floats read, of integers written."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.unit.wire.xor_twin import bits_of, write_xor
from vedette.model.histograms import CUSTOM_BUCKETS, CounterReset, NativeHistogram
from vedette.model.staleness import is_stale

_FORMS = (0, 3, 6, 9, 12, 18, 25, 56, 64)


@dataclass
class Bits:
    text: str
    at: int = 0

    def take(self, n: int) -> int:
        assert self.at + n <= len(self.text)
        self.at += n
        return int(self.text[self.at - n : self.at] or "0", 2)

    def varbit(self) -> int:
        """Unsigned."""
        return self.take(self._form())

    def signed_varbit(self) -> int:
        size = self._form()
        value = self.take(size)
        above = value > 1 << (size - 1) if 0 < size < 64 else size == 64 and value >= 1 << 63
        return value - (1 << size) if above else value

    def _form(self) -> int:
        ones = 0
        while ones < 8 and self.take(1):
            ones += 1
        return _FORMS[ones]

    def double(self) -> float:
        return float_of(self.take(64))


@dataclass
class Number:
    """A value written as XORs with the one before."""

    bits: int
    leading: int = 0
    trailing: int = 0

    def follow(self, source: Bits) -> None:
        if not source.take(1):
            return
        if source.take(1):
            self.leading = source.take(5)
            significant = source.take(6) or 64
            self.trailing = 64 - self.leading - significant
        self.bits ^= source.take(64 - self.leading - self.trailing) << self.trailing


def decode(chunk: bytes) -> list[tuple[int, NativeHistogram]]:
    source = Bits("".join(f"{byte:08b}" for byte in chunk))
    n, flags = source.take(16), source.take(8)
    assert flags in (0, 0b11000000)
    threshold, schema = _threshold(source), source.signed_varbit()
    positive, negative = _indexes(source), _indexes(source)
    bounds = tuple(_bound(source) for _ in range(source.varbit())) if schema == CUSTOM_BUCKETS else ()
    time, delta, numbers, rows = source.signed_varbit(), 0, [], []
    for i in range(n):
        if i == 0:
            numbers = [Number(source.take(64)) for _ in range(3 + len(positive) + len(negative))]
        else:
            delta += source.signed_varbit()
            time += delta
            for number in numbers:
                number.follow(source)
        count, zero_count, total, *counts = (float_of(number.bits) for number in numbers)
        sides = dict(zip(positive, counts, strict=False)), dict(zip(negative, counts[len(positive) :], strict=True))
        hint = CounterReset.GAUGE if flags else CounterReset.NOT_RESET if i else CounterReset.UNKNOWN
        rows.append((time, NativeHistogram(schema, count, total, zero_count, threshold, *sides, bounds, hint)))
    assert "1" not in source.text[source.at :] and len(source.text) - source.at < 8
    return rows


def float_of(bits: int) -> float:
    return float(struct.unpack("<d", struct.pack("<Q", bits))[0])


def _threshold(source: Bits) -> float:
    byte = source.take(8)
    return 0.0 if byte == 0 else source.double() if byte == 255 else math.ldexp(0.5, byte - 243)


def _indexes(source: Bits) -> list[int]:
    found: list[int] = []
    at = 0
    for _ in range(source.varbit()):
        length = source.varbit()
        at += source.signed_varbit()
        found += range(at, at + length)
        at += length
    return found


def _bound(source: Bits) -> float:
    scaled = source.varbit()
    return (scaled - 1) / 1000 if scaled else source.double()


def encode_integers(rows: Sequence[tuple[int, NativeHistogram]]) -> bytes:
    """All of one layout: the buckets of the first."""
    first = rows[0][1]
    flags = 0b11000000 if first.hint is CounterReset.GAUGE else 0
    text = format(len(rows), "016b") + format(flags, "08b")
    text += "11111111" + format(bits_of(first.zero_threshold), "064b") + _signed(first.schema)
    text += _spans(sorted(first.positive)) + _spans(sorted(first.negative))
    if first.schema == CUSTOM_BUCKETS:
        text += _unsigned(len(first.bounds)) + "".join("0" + format(bits_of(bound), "064b") for bound in first.bounds)
    changes: list[int] = []
    last: list[int] = []
    window: tuple[int, int] | None = None
    for i, (time, histogram) in enumerate(rows):
        values = [time, int(histogram.count), int(histogram.zero_count), *_differences(histogram)]
        if i == 0:
            fields = [_signed(values[0]), *map(_unsigned, values[1:3]), *map(_signed, values[3:])]
            total = format(bits_of(histogram.sum), "064b")
            changes = [0] * len(values)
        else:
            steps = [now - before for now, before in zip(values, last, strict=True)]
            fields = [_signed(step - change) for step, change in zip(steps, changes, strict=True)]
            total, window = write_xor(bits_of(histogram.sum) ^ bits_of(rows[i - 1][1].sum), window)
            changes = steps
        text += "".join([*fields[:3], total, *([] if is_stale(histogram.sum) else fields[3:])])
        last = values
    text += "0" * (-len(text) % 8)
    return bytes(int(text[at : at + 8], 2) for at in range(0, len(text), 8))


def _differences(histogram: NativeHistogram) -> list[int]:
    """Between neighbouring buckets, of each side from zero."""
    sides = ([0, *(int(side[index]) for index in sorted(side))] for side in (histogram.positive, histogram.negative))
    return [b - a for side in sides for a, b in pairwise(side)]


def _signed(value: int) -> str:
    if value == 0:
        return "0"
    for ones, size in enumerate(_FORMS[1:-1], 1):
        if 1 - (1 << (size - 1)) <= value <= 1 << (size - 1):
            return "1" * ones + "0" + format(value % (1 << size), f"0{size}b")
    return "1" * 8 + format(value % (1 << 64), "064b")


def _unsigned(value: int) -> str:
    if value == 0:
        return "0"
    for ones, size in enumerate(_FORMS[1:-1], 1):
        if value < 1 << size:
            return "1" * ones + "0" + format(value, f"0{size}b")
    return "1" * 8 + format(value, "064b")


def _spans(indexes: Sequence[int]) -> str:
    """A span for each bucket: allowed, if wasteful."""
    text, end = _unsigned(len(indexes)), 0
    for index in indexes:
        text += _unsigned(1) + _signed(index - end)
        end = index + 1
    return text
