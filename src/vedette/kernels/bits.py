"""Streams of bits, highest first, as Prometheus' chunks are made of: written to and read from a byte buffer at a bit position.

A position counts bits from the buffer's start. `put_bits` overwrites a byte when it begins one, so a buffer need not be
zeroed. Source of the format: prometheus tsdb/docs/bstream.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vedette.kernels.jit import borrowing

_U0 = np.uint64(0)
_U1 = np.uint64(1)


@borrowing
def put_bits(out: Any, position: Any, word: Any, n: Any) -> Any:
    """Writes the n lowest bits of `word` (uint64, n <= 64) and returns the position behind them."""
    while n > 0:
        used = position & 7
        taken = min(8 - used, n)
        piece = (word >> np.uint64(n - taken)) & ((_U1 << np.uint64(taken)) - _U1)
        byte = np.uint8(piece << np.uint64(8 - used - taken))
        at = position >> 3
        out[at] = byte if used == 0 else out[at] | byte
        position += taken
        n -= taken
    return position


@borrowing
def take_bits(buffer: Any, position: Any, n: Any) -> Any:
    """The n bits (n <= 64) from `position` as uint64; the caller has checked that they are there."""
    word = _U0
    while n > 0:
        used = position & 7
        taken = min(8 - used, n)
        byte = np.uint64(buffer[position >> 3])
        piece = (byte >> np.uint64(8 - used - taken)) & ((_U1 << np.uint64(taken)) - _U1)
        word = (word << np.uint64(taken)) | piece
        position += taken
        n -= taken
    return word


def warm() -> None:
    out = np.zeros(8, np.uint8)
    put_bits(out, 0, np.uint64(1), 1)
    take_bits(out, 0, 1)
