"""One OTLP message in Python: for labels never seen, for points of histograms and summaries. Numbers are scanned in columns."""

from __future__ import annotations

import struct
from typing import Any

from vedette.model.errors import BadInput
from vedette.wire.otlp.schema import BY_NUMBER, DEPTH_MAX, Field, Type
from vedette.wire.protobuf import Value, as_bytes, as_int64, as_text, read_fields, read_varints

Document = dict[str, Any]


def read_message(name: str, data: bytes, depth: int = 0) -> Document:
    """Fields that are there, by their JSON names; repeated ones are lists. Raises BadInput."""
    if depth > DEPTH_MAX:
        raise BadInput(f"proto: {name} is nested deeper than {DEPTH_MAX}")
    fields = BY_NUMBER[name]
    document: Document = {}
    for number, value in read_fields(data):
        if number not in fields:
            continue
        key, field = fields[number]
        if field.repeated:
            document.setdefault(key, []).extend(_read_repeated(field, value, depth))
        else:
            document[key] = _read_one(field, value, depth)
    return document


def _read_repeated(field: Field, value: Value, depth: int) -> list[Any]:
    """Numbers may be packed."""
    if field.type is Type.MESSAGE or isinstance(value, int):
        return [_read_one(field, value, depth)]
    if field.type is Type.UINT:
        return list(read_varints(value))
    if len(value) % 8:
        raise BadInput("unexpected EOF")
    return list(struct.unpack(f"<{len(value) // 8}{'d' if field.type is Type.DOUBLE else 'Q'}", value))


def _read_one(field: Field, value: Value, depth: int) -> Any:
    match field.type:
        case Type.MESSAGE:
            return read_message(field.message, as_bytes(value), depth + 1)
        case Type.TEXT:
            return as_text(value)
        case Type.BYTES | Type.HEX:
            return as_bytes(value)
        case _ if not isinstance(value, int):
            raise BadInput("proto: wrong wireType for a number")
        case Type.BOOL:
            return value != 0
        case Type.DOUBLE:
            return struct.unpack("<d", struct.pack("<Q", value))[0]
        case Type.INT | Type.SIGNED_FIXED:
            return as_int64(value)
        case Type.ZIGZAG:
            return (value >> 1) ^ -(value & 1)
        case _:
            return value
