"""What a client may switch its offers by: the reference's categories, answered from what this server has."""

from __future__ import annotations

import pytest

from tests.unit.api.outside import Caller, caller
from vedette.query.promql.functions import FUNCTIONS
from vedette.store.memory import MemoryStore


@pytest.fixture(scope="module")
def client() -> Caller:
    return caller(store=MemoryStore(windows=False))


def test_functions_of_queries_and_of_templates_are_those_that_there_are(client):
    found = client.get("/api/v1/features").json["data"]
    assert set(found["promql_functions"]) == set(FUNCTIONS)
    assert {"query", "humanize", "externalURL", "reReplaceAll"} <= set(found["templating_functions"])
    assert all(found["templating_functions"].values())


def test_every_category_says_yes_or_no_in_the_order_of_names(client):
    found = client.get("/api/v1/features").json["data"]
    assert {"api", "otlp_receiver", "promql", "rules", "scrape", "tsdb", "ui"} <= set(found)
    for names in found.values():
        assert list(names) == sorted(names)
        assert all(isinstance(offered, bool) for offered in names.values())
