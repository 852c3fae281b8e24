from __future__ import annotations

import math
import random
import struct
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.wire import lexer_twin, pages
from vedette.kernels.exposition_floats import EXACT, HARD, parse_number
from vedette.model.errors import MalformedPage
from vedette.model.labels import Labels
from vedette.model.limits import IngestLimits
from vedette.model.staleness import NORMAL_NAN_BITS
from vedette.wire.exposition import NO_TIME, Format, Page, scan

TWINS: dict[Format, Callable[[bytes], lexer_twin.Parsed]] = {
    Format.TEXT: lexer_twin.parse_text,
    Format.OPENMETRICS: lexer_twin.parse_openmetrics,
}
SEEDS = {Format.TEXT: pages.TEXT_SEEDS, Format.OPENMETRICS: pages.OPENMETRICS_SEEDS}
FORMATS = tuple(TWINS)


def columns(page: Page) -> lexer_twin.Parsed:
    times = [None if time == NO_TIME else time for time in page.times_ms.tolist()]
    found = page.exemplars
    exemplar_times = [None if time == NO_TIME else time for time in found.times_ms.tolist()]
    raws = [page.buffer[start:end].tobytes() for start, end in found.spans]
    return lexer_twin.Parsed(
        list(zip([page.raw(i) for i in range(page.n)], page.values.view(np.uint64).tolist(), times, strict=True)),
        list(zip(found.rows.tolist(), raws, found.values.view(np.uint64).tolist(), exemplar_times, strict=True)),
    )


def assert_agrees(body: bytes, page_format: Format) -> None:
    if not body:
        return  # an empty page is an empty scrape, which no lexer sees
    try:
        expected = TWINS[page_format](body)
    except lexer_twin.Refused:
        with pytest.raises(MalformedPage):
            scan(body, page_format)
    else:
        assert columns(scan(body, page_format)) == expected


def mutate(body: bytes, rng: random.Random) -> bytes:
    data = bytearray(body)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(3):
            case 0:
                data[at : at + 1] = b""
            case 1:
                data[at:at] = rng.choice(
                    (b'"', b"{", b"}", b",", b" ", b"\n", b"\\", b"#", b"1", b"e", b"\t", b"\xc3", b"a=")
                )
            case 2:
                data[at : at + 1] = bytes([rng.randrange(1, 256)])
    return bytes(data)


@pytest.mark.parametrize("page_format", FORMATS)
def test_the_scanner_agrees_with_the_lexers_on_every_prefix_of_a_page(page_format: Format) -> None:
    for seed in SEEDS[page_format]:
        for end in range(len(seed) + 1):
            assert_agrees(seed[:end], page_format)


@pytest.mark.parametrize("page_format", FORMATS)
def test_the_scanner_agrees_with_the_lexers_on_mutated_pages(page_format: Format) -> None:
    rng = random.Random(7)
    for _ in range(6000):
        assert_agrees(mutate(rng.choice(SEEDS[page_format]), rng), page_format)


@pytest.mark.parametrize("page_format", FORMATS)
def test_zero_bytes_anywhere_give_a_page_or_an_error(page_format: Format) -> None:
    for seed in SEEDS[page_format]:
        for at in range(len(seed) + 1):
            try:
                page = scan(seed[:at] + b"\0" + seed[at:], page_format)
                [page.raw(i) for i in range(page.n)]
            except MalformedPage:
                pass


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(pages.series, pages.floats, st.none() | st.integers(0, 1 << 45)), max_size=5))
def test_what_is_written_as_text_is_read_back(samples: list[tuple[Labels, float, int | None]]) -> None:
    lines = [
        f"{pages.write_series(labels)} {pages.write_number(value)}" + (f" {time}" if time is not None else "")
        for labels, value, time in samples
    ]
    page = scan("\n".join(lines).encode(), Format.TEXT)
    assert [page.labels(i) for i in range(page.n)] == [labels for labels, _, _ in samples]
    assert page.times_ms.tolist() == [NO_TIME if time is None else time for _, _, time in samples]
    assert page.values.view(np.uint64).tolist() == [lexer_twin.bits(value) for _, value, _ in samples]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(pages.series, pages.floats), max_size=5))
def test_what_is_written_as_openmetrics_is_read_back(samples: list[tuple[Labels, float]]) -> None:
    lines = [f"{pages.write_series(labels)} {pages.write_number(value)}\n" for labels, value in samples]
    page = scan("".join([*lines, "# EOF\n"]).encode(), Format.OPENMETRICS)
    assert [page.labels(i) for i in range(page.n)] == [labels for labels, _ in samples]
    assert page.values.view(np.uint64).tolist() == [lexer_twin.bits(value) for _, value in samples]


def read_number(text: str) -> tuple[float, int, int]:
    buffer = np.frombuffer(text.encode() + b" " + bytes(16), np.uint8)
    bits, end, status = parse_number(buffer, 0)
    return struct.unpack("<d", struct.pack("<Q", int(bits)))[0], int(end), int(status)


@settings(max_examples=400, deadline=None)
@given(pages.floats.filter(math.isfinite), st.integers(0, 40))
def test_numbers_are_rounded_as_python_rounds_them(value: float, digits: int) -> None:
    for text in (repr(value), f"{value:.{digits}e}", f"{value:.{digits}f}"):
        found, end, status = read_number(text)
        assert end == len(text)
        if status == HARD or math.isinf(float(text)):
            continue
        assert status == EXACT
        assert struct.pack("<d", found) == struct.pack("<d", float(text))


