"""`time_intervals` and the older `mute_time_intervals`, read into `alerting.time_intervals`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any, ClassVar, Self

from vedette.alerting.time_intervals import (
    DayOfMonthRange,
    MonthRange,
    TimeInterval,
    TimeRange,
    WeekdayRange,
    YearRange,
    format_minutes,
    parse_location,
)
from vedette.intake.config.codec import SCALARS, Scalar, read_section
from vedette.intake.config.yaml_nodes import Node
from vedette.model.errors import BadInput


@dataclass(frozen=True, slots=True)
class _Times:
    TYPE: ClassVar[str] = "timeinterval.yamlTimeRange"
    start_time: str = ""
    end_time: str = ""


def _read_times(node: Node) -> TimeRange:
    times = read_section(_Times, node)
    return TimeRange.parse(times.start_time, times.end_time)


def _write_times(times: TimeRange) -> dict[str, str]:
    return {"start_time": format_minutes(times.start_minute), "end_time": format_minutes(times.end_minute)}


def _read_range(parse: Callable[[str], Any]) -> Callable[[Node], Any]:
    return lambda node: parse(node.text())


SCALARS[TimeRange] = Scalar(_read_times, TimeRange(0, 0), _write_times)
SCALARS[WeekdayRange] = Scalar(_read_range(WeekdayRange.parse), WeekdayRange(0, 0), str)
SCALARS[DayOfMonthRange] = Scalar(_read_range(DayOfMonthRange.parse), DayOfMonthRange(0, 0), str)
SCALARS[MonthRange] = Scalar(_read_range(MonthRange.parse), MonthRange(0, 0), str)
SCALARS[YearRange] = Scalar(_read_range(YearRange.parse), YearRange(0, 0), str)
SCALARS[tzinfo] = Scalar(_read_range(parse_location), UTC, str)


@dataclass(frozen=True, slots=True)
class TimeIntervalConfig:
    TYPE: ClassVar[str] = "timeinterval.TimeInterval"
    times: tuple[TimeRange, ...] = ()
    weekdays: tuple[WeekdayRange, ...] = ()
    days_of_month: tuple[DayOfMonthRange, ...] = ()
    months: tuple[MonthRange, ...] = ()
    years: tuple[YearRange, ...] = ()
    location: tzinfo | None = None

    @property
    def interval(self) -> TimeInterval:
        return TimeInterval(
            self.times, self.weekdays, self.days_of_month, self.months, self.years, self.location or UTC
        )


@dataclass(frozen=True, slots=True)
class NamedIntervals:
    TYPE: ClassVar[str] = "config.plain"
    KIND: ClassVar[str] = "time interval"
    name: str = ""
    time_intervals: tuple[TimeIntervalConfig, ...] = ()

    def check(self) -> Self:
        if not self.name:
            raise BadInput(f"missing name in {self.KIND}")
        return self

    def contains(self, now_ms: int) -> bool:
        return any(each.interval.contains(now_ms) for each in self.time_intervals)


@dataclass(frozen=True, slots=True)
class NamedMuteIntervals(NamedIntervals):
    KIND: ClassVar[str] = "mute time interval"
