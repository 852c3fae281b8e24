"""What series there are: labels, label values, series, metadata. Reads the store's indexes, evaluates nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from vedette.api.answers import Answer
from vedette.api.prometheus import envelope, parameters
from vedette.api.prometheus.escaping import unescape_name
from vedette.api.requests import Parameters, Request
from vedette.api.routing import GET, GET_POST, Api, Route
from vedette.api.services import Document
from vedette.model.blocks import MetricMetadata
from vedette.model.errors import BadInput
from vedette.model.quoting import quote
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS
from vedette.ports.store import Selector

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Asked:
    limit: int
    start_ms: int
    end_ms: int
    selectors: list[Selector]


async def labels(api: Api, request: Request) -> Answer:
    store, asker = api.services.store, request.principal

    def find(asked: _Asked) -> list[str]:
        return store.label_names(asker, asked.selectors, asked.start_ms, asked.end_ms)

    return await _listed(api, request, await request.parameters(), find)


async def label_values(api: Api, request: Request) -> Answer:
    name = unescape_name(request.path_values[0])
    if not _is_utf8(name):
        raise BadInput(f"invalid label name: {quote(name)}")
    store, asker = api.services.store, request.principal

    def find(asked: _Asked) -> list[str]:
        return store.label_values(asker, name, asked.selectors, asked.start_ms, asked.end_ms)

    return await _listed(api, request, await request.parameters(), find)


async def series(api: Api, request: Request) -> Answer:
    given = await request.parameters()
    if not given.all("match[]"):
        raise BadInput("no match[] parameter provided")
    store, asker = api.services.store, request.principal

    def find(asked: _Asked) -> list[dict[str, str]]:
        found = store.series(asker, asked.selectors, asked.start_ms, asked.end_ms)
        return [dict(labels.pairs) for labels in found]

    return await _listed(api, request, given, find, selector_name="match[]")


async def metadata(api: Api, request: Request) -> Answer:
    given = await request.parameters()
    limit = _count(given, "limit")
    per_metric = _count(given, "limit_per_metric")
    metric = given.get("metric")
    store = api.services.store

    def work() -> Answer:
        found: dict[str, list[Document]] = {}
        for entry in store.metadata(request.principal, metric):
            known = found.get(entry.metric)
            if known is None:
                if 0 <= limit <= len(found):
                    continue
                known = found[entry.metric] = []
            if per_metric <= 0 or len(known) < per_metric:
                known.append(_describe(entry))
        return envelope.success(found)

    return await api.look_up(request, work)


def _describe(entry: MetricMetadata) -> Document:
    return {"type": entry.type, "help": entry.help, "unit": entry.unit}


async def _listed(
    api: Api, request: Request, given: Parameters, find: Callable[[_Asked], list[T]], selector_name: str = ""
) -> Answer:
    def work() -> Answer:
        asked = _read(given, selector_name)
        found = find(asked)
        if 0 < asked.limit < len(found):
            return envelope.success(found[: asked.limit], [envelope.TRUNCATED])
        return envelope.success(found)

    return await api.look_up(request, work)


def _read(given: Parameters, selector_name: str) -> _Asked:
    """`selector_name`: what errors call the selectors; the reference names the parameter in one handler only."""
    limit = parameters.limit(given)
    start_ms = parameters.time_or(given, "start", MIN_TIME_MS)
    end_ms = parameters.time_or(given, "end", MAX_TIME_MS)
    return _Asked(limit, start_ms, end_ms, parameters.selectors(given.all("match[]"), selector_name))


def _count(given: Parameters, name: str) -> int:
    """-1: not given."""
    text = given.get(name)
    if not text:
        return -1
    try:
        return parameters.parse_go_int(text)
    except BadInput:
        raise BadInput(f"{name} must be a number") from None


def _is_utf8(text: str) -> bool:
    try:
        return bool(text.encode())
    except UnicodeEncodeError:
        return False


ROUTES = (
    Route(GET_POST, "/api/v1/labels", labels),
    Route(GET, "/api/v1/label/*/values", label_values),
    Route(GET_POST, "/api/v1/series", series),
    Route(GET, "/api/v1/metadata", metadata),
)
