"""`vedette query`, its pure parts: times, arguments, plots, tables, units, and the words of the command line."""

from __future__ import annotations

import argparse
import math
import re
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.app.arguments import parse_arguments
from vedette.app.language import Language, speaker
from vedette.app.querying.arguments import normal_arguments
from vedette.app.querying.plotting import MARKS, Frame, Line, plot, value_bounds
from vedette.app.querying.running import open_source, range_text
from vedette.app.querying.sources import Reply
from vedette.app.querying.tables import aligned, as_csv, as_json, as_table, display_width, iso_time
from vedette.app.querying.times import parse_moment_ms, step_for
from vedette.app.querying.units import Unit, format_value, unit_of
from vedette.app.translation import ARGPARSE, ERRORS, in_chinese
from vedette.app.values import parse_bytes, parse_count, parse_listen, parse_span_ms, parse_switch, parse_url
from vedette.model.errors import BadInput, VedetteError

NOW_MS = 1_700_000_000_000
EN, ZH = speaker(Language.EN), speaker(Language.ZH_CN)


@pytest.mark.parametrize(
    ("text", "expected_ms"),
    [
        ("now", NOW_MS),
        ("-1h", NOW_MS - 3_600_000),
        ("now-1h30m", NOW_MS - 5_400_000),
        ("now - 15s", NOW_MS - 15_000),
        ("1600000000", 1_600_000_000_000),
        ("1600000000.5", 1_600_000_000_500),
        ("2023-11-14T22:13:20Z", NOW_MS),
        ("2023-11-15T00:13:20+02:00", NOW_MS),
        (datetime.fromtimestamp(NOW_MS / 1000).strftime("%Y-%m-%d %H:%M:%S"), NOW_MS),
    ],
)
def test_a_time_is_read_as_people_write_it(text: str, expected_ms: int) -> None:
    assert parse_moment_ms(text, NOW_MS) == expected_ms


