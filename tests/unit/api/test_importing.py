from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.api.outside import Caller, Reply, StoppedClock, principal_of, services
from vedette.api.app import build_app
from vedette.api.receiving.importing import ImportDoor
from vedette.intake.importing.jsonl import jsonl_batches
from vedette.intake.importing.lines import inflated, whole_lines
from vedette.intake.importing.openmetrics import openmetrics_batches
from vedette.model.blocks import HistogramBatch, SampleBatch
from vedette.model.errors import BadInput, BodyTooLarge, MalformedPage
from vedette.model.histograms import CounterReset
from vedette.model.staleness import is_stale
from vedette.ports.scan import Deadline, ScanPlan
from vedette.store.memory import MemoryStore

PAGE = '# TYPE m gauge\nm{a="1"} 1 1000\nm{a="2"} 2 1000\nm{a="1"} 3 1001.5\n# EOF\n'
LINES = (
    '{"metric":{"__name__":"m","a":"1"},"values":[1,3],"timestamps":[1000000,1001500]}\n'
    '\n{"metric":{"__name__":"m","a":"2"},"values":[2],"timestamps":[1000000]}\n'
)
EXPECTED = {'m{a="1"}': [(1_000_000, 1.0), (1_001_500, 3.0)], 'm{a="2"}': [(1_000_000, 2.0)]}


class Outside:
    def __init__(self) -> None:
        self.store = MemoryStore(clock=StoppedClock(), windows=False)
        door = ImportDoor(self.store, self._bring)
        self.caller = Caller(build_app(services(store=self.store), doors=door.routes()))

    def _bring(self, batches: Iterator[SampleBatch | HistogramBatch]) -> int:
        return sum(
            self.store.append_histograms(principal_of(), batch).accepted
            if isinstance(batch, HistogramBatch)
            else self.store.append(principal_of(), batch).accepted
            for batch in batches
        )

    def send(self, kind: str, body: str | bytes, **headers: str) -> Reply:
        data = body.encode() if isinstance(body, str) else body
        return self.caller.send("POST", f"/api/v1/import/{kind}", "", data, headers)

    def samples(self) -> dict[str, list[tuple[int, float]]]:
        found = self.store.select(principal_of(), ScanPlan((), 0, 1 << 60, 10_000), Deadline(10))
        return {
            str(labels): [
                (int(found.times_ms[at]), float(found.values[at]))
                for at in range(found.offsets[row], found.offsets[row + 1])
            ]
            for row, labels in enumerate(found.labels)
        }


@pytest.mark.parametrize(("kind", "body"), [("openmetrics", PAGE), ("jsonl", LINES)])
@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_samples_of_any_age_are_imported(kind: str, body: str, encoding: str) -> None:
    outside = Outside()
    data = gzip.compress(body.encode()) if encoding else body.encode()
    reply = outside.send(kind, data, **{"content-encoding": encoding})
    assert (reply.status, reply.json) == (200, {"status": "success", "data": {"samples": 3}}), reply.text
    assert outside.samples() == EXPECTED


@pytest.mark.parametrize("size", [1, 7, 64, 4096])
@pytest.mark.parametrize(("read", "body"), [(openmetrics_batches, PAGE), (jsonl_batches, LINES)])
def test_a_stream_may_be_cut_anywhere(size: int, read: Any, body: str) -> None:
    store, data = MemoryStore(windows=False), body.encode()
    blocks = (data[at : at + size] for at in range(0, len(data), size))
    for batch in read(blocks, lambda labels: store.register(principal_of(), labels)):
        store.append(principal_of(), batch)
    found = store.select(principal_of(), ScanPlan((), 0, 1 << 60, 100), Deadline(10))
    assert sorted(found.values.tolist()) == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("time_ms", [253_402_300_800_000, -62_135_596_800_001, 9 * 10**18, -9 * 10**18])
def test_a_time_that_no_date_can_name_is_refused_with_its_line(time_ms: int) -> None:
    outside = Outside()
    line = json.dumps({"metric": {"__name__": "m"}, "values": [1], "timestamps": [time_ms]})
    reply = outside.send("jsonl", "\n" + line)
    assert reply.status == 400
    assert reply.json["error"].startswith(f"line 2: timestamp out of range: {time_ms}")
    reply = outside.send("openmetrics", f"m 1 1\nm 1 {time_ms / 1000:f}\n# EOF\n")
    assert reply.status == 400
    assert reply.json["error"].startswith("line 2: timestamp out of range: m ")
    assert reply.json["hint"] == "it is in seconds since 1970"


@pytest.mark.parametrize("time_ms", [253_402_300_799_000, -62_135_596_800_000])
def test_the_first_and_the_last_time_are_imported(time_ms: int) -> None:
    line = json.dumps({"metric": {"__name__": "m"}, "values": [1], "timestamps": [time_ms]})
    assert Outside().send("jsonl", line).status == 200
    assert Outside().send("openmetrics", f"m 1 {time_ms // 1000}\n# EOF\n").status == 200


def test_special_values_of_json_lines() -> None:
    outside = Outside()
    line = {"metric": {"__name__": "m"}, "values": [None, "NaN", "Infinity", "-Infinity"], "timestamps": [1, 2, 3, 4]}
    assert outside.send("jsonl", json.dumps(line)).status == 200
    values = [value for _, value in outside.samples()["m"]]
    assert [repr(value) for value in values] == ["nan", "nan", "inf", "-inf"]
    assert [is_stale(value) for value in values] == [True, False, False, False]


HISTOGRAM = {"schema": 0, "count": 3, "sum": "NaN", "zero_count": 1, "zero_threshold": 0.5, "positive": [[-1, 2]]}


