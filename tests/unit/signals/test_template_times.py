"""Times and durations print and format as Go's do."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from vedette.signals.template import FunctionError, expand
from vedette.signals.template.times import SECOND, GoDuration, GoTime, load_zone

MOMENT = GoTime(1435065584 * SECOND + 128_000_500)
IN_NEW_YORK = GoTime(MOMENT.ns, ZoneInfo("America/New_York"))


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        ("Mon Jan _2 15:04:05 MST 2006", "Tue Jun 23 13:19:44 UTC 2015"),
        ("2006-01-02T15:04:05.999999999Z07:00", "2015-06-23T13:19:44.1280005Z"),
        ("2006-01-02T15:04:05.000", "2015-06-23T13:19:44.128"),
        ("3:04PM", "1:19PM"),
        ("Monday, 02-Jan-06 15:04:05 -0700", "Tuesday, 23-Jun-15 13:19:44 +0000"),
        ("002 __2", "174 174"),
        ("20060102", "20150623"),
    ],
)
def test_a_layout_shows_the_time_as_go_does(layout: str, text: str) -> None:
    assert MOMENT.format(layout) == text


def test_a_zone_changes_what_is_shown() -> None:
    assert IN_NEW_YORK.format("15:04 MST -0700 -07:00 Z07:00") == "09:19 EDT -0400 -04:00 -04:00"
    assert load_zone("Asia/Shanghai").key == "Asia/Shanghai"  # type: ignore[attr-defined]
    with pytest.raises(FunctionError, match="unknown time zone Nowhere/At_All"):
        load_zone("Nowhere/At_All")


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0s"),
        (1, "1ns"),
        (1500, "1.5µs"),
        (-2_000_000, "-2ms"),
        (SECOND, "1s"),
        (61 * SECOND, "1m1s"),
        (3600 * SECOND, "1h0m0s"),
        (90 * 60 * SECOND + SECOND // 2, "1h30m0.5s"),
    ],
)
def test_a_duration_prints_as_go_prints_it(ns: int, text: str) -> None:
    assert str(GoDuration(ns)) == text


def test_methods_are_called_from_templates() -> None:
    text = '{{.Unix}} {{.Year}} {{.Weekday}} {{(.AddDate 0 1 8).Format "Jan 2"}} {{(.Sub .).Seconds}} {{.IsZero}} {{.}}'
    assert expand(text, MOMENT) == "1435065584 2015 Tuesday Jul 31 0 false 2015-06-23 13:19:44.1280005 +0000 UTC"
