"""Go's time.Time and time.Duration as template values: what they print, their layouts and their methods.

Nanoseconds since the epoch, a zone for showing. Source of semantics: https://pkg.go.dev/time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final

from vedette.model import time_zones
from vedette.model.errors import BadInput
from vedette.signals.template.errors import FunctionError
from vedette.signals.template.values import Method

SECOND: Final = 1_000_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True, order=True)
class GoDuration:
    ns: int

    go_type = "time.Duration"

    def __str__(self) -> str:
        """`1h2m3.5s`, `1.5ms`, `0s`."""
        ns = abs(self.ns)
        sign = "-" if self.ns < 0 else ""
        if not ns:
            return "0s"
        for unit, size in (("ns", 1), ("µs", 1000), ("ms", 1_000_000)):
            if ns < size * 1000:
                return f"{sign}{_decimal(ns, size)}{unit}"
        minutes, rest = divmod(ns, 60 * SECOND)
        hours, minutes = divmod(minutes, 60)
        text = f"{_decimal(rest, SECOND)}s"
        if minutes or hours:
            text = f"{minutes}m{text}"
        return f"{sign}{hours}h{text}" if hours else sign + text

    def member(self, name: str) -> Any:
        methods: dict[str, Callable[..., Any]] = {
            "String": lambda: str(self),
            "Seconds": lambda: self.ns / SECOND,
            "Minutes": lambda: self.ns / (60 * SECOND),
            "Hours": lambda: self.ns / (3600 * SECOND),
            "Milliseconds": lambda: int(self.ns / 1_000_000),
            "Nanoseconds": lambda: self.ns,
            "Abs": lambda: GoDuration(abs(self.ns)),
            "Truncate": lambda step: GoDuration(int(self.ns / step.ns) * step.ns) if step.ns > 0 else self,
            "Round": lambda step: GoDuration(_round(self.ns, step.ns)),
        }
        return Method(methods[name])


@dataclass(frozen=True, slots=True, order=True)
class GoTime:
    ns: int
    zone: tzinfo = UTC

    go_type = "time.Time"

    def __str__(self) -> str:
        """As time.Time prints: `2006-01-02 15:04:05.999999999 -0700 MST`."""
        return self.format("2006-01-02 15:04:05.999999999 -0700 MST")

    def format(self, layout: str) -> str:
        """Go's layouts: the reference time Mon Jan 2 15:04:05 MST 2006, its parts replaced by this time's."""
        moment = self._moment()
        return LAYOUT_PART.sub(lambda match: _format_part(match[0], moment, self.ns % SECOND), layout)

    def _moment(self) -> datetime:
        """Without the part below a second. Raises FunctionError outside the years 1 to 9999."""
        seconds = self.ns // SECOND
        try:
            return (_EPOCH + timedelta(seconds=seconds)).astimezone(self.zone)
        except OverflowError:
            raise FunctionError(f"time out of range: {seconds} s") from None

    def member(self, name: str) -> Any:
        return Method(_bound(_TIME_METHODS[name], self))


def _bound(function: Callable[..., Any], time: GoTime) -> Callable[..., Any]:
    """The method with its receiver; how many arguments it takes can still be seen."""
    return function.__get__(time)  # type: ignore[no-any-return]  # a plain function binds like a method


def _in(time: GoTime, zone: Any) -> GoTime:
    return replace(time, zone=zone)


def _same_zone(time: GoTime, ns: int) -> GoTime:
    return replace(time, ns=ns)


ZERO_TIME: Final = GoTime(int((datetime(1, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds()) * SECOND)
"""January 1 of the year 1, Go's zero."""

_TIME_METHODS: Final[dict[str, Callable[..., Any]]] = {
    "Format": lambda time, layout: time.format(layout),
    "String": lambda time: str(time),
    "Unix": lambda time: time.ns // SECOND,
    "UnixMilli": lambda time: time.ns // 1_000_000,
    "UnixMicro": lambda time: time.ns // 1000,
    "UnixNano": lambda time: time.ns,
    "UTC": lambda time: _in(time, UTC),
    "Local": lambda time: _in(time, datetime.now().astimezone().tzinfo),
    "In": _in,
    "Add": lambda time, duration: _same_zone(time, time.ns + duration.ns),
    "AddDate": lambda time, years, months, days: _add_date(time, years, months, days),
    "Sub": lambda time, other: GoDuration(time.ns - other.ns),
    "Before": lambda time, other: time.ns < other.ns,
    "After": lambda time, other: time.ns > other.ns,
    "Equal": lambda time, other: time.ns == other.ns,
    "IsZero": lambda time: time.ns == ZERO_TIME.ns,
    "Year": lambda time: time._moment().year,
    "Month": lambda time: MONTHS[time._moment().month - 1],
    "Day": lambda time: time._moment().day,
    "Hour": lambda time: time._moment().hour,
    "Minute": lambda time: time._moment().minute,
    "Second": lambda time: time._moment().second,
    "Nanosecond": lambda time: time.ns % SECOND,
    "Weekday": lambda time: _DAYS[time._moment().weekday()],
    "YearDay": lambda time: time._moment().timetuple().tm_yday,
}


