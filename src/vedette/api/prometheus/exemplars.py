"""`/api/v1/query_exemplars`: the exemplars of every series that a query selects, whatever the query does with them.

Source of the shape: prometheus web/api/v1/api.go queryExemplars, json_codec.go marshalExemplarJSON.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from vedette.api.answers import Answer
from vedette.api.prometheus import envelope, parameters
from vedette.api.requests import Request
from vedette.api.routing import GET_POST, Api, Route
from vedette.kernels.json_numbers import format_floats
from vedette.kernels.json_rows import times_as_rows
from vedette.model.blocks import Int64s
from vedette.model.errors import BadInput
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS
from vedette.ports.store import SeriesExemplars
from vedette.query.promql.ast import VectorSelector, walk
from vedette.query.promql.parser import parse_expr


async def query_exemplars(api: Api, request: Request) -> Answer:
    given = await request.parameters()
    start_ms = parameters.time_or(given, "start", MIN_TIME_MS)
    end_ms = parameters.time_or(given, "end", MAX_TIME_MS)
    if end_ms < start_ms:
        raise BadInput("end timestamp must not be before start timestamp")

    def work() -> Answer:
        expr = parse_expr(given.get("query"), api.services.engine_options.parser)
        selectors = [node.matchers for node in walk(expr) if isinstance(node, VectorSelector)]
        if not selectors:
            return Answer(status=204)
        return envelope.success(_as_json(api.services.store.exemplars(request.principal, selectors, start_ms, end_ms)))

    return await api.look_up(request, work)


def _as_json(found: Sequence[SeriesExemplars]) -> list[dict[str, object]]:
    return [{"seriesLabels": dict(one.series), "exemplars": _exemplars(one)} for one in found]


def _exemplars(one: SeriesExemplars) -> list[dict[str, object]]:
    rows = zip(one.labels, format_floats(one.values), _times(one.times_ms), strict=True)
    return [{"labels": dict(labels), "value": value, "timestamp": time} for labels, value, time in rows]


def _times(times_ms: Int64s) -> list[msgspec.Raw]:
    rows = times_as_rows(times_ms)
    data, offsets = rows.data.tobytes(), rows.offsets.tolist()
    return [msgspec.Raw(data[start + 1 : end - 2]) for start, end in pairwise(offsets)]


ROUTES = (Route(GET_POST, "/api/v1/query_exemplars", query_exemplars),)
