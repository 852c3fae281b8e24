"""`POST /api/v1/read`: both kinds of answers, external labels, tenants, limits and refusals."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.api.outside import Caller, caller, put
from tests.unit.wire.test_remote_read import read_all
from vedette.api.services import ConfigView
from vedette.model.labels import Labels
from vedette.model.limits import BulkReadLimits
from vedette.model.matchers import Matcher, MatchType
from vedette.store.memory import MemoryStore
from vedette.wire.protobuf import as_bytes, as_int64, read_fields
from vedette.wire.remote_read.requests import ReadQuery, ReadRequest, ResponseType, encode_request
from vedette.wire.snappy import compress, decompress

UP = Matcher("__name__", MatchType.EQUAL, "up")
POINTS = [(1000 * i, float(i)) for i in range(300)]
CHUNKS = ResponseType.STREAMED_XOR_CHUNKS


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore(windows=False)
    put(store, {"__name__=up,job=b": POINTS, "__name__=up,job=a": POINTS[:10], "__name__=down,job=a": POINTS})
    put(store, {"__name__=up,job=c": POINTS}, tenant="other")
    return store


def ask(to: Caller, *queries: ReadQuery, kind: ResponseType = ResponseType.SAMPLES, **headers: str) -> Any:
    body = compress(encode_request(ReadRequest(queries, kind)))
    return to.send("POST", "/api/v1/read", (), body, {"content-type": "application/x-protobuf", **headers})


def counts_of(message: bytes) -> list[dict[str, int]]:
    """Number of samples by job, for each result."""
    results = []
    for _, result in read_fields(message):
        counts = {}
        for _, series in read_fields(as_bytes(result)):
            fields = list(read_fields(as_bytes(series)))
            pairs = [dict(read_fields(as_bytes(value))) for number, value in fields if number == 1]
            labels = {as_bytes(pair[1]).decode(): as_bytes(pair[2]).decode() for pair in pairs}
            counts[labels["job"]] = sum(number == 2 for number, _ in fields)
        results.append(counts)
    return results


def test_samples_come_in_one_message_with_a_result_for_each_query(store):
    reply = ask(
        caller(store=store), ReadQuery((UP,), 0, 4000), ReadQuery((UP,), 4000, 0), ReadQuery((UP,), 9_000, 10**9)
    )
    assert (reply.status, reply.headers["content-type"]) == (200, "application/x-protobuf")
    assert reply.headers["content-encoding"] == "snappy"
    assert counts_of(decompress(reply.body, 1 << 20)) == [{"a": 5, "b": 5}, {}, {"a": 1, "b": 291}]


def test_chunks_come_as_a_stream_sorted_by_labels(store):
    reply = ask(caller(store=store), ReadQuery((UP,), 0, 10**9), kind=CHUNKS)
    assert reply.headers["content-type"] == "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse"
    assert "content-encoding" not in reply.headers
    found = read_all(reply.body, 1 << 20)
    assert [labels.get("job") for labels in found] == ["a", "b"]
    assert [time for time, _ in found[Labels.of(__name__="up", job="b")]] == [time for time, _ in POINTS]


def test_external_labels_are_added_and_a_matcher_of_one_means_absent(store):
    config = ConfigView("", {"replica": "r1", "job": "never"})
    asked = ReadQuery((UP, Matcher("replica", MatchType.EQUAL, "r1")), 0, 10**9)
    found = read_all(ask(caller(store=store, config=lambda: config), asked, kind=CHUNKS).body, 1 << 20)
    assert set(found) == {Labels.of(__name__="up", job=job, replica="r1") for job in "ab"}
    other = ReadQuery((UP, Matcher("replica", MatchType.EQUAL, "r2")), 0, 10**9)
    assert ask(caller(store=store, config=lambda: config), other, kind=CHUNKS).body == b""


def test_a_tenant_reads_its_own_series(store):
    reply = ask(caller(store=store), ReadQuery((UP,), 0, 10**9), x_scope_orgid="other")
    assert counts_of(decompress(reply.body, 1 << 20)) == [{"c": 300}]


def test_more_samples_than_the_limit_are_refused_in_one_message_and_streamed(store):
    to = caller(store=store, bulk_limits=BulkReadLimits(samples_max=309))
    reply = ask(to, ReadQuery((UP,), 0, 10**9))
    assert (reply.status, reply.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert (
        ask(caller(store=store, bulk_limits=BulkReadLimits(samples_max=310)), ReadQuery((UP,), 0, 10**9)).status == 200
    )


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "snappy: corrupt input"),
        (compress(b"\x0a\x05ab"), "unexpected EOF"),
        (compress(b"\x10\x07"), "server does not support any of the requested response types: [7]"),
        (compress(b"\x0a\x04\x1a\x02\x08\x09"), "invalid matcher type"),
        (b"\xff\xff\xff\xff\x0f", "exceeds limit"),
    ],
)
def test_a_bad_request_is_refused_in_plain_text(store, body, text):
    reply = caller(store=store).send("POST", "/api/v1/read", (), body, {})
    assert reply.status == 400
    assert text in reply.text


def test_it_takes_post_only(store):
    assert caller(store=store).get("/api/v1/read").status == 405


def test_turns_are_given_back(store):
    to = caller(store=store, bulk_limits=BulkReadLimits(answers_max=1))
    for _ in range(3):
        assert ask(to, ReadQuery((UP,), 0, 0), kind=CHUNKS).status == 200
        assert ask(to, ReadQuery((UP,), 0, 0), kind=ResponseType.SAMPLES).status == 200


def test_times_below_zero_are_read(store):
    put(store, {"__name__=old,job=a": [(-5000, 1.0), (5000, 2.0)]})
    reply = ask(caller(store=store), ReadQuery((Matcher("__name__", MatchType.EQUAL, "old"),), -(1 << 62), 0))
    (result,) = read_fields(decompress(reply.body, 1 << 20))
    (series,) = read_fields(as_bytes(result[1]))
    sample = next(value for number, value in read_fields(as_bytes(series[1])) if number == 2)
    assert as_int64(dict(read_fields(as_bytes(sample)))[2]) == -5000
