"""Shapes that all operations share. Errors are JSON strings, or objects with a code where the reference's schema check refuses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import msgspec

from vedette.api.answers import Answer
from vedette.api.asgi import Headers
from vedette.api.errors import kind_of
from vedette.api.requests import Request
from vedette.api.routing import Api, Endpoint
from vedette.model.errors import BadInput, VedetteError
from vedette.model.quoting import quote

NO_STORE: Final[Headers] = ((b"cache-control", b"no-store"),)


class SchemaError(BadInput):
    """What the reference's generated code refuses before its handlers see it; `number` is its code."""

    def __init__(self, message: str, *, status: int = 422, number: int = 602) -> None:
        super().__init__(message)
        self.status = status
        self.number = number


def unreadable(what: str, reason: str) -> SchemaError:
    return SchemaError(f'parsing {what} body from "" failed, because {reason}', status=400, number=400)


def check_media_type(request: Request) -> None:
    """Raises SchemaError for a body that does not say that it is JSON."""
    given = request.header(b"content-type") or "application/x-www-form-urlencoded"
    if given.partition(";")[0].strip().lower() != "application/json":
        message = f"unsupported media type {quote(given)}, only [application/json] are allowed"
        raise SchemaError(message, status=415, number=415)


def answer(value: Any, status: int = 200) -> Answer:
    return Answer(msgspec.json.encode(value) + b"\n", status, headers=NO_STORE)


def empty(status: int = 200) -> Answer:
    return Answer(status=status, headers=NO_STORE)


def guarded(endpoint: Callable[[Request], Awaitable[Answer]]) -> Endpoint:
    """An endpoint whose errors are answered in this API's shape."""

    async def guarded_endpoint(api: Api, request: Request) -> Answer:
        try:
            return await endpoint(request)
        except SchemaError as error:
            return answer({"code": error.number, "message": error.message}, error.status)
        except VedetteError as error:
            return answer(error.message, kind_of(error).status)

    return guarded_endpoint


def format_time(time_ms: int) -> str:
    """RFC 3339 with milliseconds, in UTC."""
    text = datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return f"{text[:-6]}Z"


@lru_cache(maxsize=4096)
def parse_time_ms(text: str) -> int:
    """0 for no text and for Go's zero time. Raises ValueError. Remembered: alerts of a rule share their times."""
    if not text:
        return 0
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if moment.year == 1:
        return 0
    return int(moment.timestamp() * 1000 + _HALF_A_MICROSECOND_MS)


_HALF_A_MICROSECOND_MS: Final = 0.0005
"""Seconds in binary fall a hair short of their decimal milliseconds."""
