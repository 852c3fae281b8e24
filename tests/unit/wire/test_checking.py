from __future__ import annotations

import pytest

from tests.unit.wire import protobuf_pages as pb
from vedette.wire.exposition import Format, check_page
from vedette.wire.exposition.bounds import format_bound, parse_float


def texts(body: bytes, page_format: Format = Format.TEXT, *, hints: bool = False) -> list[str]:
    return [problem.text for problem in check_page(body, page_format) if problem.hint is hints]


def test_a_good_page_has_neither_problems_nor_advice() -> None:
    assert check_page(b"# HELP a_total x\n# TYPE a_total counter\na_total 1\n", Format.TEXT) == []


def test_a_refused_page_has_the_place_where_it_went_wrong() -> None:
    [problem] = check_page(b"a 1\nb{\n", Format.TEXT)
    assert (problem.line, problem.offset) == (2, 6)


def test_duplicates_and_impossible_labels_are_problems_with_their_line() -> None:
    problems = check_page(b'a 1\na 2\nb{c="1",c="2"} 1\n', Format.TEXT)
    assert [(problem.line, problem.text) for problem in problems if not problem.hint] == [
        (2, "series appears twice: a"),
        (3, 'label name "c" is not unique: invalid sample'),
    ]


def test_openmetrics_is_judged_strictly() -> None:
    body = b"# TYPE a counter\na_total -1\n# TYPE b gauge\n# TYPE a gauge\n# EOF\n"
    assert texts(body, Format.OPENMETRICS) == ['counter-like value is negative: "a_total"', 'clashing metric name "a"']
    assert texts(b"", Format.OPENMETRICS)


@pytest.mark.parametrize(
    ("lines", "advice"),
    [
        (b"# TYPE a_total counter\n", "no help text: a_total"),
        (b"# HELP a x\n# TYPE a counter\n", 'a counter should end with "_total": a'),
        (b"# HELP a_total x\n# TYPE a_total gauge\n", 'only a counter should end with "_total": a_total'),
        (b"# HELP a_sum x\n# TYPE a_sum gauge\n", 'only a histogram or summary should end with "_sum": a_sum'),
        (b"# HELP a_gauge x\n# TYPE a_gauge gauge\n", 'the name should not include the type "gauge": a_gauge'),
        (b"# HELP aB x\n# TYPE aB gauge\n", "the name should be snake_case: aB"),
        (b"# HELP a:b x\n# TYPE a:b gauge\n", "colons are for recording rules: a:b"),
        (b"# HELP a_hours x\n# TYPE a_hours gauge\n", "use the base unit seconds instead of hours: a_hours"),
        (b"# HELP a_ms x\n# TYPE a_ms gauge\n", 'write the unit out instead of "ms": a_ms'),
    ],
)
def test_advice_is_given_once_where_it_applies(lines: bytes, advice: str) -> None:
    assert texts(lines, hints=True) == [advice]


def test_protobuf_pages_are_checked_too() -> None:
    body = pb.family("a", pb.GAUGE, [pb.metric(pb.gauge(1)), pb.metric(pb.gauge(2))], "help")
    assert texts(body, Format.PROTOBUF) == ["series appears twice: a"]


@pytest.mark.parametrize(
    ("bound", "text"),
    [
        (1.0, "1.0"),
        (0.0, "0.0"),
        (-0.0, "0.0"),
        (-1.0, "-1.0"),
        (0.005, "0.005"),
        (0.00001, "1e-05"),
        (0.0001, "0.0001"),
        (100000.0, "100000.0"),
        (1e6, "1e+06"),
        (1234567.0, "1.234567e+06"),
        (1e100, "1e+100"),
        (2.5, "2.5"),
        (float("inf"), "+Inf"),
        (float("-inf"), "-Inf"),
        (float("nan"), "NaN"),
    ],
)
def test_a_bound_has_one_text(bound: float, text: str) -> None:
    assert format_bound(bound) == text


def test_only_numbers_are_bounds() -> None:
    assert parse_float("1e3") == 1000.0
    assert [parse_float(text) for text in ("", "x", "1 ", "1e999", "0x1")] == [None] * 5
