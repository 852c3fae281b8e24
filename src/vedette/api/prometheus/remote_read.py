"""`POST /api/v1/read`: raw samples for another Prometheus, in one message or as a stream of XOR chunks, as it prefers.

A stream is read and encoded slice by slice of series, sorted by labels, while the first ones are already on their way; the
one message is bounded by `samples_max`. External labels are added to series that lack them, and a matcher that asks for
one of them is taken as "absent", because the stored series do not carry it. Errors are plain text, as the reference's.
Source: prometheus storage/remote/read_handler.go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from vedette.api.answers import TEXT, Answer, Buffer, Piece, text_answer
from vedette.api.requests import Request
from vedette.api.routing import Api, Route
from vedette.model.errors import BadInput, BodyTooLarge, QueryTooLarge
from vedette.model.limits import BulkReadLimits
from vedette.model.matchers import Matcher, MatchType
from vedette.ports.principal import Principal
from vedette.ports.scan import Deadline, ScanPlan
from vedette.ports.store import Slice, Store
from vedette.wire.protobuf import BYTES, varint
from vedette.wire.remote_read.answers import encode_chunks, encode_samples
from vedette.wire.remote_read.requests import ReadQuery, ReadRequest, ResponseType, decode_request
from vedette.wire.snappy import compress, decompress

_SAMPLES: Final = b"application/x-protobuf"
_CHUNKS: Final = b"application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse"
_RESULTS_TAG: Final = varint(1 << 3 | BYTES)
_POST: Final = frozenset({"POST"})


@dataclass(frozen=True, slots=True)
class _Read:
    """One request on its way to its answer."""

    store: Store
    principal: Principal
    external: Mapping[str, str]
    limits: BulkReadLimits
    series_max: int
    deadline: Deadline

    def slices(self, query: ReadQuery, *, by_labels: bool) -> Sequence[Slice]:
        if query.min_time_ms > query.max_time_ms:
            return ()
        matchers = without_external(query.matchers, self.external)
        bounds = query.min_time_ms, query.max_time_ms
        plan = ScanPlan(matchers, *bounds, samples_max=self.limits.samples_max, series_max=self.series_max)
        return self.store.slices(self.principal, plan, self.deadline, by_labels=by_labels)

    @property
    def added(self) -> list[tuple[str, str]]:
        return sorted(self.external.items())


async def read(api: Api, request: Request) -> Answer:
    limits = api.services.bulk_limits
    try:
        body = await request.body(limits.request_bytes_max)
        asked = decode_request(decompress(body, limits.request_bytes_max))
    except (BadInput, BodyTooLarge) as error:
        return text_answer(f"{error.message}\n", 400)
    render = _render_chunks if asked.response_type is ResponseType.STREAMED_XOR_CHUNKS else _render_samples

    async def make(deadline: Deadline) -> Answer:
        external = api.services.config().external_labels
        series_max = api.services.query_limits.series_max
        asking = _Read(api.services.store, request.principal, external, limits, series_max, deadline)
        return await api.queries.run(request, deadline, partial(render, asking, asked))

    try:
        return await api.bulk.take_turn(make)
    except (BadInput, QueryTooLarge) as error:
        return Answer(f"{error.message}\n".encode(), 400, TEXT)


def without_external(matchers: Sequence[Matcher], external: Mapping[str, str]) -> tuple[Matcher, ...]:
    """`name=value` of an external label becomes `name=""`: what we store does not carry it."""
    return tuple(
        Matcher(one.name, MatchType.EQUAL, "")
        if one.type is MatchType.EQUAL and external.get(one.name, "") == one.value
        else one
        for one in matchers
    )


def _render_samples(asking: _Read, asked: ReadRequest) -> Answer:
    results = [_result(asking, query) for query in asked.queries]
    return Answer(compress(b"".join(results)), 200, _SAMPLES, ((b"content-encoding", b"snappy"),))


def _result(asking: _Read, query: ReadQuery) -> bytes:
    """One QueryResult under its tag."""
    parts: list[Buffer] = []
    n_samples, samples_max = 0, asking.limits.samples_max
    for read_slice in asking.slices(query, by_labels=False):
        columns = read_slice()
        n_samples += columns.n_samples
        if n_samples > samples_max:
            raise BadInput(f"exceeded sample limit ({samples_max})")
        parts.append(encode_samples(columns, asking.added))
    return b"".join((_RESULTS_TAG, varint(sum(map(len, parts))), *parts))


def _render_chunks(asking: _Read, asked: ReadRequest) -> Answer:
    pieces: list[Piece] = []
    for number, query in enumerate(asked.queries):
        slices = asking.slices(query, by_labels=True)
        pieces += [partial(_encode_slice, asking, number, one) for one in slices]
    return Answer(pieces, 200, _CHUNKS)


def _encode_slice(asking: _Read, query: int, read_slice: Slice) -> Buffer:
    return encode_chunks(read_slice(), asking.added, query, asking.limits.frame_bytes_max)


ROUTES: Final = (Route(_POST, "/api/v1/read", read),)
