"""Hostile input at the doors through which samples are pushed: each request costs a precise answer, and its good rows are kept.

Remote write 1.0 and 2.0, OTLP, line protocol, Pushgateway, import; and queries that want more than they may have. Every case
says which answers are right and which words must be in them; a 500, or words that are missing, is a failure.
"""

from __future__ import annotations

import json
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

from tests import write_requests as rw
from tests.remote_writing import encode_histogram
from tests.server import Vedette
from vedette.model.histograms import NativeHistogram

CASE_S_MAX: Final = 30.0
MANY: Final = 1_000_000
_YEAR_MS: Final = 365 * 86_400_000
_SNAPPY: Final = {"Content-Encoding": "snappy"}
_V1: Final = {**_SNAPPY, "Content-Type": rw.V1_TYPE}
_V2: Final = {**_SNAPPY, "Content-Type": rw.V2_TYPE}
_JSON: Final = {"Content-Type": "application/json"}
_PROTOBUF: Final = {"Content-Type": "application/x-protobuf"}
_REFUSED: Final = (400, 413)
_OTLP: Final = "/api/v1/otlp/v1/metrics"


@dataclass(frozen=True, slots=True)
class Case:
    """`stored`: a metric that must be there afterwards, because its sample was good."""

    name: str
    path: str
    body: bytes
    statuses: tuple[int, ...]
    words: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    stored: str = ""
    may_close: bool = False
    """Too much to be read to its end: the connection may be closed before the answer is read."""


def attack_doors(server: Vedette) -> Iterator[tuple[str, str]]:
    now_ms = int(time.time() * 1000)
    for case in chain(written(now_ms), exported(now_ms), lines(), pushed(), imported(), asked()):
        yield case.name, problem_of(server, case)


def problem_of(server: Vedette, case: Case) -> str:
    started = time.monotonic()
    try:
        status, answer = server.get(case.path, case.headers, 60.0, method=case.method, body=case.body)
    except OSError as error:
        return "" if case.may_close else f"no answer: {error}"
    took_s = time.monotonic() - started
    if status not in case.statuses or case.words.encode() not in answer:
        return f"status {status}: {answer[:300]!r}"
    if case.stored and not server.api("query", query=f"last_over_time({case.stored}[10m])")["result"]:
        return f"{case.stored} was not stored"
    return "" if took_s < CASE_S_MAX else f"took {took_s:.0f} s"


def written(now_ms: int) -> Iterator[Case]:
    """Every fault beside a good sample, in both versions."""
    for version, encode, headers in (("1", rw.request_v1, _V1), ("2", rw.request_v2, _V2)):
        for what, series, words in faulty_series(now_ms):
            good = f"good_{what.replace(' ', '_')}_{version}"
            request = rw.snappy(encode([rw.Series.of({"__name__": good}, (now_ms, 1.0)), series]))
            statuses = (400,) if words else (204,)
            yield Case(
                f"remote write {version}: {what}", "/api/v1/write", request, statuses, words, headers, stored=good
            )
        body = encode([rw.Series.of({"__name__": "m", "a": "b" * 100}, (now_ms, 1.0))])
        for what, block in broken_blocks(body).items():
            yield Case(f"remote write {version}: {what}", "/api/v1/write", block, (400, 413), headers=headers)
    yield many_symbols(now_ms)
    yield from mixed_histograms(now_ms)


def faulty_series(now_ms: int) -> Iterator[tuple[str, rw.Series, str]]:
    """What is wrong, the series, and the words for it; no words: it is taken."""
    sample = [(now_ms, 1.0)]
    name = ("__name__", "faulty")
    yield "unsorted labels", rw.Series([("z", "1"), name, ("a", "2")], sample), ""
    yield "duplicate labels", rw.Series([name, ("a", "1"), ("a", "2")], sample), "duplicated label a"
    yield "no name", rw.Series([("a", "1")], sample), "invalid metric name or labels"
    yield "empty label name", rw.Series([name, ("", "1")], sample), "invalid metric name or labels"
    yield "a day ahead", rw.Series([name], [(now_ms + 86_400_000, 1.0)]), "too far in the future"
    yield "ten years ago", rw.Series([name], [(now_ms - 10 * _YEAR_MS, 1.0)]), "too old sample"
    yield "the end of time", rw.Series([name], [((1 << 63) - 1, 1.0)]), "too far in the future"


