"""OTLP's JSON to its protobuf: one scanner then reads both.

Names may be camelCase or as in the .proto files, unknown ones are passed over; 64-bit numbers may be texts, doubles `NaN`
and `Infinity`; trace and span ids are hexadecimal, other bytes base64. Source: opentelemetry.io/docs/specs/otlp (JSON
Protobuf Encoding), protobuf's JSON mapping.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from typing import Any, Final

import msgspec

from vedette.model.errors import BadInput
from vedette.wire.otlp.schema import DEPTH_MAX, MESSAGES, Field, Type
from vedette.wire.protobuf import FIXED64, VARINT, bytes_field, varint

_TEMPORALITIES: Final = {
    "AGGREGATION_TEMPORALITY_UNSPECIFIED": 0,
    "AGGREGATION_TEMPORALITY_DELTA": 1,
    "AGGREGATION_TEMPORALITY_CUMULATIVE": 2,
}
_RANGES: Final = {
    Type.UINT: (0, 1 << 64),
    Type.FIXED: (0, 1 << 64),
    Type.INT: (-(1 << 63), 1 << 63),
    Type.SIGNED_FIXED: (-(1 << 63), 1 << 63),
    Type.ZIGZAG: (-(1 << 31), 1 << 31),
}
_WORDS: Final = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
_WHOLE: Final = re.compile(r"-?[0-9]{1,20}\Z")
_CAPITAL: Final = re.compile(r"_([a-z])")


def transcode(body: bytes, message: str = "Request") -> bytes:
    """Raises BadInput, naming the path of what is wrong."""
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadInput(f"invalid JSON: {error}") from None
    return _encode(message, document, "", 0)


def _encode(message: str, document: Any, path: str, depth: int) -> bytes:
    if not isinstance(document, dict):
        raise BadInput(f"{path or message}: expected an object, got {_kind_of(document)}")
    if depth > DEPTH_MAX:
        raise BadInput(f"{path}: nested deeper than {DEPTH_MAX}")
    fields = MESSAGES[message]
    parts = []
    for name, value in document.items():
        key = _CAPITAL.sub(lambda match: match[1].upper(), name)
        if key not in fields or value is None:
            continue
        parts.append(_encode_field(fields[key], value, f"{path}.{name}" if path else name, depth))
    return b"".join(parts)


def _encode_field(field: Field, value: Any, path: str, depth: int) -> bytes:
    if not field.repeated:
        return _encode_one(field, value, path, depth)
    if not isinstance(value, list):
        raise BadInput(f"{path}: expected an array, got {_kind_of(value)}")
    return b"".join(_encode_one(field, each, f"{path}[{i}]", depth) for i, each in enumerate(value))


def _encode_one(field: Field, value: Any, path: str, depth: int) -> bytes:
    if field.type is Type.MESSAGE:
        return bytes_field(field.number, _encode(field.message, value, path, depth + 1))
    if field.type in (Type.TEXT, Type.HEX, Type.BYTES):
        return bytes_field(field.number, _bytes_of(field.type, value, path))
    if field.type is Type.DOUBLE:
        return _tag(field, FIXED64) + struct.pack("<d", _double_of(value, path))
    number = _number_of(field.type, value, path)
    if field.type in (Type.FIXED, Type.SIGNED_FIXED):
        return _tag(field, FIXED64) + struct.pack("<Q", number & ((1 << 64) - 1))
    return _tag(field, VARINT) + varint(number << 1 ^ number >> 31 if field.type is Type.ZIGZAG else number)


def _kind_of(value: Any) -> str:
    """What JSON calls it."""
    return _JSON_KINDS[type(value)]


_JSON_KINDS: Final = {
    dict: "an object",
    list: "an array",
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}


def _tag(field: Field, wire: int) -> bytes:
    return varint(field.number << 3 | wire)


def _bytes_of(kind: Type, value: Any, path: str) -> bytes:
    if not isinstance(value, str):
        raise BadInput(f"{path}: expected a string, got {_kind_of(value)}")
    try:
        if kind is Type.TEXT:
            return value.encode()
        return bytes.fromhex(value) if kind is Type.HEX else base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error):
        raise BadInput(f"{path}: not {'hexadecimal' if kind is Type.HEX else 'valid'}: {value[:64]!r}") from None


def _double_of(value: Any, path: str) -> float:
    if isinstance(value, str):
        try:
            return _WORDS[value] if value in _WORDS else float(value)
        except ValueError:
            pass
    elif isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            pass
    raise BadInput(f"{path}: not a number: {str(value)[:64]!r}")


def _number_of(kind: Type, value: Any, path: str) -> int:
    if kind is Type.BOOL and isinstance(value, bool):
        return int(value)
    if kind is Type.TEMPORALITY:
        value = _TEMPORALITIES.get(value, value) if isinstance(value, str) else value
        kind = Type.UINT
    if (isinstance(value, str) and _WHOLE.match(value)) or (isinstance(value, float) and value.is_integer()):
        value = int(value)
    low, high = _RANGES.get(kind, (0, 2))
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value < high:
        raise BadInput(f"{path}: not a {kind.value}: {str(value)[:64]!r}")
    return value