@pytest.mark.parametrize("text", ["", "soon", "-1x", "-", "2023-13-01", "1h", "1e400"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_moment_ms(text, NOW_MS)


@given(st.integers(1, 10**11), st.integers(1, 500))
def test_a_step_gives_no_more_points_than_wanted(span_ms: int, points: int) -> None:
    step_ms = step_for(span_ms, points)
    assert step_ms >= 1000
    assert span_ms / step_ms <= points


def test_a_query_without_a_kind_is_an_instant_one_and_times_may_be_negative() -> None:
    assert normal_arguments(["query", "up"]) == ["query", "instant", "up"]
    assert normal_arguments(["query", "range", "up", "--start", "-1h"]) == ["query", "range", "up", "--start=-1h"]
    assert normal_arguments(["query", "--url", "range", "series", "up"]) == ["query", "series", "--url", "range", "up"]
    assert normal_arguments(["query", "--url=u", "up"]) == ["query", "instant", "--url=u", "up"]
    assert normal_arguments(["query", "--lang", "en"]) == ["query", "--lang", "en"]
    assert normal_arguments(["query", "--help"]) == ["query", "--help"]
    assert normal_arguments(["up", "--listen", ":0"]) == ["up", "--listen", ":0"]
    assert normal_arguments(["--lang", "zh-CN", "query", "up"]) == ["--lang", "zh-CN", "query", "instant", "up"]
    assert normal_arguments(["export", "up", "--start", "-1h"]) == ["export", "up", "--start=-1h"]
    parsed = parse_arguments(["query", "up", "--time", "-5m"])
    assert (parsed.kind, parsed.expression, parsed.time) == ("instant", "up", "-5m")
    parsed = parse_arguments(["query", "--time", "-5m", "up"])
    assert (parsed.kind, parsed.expression, parsed.time) == ("instant", "up", "-5m")


FRAME = Frame(60, 7, 0, 60_000, 15_000, Unit.NONE, coloured=False)


def line(name: str, *values: float) -> Line:
    return Line(name, [(index * 15_000, value) for index, value in enumerate(values)])


def test_a_plot_is_as_wide_and_high_as_its_frame_with_round_labels() -> None:
    rows = plot([line("a", 0, 10, 20, 30, 40)], FRAME).split("\n")
    assert len(rows) == FRAME.height + 2
    assert all(len(row) <= FRAME.width for row in rows)
    assert [row.split("┤")[0].strip() for row in rows if "┤" in row] == ["40", "20", "0"]
    assert rows[-2].strip().startswith("└")
    assert re.fullmatch(r"[ \d:]+", rows[-1])


def test_a_rising_line_rises() -> None:
    rows = plot([line("a", 0, 1, 2, 3, 4)], FRAME).split("\n")[: FRAME.height]
    drawn = [re.search(r"[\u2801-\u28ff]", row) for row in rows]
    columns = [found.start() for found in drawn if found]
    assert len(columns) >= 5
    assert columns == sorted(columns, reverse=True)


def test_without_colours_each_series_has_a_mark_of_its_own() -> None:
    text = plot([line("a", 1, 1, 1), line("b", 5, 5, 5)], FRAME)
    assert MARKS[0] in text
    assert MARKS[1] in text
    assert "\x1b[" not in text
    coloured = plot([line("a", 1, 1, 1), line("b", 5, 5, 5)], Frame(60, 7, 0, 60_000, 15_000, Unit.NONE, True))
    assert "\x1b[34m" in coloured
    assert "\x1b[32m" in coloured


def test_gaps_and_what_is_not_finite_are_left_out() -> None:
    whole = plot([line("a", 1, 1, 1, 1, 1)], FRAME)
    holes = plot([line("a", 1, math.nan, math.inf, 1, 1)], FRAME)
    dots = re.compile(r"[\u2801-\u28ff]")
    assert len(dots.findall(holes)) < len(dots.findall(whole))
    assert plot([line("a", math.nan)], FRAME) == ""
    assert plot([], FRAME) == ""


_FINITE = st.floats(-1e15, 1e15).filter(lambda value: value == 0 or abs(value) > 1e-9)


@given(st.lists(_FINITE, min_size=1, max_size=9), st.sampled_from(Unit), st.integers(1, 30), st.integers(10, 120))
def test_every_plot_fits_its_frame(values: list[float], unit: Unit, height: int, width: int) -> None:
    frame = Frame(width, height, 0, 120_000, 15_000, unit, coloured=False)
    low, high = value_bounds(min(values), max(values), frame)
    assert low <= min(values) <= max(values) <= high + abs(high) * 1e-9 + 1e-12
    rows = plot([line("a", *values)], frame).split("\n")
    assert len(rows) == height + 2
    assert all(len(row) <= max(width, 30) for row in rows)


def test_a_unit_follows_from_the_names() -> None:
    assert unit_of("node_memory_MemFree_bytes") is Unit.BYTES
    assert unit_of("sum(rate(node_network_receive_bytes_total[1m]))") is Unit.BYTES_PER_SECOND
    assert unit_of("rate(node_cpu_seconds_total[1m])") is Unit.NONE
    assert unit_of("histogram_quantile(0.9, rate(http_seconds_bucket[5m]))") is Unit.SECONDS
    assert unit_of("count(node_memory_MemFree_bytes)") is Unit.NONE
    assert [format_value(value, Unit.NONE) for value in (0, 12.3456, 1234, -2.5e6, math.inf)] == [
        *("0", "12.3", "1.23k", "-2.5M", "+Inf")
    ]
    assert [format_value(value, Unit.SECONDS) for value in (0, 0.0025, 90, 86_400)] == ["0s", "2.5ms", "1.5m", "1d"]
    assert format_value(3 * 2**30, Unit.BYTES) == "3GiB"


VECTOR: dict[str, Any] = {
    "resultType": "vector",
    "result": [
        {"metric": {"__name__": "up", "job": "a"}, "value": [1.5, "1"]},
        {
            "metric": {"zone": "x,y"},
            "histogram": [2, {"count": "3", "sum": "4", "buckets": [[0, "1", "2", "3"]]}],
        },
    ],
}


def test_a_vector_is_rows_csv_or_json() -> None:
    rows = as_table(VECTOR, EN).split("\n")
    assert [row.split() for row in rows] == [
        ["SERIES", "VALUE"],
        ['up{job="a"}', "1"],
        ['{zone="x,y"}', "count:3", "sum:4", "(1,2]:3"],
    ]
    assert len({len(row) for row in rows}) == 1
    assert as_csv(VECTOR).split("\r\n") == [
        "__name__,job,zone,time,value",
        "up,a,,1970-01-01T00:00:01.500Z,1",
        ',,"x,y",1970-01-01T00:00:02Z,"count:3 sum:4 (1,2]:3"',
    ]
    assert as_json(Reply(VECTOR, ["w"], [])).startswith('{"status": "success", "data": {"resultType": "vector"')
    assert as_csv({"resultType": "scalar", "result": [1, "2"]}) == "time,value\r\n1970-01-01T00:00:01Z,2"


def test_lists_are_one_entry_a_line() -> None:
    assert as_table(["a", "b"], EN) == "a\nb"
    assert as_table([{"__name__": "up", "job": "a"}], EN) == 'up{job="a"}'
    assert as_csv(["a", 'b"'], heading="label") == 'label\r\na\r\n"b"""'
    assert as_csv([{"a": "1"}, {"b": "2"}]) == "a,b\r\n1,\r\n,2"
    assert as_table({"resultType": "vector", "result": []}, EN) == ""


def test_chinese_headings_line_up() -> None:
    rows = aligned([("时间序列", "值"), ("up", "1")], right=1).split("\n")
    assert [display_width(row) for row in rows] == [12, 12]


def test_iso_times_are_utc() -> None:
    assert iso_time(1_700_000_000.25) == datetime.fromtimestamp(1_700_000_000.25, UTC).strftime("%FT%T") + ".250Z"


def test_a_range_says_each_series_figures_and_counts_what_it_leaves_out() -> None:
    result = [{"metric": {"n": str(index)}, "values": [[0, "1"], [15, "3"]]} for index in range(30)]
    text = range_text(result, FRAME, EN)
    assert re.search(r'\{n="0"\} +3 +1 +2 +3', text)
    assert "and 6 more series" in text
    assert "另有 6 条时间序列" in range_text(result, FRAME, ZH)
    assert "count:1" in range_text([{"metric": {}, "histograms": [[0, {"count": "1", "sum": "1"}]]}], FRAME, EN)


def test_whom_to_ask_comes_from_flags_and_environment() -> None:
    def source_of(*flags: str, **environ: str) -> Any:
        return open_source(parse_arguments(["query", "up", *flags]), environ)

    assert source_of().url == "http://127.0.0.1:7567"
    assert source_of(VEDETTE_URL="https://h/p/").url == "https://h/p"
    named = source_of("--user", "ann", VEDETTE_PASSWORD="s")
    assert named.credentials.headers()["Authorization"] == "Basic YW5uOnM="
    assert "s" not in repr(named.credentials).partition("password")[2]
    for flags in (
        ("--url", "ftp://h"),
        ("--password-file", "/none"),
        ("--data", "/none"),
        ("--data", "d", "--url", "u"),
    ):
        with pytest.raises(BadInput):
            source_of(*flags)


def test_asking_a_server_loads_no_engine_and_no_arrays() -> None:
    code = (
        "import sys; from vedette.app.arguments import parse_arguments as parse; "
        "from vedette.app.querying.running import open_source; open_source(parse(['query', 'up'])); "
        "print(sorted({'numpy', 'numba', 'chdb', 'pyarrow'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def refusal_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as end:
        parse_arguments([*arguments, "--lang", "zh-CN"])
    assert end.value.code == 2
    return capsys.readouterr().err


_ASCII_WORDS = re.compile(r"\b(error|usage|argument|required|invalid|choose|expected|unrecognized|options)\b")


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("check",),
        ("query", "range"),
        ("query", "up", "--foo"),
        ("query", "up", "--output"),
        ("query", "up", "--output", "xml"),
        ("query", "range", "up", "--height", "tall"),
        ("check", "metrics", "a", "b"),
        ("up", "--no-node-job=1"),
        ("up", "--web"),
    ],
)
def test_wrong_usage_is_told_in_chinese(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    text = refusal_of(capsys, *arguments)
    assert "错误：" in text
    assert not _ASCII_WORDS.search(text), text
    parse_arguments(["query", "up"])  # the words of argparse are this process': English again


def test_help_is_chinese_from_the_first_word_to_the_last(capsys: pytest.CaptureFixture[str]) -> None:
    for verb in (["--help"], ["query", "--help"], ["query", "range", "--help"], ["up", "--help"]):
        with pytest.raises(SystemExit):
            parse_arguments([*verb, "--lang", "zh-CN"])
        text = capsys.readouterr().out
        assert text.startswith("用法：")
        assert not re.search(r"usage:|^options|positional|show this help", text, re.MULTILINE), text
    with pytest.raises(SystemExit):
        parse_arguments(["--help", "--lang", "en"])
    assert capsys.readouterr().out.startswith("usage: ")


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_listen, "x"),
        (parse_bytes, "many"),
        (parse_count, "0"),
        (parse_span_ms, "0"),
        (parse_span_ms, "1x"),
        (parse_span_ms, "a"),
        (parse_switch, "perhaps"),
        (parse_url, "ftp://h"),
        (lambda text: parse_moment_ms(text, 0), "soon"),
    ],
)
def test_every_wrong_value_has_a_chinese_reason(parse: Any, text: str) -> None:
    with pytest.raises(VedetteError) as refused:
        parse(text)
    translated = in_chinese(f"--flag: {refused.value}")
    assert translated.startswith("--flag: ")
    assert not re.search(r"\b(not|must|hint|write|unknown)\b", translated), translated
    assert text in translated


def test_a_text_without_a_translation_stays_as_it_is() -> None:
    assert in_chinese("file:3: something new: x\nhint: try") == "file:3: something new: x\n提示：try"
    assert in_chinese("cannot listen on [::1]:80: denied") == "无法监听 [::1]:80：denied"


def test_templates_take_the_same_values_in_both_languages() -> None:
    placeholder = re.compile(r"%(?:\(\w+\))?[srd]")
    for english, chinese in ARGPARSE.items():
        missing = set(placeholder.findall(english)) - set(placeholder.findall(chinese))
        assert missing <= {"%(type)s"}, "the name of a Python type helps nobody"
        assert set(placeholder.findall(chinese)) <= set(placeholder.findall(english))
    for english, chinese in ERRORS.items():
        assert english.count("{}") == len(re.findall(r"\{\d?\}", chinese)), english


def test_the_words_of_argparse_are_those_that_this_python_has() -> None:
    import inspect

    source = inspect.getsource(argparse)
    for text in ("unrecognized arguments: %s", "the following arguments are required: %s", "usage: "):
        assert text in source
        assert text in ARGPARSE