@pytest.mark.parametrize(
    "text",
    [
        "2.2250738585072011e-308",
        "4.9406564584124654e-324",
        "2.4703282292062327e-324",
        "1.7976931348623157e308",
        "1e-400",
        "9007199254740993",
        "1e23",
        "8.5e22",
        "0e99999999",
        "6.25e-2",
        "1448997445238699",
    ],
)
def test_the_known_hard_numbers_are_exact(text: str) -> None:
    assert read_number(text)[0] == float(text)


def test_a_number_between_two_doubles_is_settled_beyond_nineteen_digits() -> None:
    page = scan(b"a 9007199254740993.0000000000000000000000001\nb 9007199254740993.00000\n", Format.TEXT)
    assert page.values.tolist() == [9007199254740994.0, 9007199254740992.0]


@pytest.mark.parametrize("text", [b"0x1", b"1_0", b"1e999", b"+NaN", b"1e", b"-", b"in", b"0b1", b"1p3", b"1.2.3"])
def test_what_the_reference_does_not_call_a_number_is_refused(text: bytes) -> None:
    with pytest.raises(MalformedPage):
        scan(b"a " + text + b"\n", Format.TEXT)


def test_text_nan_has_the_bits_of_the_normal_nan() -> None:
    page = scan(b"a NaN\nb nan\n", Format.TEXT)
    assert page.values.view(np.uint64).tolist() == [NORMAL_NAN_BITS, NORMAL_NAN_BITS]


def test_bounds_are_normalized_only_for_their_type() -> None:
    body = b'# TYPE h histogram\nh_bucket{le="1"} 1\n# TYPE s summary\ns{quantile="0.50",le="1"} 1\n# TYPE g gauge\ng{le="1"} 1\n'
    page = scan(body, Format.TEXT)
    assert [str(page.labels(i)) for i in range(page.n)] == [
        'h_bucket{le="1.0"}',
        's{le="1", quantile="0.5"}',
        'g{le="1"}',
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'a{b="1",b="2"} 1', 'label name "b" is not unique: invalid sample'),
        (b'{""} 1', "missing metric name (__name__ label)"),
        (b'a{__name__=""} 1', "missing metric name (__name__ label)"),
        (b'a{""="x"} 1', "invalid metric name or label names"),
        (b'{"\xff"} 1', "invalid metric name or label names"),
    ],
)
def test_a_label_set_that_no_series_can_have_is_refused_in_the_reference_words(line: bytes, message: str) -> None:
    page = scan(line, Format.TEXT)
    with pytest.raises(MalformedPage) as refused:
        page.labels(0)
    assert refused.value.message.startswith(message)


def test_an_empty_label_value_is_an_absent_label() -> None:
    assert str(scan(b'a{b="",c="d"} 1', Format.TEXT).labels(0)) == 'a{c="d"}'


def test_an_error_names_line_and_offset() -> None:
    with pytest.raises(MalformedPage) as refused:
        scan(b"a 1\nb 2\nc{x=1} 3\n", Format.TEXT)
    assert (refused.value.line, refused.value.offset) == (3, 12)
    assert "expected label value" in refused.value.message


def test_metadata_is_one_entry_a_family() -> None:
    page = scan(b"# HELP a x\\ny\n# TYPE a counter\n# TYPE b untyped\n# HELP c \xc3\xa9\n", Format.TEXT)
    assert [(entry.metric, entry.type, entry.help) for entry in page.metadata()] == [
        ("a", "counter", "x\ny"),
        ("b", "unknown", ""),
        ("c", "unknown", "é"),
    ]


def test_exemplars_keep_their_labels_value_and_time() -> None:
    page = scan(b'a_total 1 # {t="u\\"v"} 0.5 1.5\nb 1\n# EOF\n', Format.OPENMETRICS)
    assert page.exemplars.rows.tolist() == [0]
    assert page.exemplars.values.tolist() == [0.5]
    assert page.exemplars.times_ms.tolist() == [1500]
    assert page.exemplar_labels(0) == Labels.of(t='u"v')


def test_an_empty_page_is_an_empty_scrape_but_not_an_openmetrics_page() -> None:
    assert scan(b"", Format.OPENMETRICS).n == 0
    with pytest.raises(MalformedPage):
        scan(b"", Format.OPENMETRICS, strict=True)


@pytest.mark.parametrize("page_format", FORMATS)
def test_a_line_over_the_limit_is_refused(page_format: Format) -> None:
    body = b'a{b="' + b"x" * (20 << 20) + b'"} 1\n# EOF\n'
    with pytest.raises(MalformedPage, match="line_bytes_max"):
        scan(body, page_format)


def test_a_label_explosion_is_refused() -> None:
    body = b"a{" + b",".join(b'l%d="v"' % k for k in range(1001)) + b"} 1\n"
    with pytest.raises(MalformedPage, match="labels_per_series_max"):
        scan(body, Format.TEXT)


def test_a_page_with_too_many_samples_is_refused() -> None:
    with pytest.raises(MalformedPage, match="page_samples_max"):
        scan(b"a 1\n" * 11, Format.TEXT, limits=IngestLimits(page_samples_max=10))


def test_keys_differ_by_bytes_and_by_type_only() -> None:
    page = scan(b'# TYPE a gauge\na{b="c"} 1\na{b="c"} 2\na{b="d"} 1\n# TYPE a histogram\na{b="c"} 1\n', Format.TEXT)
    first, again, other, typed = page.keys.tolist()
    assert first == again
    assert len({first, other, typed}) == 3
