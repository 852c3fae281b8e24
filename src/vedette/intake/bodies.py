"""Inflating what a target sent, with a bound on the result: a gzip bomb ends at the limit, not in memory.

zlib and not a one-shot decompressor: it stops at `max_length`, releases the interpreter lock, and takes streams of several
members, as the reference's reader does.
"""

from __future__ import annotations

import zlib

from vedette.model.errors import BodyTooLarge, MalformedPage

_GZIP = 16 + zlib.MAX_WBITS


def inflate(body: bytes, encoding: str, bytes_max: int) -> bytes:
    """The plain bytes. Raises BodyTooLarge when they reach `bytes_max`, MalformedPage when the stream is broken."""
    if encoding != "gzip":
        return body
    pieces: list[bytes] = []
    left = bytes_max
    rest = body
    while rest:
        member = zlib.decompressobj(_GZIP)
        try:
            piece = member.decompress(rest, left)
        except zlib.error as error:
            raise MalformedPage(f"gzip: {_without_code(error)}") from None
        pieces.append(piece)
        left -= len(piece)
        if left <= 0:
            raise BodyTooLarge("body size limit exceeded")
        if not member.eof:
            raise MalformedPage("gzip: unexpected EOF")
        rest = member.unused_data
    if not pieces:
        raise MalformedPage("gzip: EOF")
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _without_code(error: zlib.error) -> str:
    return str(error).rpartition(": ")[2]
