"""Prometheus' XOR chunks: up to 65,535 float samples as deltas of deltas of time and XORs of neighbouring values.

    two bytes: number of samples, big-endian
    first sample: zigzag varint time, 64 bits of value
    second: varint delta of time, value XOR
    others: delta of delta of time in 1, 16, 20, 24 or 68 bits, value XOR

The same bytes as the reference writes, so that it may keep what it is sent. A value's XOR is one bit where nothing changes,
else the bits between its leading and trailing zeros, under the previous sample's window where they fit into it.
Source: prometheus tsdb/docs/format/chunks.md, T. Pelkonen et al., Gorilla (VLDB 2015).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from vedette.kernels.bits import put_bits, take_bits
from vedette.kernels.borrowing import borrowed
from vedette.kernels.jit import borrowing, kernel
from vedette.kernels.words import leading_zeros, trailing_zeros

SAMPLE_BYTES_MAX: Final = 19
"""68 bits of time, 77 of value."""
CHUNK_HEAD_BYTES_MAX: Final = 24
"""The count, the first time and value, and the longest second time."""
HEADER_BYTES: Final = 2

_U0 = np.uint64(0)
_U1 = np.uint64(1)
_UNSET: Final = 255
_LEADING_MAX: Final = 31


@borrowing
def put_varint_bits(out: Any, position: Any, value: Any) -> Any:
    while value >= np.uint64(0x80):
        position = put_bits(out, position, (value & np.uint64(0x7F)) | np.uint64(0x80), 8)
        value >>= np.uint64(7)
    return put_bits(out, position, value, 8)


@borrowing
def zigzag(value: Any) -> Any:
    """int64 -> uint64: small magnitudes become small numbers."""
    return np.uint64((value << 1) ^ (value >> 63))


@borrowing
def put_xor(out: Any, position: Any, difference: Any, leading: Any, trailing: Any) -> Any:
    """Writes a value's XOR with the one before: (position, leading, trailing) after it."""
    if difference == _U0:
        return put_bits(out, position, _U0, 1), leading, trailing
    new_leading = min(leading_zeros(difference), np.uint64(_LEADING_MAX))
    lead, trail = np.int64(new_leading), trailing_zeros(difference)
    if leading != _UNSET and lead >= leading and trail >= trailing:
        position = put_bits(out, position, np.uint64(2), 2)
        return put_bits(out, position, difference >> np.uint64(trailing), 64 - leading - trailing), leading, trailing
    significant = 64 - lead - trail
    position = put_bits(out, position, np.uint64(3), 2)
    position = put_bits(out, position, new_leading, 5)
    position = put_bits(out, position, np.uint64(significant & 63), 6)  # 0 stands for 64
    return put_bits(out, position, difference >> np.uint64(trail), significant), lead, trail


@borrowing
def put_time_step(out: Any, position: Any, step: Any) -> Any:
    """A delta of deltas, in the shortest of five forms."""
    if step == 0:
        return put_bits(out, position, _U0, 1)
    bits = np.uint64(step)
    if -8191 <= step <= 8192:
        return put_bits(out, put_bits(out, position, np.uint64(0b10), 2), bits, 14)
    if -65535 <= step <= 65536:
        return put_bits(out, put_bits(out, position, np.uint64(0b110), 3), bits, 17)
    if -524287 <= step <= 524288:
        return put_bits(out, put_bits(out, position, np.uint64(0b1110), 4), bits, 20)
    return put_bits(out, put_bits(out, position, np.uint64(0b1111), 4), bits, 64)


@borrowing
def put_chunk(times: Any, bits: Any, start: Any, end: Any, out: Any, at: Any) -> Any:
    """Encodes samples [start, end), at least one and at most 65,535, at out[at:]; returns the end.

    times int64 ms, bits uint64 of the float64 values. `out` has CHUNK_HEAD_BYTES_MAX + n * SAMPLE_BYTES_MAX bytes of room.
    """
    n = end - start
    out[at], out[at + 1] = np.uint8(n >> 8), np.uint8(n & 0xFF)
    position = put_varint_bits(out, (at + HEADER_BYTES) << 3, zigzag(times[start]))
    position = put_bits(out, position, bits[start], 64)
    leading, trailing, delta = np.int64(_UNSET), np.int64(0), np.int64(0)
    for i in range(start + 1, end):
        last_delta, delta = delta, times[i] - times[i - 1]
        if i == start + 1:
            position = put_varint_bits(out, position, np.uint64(delta))
        else:
            position = put_time_step(out, position, delta - last_delta)
        position, leading, trailing = put_xor(out, position, bits[i] ^ bits[i - 1], leading, trailing)
    return (position + 7) >> 3


