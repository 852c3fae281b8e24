from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from tests import write_requests as rw
from tests.unit.api.outside import NOW_MS, Caller, Reply, StoppedClock, principal_of, services
from vedette.api.app import build_app
from vedette.app.doors import Doors
from vedette.intake.receiving.series_refs import UNKNOWN, SeriesRefs
from vedette.model.limits import ReceiveLimits
from vedette.model.matchers import Matcher, MatchType
from vedette.ports.scan import Deadline, ScanPlan
from vedette.store.memory import MemoryStore


class Outside:
    def __init__(self, limits: ReceiveLimits = ReceiveLimits()) -> None:
        self.store = MemoryStore(clock=StoppedClock())
        doors = Doors(self.store, StoppedClock(), Path(os.devnull), limits)
        everything = services(store=self.store, receive_limits=limits)
        self.caller = Caller(build_app(everything, doors=doors.routes()))

    def write(self, body: bytes, content_type: str = rw.V1_TYPE, **headers: str) -> Reply:
        sent = {"content-type": content_type, "content-encoding": "snappy", **headers}
        return self.caller.send("POST", "/api/v1/write", "", rw.snappy(body), sent)

    def samples(self, name: str, tenant: str = "anonymous") -> list[tuple[int, float]]:
        plan = ScanPlan((Matcher("__name__", MatchType.EQUAL, name),), 0, NOW_MS * 2, 1_000)
        found = self.store.select(principal_of(tenant), plan, Deadline(10))
        return list(zip(found.times_ms.tolist(), found.values.tolist(), strict=True))


def series(name: str, *samples: rw.Sample) -> rw.Series:
    return rw.Series.of({"__name__": name, "job": "a"}, *samples)


VERSIONS = [(rw.V1_TYPE, rw.request_v1), (rw.V2_TYPE, rw.request_v2)]


@pytest.mark.parametrize(("content_type", "encode"), VERSIONS)
def test_samples_are_stored_and_counted(content_type, encode) -> None:  # type: ignore[no-untyped-def]
    outside = Outside()
    for k in range(2):
        reply = outside.write(encode([series("m", (NOW_MS + k, 1.5), (NOW_MS + 10 + k, 2.5))]), content_type)
        assert reply.status == 204, reply.text
        assert reply.headers["x-prometheus-remote-write-samples-written"] == "2"
    assert outside.samples("m") == [(NOW_MS, 1.5), (NOW_MS + 1, 1.5), (NOW_MS + 10, 2.5), (NOW_MS + 11, 2.5)]


@pytest.mark.parametrize(("content_type", "encode"), VERSIONS)
def test_good_samples_are_stored_beside_bad_ones(content_type, encode) -> None:  # type: ignore[no-untyped-def]
    outside = Outside()
    old, ahead = NOW_MS - 9_000_000, NOW_MS + 700_000
    outside.write(encode([series("m", (NOW_MS, 1.0))]), content_type)
    body = [
        rw.Series.of({"job": "nameless"}, (NOW_MS, 1.0)),
        series("m", (old, 1.0), (NOW_MS, 2.0), (NOW_MS + 1, 3.0), (ahead, 4.0)),
    ]
    reply = outside.write(encode(body), content_type)
    assert reply.status == 400
    name = '{__name__="m", job="a"}'
    assert reply.text.splitlines() == [
        'invalid metric name or labels, got {job="nameless"}',
        f"too old sample for series {name}",
        f"duplicate sample for timestamp {NOW_MS}; overrides not allowed for series {name}",
        f"out of bounds: timestamp is too far in the future for series {name}",
    ]
    assert reply.headers["x-prometheus-remote-write-samples-written"] == "1"
    assert outside.samples("m") == [(NOW_MS, 1.0), (NOW_MS + 1, 3.0)]


def test_a_request_that_is_sent_again_changes_nothing() -> None:
    outside = Outside()
    body = rw.request_v1([series("m", (NOW_MS, 1.0), (NOW_MS + 1, 2.0))])
    assert [outside.write(body).status for _ in range(3)] == [204, 204, 204]
    assert len(outside.samples("m")) == 2


def test_a_series_of_the_second_version_needs_data() -> None:
    reply = Outside().write(rw.request_v2([series("m")]), rw.V2_TYPE)
    assert reply.status == 400
    assert "TimeSeries must contain at least one sample or histogram for series" in reply.text


def test_each_tenant_has_its_own_series() -> None:
    outside = Outside()
    body = rw.request_v1([series("m", (NOW_MS, 1.0))])
    assert outside.write(body).status == outside.write(body, **{"x-scope-orgid": "other"}).status == 204
    assert outside.samples("m") == outside.samples("m", "other") == [(NOW_MS, 1.0)]


