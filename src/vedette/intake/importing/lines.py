"""Blocks of bytes to pieces of whole lines; gzip undone on the way, block by block."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from vedette.model.errors import BadInput, BodyTooLarge

BLOCK_BYTES: Final = 4 << 20
_GZIP: Final = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole lines; `first_line` counts from 1. The last piece may be empty, or end without a line break."""

    data: bytes
    first_line: int
    is_last: bool


def whole_lines(blocks: Iterable[bytes], line_bytes_max: int) -> Iterator[Piece]:
    """Raises BodyTooLarge for a line that is longer."""
    rest, line = b"", 1
    for block in blocks:
        data = rest + block if rest else block
        cut = data.rfind(b"\n", 0, -1) + 1
        if len(data) - cut > line_bytes_max:
            number = line + data.count(b"\n", 0, cut)
            raise BodyTooLarge(f"line {number} is longer than {line_bytes_max} bytes")
        if cut:
            yield Piece(data[:cut], line, False)
            line += data.count(b"\n", 0, cut)
        rest = data[cut:]
    yield Piece(rest, line, True)


def inflated(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The plain bytes of a gzip stream, at most BLOCK_BYTES at a time. Raises BadInput."""
    member = zlib.decompressobj(_GZIP)
    started = False
    for block in blocks:
        data = block
        while data:
            started = True
            try:
                plain = member.decompress(data, BLOCK_BYTES)
            except zlib.error:
                raise BadInput("gzip: invalid data") from None
            if plain:
                yield plain
            data = member.unconsumed_tail
            if member.eof:
                data, member, started = member.unused_data, zlib.decompressobj(_GZIP), False
    if started:
        raise BadInput("gzip: unexpected EOF")
