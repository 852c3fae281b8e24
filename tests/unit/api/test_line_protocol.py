from __future__ import annotations

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.api.outside import NOW_MS, Caller, Reply, StoppedClock, principal_of, services
from vedette.api.app import build_app
from vedette.api.receiving import line_protocol
from vedette.intake.receiving.line_protocol import LineReceiver
from vedette.model.errors import BadInput
from vedette.model.limits import ReceiveLimits
from vedette.ports.scan import Deadline, ScanPlan
from vedette.store.memory import MemoryStore
from vedette.wire.line_protocol import Line, parse_line, split_lines


class Outside:
    def __init__(self, limits: ReceiveLimits = ReceiveLimits()) -> None:
        self.store = MemoryStore(windows=False)
        doors = line_protocol.routes(LineReceiver(self.store, StoppedClock(), limits))
        self.caller = Caller(build_app(services(store=self.store, receive_limits=limits), doors=doors))

    def write(self, body: str | bytes, query: str = "", path: str = "/write", **headers: str) -> Reply:
        data = body.encode() if isinstance(body, str) else body
        return self.caller.send("POST", path, query, data, headers)

    def samples(self) -> dict[str, tuple[int, float]]:
        found = self.store.select(principal_of(), ScanPlan((), 0, NOW_MS * 2, 10_000), Deadline(10))
        return {
            str(labels): (int(found.times_ms[found.offsets[row]]), float(found.values[found.offsets[row]]))
            for row, labels in enumerate(found.labels)
        }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("m f=1", Line("m", {}, {"f": 1.0}, None)),
        ("m,a=b,c=d f=1.5e3,g=-3i,h=7u 12", Line("m", {"a": "b", "c": "d"}, {"f": 1500.0, "g": -3.0, "h": 7.0}, 12)),
        ("m f=t,g=False,h=TRUE", Line("m", {}, {"f": 1.0, "g": 0.0, "h": 1.0}, None)),
        ('m s="x, y=1 \\" z",f=.5 1', Line("m", {}, {"f": 0.5}, 1)),
        ('m s="only text" 1', Line("m", {}, {}, 1)),
        (r"m\ x\,y,a\=b=c\ d,e=f\\g f\ 1=2", Line("m x,y", {"a=b": "c d", "e": r"f\g"}, {"f 1": 2.0}, None)),
        ("温度,城=北京 值=21.5 5", Line("温度", {"城": "北京"}, {"值": 21.5}, 5)),
        ("m  f=1   7 ", Line("m", {}, {"f": 1.0}, 7)),
    ],
)
def test_a_line_is_read(text: str, line: Line) -> None:
    assert parse_line(text) == line


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("m", "missing fields"),
        (",a=b f=1", "missing measurement"),
        ("m f", "invalid field format"),
        ("m f=", "invalid field format"),
        ("m,a f=1", "invalid field format"),
        ("m,a= f=1", "invalid field format"),
        ("m f=x", "invalid number 'x'"),
        ("m f=1x", "invalid number '1x'"),
        ("m f=NaN", "invalid number 'NaN'"),
        ("m f=0x10", "invalid number '0x10'"),
        ('m f="open', "invalid field format"),
        ("m f=1 later", "invalid field format"),
        ("m f=1 1 2", "invalid field format"),
    ],
)
def test_a_wrong_line_is_named(text: str, words: str) -> None:
    with pytest.raises(BadInput, match="unable to parse") as refused:
        parse_line(text)
    assert refused.value.message.endswith(words)


@settings(max_examples=200, deadline=None)
@given(st.text('m,= "\\\nf1.i#', max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    for _, line in split_lines(text):
        try:
            assert parse_line(line).measurement
        except BadInput as error:
            assert error.message.startswith("unable to parse")


def test_comments_and_empty_lines_are_passed_over_and_quotes_may_hold_breaks() -> None:
    text = '# note\n\nm f=1\r\n  \nm s="a\nb",f=2 3\n'
    assert [(number, parse_line(line).fields) for number, line in split_lines(text)] == [
        (3, {"f": 1.0}),
        (5, {"f": 2.0}),
    ]


@pytest.mark.parametrize(
    ("precision", "time"),
    [
        ("", NOW_MS * 1_000_000),
        ("ns", NOW_MS * 1_000_000 + 999_999),
        ("us", NOW_MS * 1_000),
        ("ms", NOW_MS),
        ("s", NOW_MS // 1_000),
    ],
)
def test_the_precision_is_the_times_unit(precision: str, time: int) -> None:
    outside = Outside()
    assert outside.write(f"m f=1 {time}", f"precision={precision}").status == 204
    assert outside.samples() == {"m_f": (NOW_MS, 1.0)}


def test_a_line_without_a_time_has_that_of_its_arrival_and_the_database_is_a_label() -> None:
    outside = Outside()
    assert outside.write("m,a=b f=1,g=2i", "db=house").status == 204
    assert (
        outside.write(gzip.compress(b"n f=3"), "bucket=b&org=o", "/api/v2/write", **{"content-encoding": "gzip"}).status
        == 204
    )
    assert outside.samples() == {
        'm_f{a="b", db="house"}': (NOW_MS, 1.0),
        'm_g{a="b", db="house"}': (NOW_MS, 2.0),
        'n_f{db="b"}': (NOW_MS, 3.0),
    }


def test_good_lines_are_stored_beside_bad_ones() -> None:
    outside = Outside()
    v1, v2 = (outside.write("m f=1\nbad\nn f=2 1", path=path) for path in ("/write", "/api/v2/write"))
    words = "partial write: line 2: unable to parse 'bad': missing fields dropped=1"
    assert (v1.status, v1.json) == (400, {"error": words})
    assert (v2.status, v2.json) == (400, {"code": "invalid", "message": words})
    assert list(outside.samples()) == ["m_f", "n_f"]


@pytest.mark.parametrize(
    ("body", "query", "headers", "status"),
    [
        (b"m f=1", "precision=days", {}, 400),
        (b"\xff", "", {}, 400),
        (b"x", "", {"content-encoding": "gzip"}, 400),
        (b"x", "", {"content-encoding": "br"}, 400),
        (b"m f=1\n" * 1000, "", {}, 413),
        (b"m f=1\nm f=2\nm f=3", "", {}, 413),
    ],
)
def test_what_cannot_be_taken_is_refused(body: bytes, query: str, headers: dict[str, str], status: int) -> None:
    outside = Outside(ReceiveLimits(body_bytes_max=3000, samples_max=2))
    assert outside.write(body, query, **headers).status == status
    assert outside.samples() == {}


def test_old_clients_ping_first() -> None:
    assert Outside().caller.get("/ping").status == 204
