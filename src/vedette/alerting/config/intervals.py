"""`time_intervals` and the older `mute_time_intervals`, as `routing.time_intervals` has them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final, NewType, Self
from zoneinfo import ZoneInfo

from vedette.alerting.config.defaults import OPTIONAL
from vedette.alerting.routing import time_intervals
from vedette.alerting.routing.time_intervals import MONTHS, WEEKDAYS, Range, TimeInterval
from vedette.intake.config.codec import SCALARS, Scalar, read_section
from vedette.intake.config.yaml_nodes import Node
from vedette.model.errors import BadInput
from vedette.model.time_zones import load_zone

Times = NewType("Times", Range)
Weekdays = NewType("Weekdays", Range)
Days = NewType("Days", Range)
Months = NewType("Months", Range)
Years = NewType("Years", Range)

_EMPTY: Final = Range(0, 0)
_UTC: Final = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class _TimesOfDay:
    TYPE: ClassVar[str] = "timeinterval.yamlTimeRange"
    start_time: str = ""
    end_time: str = ""


def _read_times(node: Node) -> Range:
    times = read_section(_TimesOfDay, node)
    return time_intervals.read_time_range(times.start_time, times.end_time)


def _write_times(times: Range) -> dict[str, str]:
    first, last = (f"{minute // 60:02}:{minute % 60:02}" for minute in times)
    return {"start_time": first, "end_time": last}


def _range(read: Callable[[str], Range], names: Sequence[str] = (), first: int = 0) -> Scalar:
    """`names` stand for the numbers from `first` on."""

    def shown(number: int) -> str:
        place = number - first
        return names[place] if 0 <= place < len(names) else str(number)

    def write(pair: Range) -> str:
        return shown(pair.begin) if pair.begin == pair.end else f"{shown(pair.begin)}:{shown(pair.end)}"

    return Scalar(lambda node: read(node.text()), _EMPTY, write)


SCALARS.update(
    {
        Times: Scalar(_read_times, _EMPTY, _write_times),
        Weekdays: _range(time_intervals.read_weekdays, WEEKDAYS),
        Days: _range(time_intervals.read_days_of_month),
        Months: _range(time_intervals.read_months, MONTHS, first=1),
        Years: _range(time_intervals.read_years),
        ZoneInfo: Scalar(lambda node: load_zone(node.text()), _UTC, str),
    }
)


@dataclass(frozen=True, slots=True)
class TimeIntervalConfig:
    """None: no such condition; empty: never."""

    TYPE: ClassVar[str] = "timeinterval.TimeInterval"
    times: tuple[Times, ...] | None = field(default=None, metadata=OPTIONAL)
    weekdays: tuple[Weekdays, ...] | None = field(default=None, metadata=OPTIONAL)
    days_of_month: tuple[Days, ...] | None = field(default=None, metadata=OPTIONAL)
    months: tuple[Months, ...] | None = field(default=None, metadata=OPTIONAL)
    years: tuple[Years, ...] | None = field(default=None, metadata=OPTIONAL)
    location: ZoneInfo | None = field(default=None, metadata=OPTIONAL)

    @property
    def interval(self) -> TimeInterval:
        return TimeInterval(self.times, self.weekdays, self.days_of_month, self.months, self.years, self.location)


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


@dataclass(frozen=True, slots=True)
class NamedMuteIntervals(NamedIntervals):
    KIND: ClassVar[str] = "mute time interval"
