"""One table from our errors to the statuses and words of the outside; each protocol's rim shapes them its own way.

`ErrorAnswer` is what every rim knows of an error: the HTTP status and the reference's `errorType`. Prometheus' JSON is
`{"status":"error","errorType":...,"error":...}`, with our `hint` where there is one; outside `/api` the text alone goes out, as the reference does it.
Source: prometheus web/api/v1/api.go (errorType, getDefaultErrorCode).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from vedette.api.answers import Answer, text_answer
from vedette.model import errors
from vedette.model.errors import VedetteError

CLIENT_CLOSED_REQUEST: Final = 499


@dataclass(frozen=True, slots=True)
class ErrorKind:
    status: int
    type: str


class AdminDisabled(VedetteError):
    """An endpoint that must be enabled by a flag first. The reference answers 500 here, not 503."""

    code = "unavailable"


_KINDS: Final[dict[type[VedetteError], ErrorKind]] = {
    errors.BodyTooLarge: ErrorKind(413, "bad_data"),
    errors.BadInput: ErrorKind(400, "bad_data"),
    errors.NotFound: ErrorKind(404, "not_found"),
    errors.Unauthenticated: ErrorKind(401, "unauthorized"),
    errors.Forbidden: ErrorKind(403, "forbidden"),
    errors.QueryFailed: ErrorKind(422, "execution"),
    errors.QueryTimeout: ErrorKind(503, "timeout"),
    errors.QueryCanceled: ErrorKind(CLIENT_CLOSED_REQUEST, "canceled"),
    errors.QueueFull: ErrorKind(503, "unavailable"),
    errors.StoreUnavailable: ErrorKind(503, "unavailable"),
    AdminDisabled: ErrorKind(500, "unavailable"),
}
_INTERNAL: Final = ErrorKind(500, "internal")


def kind_of(error: VedetteError) -> ErrorKind:
    for error_class in type(error).__mro__:
        if (kind := _KINDS.get(error_class)) is not None:
            return kind
    return _INTERNAL


def prometheus_error(error: VedetteError) -> Answer:
    kind = kind_of(error)
    envelope = {"status": "error", "errorType": kind.type, "error": error.placed}
    if error.hint:
        envelope["hint"] = error.hint
    return Answer(msgspec.json.encode(envelope), kind.status)


def text_error(error: VedetteError) -> Answer:
    return text_answer(f"{error}\n", kind_of(error).status)
