"""`/api/v1/search/{metric_names,label_names,label_values}`: names for a client that completes what is typed.

Behind --enable-feature=search-api. The answer is a stream of JSON lines: batches `{"results": [...]}`, the first one even
if it is empty, then `{"status": "success", "has_more": ...}`. What goes wrong before the stream begins is the usual error.
Source: prometheus web/api/v1/search.go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from vedette.api.answers import Answer
from vedette.api.errors import AdminDisabled
from vedette.api.prometheus import parameters
from vedette.api.prometheus.search_scores import ALGORITHMS, Filter, make_filter
from vedette.api.requests import Parameters, Request
from vedette.api.routing import GET_POST, Api, Route
from vedette.api.services import Document
from vedette.model.errors import BadInput
from vedette.model.labels import METRIC_NAME
from vedette.model.quoting import quote
from vedette.ports.store import Selector

NDJSON: Final = b"application/x-ndjson; charset=utf-8"
LIMIT: Final = 100
BATCH: Final = 100
TERMS_MAX: Final = 32
HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class _Asked:
    selectors: Sequence[Selector]
    start_ms: int
    end_ms: int
    score: Filter | None
    order: str
    """alpha, dsc (alpha, descending) or score"""
    include_score: bool
    limit: int
    batch: int


Find = Callable[[_Asked], Sequence[str]]
Describe = Callable[[str], Document]


async def search_metric_names(api: Api, request: Request) -> Answer:
    given = await _parameters(api, request)
    asked = _read(api, given, "metric_names")
    with_metadata = _switch(given, "include_metadata", default=False)
    store, asker = api.services.store, request.principal

    def find(asked: _Asked) -> Sequence[str]:
        return store.label_values(asker, METRIC_NAME, asked.selectors, asked.start_ms, asked.end_ms)

    def work() -> Answer:
        entries = store.metadata(asker) if with_metadata else ()
        known = {entry.metric: {"type": entry.type, "help": entry.help, "unit": entry.unit} for entry in entries}
        told = {metric: {key: text for key, text in about.items() if text} for metric, about in known.items()}
        return _stream(asked, find(asked), lambda name: {"name": name}, lambda name: told.get(name, {}))

    return await api.look_up(request, work)


async def search_label_names(api: Api, request: Request) -> Answer:
    asked = _read(api, await _parameters(api, request), "label_names")
    store, asker = api.services.store, request.principal

    def work() -> Answer:
        found = store.label_names(asker, asked.selectors, asked.start_ms, asked.end_ms)
        return _stream(asked, found, lambda name: {"name": name})

    return await api.look_up(request, work)


async def search_label_values(api: Api, request: Request) -> Answer:
    given = await _parameters(api, request)
    asked = _read(api, given, "label_values")
    label = given.get("label")
    if not label:
        raise BadInput('missing required parameter "label"')
    store, asker = api.services.store, request.principal

    def work() -> Answer:
        found = store.label_values(asker, label, asked.selectors, asked.start_ms, asked.end_ms)
        return _stream(asked, found, lambda value: {"value": value})

    return await api.look_up(request, work)


async def _parameters(api: Api, request: Request) -> Parameters:
    if not api.services.search_enabled:
        raise AdminDisabled("search API disabled", hint="start with --enable-feature=search-api")
    return await request.parameters()


def _read(api: Api, given: Parameters, endpoint: str) -> _Asked:
    now_ms = api.services.clock.now_ms()
    start_ms = parameters.time_or(given, "start", now_ms - HOUR_MS)
    end_ms = parameters.time_or(given, "end", now_ms)
    if end_ms < start_ms:
        raise BadInput("end timestamp must not be before start timestamp")
    selectors = parameters.selectors(given.all("match[]"))
    terms = given.all("search[]")
    if len(terms) > TERMS_MAX:
        raise BadInput(f"too many search[] terms: got {len(terms)}, maximum is {TERMS_MAX}")
    score = _read_filter(given, terms)
    include_score = _switch(given, "include_score", default=False)
    order = _read_order(given, terms, endpoint)
    limit = _positive(given, "limit", LIMIT)
    if limit > (limit_max := api.services.query_limits.search_results_max):
        raise BadInput(f"limit {limit} exceeds the configured maximum ({limit_max}, see --web.search.max-limit)")
    batch = _positive(given, "batch_size", BATCH)
    return _Asked(selectors, start_ms, end_ms, score, order, include_score, limit, batch)


def _read_filter(given: Parameters, terms: Sequence[str]) -> Filter | None:
    text = given.get("fuzz_threshold")
    if text and not (text.isdecimal() and int(text) <= 100):
        raise BadInput(f"invalid fuzz_threshold {quote(text)}: must be 0-100")
    algorithm = given.get("fuzz_alg") or ALGORITHMS[0]
    if algorithm not in ALGORITHMS:
        raise BadInput(f"unsupported fuzz_alg {quote(algorithm)}: must be one of [{' '.join(ALGORITHMS)}]")
    case_sensitive = _switch(given, "case_sensitive", default=True)
    return make_filter(terms, int(text or 0) / 100, algorithm, case_sensitive=case_sensitive)


def _read_order(given: Parameters, terms: Sequence[str], endpoint: str) -> str:
    by, direction = given.get("sort_by"), given.get("sort_dir")
    if direction and not by:
        raise BadInput("sort_dir is only valid when sort_by is set")
    if direction and by == "score":
        raise BadInput("sort_dir is not supported for sort_by=score")
    if direction not in ("", "asc", "dsc"):
        raise BadInput(f'invalid sort_dir {quote(direction)}: must be "asc" or "dsc"')
    if by == "score" and not terms:
        raise BadInput("sort_by=score requires search[] to be set")
    if by not in ("", "alpha", "score"):
        raise BadInput(f'invalid sort_by {quote(by)} for {endpoint}: must be "alpha" or "score"')
    return "score" if by == "score" else "dsc" if direction == "dsc" else "alpha"


def _positive(given: Parameters, name: str, default: int) -> int:
    text = given.get(name)
    if not text:
        return default
    try:
        number = parameters.parse_go_int(text)
    except BadInput:
        number = 0
    if number <= 0:
        raise BadInput(f"invalid {name} {quote(text)}: must be a positive integer")
    return number


def _switch(given: Parameters, name: str, *, default: bool) -> bool:
    if not given.get(name):
        return default
    try:
        return parameters.switch(given, name)
    except BadInput:
        raise BadInput(f"invalid {name} {quote(given.get(name))}: must be boolean") from None


def _stream(asked: _Asked, names: Sequence[str], result: Describe, more: Describe = lambda name: {}) -> Answer:
    scored = _scored(asked, names)
    kept = scored[: asked.limit]
    lines: list[Any] = []
    for start in range(0, max(1, len(kept)), asked.batch):
        some = kept[start : start + asked.batch]
        results = [
            {**result(name), **({"score": score} if asked.include_score else {}), **more(name)} for name, score in some
        ]
        lines.append({"results": results})
    lines.append({"status": "success", "has_more": len(scored) > len(kept)})
    return Answer([_line(line) for line in lines], content_type=NDJSON)


def _line(line: Document) -> Callable[[], bytes]:
    return lambda: msgspec.json.encode(line) + b"\n"


def _scored(asked: _Asked, names: Sequence[str]) -> list[tuple[str, float]]:
    """Names that fit, with their scores, in the order asked for; the names come ascending."""
    if asked.score is None:
        found = [(name, 1.0) for name in names]
    else:
        found = [(name, score) for name in names if (score := asked.score(name)) is not None]
    if asked.order == "score":
        return sorted(found, key=lambda pair: -pair[1])
    return found[::-1] if asked.order == "dsc" else found


ROUTES = (
    Route(GET_POST, "/api/v1/search/metric_names", search_metric_names),
    Route(GET_POST, "/api/v1/search/label_names", search_label_names),
    Route(GET_POST, "/api/v1/search/label_values", search_label_values),
)
