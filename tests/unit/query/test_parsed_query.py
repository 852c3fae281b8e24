"""A query that is parsed once answers as one that is parsed each time, at any time."""

from __future__ import annotations

import pytest

from tests.unit.query.memory_series import RememberingStore
from vedette.model.labels import Labels
from vedette.ports.principal import SYSTEM
from vedette.ports.scan import Deadline
from vedette.query.promql.engine import Engine
from vedette.query.promql.parsed import normalized_query, parse_query
from vedette.query.promql.values import Matrix, Scalar

SERIES = {
    Labels.of(__name__="m", a=a): [(minute * 60_000, float(minute * factor)) for minute in range(60)]
    for a, factor in (("1", 1), ("2", 3))
}
QUERIES = (
    "m",
    "rate(m[5m])",
    "sum by (a) (rate(m[5m] offset 3m)) / m",
    "max_over_time(rate(m[2m])[10m:1m])",
    "m @ 600",
    "m - m @ start()",
    "time() - 1",
    "m > bool (m offset 10m)",
    "sum(m) + count_over_time(m[20m] @ end())",
)


@pytest.mark.parametrize("text", QUERIES)
def test_a_parsed_query_answers_as_its_text(text: str) -> None:
    store = RememberingStore(SERIES)
    engine, parsed = Engine(store), parse_query(text)
    for time_ms in (1_800_000, 1_830_000, 3_000_000, 1_200_500):
        plans: list[object] = []
        values = []
        for query in (text, parsed):
            store.plans.clear()
            values.append(engine.instant(SYSTEM, query, time_ms, Deadline(10)).value)
            plans.append(list(store.plans))
        assert plans[0] == plans[1]
        first, second = values
        assert isinstance(first, Matrix | Scalar)
        assert isinstance(second, Matrix | Scalar)
        assert first.grid == second.grid
        assert first.values.tolist() == second.values.tolist()


def test_queries_are_equal_when_they_print_alike() -> None:
    assert normalized_query("sum( m )by(a)") == normalized_query("sum by (a) (m)")
    assert normalized_query("m") != normalized_query("n")
