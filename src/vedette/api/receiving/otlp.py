"""`/v1/metrics` and `/api/v1/otlp/v1/metrics`: OTLP/HTTP, protobuf and JSON; the answer is in the caller's encoding.

    200 all taken, or a part of it: `partial_success` has the number of refused points and why
    400 never send again   413 too large   415 no encoding of OTLP   503 send again
Errors are google.rpc.Status. Spec: opentelemetry.io/docs/specs/otlp, "OTLP/HTTP".
"""

from __future__ import annotations

from typing import Final

import msgspec

from vedette.api.answers import Answer
from vedette.api.errors import kind_of
from vedette.api.receiving.writing import take_in
from vedette.api.requests import Request
from vedette.api.routing import POST, Api, Route
from vedette.intake.bodies import inflate
from vedette.intake.receiving.admission import Receipt
from vedette.intake.receiving.otlp.receiver import OtlpReceiver
from vedette.model.errors import BadInput, VedetteError
from vedette.wire.protobuf import bytes_field, varint_field

PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"
PATHS: Final = ("/v1/metrics", "/api/v1/otlp/v1/metrics")

_CODES: Final = {400: 3, 401: 16, 403: 7, 413: 11, 415: 3, 499: 1, 503: 14}
"""google.rpc.Code by HTTP status; others are INTERNAL."""
_INTERNAL: Final = 13


class UnsupportedEncoding(BadInput):
    """The rim answers 415."""

    code = "unsupported_media_type"


def routes(receiver: OtlpReceiver) -> tuple[Route, ...]:
    async def export(api: Api, request: Request) -> Answer:
        media = request.header(b"content-type").partition(";")[0].strip().lower()
        try:
            return _answer(await _export(api, request, receiver, media), media == JSON)
        except UnsupportedEncoding as error:
            return _status(error, 415, media == JSON)
        except VedetteError as error:
            return _status(error, kind_of(error).status, media == JSON)

    return tuple(Route(POST, path, export) for path in PATHS)


async def _export(api: Api, request: Request, receiver: OtlpReceiver, media: str) -> Receipt:
    if media not in (PROTOBUF, JSON):
        raise UnsupportedEncoding(f"unsupported content type: {media}, supported: [{JSON}, {PROTOBUF}]")
    encoding = request.header(b"content-encoding").lower()
    if encoding not in ("", "identity", "gzip"):
        raise UnsupportedEncoding(f'unsupported compression: {encoding}. Only "gzip" or no compression supported')
    limits = api.services.receive_limits
    body = await request.body(limits.body_bytes_max)

    def work() -> Receipt:
        plain = bytes(inflate(body, encoding, limits.inflated_bytes_max))
        lookback_ms = api.services.query_limits.lookback_ms
        return receiver.receive(request.principal, plain, is_json=media == JSON, lookback_ms=lookback_ms)

    return await take_in(api, request, work)


def _answer(receipt: Receipt, as_json: bool) -> Answer:
    """An ExportMetricsServiceResponse."""
    refusals = receipt.refusals
    if as_json:
        partial = {"rejectedDataPoints": str(refusals.rows), "errorMessage": refusals.text()}
        return Answer(msgspec.json.encode({"partialSuccess": partial} if refusals else {}))
    body = b""
    if refusals:
        body = bytes_field(1, varint_field(1, refusals.rows) + bytes_field(2, refusals.text().encode()))
    return Answer(body, content_type=PROTOBUF.encode())


def _status(error: VedetteError, status: int, as_json: bool) -> Answer:
    code, words = _CODES.get(status, _INTERNAL), str(error)
    headers = ((b"retry-after", b"1"),) if status == 503 else ()
    if as_json:
        return Answer(msgspec.json.encode({"code": code, "message": words}), status, headers=headers)
    body = varint_field(1, code) + bytes_field(2, words.encode(errors="replace"))
    return Answer(body, status, PROTOBUF.encode(), headers)
