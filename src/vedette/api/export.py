"""`/api/v1/export`: every sample of the selected series in a time range, as OpenMetrics, JSON lines, CSV or Parquet.

Slices of series are read side by side on the threads for bulk answers, and written one after another: a file has an order,
and a writer remembers what it wrote. Memory is a slice for each thread and two written pieces for each answer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Protocol

from vedette.api.answers import Answer, Buffer, Piece
from vedette.api.prometheus import parameters
from vedette.api.requests import Request
from vedette.api.routing import GET_POST, Api, Route
from vedette.model.blocks import SeriesColumns
from vedette.model.errors import BadInput, QueryCanceled
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS
from vedette.ports.scan import Deadline, ScanPlan
from vedette.ports.store import Slice
from vedette.wire.export import new_writer

_WAIT_S: Final = 1.0


async def export(api: Api, request: Request) -> Answer:
    given = await request.parameters()
    selectors = parameters.selectors(given.all("match[]"), "match[]")
    if not selectors:
        raise BadInput("no match[] parameter provided")
    start_ms = parameters.time_or(given, "start", MIN_TIME_MS)
    end_ms = parameters.time_or(given, "end", MAX_TIME_MS)
    writer = new_writer(given.get("format") or "openmetrics")
    limits = api.services.bulk_limits

    series_max = api.services.query_limits.series_max
    plan = ScanPlan(selectors[0], start_ms, end_ms, samples_max=limits.samples_max, series_max=series_max)

    async def make(deadline: Deadline) -> Answer:
        def work() -> Answer:
            slices = api.services.store.slices(request.principal, plan, deadline, also=selectors[1:])
            return Answer(pieces_of(writer, slices, deadline), 200, writer.content_type)

        return await api.queries.run(request, deadline, work)

    return await api.bulk.take_turn(make)


class SliceWriter(Protocol):
    """What writes a file or a page from slices, one after another."""

    def begin(self) -> Buffer: ...

    def write(self, columns: SeriesColumns) -> Buffer: ...

    def end(self) -> Buffer: ...


def pieces_of(writer: SliceWriter, slices: Sequence[Slice], deadline: Deadline) -> list[Piece]:
    turns = _Turns(deadline)
    steps: list[Callable[[], Callable[[], Buffer]]] = [
        lambda: writer.begin,
        *(partial(_read, writer, one) for one in slices),
        lambda: writer.end,
    ]
    return [partial(turns.run, number, step) for number, step in enumerate(steps)]


def _read(writer: SliceWriter, read_slice: Slice) -> Callable[[], Buffer]:
    return partial(writer.write, read_slice())


@dataclass(slots=True)
class _Turns:
    """Steps may be prepared side by side; what they end with happens in their order."""

    deadline: Deadline
    next_number: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def run(self, number: int, prepare: Callable[[], Callable[[], Buffer]]) -> Buffer:
        """Raises QueryCanceled when the answer was given up."""
        finish = prepare()
        with self.changed:
            while self.next_number != number:
                self.changed.wait(_WAIT_S)
                if self.deadline.canceled:
                    raise QueryCanceled("the export was given up")
            written = finish()
            self.next_number += 1
            self.changed.notify_all()
            return written


ROUTES: Final = (Route(GET_POST, "/api/v1/export", export),)
