"""Which message a request carries, by its headers. Source of the words: client_golang exp/api/remote, ParseProtoMsg."""

from __future__ import annotations

from enum import Enum
from typing import Final

from vedette.model.errors import BadInput

MEDIA_TYPE: Final = "application/x-protobuf"
ENCODING: Final = "snappy"


class Message(Enum):
    V1 = "prometheus.WriteRequest"
    V2 = "io.prometheus.write.v2.Request"


class UnsupportedMedia(BadInput):
    """The rim answers 415."""

    code = "unsupported_media_type"


def message_of(content_type: str, content_encoding: str) -> Message:
    """Raises UnsupportedMedia. Without a type, and without its parameter `proto`, it is 1.0."""
    if content_encoding not in ("", ENCODING):
        raise UnsupportedMedia(
            f"{content_encoding} encoding (compression) is not accepted by this server; only {ENCODING} is acceptable"
        )
    content_type = content_type.strip() or MEDIA_TYPE
    media, *parameters = content_type.split(";")
    if media.strip().lower() != MEDIA_TYPE:
        raise UnsupportedMedia(f"expected {MEDIA_TYPE} as the first (media) part, got {content_type} content-type")
    for parameter in parameters:
        name, equals, value = parameter.strip().partition("=")
        if not equals or "=" in value:
            raise UnsupportedMedia(
                "as per https://www.rfc-editor.org/rfc/rfc9110#parameter expected parameters to be key-values, "
                f"got {parameter} in {content_type} content-type"
            )
        if name == "proto":
            return _message_named(value.strip('"'), content_type)
    return Message.V1


def _message_named(name: str, content_type: str) -> Message:
    try:
        return Message(name)
    except ValueError:
        raise UnsupportedMedia(
            f"got {content_type} content type; unknown type for remote write protobuf message {name}, "
            f"supported: {', '.join(message.value for message in Message)}"
        ) from None
