"""`/api/v1/query` and `/api/v1/query_range` in the reference's words: shapes, parameters, refusals, limits."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from typing import Any

import pytest

from tests.unit.api.outside import NOW_MS, Body, Caller, StoppedClock, caller, put, reply_of, services
from vedette.api.app import build_app
from vedette.api.asgi import Message
from vedette.model.errors import QueryCanceled, QueryFailed, QueryTimeout, QueryTooLarge, StoreUnavailable, VedetteError
from vedette.model.limits import QueryLimits
from vedette.ports.principal import Principal
from vedette.ports.scan import Deadline
from vedette.query.promql.engine import QueryResult
from vedette.store.memory import MemoryStore

NOW_S = NOW_MS // 1000


@pytest.fixture(scope="module")
def client() -> Caller:
    store = MemoryStore(windows=False)
    grid = [NOW_MS - 60_000 + step * 15_000 for step in range(5)]
    put(
        store,
        {
            "__name__=up,job=a": [(time_ms, 1.0) for time_ms in grid],
            "__name__=up,job=b": [(time_ms, 0.0) for time_ms in grid],
            "__name__=load,job=a": [(time_ms, step * 1.5) for step, time_ms in enumerate(grid)],
            "__name__=odd": [(NOW_MS, float("nan"))],
        },
    )
    return caller(store=store)


def data_of(reply: Any) -> Any:
    assert reply.status == 200, reply.text
    assert reply.json["status"] == "success"
    return reply.json["data"]


def test_an_instant_vector_has_one_value_a_series(client: Caller) -> None:
    assert data_of(client.get("/api/v1/query", {"query": "up"})) == {
        "resultType": "vector",
        "result": [
            {"metric": {"__name__": "up", "job": "a"}, "value": [NOW_S, "1"]},
            {"metric": {"__name__": "up", "job": "b"}, "value": [NOW_S, "0"]},
        ],
    }


@pytest.mark.parametrize(
    ("query", "kind", "result"),
    [
        ("1 + 1", "scalar", [NOW_S, "2"]),
        ("1e-7", "scalar", [NOW_S, "0.0000001"]),
        ("1e21", "scalar", [NOW_S, "1000000000000000000000"]),
        ("-0", "scalar", [NOW_S, "-0"]),
        ("100", "scalar", [NOW_S, "100"]),
        ("vector(1e-7)", "vector", [{"metric": {}, "value": [NOW_S, "1e-07"]}]),
        ("-Inf", "scalar", [NOW_S, "-Inf"]),
        ('"text \\u2028"', "string", [NOW_S, "text \u2028"]),
        ("absent_of_nothing", "vector", []),
        ("odd", "vector", [{"metric": {"__name__": "odd"}, "value": [NOW_S, "NaN"]}]),
        (
            "load[31s]",
            "matrix",
            [
                {
                    "metric": {"__name__": "load", "job": "a"},
                    "values": [[NOW_S - 30, "3"], [NOW_S - 15, "4.5"], [NOW_S, "6"]],
                }
            ],
        ),
        ("nothing[1m]", "matrix", []),
    ],
)
def test_every_kind_of_value_has_its_shape(client: Caller, query: str, kind: str, result: Any) -> None:
    assert data_of(client.get("/api/v1/query", {"query": query})) == {"resultType": kind, "result": result}


def test_a_range_query_lists_the_values_of_its_steps(client: Caller) -> None:
    query = {"query": "load * 2", "start": NOW_S - 30, "end": NOW_S, "step": "15"}
    assert data_of(client.get("/api/v1/query_range", query)) == {
        "resultType": "matrix",
        "result": [
            {"metric": {"job": "a"}, "values": [[NOW_S - 30, "6"], [NOW_S - 15, "9"], [NOW_S, "12"]]},
        ],
    }


def test_a_scalar_over_a_range_is_a_series_without_labels(client: Caller) -> None:
    query = {"query": "7", "start": NOW_S - 0.5, "end": NOW_S, "step": "500ms"}
    result = data_of(client.get("/api/v1/query_range", query))["result"]
    assert result == [{"metric": {}, "values": [[NOW_S - 0.5, "7"], [NOW_S, "7"]]}]


def test_a_form_body_is_read_before_the_address(client: Caller) -> None:
    reply = client.post("/api/v1/query", {"query": "1"}, {"query": "2", "time": "5"})
    assert data_of(reply)["result"] == [5, "1"]


@pytest.mark.parametrize(
    ("address", "result"),
    [
        ("query=1&time=5;query=2", NOW_S),
        ("query=%zz&query=1", NOW_S),
        ("query=1&time=5&query=2", 5),
        ("=&&query=1", NOW_S),
    ],
)
def test_a_broken_pair_is_left_out_and_the_first_of_a_name_counts(client: Caller, address: str, result: int) -> None:
    assert data_of(client.get("/api/v1/query", address))["result"] == [result, "1"]


def test_times_may_be_written_as_rfc_3339(client: Caller) -> None:
    reply = client.get("/api/v1/query", {"query": "1", "time": "2015-07-01T20:10:51.781Z"})
    assert reply.body == b'{"status":"success","data":{"resultType":"scalar","result":[1435781451.781,"1"]}}'


BAD_REQUESTS = [
    ("query", {"query": "up +"}, 'invalid parameter "query": 1:5: parse error: unexpected end of input'),
    ("query", {}, 'invalid parameter "query": unknown position: parse error: no expression found in input'),
    (
        "query",
        {"query": "1", "time": "x"},
        'invalid parameter "time": invalid time value for \'time\': cannot parse "x" to a valid timestamp',
    ),
    ("query", {"query": "1", "timeout": "1x"}, 'invalid parameter "timeout": cannot parse "1x" to a valid duration'),
    ("query", {"query": "1", "limit": "-1"}, 'invalid parameter "limit": limit must be non-negative'),
    (
        "query",
        {"query": "1", "limit": "a"},
        'invalid parameter "limit": strconv.Atoi: parsing "a": invalid syntax',
    ),
    (
        "query",
        {"query": "1", "lookback_delta": "never"},
        'error parsing lookback delta duration: cannot parse "never" to a valid duration',
    ),
    ("query_range", {"query": "1"}, 'invalid parameter "start": cannot parse "" to a valid timestamp'),
    ("query_range", {"query": "1", "start": "1"}, 'invalid parameter "end": cannot parse "" to a valid timestamp'),
    (
        "query_range",
        {"query": "1", "start": "2", "end": "1"},
        'invalid parameter "end": end timestamp must not be before start time',
    ),
    (
        "query_range",
        {"query": "1", "start": "1", "end": "2"},
        'invalid parameter "step": cannot parse "" to a valid duration',
    ),
    (
        "query_range",
        {"query": "1", "start": "1", "end": "2", "step": "0"},
        'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
    ),
    (
        "query_range",
        {"query": "1", "start": "0", "end": "11001", "step": "1"},
        "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
    ),
    (
        "query_range",
        {"query": "up[1m]", "start": "0", "end": "1", "step": "1"},
        'invalid parameter "query": invalid expression type "range vector" for range query, '
        "must be Scalar or instant Vector",
    ),
]


@pytest.mark.parametrize(("endpoint", "query", "message"), BAD_REQUESTS)
def test_a_bad_request_is_refused_in_the_references_words(
    client: Caller, endpoint: str, query: dict[str, str], message: str
) -> None:
    reply = client.get(f"/api/v1/{endpoint}", query)
    assert (reply.status, reply.json) == (400, {"status": "error", "errorType": "bad_data", "error": message})


def test_as_many_points_as_the_limit_are_answered(client: Caller) -> None:
    reply = client.get("/api/v1/query_range", {"query": "1", "start": "0", "end": "11000", "step": "1"})
    assert len(data_of(reply)["result"][0]["values"]) == 11_001


class FailingEngine:
    def __init__(self, error: VedetteError) -> None:
        self.error = error

    def instant(self, *_: Any, **__: Any) -> QueryResult:
        raise self.error

    range = instant


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (QueryFailed("multiple matches for labels"), 422, "execution"),
        (
            QueryTooLarge("query processing would load too many samples into memory in query execution"),
            422,
            "execution",
        ),
        (QueryTimeout("query timed out in query execution"), 503, "timeout"),
        (QueryCanceled("query was canceled in query execution"), 499, "canceled"),
        (StoreUnavailable("disk is full"), 503, "unavailable"),
        (VedetteError("something broke"), 500, "internal"),
    ],
)
def test_every_failure_of_the_engine_has_its_status_and_type(error: VedetteError, status: int, kind: str) -> None:
    reply = caller(engine=FailingEngine(error)).get("/api/v1/query", {"query": "up"})
    assert (reply.status, reply.json) == (status, {"status": "error", "errorType": kind, "error": error.message})


def test_an_unforeseen_failure_tells_the_caller_nothing_of_its_inside(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def instant(self, *_: Any, **__: Any) -> QueryResult:
            raise RuntimeError("secret detail")

    reply = caller(engine=Broken()).get("/api/v1/query", {"query": "up"})
    assert reply.status == 500
    assert "secret" not in reply.text
    assert "secret detail" in caplog.text


def test_a_limit_cuts_series_and_says_so(client: Caller) -> None:
    reply = client.get("/api/v1/query", {"query": "up", "limit": "1"})
    assert len(data_of(reply)["result"]) == 1
    assert reply.json["warnings"] == ["results truncated due to limit"]
    whole = client.get("/api/v1/query", {"query": "up", "limit": "2"})
    assert len(data_of(whole)["result"]) == 2
    assert "warnings" not in whole.json


def test_a_limit_cuts_raw_samples_too(client: Caller) -> None:
    reply = client.get("/api/v1/query", {"query": "up[1m]", "limit": "1"})
    assert [series["metric"]["job"] for series in data_of(reply)["result"]] == ["a"]
    assert reply.json["warnings"] == ["results truncated due to limit"]


def test_statistics_come_when_asked_for(client: Caller) -> None:
    data = data_of(client.get("/api/v1/query", {"query": "up", "stats": "true"}))
    assert data["stats"]["samples"]["totalQueryableSamples"] == 2
    assert set(data["stats"]["timings"]) == {
        "evalTotalTime", "resultSortTime", "queryPreparationTime", "innerEvalTime", "execQueueTime", "execTotalTime",
    }  # fmt: skip
    assert "stats" not in data_of(client.get("/api/v1/query", {"query": "up"}))


def test_an_unknown_kind_of_statistics_is_warned_of(client: Caller) -> None:
    reply = client.get("/api/v1/query", {"query": "up", "stats": "yes"})
    assert reply.json["warnings"] == [
        'value "yes" for parameter "stats" is deprecated and will be rejected in the next major release, use "true" or "all"'
    ]


def test_warnings_of_the_engine_reach_the_caller(client: Caller) -> None:
    reply = client.get("/api/v1/query", {"query": "quantile(2, up)"})
    assert reply.json["warnings"] == ["PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)"]
    reply = client.get("/api/v1/query", {"query": "rate(load[1m])"})
    assert len(reply.json["infos"]) == 1
    assert "PromQL info: metric might not be a counter" in reply.json["infos"][0]


def test_lookback_reaches_the_engine(client: Caller) -> None:
    later = {"query": "up", "time": str(NOW_S + 60)}
    assert len(data_of(client.get("/api/v1/query", later))["result"]) == 2
    assert data_of(client.get("/api/v1/query", {**later, "lookback_delta": "30s"}))["result"] == []


def test_a_timeout_of_nothing_ends_the_query(client: Caller) -> None:
    reply = client.get("/api/v1/query", {"query": "up", "timeout": "0"})
    assert (reply.status, reply.json["errorType"]) == (503, "timeout")
    assert reply.json["error"] == "query timed out in query queue"


def large_store(n_series: int = 60, n_samples: int = 1_000) -> MemoryStore:
    store = MemoryStore(windows=False)
    times = [NOW_MS - step * 1_000 for step in reversed(range(n_samples))]
    put(store, {f"__name__=wide,i={i:03d}": [(time_ms, i + 0.5) for time_ms in times] for i in range(n_series)})
    return store


def test_a_large_answer_leaves_in_pieces_that_join_to_one_document() -> None:
    app = build_app(services(store=large_store()))
    query = {"query": "wide", "start": NOW_S - 999, "end": NOW_S, "step": "1"}

    async def ask() -> list[Message]:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(dict(message, body=bytes(message.get("body", b""))))

        scope = Caller(app).scope("GET", "/api/v1/query_range", query, {})
        await app(scope, Body(b"").receive, send)
        return sent

    sent = asyncio.run(ask())
    series = reply_of(sent).json["data"]["result"]
    assert len(sent) > 4
    assert [one["metric"]["i"] for one in series] == [f"{i:03d}" for i in range(60)]
    assert all(len(one["values"]) == 1_000 for one in series)
    assert series[59]["values"][0] == [NOW_S - 999, "59.5"]


@pytest.mark.parametrize("n_series", [5, 60])
def test_a_compressed_answer_is_the_same_document(n_series: int) -> None:
    client = caller(store=large_store(n_series))
    query = {"query": "wide", "start": NOW_S - 999, "end": NOW_S, "step": "1"}
    plain = client.get("/api/v1/query_range", query)
    packed = client.get("/api/v1/query_range", query, accept_encoding="br, gzip", x_forwarded_for="192.0.2.7")
    assert packed.headers["content-encoding"] == "gzip"
    assert len(packed.body) < len(plain.body) / 2
    assert gzip.decompress(packed.body) == plain.body


def test_a_caller_that_stops_reading_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vedette.api.answers.PIECE_TIMEOUT_S", 0.02)
    app = build_app(services(store=large_store()))
    query = {"query": "wide", "start": NOW_S - 999, "end": NOW_S, "step": "1"}
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)
        if len(sent) == 3:
            await asyncio.Event().wait()

    scope = Caller(app).scope("GET", "/api/v1/query_range", query, {})
    asyncio.run(asyncio.wait_for(app(scope, Body(b"").receive, send), 5))
    assert len(sent) == 3


def test_small_answers_and_callers_that_take_no_gzip_get_plain_bytes(client: Caller) -> None:
    assert "content-encoding" not in client.get("/api/v1/query", {"query": "up"}, accept_encoding="gzip").headers
    large = {"query": "vector(1)", "start": "0", "end": "10000", "step": "1"}
    refused = client.get("/api/v1/query_range", large, accept_encoding="gzip;q=0, deflate")
    assert "content-encoding" not in refused.headers


class WaitingEngine:
    """Holds a worker until its deadline is cancelled or the test lets go."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.let_go = threading.Event()
        self.canceled = threading.Event()

    def instant(self, principal: Principal, query: str, time_ms: int, deadline: Deadline, **_: Any) -> QueryResult:
        self.begun.release()
        while not self.let_go.wait(0.002):
            if deadline.canceled:
                self.canceled.set()
            deadline.check()
        raise QueryFailed("let go")

    range = instant


