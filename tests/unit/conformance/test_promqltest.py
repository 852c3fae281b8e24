"""The reader of PromQL scripts, and what counts as the expected answer."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.conformance.promqltest.answers import almost_equal
from tests.conformance.promqltest.exclusions import read_exclusions, write_exclusions
from tests.conformance.promqltest.reevaluations import may_run_as_range, pinned_queries
from tests.conformance.promqltest.script import BadScript, Clear, Eval, Load, read_script
from vedette.model.labels import Labels
from vedette.model.staleness import STALE_NAN, is_stale
from vedette.query.promql.histogram_notation import BadHistogram, parse_histogram
from vedette.query.promql.series_notation import BadSeries, parse_series, parse_start_times

_SCRIPT = """
# a comment
clear
load 5m
  metric{a="x",b="{"}@st -1m _x2
  metric{a="x",b="{"} 0+10x2
  other {{schema:1 sum:2 count:3}}

eval instant at 10m sum by (a) (metric)
  expect warn msg: PromQL warning: something (1:1)
  expect no_info
  {a="x"} 20

eval instant at 0 1 + 1
  2
eval range from 0 to 10m step 5m metric
  metric{a="x", b="{"} 0 10 _

eval_fail instant at 1m sum(
  expected_fail_message 1:5: parse error: unclosed left parenthesis
"""


def test_a_script_is_read_into_its_commands() -> None:
    clear, load, instant, scalar, ranged, failing = read_script(_SCRIPT)
    assert isinstance(clear, Clear)
    assert isinstance(load, Load)
    assert (load.step_ms, load.with_nhcb) == (300_000, False)
    first, second = load.series
    assert first.labels == Labels.of({"__name__": "metric", "a": "x", "b": "{"})
    assert (first.points, first.start_times_ms) == ([0.0, 10.0, 20.0], [-60_000, None, None])
    assert second.points[0] == parse_histogram("schema:1 sum:2 count:3")
    assert isinstance(instant, Eval)
    assert (instant.query, instant.end_ms, instant.is_range) == ("sum by (a) (metric)", 600_000, False)
    assert instant.of_kind("warn")[0].accepts("PromQL warning: something (1:1)")
    assert instant.expected == ((Labels.of(a="x"), [20.0]),)
    assert isinstance(scalar, Eval)
    assert (scalar.expects_scalar, scalar.expected[0][1]) == (True, [2.0])
    assert isinstance(ranged, Eval)
    assert ranged.expected[0][1] == [0.0, 10.0, None]
    assert isinstance(failing, Eval)
    assert failing.of_kind("fail")[0].message == "1:5: parse error: unclosed left parenthesis"


@pytest.mark.parametrize(
    "text", ["nonsense", "load\n  a 1", "eval instant foo", "load 1m\n  a{b=1} 1", "load 1m\n  a 1y2"]
)
def test_what_is_no_script_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(BadScript, match="line 1"):
        read_script(text)


def test_sequences_repeat_and_step() -> None:
    _, points = parse_series("a 1x2 5-2x2 _x2 _ -Inf NaN stale 1e3")
    assert points[:9] == [1.0, 1.0, 1.0, 5.0, 3.0, 1.0, None, None, None]
    low, nan, stale, large = points[9:]
    assert low == -math.inf
    assert isinstance(nan, float)
    assert math.isnan(nan)
    assert isinstance(stale, float)
    assert is_stale(stale)
    assert large == 1000.0
    with pytest.raises(BadSeries):
        parse_series("a 1..2")


def test_histograms_add_up_bucket_by_bucket_at_the_coarser_schema() -> None:
    fine, coarse = (
        parse_histogram("schema:1 count:4 buckets:[1 2 1]"),
        parse_histogram("schema:0 count:1 buckets:[1] offset:1"),
    )
    total = fine.plus(coarse)
    assert (total.schema, total.count, total.positive) == (0, 5.0, {0: 1.0, 1: 4.0})
    assert fine.plus(fine, -1.0).positive == {0: 0.0, 1: 0.0, 2: 0.0}
    with pytest.raises(BadHistogram):
        parse_histogram("bucketz:[1]")


def test_start_times_are_durations_relative_to_their_samples() -> None:
    labels, offsets = parse_start_times('a{b="c"}@st -1m _ -1s-1mx1 0')
    assert (labels, offsets) == (Labels.of(__name__="a", b="c"), [-60_000, None, -1_000, -61_000, 0])


def test_a_pinned_query_fixes_every_selector_but_not_inside_a_subquery() -> None:
    assert pinned_queries("sum(rate(a[5m])) + b @ 7", 10_000)[0] == ("sum(rate(a[5m] @ 10.000)) + b @ 7.000", -100_000)
    assert pinned_queries("max_over_time(a[5m:1m])", 0)[0][0] == "max_over_time(a[5m:1m] @ 0.000)"
    assert len(pinned_queries("a", 10_000)) == 5
    assert pinned_queries("time() - a", 10_000) == []
    assert pinned_queries("max_over_time(timestamp(a)[5m:])", 10_000) != []
    assert may_run_as_range("a")
    assert not may_run_as_range("a + step()")


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (1.0, 1.0 + 1e-6, True),
        (1.0, 1.0 + 3e-6, False),
        (math.nan, math.nan, True),
        (math.nan, STALE_NAN, False),
        (math.inf, math.inf, True),
        (math.inf, -math.inf, False),
        (0.0, 1e-300, False),
    ],
)
def test_values_agree_to_a_millionth(left: float, right: float, equal: bool) -> None:
    assert almost_equal(left, right) is equal


def test_exclusions_are_read_back_as_written(tmp_path: Path) -> None:
    path = tmp_path / "exclusions.toml"
    cases = [("a.test", line) for line in (3, 8, 12, 20)] + [("b.test", 1)]
    reasons = {cases[0]: "one", cases[1]: "one", cases[3]: "two", cases[4]: "two"}
    write_exclusions(path, cases, reasons)
    exclusions = read_exclusions(path)
    assert {case: exclusions.reason_for(case) for case in cases if exclusions.reason_for(case)} == reasons
    assert '"a.test:3-8"' in path.read_text()
