"""When a time interval holds, and which ranges a configuration may say."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from vedette.alerting.routing.time_intervals import (
    Range,
    TimeInterval,
    holding,
    read_days_of_month,
    read_months,
    read_time_range,
    read_weekdays,
    read_years,
)
from vedette.model.errors import BadInput
from vedette.model.time_zones import load_zone


def at(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


BUSINESS = TimeInterval(times=(read_time_range("09:00", "17:00"),), weekdays=(read_weekdays("monday:friday"),))


@pytest.mark.parametrize(
    ("moment", "holds"),
    [
        ("2020-07-08T09:00:00", True),
        ("2020-07-08T16:59:59", True),
        ("2020-07-08T17:00:00", False),
        ("2020-07-11T10:00:00", False),
        ("2020-07-12T10:00:00", False),
    ],
)
def test_business_hours_end_before_their_last_minute(moment, holds):
    assert BUSINESS.contains(at(moment)) is holds


@pytest.mark.parametrize(
    ("days", "moment", "holds"),
    [
        ("-3:-1", "2021-02-25T00:00:00", False),
        ("-3:-1", "2021-02-26T00:00:00", True),
        ("-3:-1", "2021-02-28T23:59:00", True),
        ("1:31", "2021-02-28T00:00:00", True),
        ("31:31", "2021-04-30T00:00:00", False),
        ("31", "2021-05-31T00:00:00", True),
        ("-31:31", "2021-02-01T00:00:00", True),
    ],
)
def test_days_are_counted_from_either_end_of_the_month(days, moment, holds):
    begin, _, end = days.partition(":")
    interval = TimeInterval(days_of_month=(Range(int(begin), int(end or begin)),))
    assert interval.contains(at(moment)) is holds


def test_months_and_years_are_inclusive():
    interval = TimeInterval(months=(read_months("january:march"),), years=(read_years("2020:2021"),))
    assert interval.contains(at("2021-03-31T23:59:00"))
    assert not interval.contains(at("2021-04-01T00:00:00"))
    assert not interval.contains(at("2022-01-01T00:00:00"))


def test_a_location_turns_the_clock():
    interval = TimeInterval(times=(read_time_range("09:00", "10:00"),), location=load_zone("Asia/Shanghai"))
    assert interval.contains(at("2021-01-01T01:30:00"))
    assert not interval.contains(at("2021-01-01T09:30:00"))


def test_lists_not_given_hold_always_and_empty_ones_never():
    assert TimeInterval().contains(at("2021-01-01T00:00:00"))
    assert not TimeInterval(times=()).contains(at("2021-01-01T00:00:00"))


def test_a_name_stands_once_for_each_part_that_holds():
    intervals = {"always": (TimeInterval(), TimeInterval()), "never": (TimeInterval(years=()),)}
    assert holding(intervals, ["never", "always"], 0) == ["always", "always"]


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (read_weekdays, "friday:monday", "start day cannot be before end day"),
        (read_weekdays, "fooday", "fooday is not a valid weekday"),
        (read_weekdays, "a:b:c", "couldn't parse range a:b:c, invalid format"),
        (read_days_of_month, "0", "0 is not a valid day of the month: out of range"),
        (read_days_of_month, "-50:-20", "-50 is not a valid day of the month: out of range"),
        (read_days_of_month, "-5:5", "end day must be negative if start day is negative"),
        (read_days_of_month, "10:-25", "end day -25 is always before start day 10"),
        (read_months, "march:january", "end month january is before start month march"),
        (read_months, "onetuary", "onetuary is not a valid month"),
        (read_years, "2021:2020", "end year 2020 is before start year 2021"),
        (load_zone, "Europe/Nowhere", "unknown time zone Europe/Nowhere"),
    ],
)
def test_wrong_ranges_are_refused_in_the_references_words(read, text, message):
    with pytest.raises(BadInput) as raised:
        read(text)
    assert raised.value.message == message


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        ("17:00", "09:00", "start time cannot be equal or greater than end time"),
        ("", "09:00", "both start and end times must be provided"),
        ("9:00", "10:00", "couldn't parse timestamp 9:00, invalid format"),
        ("09:00", "24:01", "couldn't parse timestamp 24:01, invalid format"),
    ],
)
def test_wrong_times_are_refused(start, end, message):
    with pytest.raises(BadInput) as raised:
        read_time_range(start, end)
    assert raised.value.message == message


def test_the_day_may_end_at_24():
    assert read_time_range("00:00", "24:00") == Range(0, 1440)
    assert read_weekdays("Monday") == Range(1, 1)
    assert read_months("2") == Range(2, 2)
    assert read_days_of_month("-1") == Range(-1, -1)