def test_closing_the_connection_stops_the_query() -> None:
    engine = WaitingEngine()
    client = caller(engine=engine, clock=StoppedClock())

    async def leave() -> None:
        messages: list[Message] = [{"type": "http.request", "body": b""}, {"type": "http.disconnect"}]

        async def receive() -> Message:
            return messages.pop(0)

        async def send(message: Message) -> None: ...

        await client.app(client.scope("GET", "/api/v1/query", {"query": "up"}, {}), receive, send)

    asyncio.run(leave())
    assert engine.canceled.wait(5)


def test_queries_beyond_the_queue_are_refused_at_once() -> None:
    engine = WaitingEngine()
    client = caller(engine=engine, query_limits=QueryLimits(concurrency_max=1, queue_max=1))

    async def crowd() -> Any:
        held = [asyncio.ensure_future(client.asend("GET", "/api/v1/query", {"query": "up"})) for _ in range(2)]
        await asyncio.to_thread(engine.begun.acquire)
        refused = await client.asend("GET", "/api/v1/query", {"query": "up"})
        engine.let_go.set()
        return refused, [(await one).status for one in held]

    refused, held = asyncio.run(crowd())
    assert (refused.status, refused.json["errorType"]) == (503, "unavailable")
    assert held == [422, 422]


def test_format_query_prints_and_parse_query_shows_the_tree(client: Caller) -> None:
    assert data_of(client.get("/api/v1/format_query", {"query": "sum(up)by(job)"})) == "sum by (job) (up)"
    tree = data_of(client.post("/api/v1/parse_query", {"query": "-up"}))
    assert (tree["type"], tree["op"], tree["expr"]["name"]) == ("unaryExpr", "-", "up")
    bad = client.get("/api/v1/parse_query", {"query": "up{"})
    assert bad.status == 400
    assert bad.json["error"].startswith('invalid parameter "query": 1:')


def test_the_document_has_no_spaces_and_ends_with_its_brace(client: Caller) -> None:
    reply = client.get("/api/v1/query", {"query": 'up{job="a"}'})
    expected = {"metric": {"__name__": "up", "job": "a"}, "value": [NOW_S, "1"]}
    document = {"status": "success", "data": {"resultType": "vector", "result": [expected]}}
    assert reply.text == json.dumps(document, separators=(",", ":"))