def test_native_histograms_of_json_lines_stand_among_the_values() -> None:
    outside = Outside()
    line = {"metric": {"__name__": "m"}, "values": [1, HISTOGRAM | {"counter_reset": "gauge"}], "timestamps": [1, 2]}
    reply = outside.send("jsonl", json.dumps(line))
    assert (reply.status, reply.json["data"]) == (200, {"samples": 2}), reply.text
    found = outside.store.select(principal_of(), ScanPlan((), 0, 10, 10), Deadline(10))
    assert found.histograms is not None and found.histograms.rows.tolist() == [-1, 0]
    histogram = found.histograms.table.at(0)
    assert (histogram.positive, histogram.hint, histogram.zero_count) == ({-1: 2.0}, CounterReset.GAUGE, 1.0)


CUSTOM: dict[str, Any] = {"schema": -53, "count": 1, "sum": 1, "zero_count": 0, "zero_threshold": 0, "bounds": [1, 2]}


@pytest.mark.parametrize(
    ("histogram", "words"),
    [
        ({"schema": 0}, "missing required field `count`"),
        (HISTOGRAM | {"schema": 9}, "a histogram of schema 9 with 0 bounds"),
        (HISTOGRAM | {"bounds": [1]}, "a histogram of schema 0 with 1 bounds"),
        (HISTOGRAM | {"count": "many"}, "not a number: 'many'"),
        (HISTOGRAM | {"positive": [[2, 1], [1, 1]]}, "indexes of buckets must ascend"),
        (HISTOGRAM | {"positive": [[1 << 31, 1]]}, "an index of a bucket is out of range"),
        (HISTOGRAM | {"counter_reset": "maybe"}, "not a word for a counter reset: 'maybe'"),
        (HISTOGRAM | {"other": 1}, "unknown field `other`"),
        (CUSTOM | {"positive": [[3, 1]]}, "a bucket lies outside of the 2 custom bounds"),
        (CUSTOM | {"bounds": [2, 1]}, "bounds of custom buckets must ascend"),
        (CUSTOM | {"zero_count": 1}, "no zero bucket"),
        (CUSTOM | {"negative": [[0, 1]]}, "no negative ones"),
    ],
)
def test_a_histogram_that_is_none_is_named(histogram: dict[str, Any], words: str) -> None:
    line = {"metric": {"__name__": "m"}, "values": [histogram], "timestamps": [1]}
    reply = Outside().send("jsonl", json.dumps(line))
    assert reply.status == 400 and words in reply.json["error"], reply.text
    assert reply.json["error"].startswith("line 1: ")


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        ("openmetrics", "m 1 1000\n", "line 2: data does not end with # EOF"),
        ("openmetrics", "m 1\n# EOF\n", "line 1: sample without a timestamp: m"),
        ("openmetrics", "m 1 1000\nm x 2\n# EOF\n", "line 2: "),
        ("jsonl", LINES + "{", "line 4: "),
        ("jsonl", '{"metric":{"a":"b"},"values":[],"timestamps":[]}', "line 1: a series needs a __name__"),
        ("jsonl", '{"metric":{"__name__":"m"},"values":[1],"timestamps":[]}', "line 1: 1 values and 0 timestamps"),
        ("jsonl", '{"metric":{"__name__":"m"},"values":["x"],"timestamps":[1]}', "line 1: not a number: 'x'"),
        ("jsonl", '{"metric":{"__name__":"m"},"values":[1],"timestamps":[1.5]}', "line 1: "),
        ("jsonl", '{"metric":{"__name__":"m"},"values":[1],"timestamps":[9223372036854775807]}', "out of range"),
    ],
)
def test_a_wrong_line_is_named(kind: str, body: str, words: str) -> None:
    reply = Outside().send(kind, body)
    assert reply.status == 400 and words in reply.json["error"], reply.text


@pytest.mark.parametrize("body", [b"xyz", gzip.compress(b"abc" * 99, mtime=0)[:-3]])
def test_broken_gzip_is_refused(body: bytes) -> None:
    assert Outside().send("jsonl", body, **{"content-encoding": "gzip"}).status == 400


def test_other_encodings_are_refused() -> None:
    assert Outside().send("jsonl", b"", **{"content-encoding": "br"}).status == 400


def test_lines_are_bounded_and_pieces_know_their_place() -> None:
    pieces = list(whole_lines([b"a\nb", b"b\nc\nd"], 10))
    assert [(piece.data, piece.first_line, piece.is_last) for piece in pieces] == [
        (b"a\n", 1, False),
        (b"bb\nc\n", 2, False),
        (b"d", 4, True),
    ]
    with pytest.raises(BodyTooLarge, match="line 2 is longer than 10 bytes"):
        list(whole_lines([b"a\n" + b"b" * 20], 10))


def test_gzip_of_several_members_is_one_stream() -> None:
    data = gzip.compress(b"ab") + gzip.compress(b"cd")
    assert b"".join(inflated(data[at : at + 3] for at in range(0, len(data), 3))) == b"abcd"
    with pytest.raises(BadInput, match="gzip: unexpected EOF"):
        list(inflated([data[:-1]]))


def test_mutated_lines_are_read_or_named() -> None:
    for at in range(len(LINES)):
        for character in '"}]x0,':
            mutated = LINES[:at] + character + LINES[at + 1 :]
            try:
                for batch in jsonl_batches(
                    [mutated.encode()], lambda labels: MemoryStore().register(principal_of(), labels)
                ):
                    assert len(batch) > 0
            except MalformedPage as error:
                assert error.message.startswith("line ")
