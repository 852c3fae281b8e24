"""The search API: scores that the reference gave for the same texts, the stream of lines, refusals in its words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.api.outside import NOW_MS, Caller, caller, principal_of, put
from vedette.api.prometheus.search_scores import make_filter, score_jaro_winkler, score_subsequence, score_substring
from vedette.model.blocks import MetricMetadata
from vedette.store.memory import MemoryStore


@pytest.fixture(scope="module")
def client() -> Caller:
    store = MemoryStore(windows=False)
    for name in ("http_requests_total", "http_errors_total", "up", "Temperature"):
        put(store, {f"__name__={name},job=a": [(NOW_MS, 1.0)]})
    put(store, {"__name__=old,job=b": [(NOW_MS - 2 * 3_600_000, 1.0)]})
    store.put_metadata(principal_of(), [MetricMetadata("up", "gauge", "Is it up.", "")])
    return caller(store=store, search_enabled=True)


def lines_of(client: Caller, endpoint: str, query: Any = ()) -> list[Any]:
    reply = client.get(f"/api/v1/search/{endpoint}", query)
    assert (reply.status, reply.headers["content-type"]) == (200, "application/x-ndjson; charset=utf-8"), reply.text
    return [json.loads(line) for line in reply.text.splitlines()]


@pytest.mark.parametrize(
    ("term", "text", "score"),
    [
        ("pthd", "prometheus_tsdb_selected_series_compaction_duration_seconds_bucket", 0.3405681818181818),
        ("pthd", "prometheus_tsdb_selected_series_compaction_duration_seconds_count", 0.34052451923076926),
        ("up", "up", 1.0),
        ("pu", "up", 0.0),
        ("é", "café", 0.999 * (1 - 3 / 4)),
    ],
)
def test_subsequences_score_as_in_the_reference(term: str, text: str, score: float) -> None:
    assert score_subsequence(term, text) == pytest.approx(score, abs=1e-12)


@pytest.mark.parametrize(
    ("a", "b", "low", "high"),
    [
        ("mimir", "mimer", 0.90, 0.92),
        ("martha", "marhta", 0.96, 0.97),
        ("dixon", "dicksonx", 0.81, 0.83),
        ("naïve", "naive", 0.89, 0.90),
        ("abc", "xyz", 0.0, 0.0),
        ("prometheus_tsdb_haed", "prometheus_tsdb_head_chunks", 0.9381481481481482, 0.9381481481481482),
    ],
)
def test_jaro_winkler_scores_as_in_the_reference(a: str, b: str, low: float, high: float) -> None:
    assert low <= score_jaro_winkler(a, b) <= high
    assert score_jaro_winkler(a, b) == score_jaro_winkler(b, a)


def test_a_substring_scores_by_its_place() -> None:
    assert (score_substring("ab", "abcd"), score_substring("cd", "abcd"), score_substring("x", "abcd")) == (
        1.0,
        pytest.approx(0.1),
        None,
    )


def test_any_of_several_terms_fits_and_case_may_be_left_aside() -> None:
    fits = make_filter(["HTTP", "", "up"], 0.0, "jarowinkler", case_sensitive=False)
    assert fits is not None
    assert [fits("http_x"), fits("the_up"), fits("load")] == [1.0, pytest.approx(0.1), None]
    assert make_filter([""], 0.5, "subsequence", case_sensitive=True) is None


def test_names_come_in_batches_and_the_last_line_says_whether_there_are_more(client: Caller) -> None:
    names = ["Temperature", "http_errors_total", "http_requests_total", "up"]
    assert lines_of(client, "metric_names") == [
        {"results": [{"name": name} for name in names]},
        {"status": "success", "has_more": False},
    ]
    found = lines_of(client, "metric_names", {"limit": "3", "batch_size": "2"})
    assert [len(line["results"]) for line in found[:-1]] == [2, 1]
    assert found[-1] == {"status": "success", "has_more": True}
    assert lines_of(client, "metric_names", {"search[]": "zzz"})[0] == {"results": []}


def test_a_search_is_scored_sorted_and_told_with_metadata(client: Caller) -> None:
    asked = {"search[]": "total", "sort_by": "score", "include_score": "true"}
    results = lines_of(client, "metric_names", asked)[0]["results"]
    assert [one["name"] for one in results] == ["http_errors_total", "http_requests_total"]
    assert results[0]["score"] > results[1]["score"]
    about = lines_of(client, "metric_names", {"search[]": "up", "include_metadata": "1"})[0]["results"]
    assert about == [{"name": "up", "type": "gauge", "help": "Is it up."}]
    down = lines_of(client, "metric_names", {"sort_by": "alpha", "sort_dir": "dsc", "limit": "1"})
    assert down[0]["results"] == [{"name": "up"}]


def test_labels_and_values_are_searched_too(client: Caller) -> None:
    assert lines_of(client, "label_names", {"search[]": "jb"})[0]["results"] == [{"name": "job"}]
    assert lines_of(client, "label_values", {"label": "job"})[0]["results"] == [{"value": "a"}]
    both = lines_of(client, "label_values", {"label": "job", "start": str(NOW_MS / 1000 - 86_400)})
    assert both[0]["results"] == [{"value": "a"}, {"value": "b"}]
    assert lines_of(client, "label_values", {"label": "job", "match[]": "never"})[0]["results"] == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"limit": "0"}, 'invalid limit "0": must be a positive integer'),
        ({"limit": "10001"}, "limit 10001 exceeds the configured maximum (10000, see --web.search.max-limit)"),
        ({"batch_size": "x"}, 'invalid batch_size "x": must be a positive integer'),
        ({"fuzz_threshold": "101"}, 'invalid fuzz_threshold "101": must be 0-100'),
        ({"fuzz_alg": "best"}, 'unsupported fuzz_alg "best": must be one of [subsequence jarowinkler]'),
        ({"case_sensitive": "maybe"}, 'invalid case_sensitive "maybe": must be boolean'),
        ({"sort_dir": "asc"}, "sort_dir is only valid when sort_by is set"),
        ({"sort_by": "score", "sort_dir": "asc"}, "sort_dir is not supported for sort_by=score"),
        ({"sort_by": "alpha", "sort_dir": "up"}, 'invalid sort_dir "up": must be "asc" or "dsc"'),
        ({"sort_by": "score"}, "sort_by=score requires search[] to be set"),
        ({"sort_by": "size"}, 'invalid sort_by "size" for metric_names: must be "alpha" or "score"'),
        ({"start": "2", "end": "1"}, "end timestamp must not be before start timestamp"),
        ([("search[]", "a")] * 33, "too many search[] terms: got 33, maximum is 32"),
    ],
)
def test_a_bad_search_is_refused_before_the_stream_begins(client: Caller, query: Any, message: str) -> None:
    reply = client.get("/api/v1/search/metric_names", query)
    assert (reply.status, reply.json["error"]) == (400, message)


def test_a_label_must_be_named_and_the_api_enabled(client: Caller) -> None:
    assert client.get("/api/v1/search/label_values").json["error"] == 'missing required parameter "label"'
    disabled = caller().get("/api/v1/search/label_names")
    assert (disabled.status, disabled.json["errorType"], disabled.json["error"]) == (
        500,
        "unavailable",
        "search API disabled",
    )
