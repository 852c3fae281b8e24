"""Snappy's block format, whose length in front is believed only within a limit.

Spec: https://github.com/google/snappy/blob/main/format_description.txt.
"""

from __future__ import annotations

import cramjam
import numpy as np
from numpy.typing import NDArray

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
