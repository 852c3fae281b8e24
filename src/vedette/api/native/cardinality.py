"""`/api/v1/cardinality`: which names, labels and values make the caller's series many, and what dropping a label would save.

limit     entries of each list (20)        match[]     only these series; start, end: with samples in that time
drop      a label to leave out in thought

{"series", "samples_per_second", "names": [{"name", "series", "share"}], "labels": [{"name", "values", "series"}],
 "pairs": [{"name", "value", "series"}], "churn": [{"name", "created_1h", "gone_1h"}],
 "drop": {"label", "series_before", "series_after", "names": [{"name", "series_before", "series_after"}]}}
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from vedette.api.answers import Answer
from vedette.api.prometheus import envelope, parameters
from vedette.api.requests import Request
from vedette.api.routing import GET_POST, Api, Route
from vedette.model.errors import BadInput
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS
from vedette.ports.cardinality import CardinalityQuestion

LIMIT: Final = 20
LIMIT_MAX: Final = 10_000


async def cardinality(api: Api, request: Request) -> Answer:
    given = await request.parameters()
    limit = parameters.limit(given) or LIMIT
    if limit > LIMIT_MAX:
        raise BadInput(f"limit must not exceed {LIMIT_MAX}: {limit}")
    start_ms = parameters.time_or(given, "start", MIN_TIME_MS)
    end_ms = parameters.time_or(given, "end", MAX_TIME_MS)
    question = CardinalityQuestion(limit, given.get("drop"))
    store = api.services.store

    def work() -> Answer:
        selectors = parameters.selectors(given.all("match[]"))
        report = asdict(store.cardinality(request.principal, selectors, start_ms, end_ms, question))
        if report["drop"] is None:
            del report["drop"]
        return envelope.success(report)

    return await api.look_up(request, work)


ROUTES = (Route(GET_POST, "/api/v1/cardinality", cardinality),)
