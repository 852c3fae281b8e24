"""`/write` (InfluxDB 1) and `/api/v2/write` (InfluxDB 2): line protocol, plain or gzip.

    204 all stored   400 a part or all of it is wrong   413 too large   503 send again
A database (`db`) or bucket becomes the label `db`; users, organisations and retention policies are not looked at: the gate decides
who may come. Errors have the shape of each version's API. `/ping`, which old clients ask first, answers 204.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from vedette.api.answers import Answer
from vedette.api.errors import kind_of
from vedette.api.receiving.writing import take_in
from vedette.api.requests import Request
from vedette.api.routing import GET, POST, Api, Route
from vedette.intake.bodies import inflate
from vedette.intake.receiving.admission import Receipt
from vedette.intake.receiving.line_protocol import LineReceiver
from vedette.model.errors import BadInput, VedetteError

V1: Final = "/write"
V2: Final = "/api/v2/write"
_CODES: Final = {400: "invalid", 413: "request too large", 503: "unavailable"}
Shape = Callable[[str, int], Answer]
"""(words, status) to an error of the caller's API version."""
_VERSION: Final = ((b"x-influxdb-version", b"1.8.10"),)


def routes(receiver: LineReceiver) -> tuple[Route, ...]:
    async def write_v1(api: Api, request: Request) -> Answer:
        return await _write(api, request, receiver, "db", _error_v1)

    async def write_v2(api: Api, request: Request) -> Answer:
        return await _write(api, request, receiver, "bucket", _error_v2)

    return (Route(POST, V1, write_v1), Route(POST, V2, write_v2), Route(GET, "/ping", _ping))


async def _ping(api: Api, request: Request) -> Answer:
    return Answer(status=204, headers=_VERSION)


async def _write(api: Api, request: Request, receiver: LineReceiver, database: str, shape: Shape) -> Answer:
    limits = api.services.receive_limits
    try:
        given = await request.parameters()
        encoding = request.header(b"content-encoding").lower()
        if encoding not in ("", "identity", "gzip"):
            raise BadInput(f"unsupported content encoding: {encoding}", hint="send gzip or plain text")
        body = await request.body(limits.body_bytes_max)

        def work() -> Receipt:
            plain = bytes(inflate(body, encoding, limits.inflated_bytes_max))
            return receiver.receive(
                request.principal, plain, precision=given.get("precision"), database=given.get(database)
            )

        receipt = await take_in(api, request, work)
    except VedetteError as error:
        return shape(str(error), kind_of(error).status)
    if not receipt.refusals:
        return Answer(status=204, headers=_VERSION)
    return shape(f"partial write: {receipt.refusals.text()} dropped={receipt.refusals.count}", 400)


def _error_v1(words: str, status: int) -> Answer:
    return Answer(msgspec.json.encode({"error": words}), status, headers=_VERSION)


def _error_v2(words: str, status: int) -> Answer:
    code = _CODES.get(status, "internal error")
    return Answer(msgspec.json.encode({"code": code, "message": words}), status, headers=_VERSION)