def test_metadata_of_both_versions_is_kept() -> None:
    outside = Outside()
    metadata = rw.message(3, rw.integer(1, 1) + rw.message(2, b"m") + rw.message(4, b"Help.") + rw.message(5, b"bytes"))
    outside.write(rw.request_v1([series("m", (NOW_MS, 1.0))], metadata))
    symbols = rw.Symbols()
    extra = rw.message(5, rw.integer(1, 2) + rw.integer(3, symbols.ref("Other.")))
    outside.write(rw.request_v2([rw.Series.of({"__name__": "g"}, (NOW_MS, 1.0))]), rw.V2_TYPE)
    outside.write(rw.request_v2([rw.Series.of({"__name__": "g"}, (NOW_MS, 1.0), extra=extra)], symbols), rw.V2_TYPE)
    found = outside.caller.get("/api/v1/metadata").json["data"]
    assert found == {
        "m": [{"type": "counter", "help": "Help.", "unit": "bytes"}],
        "g": [{"type": "gauge", "help": "Other.", "unit": ""}],
    }


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", {}, 400),
        (b"\xff\xff", {}, 400),
        (rw.snappy(b"\x0a\xff\xff"), {}, 400),
        (rw.snappy(b"\x0a\x00" * 300), {}, 413),
        (rw.snappy(bytes(5000)), {}, 413),
        (b"x" * 4000, {}, 413),
        (b"", {"content-type": "text/plain"}, 415),
        (b"", {"content-encoding": "gzip"}, 415),
    ],
)
def test_what_cannot_be_taken_is_refused_as_a_whole(body: bytes, headers: dict[str, str], status: int) -> None:
    limits = ReceiveLimits(body_bytes_max=3000, inflated_bytes_max=4000, series_max=200)
    reply = Outside(limits).caller.send("POST", "/api/v1/write", "", body, headers)
    assert reply.status == status, reply.text
    assert reply.headers["x-prometheus-remote-write-samples-written"] == "0"


def test_many_refusals_are_counted_not_listed() -> None:
    limits = ReceiveLimits(errors_shown_max=3)
    nameless = [rw.Series.of({"job": str(k)}, (NOW_MS, 1.0)) for k in range(10)]
    lines = Outside(limits).write(rw.request_v1(nameless)).text.splitlines()
    assert len(lines) == 4 and lines[-1] == "and 7 more"


def test_keys_not_seen_for_long_are_forgotten_when_the_table_is_full() -> None:
    clock = StoppedClock()
    refs = SeriesRefs(100, clock)
    first, second = np.arange(1, 61, dtype=np.uint64), np.arange(101, 161, dtype=np.uint64)
    for keys in (first, second):
        assert (refs.find("t", keys) == UNKNOWN).all()
        refs.learn("t", keys, keys.astype(np.int64))
        assert refs.find("t", keys).tolist() == keys.tolist()
        clock.now += 3_600_000
    assert (refs.find("u", second) == UNKNOWN).all()
    assert refs.find("t", second).tolist() == second.tolist()
    assert (refs.find("t", first) == UNKNOWN).all()


def test_histograms_and_exemplars_are_stored_and_counted() -> None:
    outside = Outside()
    symbols = rw.Symbols()
    spans = rw.message(11, rw.integer(2, 2))
    body = rw.integer(1, 3) + rw.double(3, 9.5) + spans + rw.packed(12, map(rw.zigzag, (1, 1))) + rw.integer(15, NOW_MS)
    wrong = rw.integer(1, 9) + spans + rw.packed(12, map(rw.zigzag, (1, 1))) + rw.integer(15, NOW_MS + 1)
    exemplar = rw.message(4, symbols.refs([("trace_id", "x")]) + rw.double(2, 1.5) + rw.integer(3, NOW_MS))
    one = rw.Series.of({"__name__": "h"}, extra=rw.message(3, body) + rw.message(3, wrong) + exemplar)
    reply = outside.write(rw.request_v2([one], symbols), rw.V2_TYPE)
    assert reply.status == 400
    assert reply.text == (
        "histogram's observation count should equal the number of observations found in the buckets (in absence of NaN) "
        'for series {__name__="h"}\n'
    )
    written = {
        kind: reply.headers[f"x-prometheus-remote-write-{kind}-written"]
        for kind in ("samples", "histograms", "exemplars")
    }
    assert written == {"samples": "0", "histograms": "1", "exemplars": "1"}
    plan = ScanPlan((Matcher("__name__", MatchType.EQUAL, "h"),), 0, NOW_MS * 2, 1_000)
    found = outside.store.select(principal_of(), plan, Deadline(10))
    assert found.histograms is not None
    assert found.histograms.table.at(int(found.histograms.rows[0])).positive == {0: 1.0, 1: 2.0}
    [exemplars] = outside.store.exemplars(principal_of(), [()], 0, NOW_MS * 2)
    assert str(exemplars.labels[0]) == '{trace_id="x"}'
