"""Times, durations and counts as the reference reads them; any text at all ends in an answer, never in a failure."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.api.outside import NOW_MS, Caller, caller, put
from vedette.api.prometheus.parameters import parse_duration_ns, parse_time_ms
from vedette.model.errors import BadInput
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS
from vedette.store.memory import MemoryStore


@pytest.mark.parametrize(
    ("text", "time_ms"),
    [
        ("0", 0),
        ("123", 123_000),
        ("123.123", 123_123),
        ("123.1236", 123_124),
        ("-0.5", -500),
        ("-1.25", -1_250),
        ("1543578564.705", 1_543_578_564_705),
        ("1e3", 1_000_000),
        ("1_000", 1_000_000),
        (".5", 500),
        ("2015-06-03T13:21:58.555Z", 1_433_337_718_555),
        ("2015-06-03T14:21:58.555+01:00", 1_433_337_718_555),
        ("2015-06-03T13:21:58Z", 1_433_337_718_000),
        ("1969-12-31T23:59:59.9Z", -100),
        ("-292273086-05-16T16:47:06Z", MIN_TIME_MS),
        ("292277025-08-18T07:12:54.999999999Z", MAX_TIME_MS),
        ("1e300", MAX_TIME_MS),
    ],
)
def test_a_time_is_read(text: str, time_ms: int) -> None:
    assert parse_time_ms(text) == time_ms


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "30s",
        " 1",
        "1__0",
        "1e400",
        "inf",
        "NaN",
        "٣",
        "2015-06-03",
        "2015-06-03 13:21:58Z",
        "2015-13-03T13:21:58Z",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="to a valid timestamp"):
        parse_time_ms(text)


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)))
@settings(max_examples=200)
def test_rfc_3339_agrees_with_the_library(moment: datetime) -> None:
    aware = moment.replace(tzinfo=UTC)
    text = aware.isoformat().replace("+00:00", "Z")
    assert parse_time_ms(text) == (aware - datetime(1970, 1, 1, tzinfo=UTC)) // (
        datetime(1970, 1, 1, 0, 0, 0, 1000) - datetime(1970, 1, 1)
    )


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("1", 10**9),
        ("1.5", 1_500_000_000),
        ("0.000001", 1_000),
        ("-1", -(10**9)),
        ("15s", 15 * 10**9),
        ("1h30m", 5400 * 10**9),
        ("0", 0),
    ],
)
def test_a_duration_is_read(text: str, ns: int) -> None:
    assert parse_duration_ns(text) == ns


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'cannot parse "" to a valid duration'),
        ("1x", 'cannot parse "1x" to a valid duration'),
        ("-1h", 'cannot parse "-1h" to a valid duration'),
        ("300y", 'cannot parse "300y" to a valid duration'),
        ("1e10", 'cannot parse "1e10" to a valid duration. It overflows int64'),
        ("Inf", 'cannot parse "Inf" to a valid duration. It overflows int64'),
    ],
)
def test_what_is_no_duration_is_refused(text: str, message: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_duration_ns(text)
    assert refused.value.message == message


@pytest.fixture(scope="module")
def client() -> Caller:
    store = MemoryStore(windows=False)
    put(store, {"__name__=up,job=a": [(NOW_MS, 1.0)]})
    return caller(store=store)


PATHS = st.sampled_from(
    [
        *("/api/v1/query", "/api/v1/query_range", "/api/v1/labels", "/api/v1/series", "/api/v1/metadata", "/federate"),
        *("/api/v1/label/job/values", "/api/v1/targets", "/api/v1/targets/relabel_steps", "/api/v1/status/tsdb"),
        *("/api/v1/query_exemplars", "/api/v1/rules", "/api/v1/targets/metadata", "/api/v1/format_query"),
    ]
)
NAMES = st.sampled_from(
    [
        *("query", "time", "start", "end", "step", "timeout", "limit", "lookback_delta", "stats", "match[]"),
        *("metric", "limit_per_metric", "scrapePool", "labels", "state", "type", "match_target"),
    ]
)
VALUES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["up", "1", "0", "-1", "1e18", "1e-300", "99999999999999999999", "inf", "5m", "1ms", "{}", "up[5m]"]
    ),
    st.floats().map(str),
    st.integers().map(str),
)


@given(PATHS, st.lists(st.tuples(NAMES, VALUES), max_size=6))
@settings(max_examples=300, deadline=None)
def test_any_parameters_end_in_an_answer_of_the_reference_or_its_refusal(
    client: Caller, path: str, query: list[tuple[str, str]]
) -> None:
    reply = client.get(path, urlencode(query, errors="replace"))
    assert reply.status in (200, 204, 400, 422, 503), (path, query, reply.text)
    if path.startswith("/api/") and reply.status != 204:
        assert reply.json["status"] == ("success" if reply.status == 200 else "error")


@given(st.binary(max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_query_string_and_any_body_end_in_an_answer(client: Caller, junk: bytes) -> None:
    text = junk.decode("latin-1").replace("#", "")
    assert client.get("/api/v1/query", text.encode("ascii", "replace").decode()).status in (200, 400, 422, 503)
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert client.send("POST", "/api/v1/series", "", junk, form).status in (200, 400)
