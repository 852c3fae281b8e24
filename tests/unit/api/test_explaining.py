"""`explain` says what each part of a query cost and gave, `why_empty` what is to blame for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.api.outside import NOW_MS, Caller, caller, put
from vedette.query.promql.closeness import closest, containing
from vedette.store.memory import MemoryStore

NOW_S = NOW_MS // 1000
START_MS = NOW_MS - 600_000
RANGE = {"start": NOW_S - 300, "end": NOW_S, "step": "15"}


def steady(per_second: float) -> list[tuple[int, float]]:
    return [(time_ms, (time_ms - START_MS) / 1000 * per_second) for time_ms in range(START_MS, NOW_MS + 1, 15_000)]


@pytest.fixture(scope="module")
def client() -> Caller:
    store = MemoryStore(windows=False)
    put(
        store,
        {
            "__name__=requests_total,job=api,pod=0": steady(1),
            "__name__=requests_total,job=api,pod=1": steady(2),
            "__name__=requests_total,job=web,pod=0": steady(3),
            "__name__=capacity,job=api": steady(4),
            "__name__=slots,zone=z": steady(4),
            "__name__=stopped,job=api": [(NOW_MS - 590_000, 1.0)],
        },
    )
    return caller(store=store)


def explained(client: Caller, query: str, **others: Any) -> Any:
    reply = client.get("/api/v1/explain", {"query": query, **(others or RANGE)})
    assert reply.status == 200, reply.text
    return reply.json["data"]


def emptiness(client: Caller, query: str, **others: Any) -> Any:
    reply = client.post("/api/v1/why_empty", {"query": query, **(others or RANGE)})
    assert reply.status == 200, reply.text
    return reply.json["data"]


def nodes_of(tree: Any) -> Iterator[Any]:
    yield tree
    for operand in tree["operands"]:
        yield from nodes_of(operand)


def test_every_node_says_its_series_samples_and_time(client: Caller) -> None:
    data = explained(client, "sum by (job) (rate(requests_total[1m]))")
    nodes = list(nodes_of(data["tree"]))
    assert [node["head"] for node in nodes] == ["sum by (job)", "rate()", "requests_total[1m]"]
    assert [node["kind"] for node in nodes] == ["aggregation", "call", "matrixSelector"]
    total, rate, selector = nodes
    assert (total["result"]["series"], total["result"]["samples"], total["result"]["steps"]) == (2, 42, 21)
    assert (rate["result"]["series"], rate["result"]["samples"]) == (3, 63)
    assert selector["result"] is None
    assert (selector["read"]["series"], selector["read"]["samples"], selector["read"]["head"]) == (3, 72, 72)
    assert (data["series"], data["samples"]) == (2, 42)
    assert data["stats"]["samples"]["totalQueryableSamples"] == 3 * 21 * 4


def test_a_nodes_time_is_its_own_and_its_operands(client: Caller) -> None:
    tree = explained(client, "-(requests_total + on (job, pod) requests_total) > 0.5")["tree"]
    for node in nodes_of(tree):
        below = sum(operand["result"]["seconds"] for operand in node["operands"] if operand["result"])
        read = node["read"]["seconds"] if node["read"] and not node["read"]["shared"] else 0.0
        own = node["result"]["ownSeconds"]
        assert own >= 0
        assert node["result"]["seconds"] == pytest.approx(own + below + read, abs=1e-4)


def test_parentheses_are_no_nodes_and_places_are_bytes(client: Caller) -> None:
    query = '((capacity)) * on () group_left () count(requests_total{job="é"} or vector(1))'
    tree = explained(client, query)["tree"]
    assert "parenExpr" not in {node["kind"] for node in nodes_of(tree)}
    for node in nodes_of(tree):
        if node["kind"] == "vectorSelector":
            assert query.encode()[node["start"] : node["end"]].decode() == node["text"]


def test_a_read_that_two_selectors_share_is_counted_once(client: Caller) -> None:
    tree = explained(client, "requests_total / requests_total")["tree"]
    first, second = (operand["read"] for operand in tree["operands"])
    assert (first["shared"], second["shared"]) == (False, True)
    assert (first["samples"], second["samples"], second["head"]) == (first["samples"], first["samples"], 0)


def test_what_does_not_depend_on_the_step_is_marked_constant(client: Caller) -> None:
    tree = explained(client, f"requests_total / on (job) group_left () (capacity @ {NOW_S})")["tree"]
    left, right = tree["operands"]
    assert (left["constant"], right["constant"]) == (False, True)
    assert (left["result"]["steps"], right["result"]["steps"]) == (21, 1)


def test_a_subquery_evaluates_its_operand_on_its_own_grid(client: Caller) -> None:
    tree = explained(client, "max_over_time(sum(capacity)[2m:30s])", time=NOW_S)["tree"]
    subquery = tree["operands"][0]
    assert (subquery["kind"], subquery["head"], subquery["result"]) == ("subquery", "[2m:30s]", None)
    assert subquery["operands"][0]["result"]["steps"] == 4


def test_an_instant_query_of_any_type_is_explained(client: Caller) -> None:
    assert explained(client, "capacity[1m]", time=NOW_S)["samples"] == 4
    assert explained(client, '"text"', time=NOW_S)["samples"] == 0
    assert explained(client, "1 + 1", time=NOW_S)["tree"]["result"]["series"] == 1


def test_mistakes_are_refused_as_by_a_query(client: Caller) -> None:
    for path in ("explain", "why_empty"):
        asked = client.get(f"/api/v1/{path}", {"query": "sum("})
        plain = client.get("/api/v1/query", {"query": "sum("})
        assert (asked.status, asked.json) == (400, plain.json)
    assert client.get("/api/v1/explain", {"query": "up", "start": "2", "end": "1", "step": "1"}).status == 400
    assert client.get("/api/v1/explain", {"query": "up", "start": "2"}).status == 400


def test_a_misspelt_metric_is_the_matcher_to_blame(client: Caller) -> None:
    found = emptiness(client, "rate(request_totals[1m])")
    assert found["empty"]
    (selector,) = found["selectors"]
    assert (selector["series"], selector["ever"]) == (0, 0)
    (matcher,) = selector["matchers"]
    assert (matcher["alone"], matcher["closeValues"][0]) == (0, "requests_total")


def test_a_value_is_looked_for_among_what_the_other_matchers_leave(client: Caller) -> None:
    (selector,) = emptiness(client, 'requests_total{job="ap", pod="0"}')["selectors"]
    judged = {matcher["name"]: matcher for matcher in selector["matchers"]}
    assert (judged["job"]["alone"], judged["job"]["without"], judged["job"]["closeValues"]) == (0, 2, ["api"])
    assert (judged["pod"]["alone"], judged["pod"]["without"], judged["pod"]["closeValues"]) == (2, 0, [])


def test_a_label_that_nothing_has_gets_names_like_it(client: Caller) -> None:
    (selector,) = emptiness(client, 'requests_total{jbo="api"}')["selectors"]
    matcher = next(one for one in selector["matchers"] if one["name"] == "jbo")
    assert matcher["closeNames"] == ["job"]


def test_an_expression_that_must_match_the_whole_value_shows_where_it_occurs(client: Caller) -> None:
    (selector,) = emptiness(client, 'requests_total{job=~"ap"}')["selectors"]
    matcher = next(one for one in selector["matchers"] if one["name"] == "job")
    assert matcher["closeValues"] == ["api"]


def test_series_of_another_time_are_told_from_series_that_never_were(client: Caller) -> None:
    (selector,) = emptiness(client, "stopped", start=NOW_S - 60, end=NOW_S, step="15")["selectors"]
    assert (selector["series"], selector["ever"]) == (0, 1)
    assert selector["from"] == pytest.approx(NOW_S - 360 + 0.001)


@pytest.mark.parametrize(
    ("query", "loss"),
    [
        ("rate(requests_total[10s])", "too_few"),
        ("capacity < 0", "compared"),
        ("requests_total * slots", "unmatched"),
        ("capacity and slots", "unmatched"),
        ("sum(topk(0, capacity))", "other"),
    ],
)
def test_the_node_that_lost_all_is_named(client: Caller, query: str, loss: str) -> None:
    found = emptiness(client, query)
    assert found["empty"]
    assert [one["loss"] for one in found["losses"]] == [loss]


def test_a_query_that_answers_is_not_empty(client: Caller) -> None:
    found = emptiness(client, "capacity")
    assert (found["empty"], found["losses"]) == (False, [])


def test_closest_ranks_by_edits_and_forgets_the_unlike() -> None:
    values = ["node_cpu_seconds_total", "node_cpu_guest_seconds_total", "node_load1", "up"]
    assert closest("node_cpu_second_total", values, 2) == values[:2]
    assert closest("zzzzzz", values, 2) == []
    assert closest("", values, 2) == []
    assert containing("load|up", values, 1) == ["node_load1"]
