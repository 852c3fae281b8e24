"""A data directory as a source: the store and the engine in this process, as a server would run them.

Opening takes the directory's lock, so a running server keeps us out and says who it is. Answers are rendered by the same
code as the HTTP API's and read back: a query prints the same either way.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from vedette.api.prometheus import envelope, parameters
from vedette.api.prometheus.rendering import render
from vedette.app.features import engine_options
from vedette.app.querying.sources import Bounds, Reply
from vedette.model.errors import BadInput
from vedette.model.limits import QueryLimits
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS
from vedette.ports.principal import Principal
from vedette.ports.scan import Deadline
from vedette.query.promql.engine import Engine, QueryResult
from vedette.store.chdb_store import ChdbStore
from vedette.store.directory import holds_data
from vedette.store.opening import StoreSettings

_SUBQUERY_STEP_MS = 60_000


class Local:
    """Raises BadInput for a directory without data, DataDirectoryInUse, StoreError."""

    def __init__(self, data: Path, tenant: str, features: Iterable[str] = ()) -> None:
        if not holds_data(data):
            raise BadInput(
                f"no data directory: {data}", hint="--data names the directory that the server was started with"
            )
        self._store = ChdbStore(StoreSettings(data, maintenance=False))
        self._engine = Engine(self._store, options=engine_options(features, _SUBQUERY_STEP_MS))
        self._principal = Principal(tenant, "query")

    def instant(self, query: str, time_ms: int) -> Reply:
        return _reply(self._engine.instant(self._principal, query, time_ms, _deadline()), time_ms)

    def range(self, query: str, start_ms: int, end_ms: int, step_ms: int) -> Reply:
        found = self._engine.range(self._principal, query, start_ms, end_ms, step_ms, _deadline())
        return _reply(found, None)

    def series(self, selectors: Sequence[str], bounds: Bounds) -> Reply:
        found = self._store.series(self._principal, parameters.selectors([*selectors]), *_times(bounds))
        return Reply([dict(labels.pairs) for labels in found])

    def label_names(self, selectors: Sequence[str], bounds: Bounds) -> Reply:
        chosen = parameters.selectors([*selectors])
        return Reply(self._store.label_names(self._principal, chosen, *_times(bounds)))

    def label_values(self, label: str, selectors: Sequence[str], bounds: Bounds) -> Reply:
        chosen = parameters.selectors([*selectors])
        return Reply(self._store.label_values(self._principal, label, chosen, *_times(bounds)))

    def close(self) -> None:
        self._store.close()


def _deadline() -> Deadline:
    return Deadline(QueryLimits().timeout_ms / 1000)


def _times(bounds: Bounds) -> tuple[int, int]:
    start_ms, end_ms = bounds
    return MIN_TIME_MS if start_ms is None else start_ms, MAX_TIME_MS if end_ms is None else end_ms


def _reply(result: QueryResult, time_ms: int | None) -> Reply:
    rendered = render(result.value, time_ms=time_ms, ending=b"}" + envelope.close())
    body = b"".join(piece() for piece in rendered) if isinstance(rendered, list) else bytes(rendered)
    return Reply(json.loads(body)["data"], result.warnings, result.infos)
