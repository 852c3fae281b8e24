"""`POST /api/v1/write`: the rim of the remote-write receiver. Answers are plain text, as the reference's.

    204 all stored   400 a part or all of it is wrong, never send again   413 too large   415 no message we know
    503 send again: too many wait, or the disk refuses

Open without the reference's flag (DESIGN 6): the gate decides who may come. Source: client_golang exp/api/remote.
"""

from __future__ import annotations

from vedette.api.answers import TEXT, Answer, text_answer
from vedette.api.asgi import Headers
from vedette.api.errors import kind_of
from vedette.api.receiving.writing import take_in
from vedette.api.requests import Request
from vedette.api.routing import POST, Api, Route
from vedette.intake.receiving.admission import Receipt
from vedette.intake.receiving.remote_write import RemoteWriteReceiver
from vedette.model.errors import VedetteError
from vedette.wire.remote_write import UnsupportedMedia, message_of


def routes(receiver: RemoteWriteReceiver) -> tuple[Route, ...]:
    async def write(api: Api, request: Request) -> Answer:
        try:
            return await _write(api, request, receiver)
        except UnsupportedMedia as error:
            return _refuse(error, 415)
        except VedetteError as error:
            return _refuse(error, kind_of(error).status)

    return (Route(POST, "/api/v1/write", write),)


async def _write(api: Api, request: Request, receiver: RemoteWriteReceiver) -> Answer:
    message = message_of(request.header(b"content-type"), request.header(b"content-encoding"))
    block = await request.body(api.services.receive_limits.body_bytes_max)
    receipt = await take_in(api, request, lambda: receiver.receive(request.principal, block, message))
    if receipt.refusals:
        return Answer(f"{receipt.refusals.text()}\n".encode(), 400, TEXT, _written(receipt))
    return Answer(status=204, content_type=TEXT, headers=_written(receipt))


def _written(receipt: Receipt) -> Headers:
    counts = (
        (b"samples", receipt.samples),
        (b"histograms", receipt.histograms),
        (b"exemplars", receipt.exemplars),
    )
    return tuple((b"x-prometheus-remote-write-%b-written" % name, b"%d" % count) for name, count in counts)


def _refuse(error: VedetteError, status: int) -> Answer:
    return text_answer(f"{error}\n", status, _NOTHING_WRITTEN)


_NOTHING_WRITTEN: Headers = tuple(
    (b"x-prometheus-remote-write-%b-written" % name, b"0") for name in (b"samples", b"histograms", b"exemplars")
)
