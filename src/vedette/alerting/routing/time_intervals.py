"""Times at which a route is muted or active: minutes of a day, weekdays, days of a month, months, years, in a zone.

Each list that is given must hold the moment in one of its ranges; a list that is not given (None) holds always, an empty one
never. Source: alertmanager timeinterval/timeinterval.go, texts of errors included.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from vedette.model.errors import BadInput

WEEKDAYS: Final = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
MONTHS: Final = tuple(name.lower() for name in calendar.month_name[1:])
_TIME: Final = re.compile(r"((?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)\Z")
_INTEGER: Final = re.compile(r"[+-]?[0-9]+\Z")


class Range(NamedTuple):
    """Both ends belong to it, except of minutes, where the last does not."""

    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class TimeInterval:
    """`times`: minutes of the day; `weekdays`: 0 is Sunday; `days_of_month`: negative from the month's end."""

    times: tuple[Range, ...] | None = None
    weekdays: tuple[Range, ...] | None = None
    days_of_month: tuple[Range, ...] | None = None
    months: tuple[Range, ...] | None = None
    years: tuple[Range, ...] | None = None
    location: ZoneInfo | None = None

    def contains(self, time_ms: int) -> bool:
        moment = datetime.fromtimestamp(time_ms / 1000, self.location or UTC)
        minute = moment.hour * 60 + moment.minute
        return (
            (self.times is None or any(begin <= minute < end for begin, end in self.times))
            and _holds(self.weekdays, moment.isoweekday() % 7)
            and (self.days_of_month is None or _holds_day(self.days_of_month, moment))
            and _holds(self.months, moment.month)
            and _holds(self.years, moment.year)
        )


TimeIntervals = Mapping[str, tuple[TimeInterval, ...]]
"""By the names that routes use."""


def holding(intervals: TimeIntervals, names: Iterable[str], time_ms: int) -> list[str]:
    """Those of the named intervals that hold the moment; a name stands once for each of its parts that does."""
    return [name for name in names for part in intervals[name] if part.contains(time_ms)]


def _holds(ranges: tuple[Range, ...] | None, value: int) -> bool:
    return ranges is None or any(begin <= value <= end for begin, end in ranges)


def _holds_day(ranges: tuple[Range, ...], moment: datetime) -> bool:
    n_days = calendar.monthrange(moment.year, moment.month)[1]
    for first, last in ranges:
        begin = n_days + first + 1 if first < 0 else first
        end = n_days + last + 1 if last < 0 else last
        if begin <= n_days and begin <= moment.day <= end:
            return True
    return False


def read_time_range(start: str, end: str) -> Range:
    """`09:00` to `17:00`. Raises BadInput."""
    if not start or not end:
        raise BadInput("both start and end times must be provided")
    found = Range(_minutes(start), _minutes(end))
    if found.begin >= found.end:
        raise BadInput("start time cannot be equal or greater than end time")
    return found


def _minutes(text: str) -> int:
    if _TIME.match(text) is None:
        raise BadInput(f"couldn't parse timestamp {text}, invalid format")
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def read_weekdays(text: str) -> Range:
    """`monday:friday`. Raises BadInput."""
    found = _read_range(text, _weekday)
    if found.begin > found.end:
        raise BadInput("start day cannot be before end day")
    return found


def read_days_of_month(text: str) -> Range:
    """`1:5`, `-3:-1`. Raises BadInput; a range that is empty in every month is refused, with 28 days for the shortest."""
    found = _read_range(text, _integer)
    for day in found:
        if day == 0 or not -31 <= day <= 31:
            raise BadInput(f"{day} is not a valid day of the month: out of range")
    begin, end = found
    if begin < 0 < end:
        raise BadInput("end day must be negative if start day is negative")
    if (28 + begin if begin < 0 else begin) > (28 + end if end < 0 else end):
        raise BadInput(f"end day {end} is always before start day {begin}")
    return found


def read_months(text: str) -> Range:
    """`january:march`, `1:3`. Raises BadInput."""
    found = _read_range(text, _month)
    if found.begin > found.end:
        raise BadInput(f"end month {_month_name(found.end)} is before start month {_month_name(found.begin)}")
    return found


def read_years(text: str) -> Range:
    """`2026:2028`. Raises BadInput."""
    found = _read_range(text, _integer)
    if found.begin > found.end:
        raise BadInput(f"end year {found.end} is before start year {found.begin}")
    return found


def _read_range(text: str, read: Callable[[str], int]) -> Range:
    parts = text.lower().split(":")
    if len(parts) > 2:
        raise BadInput(f"couldn't parse range {text.lower()}, invalid format")
    return Range(read(parts[0]), read(parts[-1]))


def _weekday(text: str) -> int:
    if text not in WEEKDAYS:
        raise BadInput(f"{text} is not a valid weekday")
    return WEEKDAYS.index(text)


def _month(text: str) -> int:
    if text in MONTHS:
        return MONTHS.index(text) + 1
    if _INTEGER.match(text) is None:
        raise BadInput(f"{text} is not a valid month")
    return int(text)


def _month_name(month: int) -> str:
    return MONTHS[month - 1] if 1 <= month <= len(MONTHS) else ""


def _integer(text: str) -> int:
    if _INTEGER.match(text) is None:
        raise BadInput(f'strconv.Atoi: parsing "{text}": invalid syntax')
    return int(text)
