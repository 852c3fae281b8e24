"""`/api/v1/export`: which samples, in which format, in slices that keep their order."""

from __future__ import annotations

import json
import threading
import time

import pytest

from tests.unit.api.outside import caller, put
from vedette.api.export import pieces_of
from vedette.model.blocks import SeriesColumns, empty_columns
from vedette.model.errors import QueryCanceled
from vedette.ports.scan import Deadline
from vedette.store.memory import MemoryStore

POINTS = [(1000 * i, float(i)) for i in range(10)]


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore(windows=False)
    put(store, {"__name__=up,job=a": POINTS, "__name__=up,job=b": POINTS, "__name__=down,job=a": POINTS})
    put(store, {"__name__=up,job=c": POINTS}, tenant="other")
    return store


def test_openmetrics_is_the_default_and_times_are_bounds(store):
    reply = caller(store=store).get("/api/v1/export", {"match[]": 'up{job="a"}', "start": "3", "end": "4"})
    assert reply.text == '# TYPE up unknown\nup{job="a"} 3 3\nup{job="a"} 4 4\n# EOF\n'
    assert reply.headers["content-type"].startswith("application/openmetrics-text")


def test_a_series_that_two_selectors_match_comes_once(store):
    asked = [("match[]", "up"), ("match[]", '{job="a"}'), ("format", "jsonl")]
    lines = [json.loads(line)["metric"] for line in caller(store=store).get("/api/v1/export", asked).text.splitlines()]
    assert sorted((line["__name__"], line["job"]) for line in lines) == [("down", "a"), ("up", "a"), ("up", "b")]


def test_a_tenant_exports_its_own(store):
    reply = caller(store=store).get("/api/v1/export", {"match[]": "up", "format": "csv"}, x_scope_orgid="other")
    assert {line.split(",")[0] for line in reply.text.splitlines()[1:]} == {'"up{job=""c""}"'}


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({}, "no match[] parameter provided"),
        ({"match[]": "up", "format": "xls"}, "unknown export format: xls"),
        ({"match[]": "{"}, "match[]"),
        ({"match[]": "up", "start": "never"}, "invalid time value for 'start'"),
    ],
)
def test_a_bad_request_is_refused(store, query, text):
    reply = caller(store=store).get("/api/v1/export", query)
    assert reply.status == 400
    assert text in reply.json["error"]


class Numbers:
    """A writer that writes how many slices it has seen."""

    content_type = b""
    left_out = 0
    seen = 0

    def begin(self) -> bytes:
        return b"<"

    def write(self, columns: SeriesColumns) -> bytes:
        self.seen += 1
        return b"%d" % self.seen

    def end(self) -> bytes:
        return b">"


def test_slices_that_are_read_out_of_order_are_written_in_order():
    def slow() -> SeriesColumns:
        time.sleep(0.02)
        return empty_columns()

    pieces = pieces_of(Numbers(), [slow, empty_columns, empty_columns], Deadline(10))
    written: dict[int, bytes] = {}
    threads = [
        threading.Thread(target=lambda i=i, piece=piece: written.update({i: bytes(piece())}))
        for i, piece in reversed(list(enumerate(pieces)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert b"".join(written[i] for i in range(len(pieces))) == b"<123>"


def test_a_step_does_not_wait_for_one_that_was_given_up():
    deadline = Deadline(10)
    deadline.cancel()
    with pytest.raises(QueryCanceled):
        pieces_of(Numbers(), [], deadline)[1]()