@borrowing
def take_varint_bits(buffer: Any, position: Any, limit: Any) -> Any:
    """(value uint64, position behind it; -1 where the bytes end early or the number is too long)."""
    value, shift = _U0, 0
    while position + 8 <= limit and shift < 64:
        byte = take_bits(buffer, position, 8)
        position += 8
        value |= (byte & np.uint64(0x7F)) << np.uint64(shift)
        if byte < np.uint64(0x80):
            return value, position
        shift += 7
    return value, -1


@borrowing
def take_xor(buffer: Any, position: Any, limit: Any, leading: Any, trailing: Any) -> Any:
    """(XOR with the value before, position or -1, leading, trailing)."""
    if position >= limit:
        return _U0, -1, leading, trailing
    if take_bits(buffer, position, 1) == _U0:
        return _U0, position + 1, leading, trailing
    if position + 2 > limit:
        return _U0, -1, leading, trailing
    opens_window = take_bits(buffer, position + 1, 1) == _U1
    position += 2
    significant = 64 - leading - trailing
    if opens_window:
        if position + 11 > limit:
            return _U0, -1, leading, trailing
        leading = np.int64(take_bits(buffer, position, 5))
        significant = np.int64(take_bits(buffer, position + 5, 6))
        significant = 64 if significant == 0 else significant
        trailing = 64 - leading - significant
        position += 11
    if trailing < 0 or position + significant > limit:
        return _U0, -1, leading, trailing
    return take_bits(buffer, position, significant) << np.uint64(trailing), position + significant, leading, trailing


@borrowing
def take_time_step(buffer: Any, position: Any, limit: Any) -> Any:
    """(delta of deltas, position or -1)."""
    ones = 0
    while ones < 4:
        if position >= limit:
            return 0, -1
        bit = take_bits(buffer, position, 1)
        position += 1
        if bit == _U0:
            break
        ones += 1
    if ones == 0:
        return 0, position
    size = 14 if ones == 1 else 17 if ones == 2 else 20 if ones == 3 else 64
    if position + size > limit:
        return 0, -1
    step = np.int64(take_bits(buffer, position, size))
    if size < 64 and step > np.int64(1) << (size - 1):
        step -= np.int64(1) << size
    return step, position + size


@borrowing
def take_chunk(buffer: Any, start: Any, end: Any, times: Any, bits: Any, at: Any) -> Any:
    """Decodes the chunk in buffer[start:end] to times[at:] and bits[at:]: the end there, or -1 where it is damaged."""
    n = (np.int64(buffer[start]) << 8) | np.int64(buffer[start + 1])
    limit, position = end << 3, (start + HEADER_BYTES) << 3
    leading, trailing, delta = np.int64(0), np.int64(0), np.int64(0)
    for i in range(at, at + n):
        if i == at:
            word, position = take_varint_bits(buffer, position, limit)
            if position < 0 or position + 64 > limit:
                return -1
            times[i] = np.int64(word >> _U1) ^ -np.int64(word & _U1)
            bits[i] = take_bits(buffer, position, 64)
            position += 64
            continue
        if i == at + 1:
            word, position = take_varint_bits(buffer, position, limit)
            delta = np.int64(word)
        else:
            step, position = take_time_step(buffer, position, limit)
            delta += step
        if position < 0:
            return -1
        difference, position, leading, trailing = take_xor(buffer, position, limit, leading, trailing)
        if position < 0:
            return -1
        times[i] = times[i - 1] + delta
        bits[i] = bits[i - 1] ^ difference
    return at + n


@kernel
def encode_chunks(times: Any, bits: Any, starts: Any, ends: Any, out: Any, out_ends: Any) -> None:
    """Chunk i holds samples [starts[i], ends[i]) and stands at out[out_ends[i - 1] : out_ends[i]]."""
    at = np.int64(0)
    for i in range(len(starts)):
        at = put_chunk(times, bits, starts[i], ends[i], out, at)
        out_ends[i] = at


@kernel
def decode_chunks(buffer: Any, starts: Any, ends: Any, times: Any, bits: Any) -> Any:
    """All samples of the chunks buffer[starts[i]:ends[i]], one after another; the first damaged chunk, or -1.

    A chunk has at least HEADER_BYTES; `times` and `bits` have room for the counts that the chunks' heads say.
    """
    at = np.int64(0)
    for i in range(len(starts)):
        at = take_chunk(buffer, starts[i], ends[i], times, bits, at)
        if at < 0:
            return i
    return -1


def warm() -> None:
    one, start, end = np.zeros(1, np.int64), np.zeros(1, np.int64), np.ones(1, np.int64)
    out, ends = np.zeros(64, np.uint8), np.zeros(1, np.int64)
    bits = np.zeros(1, np.uint64)
    encode_chunks(borrowed(one, np.int64), borrowed(bits, np.uint64), start, end, out, ends)
    decode_chunks(borrowed(out, np.uint8), start, ends, one, bits)
