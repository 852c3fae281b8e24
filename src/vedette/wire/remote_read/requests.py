"""ReadRequest: which series, from when to when, and in which forms the answer may come.

Source: prometheus prompb/remote.proto, storage/remote/codec.go (messages included).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from vedette.model.errors import BadInput
from vedette.model.matchers import Matcher, MatchType
from vedette.wire.protobuf import (
    Value,
    as_bytes,
    as_int64,
    as_text,
    bytes_field,
    read_fields,
    read_varints,
    varint_field,
)

_TYPES: Final = (MatchType.EQUAL, MatchType.NOT_EQUAL, MatchType.REGEX, MatchType.NOT_REGEX)
"""By their number on the wire."""


class ResponseType(IntEnum):
    SAMPLES = 0
    STREAMED_XOR_CHUNKS = 1


@dataclass(frozen=True, slots=True)
class ReadQuery:
    """Inclusive bounds. Hints of the caller (its function, step, grouping) are not kept: they may not change the answer."""

    matchers: tuple[Matcher, ...]
    min_time_ms: int
    max_time_ms: int


@dataclass(frozen=True, slots=True)
class ReadRequest:
    queries: tuple[ReadQuery, ...]
    response_type: ResponseType = ResponseType.SAMPLES


def decode_request(message: bytes) -> ReadRequest:
    """Raises BadInput."""
    queries: list[ReadQuery] = []
    accepted: list[int] = []
    for number, value in read_fields(message):
        if number == 1:
            queries.append(_decode_query(as_bytes(value)))
        elif number == 2:
            accepted += _numbers(value)
    return ReadRequest(tuple(queries), _negotiate(accepted))


def _numbers(value: Value) -> list[int]:
    """A repeated enumeration, packed or not."""
    if isinstance(value, int):
        return [as_int64(value)]
    return [as_int64(number) for number in read_varints(value)]


def _negotiate(accepted: Sequence[int]) -> ResponseType:
    """The first that we know; without a list, samples."""
    known = [number for number in accepted if number in tuple(ResponseType)]
    if accepted and not known:
        raise BadInput(f"server does not support any of the requested response types: {list(accepted)}")
    return ResponseType(known[0]) if known else ResponseType.SAMPLES


def _decode_query(message: bytes) -> ReadQuery:
    bounds = {1: 0, 2: 0}
    matchers = []
    for number, value in read_fields(message):
        if number in bounds:
            bounds[number] = as_int64(value)
        elif number == 3:
            matchers.append(_decode_matcher(as_bytes(value)))
    return ReadQuery(tuple(matchers), bounds[1], bounds[2])


def _decode_matcher(message: bytes) -> Matcher:
    kind, texts = 0, {2: "", 3: ""}
    for number, value in read_fields(message):
        if number == 1:
            kind = as_int64(value)
        elif number in texts:
            texts[number] = as_text(value)
    if not 0 <= kind < len(_TYPES):
        raise BadInput("invalid matcher type")
    return Matcher(texts[2], _TYPES[kind], texts[3])


def encode_request(request: ReadRequest) -> bytes:
    queries = b"".join(bytes_field(1, _encode_query(query)) for query in request.queries)
    return queries + varint_field(2, request.response_type)


def _encode_query(query: ReadQuery) -> bytes:
    matchers = b"".join(
        bytes_field(
            3,
            varint_field(1, _TYPES.index(matcher.type))
            + bytes_field(2, matcher.name.encode())
            + bytes_field(3, matcher.value.encode()),
        )
        for matcher in query.matchers
    )
    return varint_field(1, query.min_time_ms) + varint_field(2, query.max_time_ms) + matchers
