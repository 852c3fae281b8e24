"""Raw samples of a program over remote read, exact to the bit, stale markers included: ours and the reference are asked alike."""

from __future__ import annotations

from typing import Final

import numpy as np

from tests.asking import Service
from vedette.model.labels import Labels
from vedette.model.matchers import Matcher
from vedette.wire.protobuf import as_bytes, as_int64, read_fields
from vedette.wire.remote_read.frames import FrameReader, decode_frame
from vedette.wire.remote_read.requests import ReadQuery, ReadRequest, ResponseType, encode_request
from vedette.wire.snappy import compress, decompress

Rows = dict[Labels, list[tuple[int, int]]]
"""By series: (time in ms, bits of the value)."""

_HEADERS: Final = {
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Read-Version": "0.1.0",
}
_ANSWER_BYTES_MAX: Final = 1 << 30


def read_samples(service: Service, matchers: tuple[Matcher, ...], min_time_ms: int, max_time_ms: int) -> Rows:
    """In one message."""
    answer = ask(service, ReadQuery(matchers, min_time_ms, max_time_ms), ResponseType.SAMPLES)
    rows: Rows = {}
    for _, result in read_fields(decompress(answer, _ANSWER_BYTES_MAX)):
        for _, series in read_fields(as_bytes(result)):
            pairs, found = [], []
            for number, value in read_fields(as_bytes(series)):
                fields = dict(read_fields(as_bytes(value)))
                if number == 1:
                    pairs.append((as_bytes(fields[1]).decode(), as_bytes(fields[2]).decode()))
                else:
                    found.append((as_int64(fields[2]), as_int64(fields.get(1, 0))))
            rows[Labels(pairs)] = found
    return rows


def read_chunks(service: Service, matchers: tuple[Matcher, ...], min_time_ms: int, max_time_ms: int) -> Rows:
    """As a stream."""
    return decode_stream(ask(service, ReadQuery(matchers, min_time_ms, max_time_ms), ResponseType.STREAMED_XOR_CHUNKS))


def decode_stream(answer: bytes) -> Rows:
    rows: Rows = {}
    reader = FrameReader()
    for payload in reader.feed(answer):
        for part in decode_frame(payload):
            found = zip(part.times_ms.tolist(), part.values.view(np.int64).tolist(), strict=True)
            rows.setdefault(part.labels(), []).extend(found)
    reader.end()
    return rows


def ask(service: Service, query: ReadQuery, kind: ResponseType) -> bytes:
    body = compress(encode_request(ReadRequest((query,), kind)))
    status, answer = service.get("/api/v1/read", _HEADERS, method="POST", body=body)
    assert status == 200, answer[:500]
    return answer


def difference(expected: Rows, found: Rows) -> str:
    """In words; empty where both are the same."""
    missing = sum(len(set(rows) - set(found.get(labels, ()))) for labels, rows in expected.items())
    extra = {labels: sorted(set(rows) - set(expected.get(labels, ()))) for labels, rows in found.items()}
    example = next((f", such as {labels} {rows[0]}" for labels, rows in extra.items() if rows), "")
    n_extra = sum(map(len, extra.values()))
    if not missing and not n_extra:
        return "" if found == expected else "the order differs"
    return f"{missing} samples of {sum(map(len, expected.values()))} missing, {n_extra} too many{example}"
