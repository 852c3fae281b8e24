"""Small protobuf messages in plain Python: requests, labels, symbols. What comes in thousands is for the kernels.

Spec: protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vedette.model.errors import BadInput

VARINT: Final = 0
FIXED64: Final = 1
BYTES: Final = 2
FIXED32: Final = 5

_SIZES: Final = {FIXED64: 8, FIXED32: 4}
_UINT64_MAX: Final = (1 << 64) - 1
_FIELD_MAX: Final = (1 << 29) - 1

Value = int | bytes


def read_fields(message: bytes) -> Iterator[tuple[int, Value]]:
    """(field number, number or bytes). Fixed fields are numbers of their bits. Raises BadInput."""
    at = 0
    while at < len(message):
        tag, at = _read_varint(message, at)
        number, wire = tag >> 3, tag & 7
        if not 0 < number <= _FIELD_MAX:
            raise BadInput(f"proto: illegal tag {number} (wire type {wire})")
        if wire == VARINT:
            value, at = _read_varint(message, at)
            yield number, value
            continue
        if wire == BYTES:
            size, at = _read_varint(message, at)
        elif wire in _SIZES:
            size = _SIZES[wire]
        else:
            raise BadInput(f"proto: illegal wireType {wire}")
        if size > len(message) - at:
            raise BadInput("unexpected EOF")
        data = message[at : at + size]
        at += size
        yield number, data if wire == BYTES else int.from_bytes(data, "little")


def read_varints(packed: bytes) -> Iterator[int]:
    """The uint64 numbers of a packed field. Raises BadInput."""
    at = 0
    while at < len(packed):
        value, at = _read_varint(packed, at)
        yield value


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message):
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if value > _UINT64_MAX:
                raise BadInput("proto: integer overflow")
            return value, at
        shift += 7
        if shift > 63:
            raise BadInput("proto: integer overflow")
    raise BadInput("unexpected EOF")


def as_int64(value: Value) -> int:
    """A varint field of type int64, or an enumeration. Raises BadInput for a field of another type."""
    if not isinstance(value, int):
        raise BadInput("proto: wrong wireType for a number")
    return value - (1 << 64) if value >= 1 << 63 else value


def as_bytes(value: Value) -> bytes:
    if not isinstance(value, bytes):
        raise BadInput("proto: wrong wireType for bytes")
    return value


def as_text(value: Value) -> str:
    try:
        return as_bytes(value).decode()
    except UnicodeDecodeError:
        raise BadInput("proto: string field contains invalid UTF-8") from None


def varint(value: int) -> bytes:
    """A uint64, or an int64 below zero."""
    value &= _UINT64_MAX
    if value < 0x80:
        return _SHORT[value]
    parts = bytearray()
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


_SHORT: Final = tuple(bytes([value]) for value in range(0x80))


def bytes_field(number: int, data: bytes) -> bytes:
    return varint(number << 3 | BYTES) + varint(len(data)) + data


def varint_field(number: int, value: int) -> bytes:
    """Nothing for zero, as proto3 leaves defaults out."""
    return varint(number << 3 | VARINT) + varint(value) if value else b""
