"""Labels, values, series, metadata, federation: what the store knows, in the reference's shapes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.api.outside import NOW_MS, Caller, caller, principal_of, put
from vedette.api.prometheus.escaping import escape_name, unescape_name
from vedette.api.services import ConfigView
from vedette.model.blocks import MetricMetadata
from vedette.model.staleness import STALE_NAN
from vedette.store.memory import MemoryStore

NOW_S = NOW_MS // 1000
HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def client() -> Caller:
    store = MemoryStore(windows=False)
    put(
        store,
        {
            "__name__=up,job=a": [(NOW_MS - 30_000, 1.0), (NOW_MS, 1.0)],
            "__name__=up,job=b": [(NOW_MS, 0.0)],
            "__name__=old,job=c": [(NOW_MS - HOUR_MS, 1.0)],
            "__name__=gone,job=a": [(NOW_MS - 30_000, 1.0), (NOW_MS - 15_000, STALE_NAN)],
            '{"__name__": "http.requests", "my.label": "x", "job": "utf"}': [(NOW_MS - 1_500, 1234567.0)],
        },
    )
    store.put_metadata(
        principal_of(),
        [MetricMetadata("up", "gauge", "Is it up."), MetricMetadata("old", "counter", 'Says "old".', "seconds")],
    )
    external = {"cluster": "c1", "job": "never"}
    return caller(store=store, config=lambda: ConfigView("", external))


def data_of(reply: Any) -> Any:
    assert reply.status == 200, reply.text
    return reply.json["data"]


def test_label_names_are_sorted_and_may_be_narrowed(client: Caller) -> None:
    assert data_of(client.get("/api/v1/labels")) == ["__name__", "job", "my.label"]
    assert data_of(client.get("/api/v1/labels", {"match[]": "up"})) == ["__name__", "job"]
    assert data_of(client.post("/api/v1/labels", {"match[]": "nothing"})) == []


def test_label_values_follow_selectors_and_times(client: Caller) -> None:
    path = "/api/v1/label/job/values"
    assert data_of(client.get(path)) == ["a", "b", "c", "utf"]
    assert data_of(client.get(path, [("match[]", "up"), ("match[]", "old")])) == ["a", "b", "c"]
    assert data_of(client.get(path, {"start": NOW_S - 60})) == ["a", "b", "utf"]
    assert data_of(client.get(path, {"end": NOW_S - 60})) == ["c"]
    assert data_of(client.get("/api/v1/label/absent/values")) == []


def test_a_limit_cuts_and_warns(client: Caller) -> None:
    reply = client.get("/api/v1/label/job/values", {"limit": "2"})
    assert (data_of(reply), reply.json["warnings"]) == (["a", "b"], ["results truncated due to limit"])
    assert "warnings" not in client.get("/api/v1/labels", {"limit": "3"}).json
    assert len(data_of(client.get("/api/v1/series", {"match[]": "up", "limit": "1"}))) == 1


@pytest.mark.parametrize("name", ["my.label", "U__my_2e_label", "my%2elabel"])
def test_a_label_name_beyond_the_classic_characters_may_be_written_in_a_path(client: Caller, name: str) -> None:
    assert data_of(client.get(f"/api/v1/label/{name}/values")) == ["x"]


def test_a_label_name_that_is_not_utf_8_is_refused(client: Caller) -> None:
    reply = client.get("/api/v1/label/%ff/values")
    assert (reply.status, reply.json["error"]) == (400, 'invalid label name: "\\xff"')


def test_series_are_label_sets_with_data_in_the_range(client: Caller) -> None:
    assert data_of(client.get("/api/v1/series", {"match[]": 'up{job="a"}'})) == [{"__name__": "up", "job": "a"}]
    twice = [("match[]", "up"), ("match[]", '{job="a"}')]
    assert len(data_of(client.get("/api/v1/series", twice))) == 3
    assert data_of(client.get("/api/v1/series", {"match[]": "old", "start": NOW_S - 60})) == []


@pytest.mark.parametrize(
    ("path", "query", "message"),
    [
        ("series", {}, "no match[] parameter provided"),
        (
            "series",
            {"match[]": "{"},
            'invalid parameter "match[]": 1:2: parse error: unexpected end of input inside braces',
        ),
        (
            "series",
            {"match[]": '{a=""}'},
            'invalid parameter "match[]": match[] must contain at least one non-empty matcher',
        ),
        ("labels", {"match[]": '{a=~".*"}'}, "match[] must contain at least one non-empty matcher"),
        (
            "labels",
            {"start": "x"},
            'invalid parameter "start": invalid time value for \'start\': cannot parse "x" to a valid timestamp',
        ),
        ("label/job/values", {"limit": "-2"}, 'invalid parameter "limit": limit must be non-negative'),
        ("metadata", {"limit": "x"}, "limit must be a number"),
        ("metadata", {"limit_per_metric": "1.5"}, "limit_per_metric must be a number"),
    ],
)
def test_a_bad_lookup_is_refused_in_the_references_words(
    client: Caller, path: str, query: dict[str, str], message: str
) -> None:
    reply = client.get(f"/api/v1/{path}", query)
    assert (reply.status, reply.json) == (400, {"status": "error", "errorType": "bad_data", "error": message})


def test_metadata_is_listed_by_metric(client: Caller) -> None:
    assert data_of(client.get("/api/v1/metadata")) == {
        "up": [{"type": "gauge", "help": "Is it up.", "unit": ""}],
        "old": [{"type": "counter", "help": 'Says "old".', "unit": "seconds"}],
    }
    assert set(data_of(client.get("/api/v1/metadata", {"metric": "up"}))) == {"up"}
    assert len(data_of(client.get("/api/v1/metadata", {"limit": "1"}))) == 1
    assert data_of(client.get("/api/v1/metadata", {"metric": "none"})) == {}


def test_a_federation_page_has_the_newest_samples_sorted_with_external_labels(client: Caller) -> None:
    reply = client.get("/federate", [("match[]", '{job=~".+"}'), ("match[]", "up")])
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"
    assert reply.text == (
        "# TYPE http_requests untyped\n"
        f'http_requests{{job="utf",my_label="x",cluster="c1",instance=""}} 1.234567e+06 {NOW_MS - 1_500}\n'
        "# TYPE up untyped\n"
        f'up{{job="a",cluster="c1",instance=""}} 1 {NOW_MS}\n'
        f'up{{job="b",cluster="c1",instance=""}} 0 {NOW_MS}\n'
    )


def test_a_federating_server_that_takes_utf_8_gets_quoted_names(client: Caller) -> None:
    accept = (
        "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,*/*;q=0.1"
    )
    reply = client.get("/federate", {"match[]": '{"http.requests"}'}, accept=accept)
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8; escaping=allow-utf-8"
    assert reply.text.splitlines() == [
        '# TYPE "http.requests" untyped',
        f'{{"http.requests",job="utf","my.label"="x",cluster="c1",instance=""}} 1.234567e+06 {NOW_MS - 1_500}',
    ]


def test_federation_without_a_match_is_an_empty_page_and_a_bad_one_is_refused(client: Caller) -> None:
    assert (client.get("/federate").status, client.get("/federate").body) == (200, b"")
    bad = client.get("/federate", {"match[]": "{"})
    assert (bad.status, bad.text) == (400, "1:2: parse error: unexpected end of input inside braces\n")


@pytest.mark.parametrize(
    ("escaped", "name"),
    [
        ("U__a_2e_b", "a.b"),
        ("U__a__b", "a_b"),
        ("U___1f600_", "\U0001f600"),
        ("plain_name", "plain_name"),
        ("U__broken_", "U__broken_"),
        ("U__a_zz_", "U__a_zz_"),
        ("U__a_d800_", "U__a_d800_"),
        ("U__a_1234567_", "U__a_1234567_"),
    ],
)
def test_an_escaped_name_is_read_as_the_reference_reads_it(escaped: str, name: str) -> None:
    assert unescape_name(escaped) == name


@pytest.mark.parametrize(
    ("scheme", "escaped"),
    [("underscores", "_a_b_c"), ("dots", "__a_dot_b__c"), ("values", "U___31_a_2e_b__c"), ("allow-utf-8", "1a.b_c")],
)
def test_a_name_is_escaped_for_older_readers(scheme: str, escaped: str) -> None:
    assert escape_name("1a.b_c", scheme) == escaped
    assert escape_name("classic_name", scheme) == "classic_name"


@pytest.mark.parametrize("name", ["a.b", "1", "a_b.c", "温度", "x y"])
def test_values_escaping_comes_back(name: str) -> None:
    assert unescape_name(escape_name(name, "values")) == name
