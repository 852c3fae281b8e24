"""Snappy's block format, whose length in front is believed only within a limit.

Spec: https://github.com/google/snappy/blob/main/format_description.txt.
"""

from __future__ import annotations

import cramjam

from vedette.model.errors import BadInput, BodyTooLarge
from vedette.model.telemetry import LIMIT_HITS


def compress(data: bytes | memoryview) -> bytes:
    return bytes(cramjam.snappy.compress_raw(data))


def decompress(block: bytes, bytes_max: int) -> bytes:
    """Raises BadInput where it is no block, BodyTooLarge where it would be longer than the limit."""
    length = _length_of(block)
    if length > bytes_max:
        LIMIT_HITS.labels("snappy_bytes_max").inc()
        raise BodyTooLarge(f"snappy: decoded length {length} exceeds limit {bytes_max}")
    try:
        data = bytes(cramjam.snappy.decompress_raw(block))
    except cramjam.DecompressionError:
        raise BadInput("snappy: corrupt input") from None
    if len(data) != length:
        raise BadInput("snappy: corrupt input")
    return data


def _length_of(block: bytes) -> int:
    length = 0
    for shift, byte in zip(range(0, 35, 7), block, strict=False):
        length |= (byte & 0x7F) << shift
        if byte < 0x80:
            if length >> 32:
                break
            return length
    raise BadInput("snappy: corrupt input")
