"""`/api/v1/query` and `/api/v1/query_range`: parameters, evaluation in a worker thread, the answer rendered there too.

Order of checks and texts: prometheus web/api/v1/api.go (query, queryRange).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict

import msgspec

from vedette.api.answers import Answer
from vedette.api.prometheus import envelope, parameters
from vedette.api.prometheus.rendering import render, truncate
from vedette.api.prometheus.statistics import describe, stats_warning
from vedette.api.requests import Parameters, Request
from vedette.api.routing import GET_POST, Api, Route
from vedette.model.errors import BadInput
from vedette.ports.scan import Deadline
from vedette.query.promql.engine import QueryResult


class _Options(TypedDict):
    lookback_ms: int | None
    detailed_stats: bool
    resolution_max_ms: int


@dataclass(frozen=True, slots=True)
class _Query:
    """What both kinds of query are asked with. `options`: `lookback_ms` (None: the engine's own), `detailed_stats`, and
    `resolution_max_ms` (of `max_source_resolution`, Thanos' parameter)."""

    text: str
    limit: int
    stats: str
    deadline: Deadline
    options: _Options
    per_step: bool


async def query(api: Api, request: Request) -> Answer:
    given = await request.parameters()
    limit = parameters.limit(given)
    time_ms = parameters.time_or(given, "time", api.services.clock.now_ms())
    asked = _read(api, given, limit)
    engine = api.services.engine

    def evaluate() -> QueryResult:
        return engine.instant(request.principal, asked.text, time_ms, asked.deadline, **asked.options)

    return await _run(api, request, asked, evaluate, time_ms)


async def query_range(api: Api, request: Request) -> Answer:
    given = await request.parameters()
    limit = parameters.limit(given)
    start_ms = parameters.required_time(given, "start")
    end_ms = parameters.required_time(given, "end")
    if end_ms < start_ms:
        raise parameters.invalid("end", "end timestamp must not be before start time")
    step_ms = parameters.step_ms(given, start_ms, end_ms)
    asked = _read(api, given, limit)
    engine = api.services.engine
    use_kept = given.get("nocache") not in ("1", "true")

    def evaluate() -> QueryResult:
        bounds = (start_ms, end_ms, step_ms)
        return engine.range(request.principal, asked.text, *bounds, asked.deadline, use_kept=use_kept, **asked.options)

    return await _run(api, request, asked, evaluate, None)


def _read(api: Api, given: Parameters, limit: int) -> _Query:
    stats = given.get("stats")
    deadline = read_deadline(api, given)
    options = _Options(
        lookback_ms=read_lookback(given),
        detailed_stats=bool(stats),
        resolution_max_ms=_read_resolution(given),
    )
    per_step = stats == "all" and api.services.per_step_stats
    return _Query(given.get("query"), limit, stats, deadline, options, per_step)


def read_deadline(api: Api, given: Parameters) -> Deadline:
    """The limit's, or an earlier one that the caller asks for."""
    timeout_ms = api.services.query_limits.timeout_ms
    if given.get("timeout"):
        timeout_ms = min(timeout_ms, parameters.duration_ns(given, "timeout") // 1_000_000)
    return Deadline(timeout_ms / 1000)


def read_lookback(given: Parameters) -> int | None:
    """None: the engine's own."""
    text = given.get("lookback_delta")
    if not text:
        return None
    try:
        lookback_ms = parameters.parse_duration_ns(text) // 1_000_000
    except BadInput as error:
        raise BadInput(f"error parsing lookback delta duration: {error.message}") from None
    return lookback_ms if lookback_ms > 0 else None


def _read_resolution(given: Parameters) -> int:
    """`max_source_resolution`: downsampled samples of this width are welcome even where raw ones are kept."""
    text = given.get("max_source_resolution")
    if not text:
        return 0
    try:
        return max(0, parameters.parse_duration_ns(text) // 1_000_000)
    except BadInput as error:
        raise parameters.invalid("max_source_resolution", error.message) from None


async def _run(
    api: Api, request: Request, asked: _Query, evaluate: Callable[[], QueryResult], time_ms: int | None
) -> Answer:
    asked_at = time.perf_counter()

    def work() -> Answer:
        started_at = time.perf_counter()
        try:
            result = evaluate()
        except BadInput as error:
            raise parameters.invalid("query", error.message) from None
        return _answer(asked, result, time_ms, started_at - asked_at)

    return await api.queries.run(request, asked.deadline, work)


def _answer(asked: _Query, result: QueryResult, time_ms: int | None, queued_s: float) -> Answer:
    value, is_cut = truncate(result.value, asked.limit)
    warnings = [*result.warnings]
    if is_cut:
        warnings.append(envelope.TRUNCATED)
    warnings += stats_warning(asked.stats)
    statistics = b""
    if asked.stats:
        statistics = b',"stats":' + msgspec.json.encode(describe(result.stats, queued_s, asked.per_step))
    ending = statistics + b"}" + envelope.close(warnings, result.infos)
    return Answer(render(value, time_ms=time_ms, ending=ending))


ROUTES = (
    Route(GET_POST, "/api/v1/query", query),
    Route(GET_POST, "/api/v1/query_range", query_range),
)
