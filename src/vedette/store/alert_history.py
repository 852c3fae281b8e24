"""Alert history on the engine: rows of `alerts_history`, committed with the other tables, dropped by the week.

Events wait in RAM until their commit and are read from there; a commit that was tried twice may have left a row twice, and equal
rows are one event. Matchers are tried here, on rows read newest first, some thousands at a time: most questions end with the first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from vedette.model.errors import QueueFull, StoreUnavailable
from vedette.model.labels import Labels
from vedette.model.matchers import MatchType
from vedette.model.telemetry import counter
from vedette.ports.alert_history import AlertEvent, HistoryAnswer, HistoryQuestion
from vedette.ports.principal import Principal
from vedette.store.engine import DATABASE, Engine, Lane
from vedette.store.sql import literal, literals

TABLE: Final = "alerts_history"
WEEK_MS: Final = 7 * 24 * 3600_000
ROWS_AT_ONCE: Final = 10_000
ROWS_READ_MAX: Final = 2_000_000
"""A question whose matchers find too little ends here, truncated."""
_COLUMNS: Final = "time_ms, fingerprint, kind, labels, starts_at_ms, by, receiver, integration, text"

_DROPPED: Final = counter(
    "vedette_alert_history_dropped", "Events of alerts that were not kept: too many waited for a commit."
)


class EventRows(tuple[AlertEvent, ...]):
    """Of one tenant."""

    tenant: str

    def __new__(cls, tenant: str, events: Sequence[AlertEvent]) -> EventRows:
        rows = super().__new__(cls, events)
        rows.tenant = tenant
        return rows


class AlertHistoryTable:
    """ports.alert_history.AlertHistory. `queue` takes rows for the next commit; it raises QueueFull and StoreUnavailable."""

    def __init__(self, engine: Engine, queue: Callable[[EventRows], object]) -> None:
        self._engine = engine
        self._queue = queue
        self._lock = threading.Lock()
        self._waiting: list[EventRows] = []
        self._dropped = 0

    @property
    def dropped(self) -> int:
        return self._dropped

    def record(self, principal: Principal, events: Sequence[AlertEvent]) -> None:
        rows = EventRows(principal.tenant, events)
        if not rows:
            return
        with self._lock:
            self._waiting.append(rows)
        try:
            self._queue(rows)
        except (QueueFull, StoreUnavailable):
            self._forget_waiting([rows])
            self._dropped += len(rows)
            _DROPPED.inc(len(rows))

    def write(self, batches: Sequence[EventRows], sequence: int) -> None:
        """Raises StoreError; what is in by then comes once more, and is known for the same."""
        rows = [(rows.tenant, event) for rows in batches for event in rows]
        weeks = np.array([event.time_ms // WEEK_MS for _, event in rows], np.int64)
        for week in np.unique(weeks).tolist():
            own = [rows[place] for place in np.flatnonzero(weeks == week).tolist()]
            for start in range(0, len(own), ROWS_AT_ONCE):
                self._engine.insert(TABLE, _batch(week, own[start : start + ROWS_AT_ONCE]), lane=Lane.INGEST)
        self._forget_waiting(batches)

    def read(self, principal: Principal, question: HistoryQuestion) -> HistoryAnswer:
        with self._lock:
            waiting = [event for rows in self._waiting if rows.tenant == principal.tenant for event in rows]
        found = {event for event in waiting if question.takes(event)}
        complete = True
        for stored in self._stored(principal.tenant, question):
            found.update(event for event in stored if question.takes_labels(event.labels))
            complete = len(stored) < ROWS_AT_ONCE
            if len(found) > question.limit:
                break
        newest = sorted(found, key=lambda event: event[:3], reverse=True)
        return HistoryAnswer(newest[: question.limit], truncated=len(newest) > question.limit or not complete)

    def forget_before(self, time_ms: int) -> None:
        found = self._engine.query(
            f"select distinct partition from system.parts where active and database = {literal(DATABASE)} "
            f"and table = {literal(TABLE)}",
            lane=Lane.CONTROL,
        )
        for partition in found["partition"].to_pylist():
            if int(partition) < time_ms // WEEK_MS:
                self._engine.execute(f"alter table {TABLE} drop partition {int(partition)}")

    def _stored(self, tenant: str, question: HistoryQuestion) -> Iterator[list[AlertEvent]]:
        """Newest first. Rows that come meanwhile are newer and push some into the next portion again: they are equal ones."""
        where = " and ".join(_conditions(tenant, question))
        for start in range(0, ROWS_READ_MAX, ROWS_AT_ONCE):
            rows = self._engine.query(
                f"select {_COLUMNS} from {TABLE} where {where} order by time_ms desc, fingerprint desc, kind desc "
                f"limit {ROWS_AT_ONCE} offset {start}"
            )
            yield list(_events(rows))
            if rows.num_rows < ROWS_AT_ONCE:
                return

    def _forget_waiting(self, batches: Sequence[EventRows]) -> None:
        with self._lock:
            done = set(map(id, batches))
            self._waiting = [rows for rows in self._waiting if id(rows) not in done]


def _conditions(tenant: str, question: HistoryQuestion) -> Iterator[str]:
    low, high = question.min_time_ms, question.max_time_ms
    yield f"week between {max(low // WEEK_MS, -(1 << 31))} and {min(high // WEEK_MS, (1 << 31) - 1)}"
    yield f"tenant = {literal(tenant)} and time_ms between {literal(low)} and {literal(high)}"
    if question.fingerprint is not None:
        yield f"fingerprint = {literal(question.fingerprint)}"
    if question.kinds:
        yield f"kind in {literals(sorted(question.kinds))}"
    if len(question.selectors) == 1:
        for matcher in question.selectors[0]:
            if matcher.type is MatchType.EQUAL:
                yield f"labels[{literal(matcher.name)}] = {literal(matcher.value)}"


def _events(rows: pa.Table) -> Iterator[AlertEvent]:
    columns: list[list[Any]] = [rows[name].to_pylist() for name in _COLUMNS.split(", ")]
    columns[3] = [Labels(pairs) for pairs in columns[3]]
    return map(AlertEvent, *columns)


def _batch(week: int, rows: Sequence[tuple[str, AlertEvent]]) -> pa.RecordBatch:
    events = [event for _, event in rows]
    offsets = np.append(0, np.cumsum([len(event.labels) for event in events])).astype(np.int32)
    names = pa.array([name for event in events for name, _ in event.labels], pa.string())
    values = pa.array([value for event in events for _, value in event.labels], pa.string())
    columns = {
        "week": pa.array(np.full(len(rows), week, np.int32)),
        "tenant": pa.array([tenant for tenant, _ in rows], pa.string()),
        "time_ms": pa.array([event.time_ms for event in events], pa.int64()),
        "fingerprint": pa.array([event.fingerprint for event in events], pa.uint64()),
        "kind": pa.array([event.kind for event in events], pa.string()),
        "labels": pa.MapArray.from_arrays(pa.array(offsets), names, values),
        "starts_at_ms": pa.array([event.starts_at_ms for event in events], pa.int64()),
        **{
            name: pa.array([getattr(event, name) for event in events], pa.string())
            for name in ("by", "receiver", "integration", "text")
        },
    }
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))
