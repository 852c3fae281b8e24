"""Snappy: the block format, whose length in front is believed only within a limit, and the stream of framed blocks.

Spec: https://github.com/google/snappy/blob/main/format_description.txt.
"""

from __future__ import annotations

from typing import Final

import cramjam
import numpy as np
from numpy.typing import NDArray

from vedette.kernels.borrowing import borrowed
from vedette.kernels.checksums import crc32c
from vedette.model.errors import BadInput, BodyTooLarge
from vedette.model.telemetry import LIMIT_HITS


def compress(data: bytes | memoryview) -> bytes:
    return bytes(cramjam.snappy.compress_raw(data))


def decompress(block: bytes, bytes_max: int) -> bytes:
    """Raises BadInput where it is no block, BodyTooLarge where it would be longer than the limit."""
    return decompress_padded(block, bytes_max, 0).tobytes()


def decompress_padded(block: bytes, bytes_max: int, padding: int) -> NDArray[np.uint8]:
    """uint8[n + padding], zeros behind the data: what the kernels read. Raises as `decompress`."""
    length = _checked_length(block, bytes_max)
    buffer = np.empty(length + padding, np.uint8)
    buffer[length:] = 0
    try:
        written = cramjam.snappy.decompress_raw_into(block, buffer[:length].data) if length else len(block) - 1
    except cramjam.DecompressionError:
        raise BadInput("snappy: corrupt input") from None
    if written != length:
        raise BadInput("snappy: corrupt input")
    return buffer


def decompress_stream(stream: bytes, bytes_max: int) -> bytes:
    """The framing format: chunks of at most 64 KiB with checksums. Raises BadInput, BodyTooLarge."""
    pieces: list[bytes] = []
    left, at = bytes_max, 0
    while at < len(stream):
        kind, size = stream[at], int.from_bytes(stream[at + 1 : at + 4], "little")
        body = stream[at + 4 : at + 4 + size]
        if len(body) < size or at + 4 > len(stream) or (at == 0 and (kind, body) != _STREAM_START):
            raise BadInput("snappy: corrupt input")
        at += 4 + size
        if kind in (_COMPRESSED, _PLAIN):
            piece = decompress(body[4:], _CHUNK_BYTES_MAX) if kind == _COMPRESSED else body[4:]
            if _masked_checksum(piece) != int.from_bytes(body[:4], "little"):
                raise BadInput("snappy: corrupt input")
            left -= len(piece)
            if left < 0:
                LIMIT_HITS.labels("snappy_bytes_max").inc()
                raise BodyTooLarge(f"snappy: decoded length exceeds limit {bytes_max}")
            pieces.append(piece)
        elif kind < _SKIPPABLE_FROM:
            raise BadInput("snappy: unsupported input")
    return b"".join(pieces)


_COMPRESSED, _PLAIN = 0x00, 0x01
_SKIPPABLE_FROM: Final = 0x80
_STREAM_START: Final = (0xFF, b"sNaPpY")
_CHUNK_BYTES_MAX: Final = 65_536


def _masked_checksum(data: bytes) -> int:
    checksum = int(crc32c(borrowed(np.frombuffer(data, np.uint8), np.uint8), 0, len(data)))
    return ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _checked_length(block: bytes, bytes_max: int) -> int:
    length = _length_of(block)
    if length > bytes_max:
        LIMIT_HITS.labels("snappy_bytes_max").inc()
        raise BodyTooLarge(f"snappy: decoded length {length} exceeds limit {bytes_max}")
    return length


def _length_of(block: bytes) -> int:
    length = 0
    for shift, byte in zip(range(0, 35, 7), block, strict=False):
        length |= (byte & 0x7F) << shift
        if byte < 0x80:
            if length >> 32:
                break
            return length
    raise BadInput("snappy: corrupt input")