def broken_blocks(body: bytes) -> dict[str, bytes]:
    block = rw.snappy(body)
    return {
        "cut body": block[: len(block) // 2],
        "cut message": rw.snappy(body[:-3]),
        "no snappy": body,
        "snappy says less": rw.varint(len(body) - 1) + block[len(rw.varint(len(body))) :],
        "snappy says a terabyte": rw.varint(1 << 40) + block[len(rw.varint(len(body))) :],
        "nothing": b"",
        "a length without an end": b"\xff" * 10,
    }


def many_symbols(now_ms: int) -> Case:
    """A million strings that nobody uses: about 10 MB, and no object for each."""
    symbols = b"".join(rw.message(4, b"%07d" % number) for number in range(MANY))
    series = rw.message(5, rw.packed(1, [MANY + 1, MANY + 2]) + rw.sample(now_ms, 1.0))
    body = rw.message(4, b"") + symbols + rw.message(4, b"__name__") + rw.message(4, b"after_many") + series
    return Case("remote write 2: a million symbols", "/api/v1/write", rw.snappy(body), (204, 400, 413), headers=_V2)


def mixed_histograms(now_ms: int) -> Iterator[Case]:
    """A sound one, and one whose spans name more buckets than it has, in one series with a float."""
    sound = encode_histogram(NativeHistogram(0, 2.0, 1.0, positive={1: 2.0}), now_ms)
    spans = rw.message(11, rw.integer(1, 0) + rw.integer(2, 1_000_000_000))
    torn = rw.double(2, 1.0) + spans + rw.integer(15, now_ms + 1)
    few = encode_histogram(NativeHistogram(0, 5.0, 1.0, positive={1: 2.0}), now_ms + 2)
    for version, encode, headers, number in (("1", rw.request_v1, _V1, 4), ("2", rw.request_v2, _V2, 3)):
        extra = b"".join(rw.message(number, one) for one in (sound, torn, few))
        series = rw.Series.of({"__name__": f"mixed_{version}"}, (now_ms - 5, 1.0), extra=extra)
        for words in ("different number of buckets than provided", "should equal the number of observations"):
            body = rw.snappy(encode([series]))
            name = f"remote write {version}: mixed histograms, {words.split()[0]}"
            yield Case(name, "/api/v1/write", body, (400,), words, headers, stored=f"mixed_{version}")


def exported(now_ms: int) -> Iterator[Case]:
    nanos = str(now_ms * 1_000_000)
    exemplar = {"timeUnixNano": nanos, "asDouble": 1, "traceId": "no hex", "spanId": "12"}
    for name, document, statuses in (
        ("wrong hex", gauge(nanos, asDouble=1, exemplars=[exemplar]), (200, 400)),
        ("a time of 30 digits", gauge("9" * 30, asDouble=1), (400,)),
        ("a number of 400 digits", gauge(nanos, asInt="9" * 400), (200, 400)),
        ("a number that is none", gauge(nanos, asInt="many"), (400,)),
        ("another type", {"resourceMetrics": 5}, (400,)),
        ("nothing", {}, (200,)),
        ("empty batches", {"resourceMetrics": [{}, {"scopeMetrics": [{}, {"metrics": [{}]}]}]}, (200,)),
    ):
        yield Case(f"otlp json: {name}", _OTLP, json.dumps(document).encode(), statuses, headers=_JSON)
    yield Case("otlp json: cut", _OTLP, json.dumps(gauge(nanos, asDouble=1)).encode()[:-4], (400,), headers=_JSON)
    yield Case("otlp json: deep", _OTLP, b'{"resourceMetrics":' + b"[" * 100_000, (400,), headers=_JSON)
    yield Case("otlp protobuf: noise", _OTLP, b"\x0a\xff\xff\xff\x0f" + b"x" * 50, (400,), headers=_PROTOBUF)
    yield Case("otlp protobuf: nothing", _OTLP, b"", (200,), headers=_PROTOBUF)


def gauge(nanos: str, **point: Any) -> dict[str, Any]:
    metric = {"name": "hostile", "gauge": {"dataPoints": [{"timeUnixNano": nanos, **point}]}}
    return {"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]}


def lines() -> Iterator[Case]:
    for name, body, words in (
        ("no fields", b"good_line f=1\nm\n", "line 2"),
        ("no end of a text", b'good_line f=1\nm f="x\n', "line 2"),
        ("no number", b"good_line f=1\nm f=1x\n", "line 2"),
        ("time beyond", b"good_line f=1\nm f=1 99999999999999999999999999\n", ""),
    ):
        yield Case(f"line protocol: {name}", "/write", body, (400,), words, stored="good_line_f")
    yield Case("line protocol: not UTF-8", "/write", b"m f=1\n\xff\xfe", (400,), "not valid UTF-8")
    yield Case(
        "line protocol: a line of 10 MB", "/write", b"m," + b"a=b," * 2_500_000 + b" f=1", _REFUSED, may_close=True
    )


def pushed() -> Iterator[Case]:
    job = "/metrics/job/hostile"
    yield Case("pushgateway: a timestamp", job, b"m 1 123\n", (400,), "timestamps", method="PUT")
    yield Case("pushgateway: no metrics", job, b"<html>\n", (400,), method="PUT")
    first = b"# TYPE hostile_kind counter\nhostile_kind 1\n"
    yield Case("pushgateway: a counter", job, first, (200, 202), method="PUT")
    other = first.replace(b"counter", b"gauge")
    yield Case("pushgateway: of another type", job + "/x/y", other, (200, 400), method="PUT")
    yield Case("pushgateway: odd labels", job + "/only_a_name", b"m 1\n", (400,), method="PUT")
    yield Case("pushgateway: no base64", job + "/a@base64/!!!", b"m 1\n", (400,), method="PUT")
    up = urllib.parse.quote("../../../etc/passwd", safe="")
    yield Case("pushgateway: a path for a label", f"{job}/up/{up}", b"m 1\n", (200, 202, 400), method="PUT")
    yield Case("pushgateway: 100 MB", job, b"m 1\n" * (25 << 20), _REFUSED, method="PUT", may_close=True)


def imported() -> Iterator[Case]:
    path = "/api/v1/import/jsonl"
    histogram = {"schema": 0, "count": 1, "sum": 1, "zero_count": 0, "zero_threshold": 0, "positive": [[1 << 40, 1]]}
    series = {"metric": {"__name__": "hostile"}, "values": [histogram], "timestamps": [1]}
    yield Case("import: a bucket out of range", path, json.dumps(series).encode(), (400,), "line 1: ")
    yield Case("import: no JSON", path, b"{" * 1000, (400,), "line 1: ")
    yield Case("import: no end", "/api/v1/import/openmetrics", b"m 1 1\n", (400,), "# EOF")


def asked() -> Iterator[Case]:
    """Queries and selectors that want too much."""
    for name, expression, statuses in (
        ("nested repetitions", '{__name__=~"((((.*)*)*)*)*x"}', (200, 400)),
        ("many alternatives", '{__name__=~"' + "|".join(f"a{i}.*b" for i in range(20_000)) + '"}', (200, 400, 413)),
        ("repetitions of repetitions", '{__name__=~"((a{100}){100}){100}"}', (400,)),
    ):
        body = urllib.parse.urlencode({"query": expression}).encode()
        yield Case(f"regex: {name}", "/api/v1/query", body, statuses, headers=_FORM)
    wide = {"query": 'count_values("v", vector(time()) or on () label_replace(vector(time() / 3), "a", "b", "", ""))'}
    grid = {"start": "0", "end": "10999", "step": "1"}
    yield form("grouping by 20,000 values", "query_range", wide | grid, (200, 422))
    rows = " or ".join(f'label_replace(vector(time() * {i + 2}), "i", "{i}", "", "")' for i in range(100))
    million = {"query": f'count_values("v", {rows})'}
    yield form("grouping by a million values", "query_range", million | grid, (200, 422))
    yield form(
        "samples beyond the limit", "query", {"query": "sum_over_time(vector(1)[10y:1s])"}, (422, 503), "samples"
    )
    deep = "max_over_time(" * 12 + "vector(1)" + "[10m:1s])" * 12
    yield form("subqueries in subqueries", "query", {"query": deep}, (200, 422, 503))


_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


def form(name: str, path: str, fields: Mapping[str, str], statuses: tuple[int, ...], words: str = "") -> Case:
    body = urllib.parse.urlencode(fields).encode()
    return Case(f"query: {name}", f"/api/v1/{path}", body, statuses, words, _FORM)