def load_zone(name: str) -> tzinfo:
    """Raises FunctionError for a zone that nobody knows."""
    if name in ("", "UTC"):
        return UTC
    try:
        return time_zones.load_zone(name)
    except BadInput as error:
        raise FunctionError(error.message) from None


def _add_date(time: GoTime, years: int, months: int, days: int) -> GoTime:
    """A day that the month does not have runs over into the next."""
    moment = time._moment()
    month = moment.month - 1 + months
    first = moment.replace(year=moment.year + years + month // 12, month=month % 12 + 1, day=1)
    shifted = first + timedelta(days=moment.day - 1 + days)
    return _same_zone(time, int((shifted - _EPOCH).total_seconds()) * SECOND + time.ns % SECOND)


LAYOUT_PART: Final = re.compile(
    r"January|Jan|Monday|Mon|MST|2006|Z07:00:00|Z070000|Z07:00|Z0700|Z07|-07:00:00|-070000|-07:00|-0700|-07"
    r"|002|__2|_2|01|02|03|04|05|06|15|PM|pm|[.,](?:0+|9+)(?!\d)|1|2|3|4|5"
)

_PARTS: Final[dict[str, Callable[[datetime], str]]] = {
    "January": lambda moment: MONTHS[moment.month - 1],
    "Jan": lambda moment: MONTHS[moment.month - 1][:3],
    "Monday": lambda moment: _DAYS[moment.weekday()],
    "Mon": lambda moment: _DAYS[moment.weekday()][:3],
    "MST": lambda moment: moment.tzname() or "UTC",
    "2006": lambda moment: f"{moment.year:04d}",
    "06": lambda moment: f"{moment.year % 100:02d}",
    "01": lambda moment: f"{moment.month:02d}",
    "1": lambda moment: str(moment.month),
    "002": lambda moment: f"{moment.timetuple().tm_yday:03d}",
    "__2": lambda moment: f"{moment.timetuple().tm_yday:3d}",
    "02": lambda moment: f"{moment.day:02d}",
    "_2": lambda moment: f"{moment.day:2d}",
    "2": lambda moment: str(moment.day),
    "15": lambda moment: f"{moment.hour:02d}",
    "03": lambda moment: f"{(moment.hour + 11) % 12 + 1:02d}",
    "3": lambda moment: str((moment.hour + 11) % 12 + 1),
    "04": lambda moment: f"{moment.minute:02d}",
    "4": lambda moment: str(moment.minute),
    "05": lambda moment: f"{moment.second:02d}",
    "5": lambda moment: str(moment.second),
    "PM": lambda moment: "PM" if moment.hour >= 12 else "AM",
    "pm": lambda moment: "pm" if moment.hour >= 12 else "am",
}


def _format_part(part: str, moment: datetime, ns: int) -> str:
    if part in _PARTS:
        return _PARTS[part](moment)
    if part[0] in ".,":
        digits = f"{ns:09d}"[: len(part) - 1]
        if part[1] == "9":
            digits = digits.rstrip("0")
        return part[0] + digits if digits else ""
    return _format_offset(part, moment)


def _format_offset(part: str, moment: datetime) -> str:
    offset = int((moment.utcoffset() or timedelta()).total_seconds())
    if part[0] == "Z" and not offset:
        return "Z"
    hours, rest = divmod(abs(offset), 3600)
    colon = ":" if ":" in part else ""
    text = f"{'-' if offset < 0 else '+'}{hours:02d}"
    if len(part) > 3:
        text += f"{colon}{rest // 60:02d}"
    if len(part) > 6:
        text += f"{colon}{rest % 60:02d}"
    return text


def _decimal(value: int, size: int) -> str:
    """value / size without trailing zeros."""
    whole, rest = divmod(value, size)
    if not rest:
        return str(whole)
    return f"{whole}.{str(rest).rjust(len(str(size)) - 1, '0').rstrip('0')}"


def _round(ns: int, step: int) -> int:
    """To the nearest multiple, halves away from zero."""
    if step <= 0:
        return ns
    magnitude = (abs(ns) + step // 2) // step * step
    return magnitude if ns >= 0 else -magnitude
