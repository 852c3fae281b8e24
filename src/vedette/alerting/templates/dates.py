"""A time read by one of Go's layouts (the reference time Mon Jan 2 15:04:05 MST 2006), for `toDate`.

Source of semantics: https://pkg.go.dev/time#Parse. Names of zones other than UTC say nothing of their offset, as there.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

from vedette.model.quoting import quote
from vedette.signals.template import FunctionError
from vedette.signals.template.times import LAYOUT_PART, MONTHS, SECOND, GoTime

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PARTS: Final = {
    "2006": r"(?P<year>\d{4})",
    "06": r"(?P<short_year>\d{2})",
    "January": r"(?P<month_name>[A-Za-z]+)",
    "Jan": r"(?P<month_name>[A-Za-z]{3})",
    "01": r"(?P<month>\d{2})",
    "1": r"(?P<month>\d{1,2})",
    "02": r"(?P<day>\d{2})",
    "_2": r"(?P<day>[ \d]\d)",
    "2": r"(?P<day>\d{1,2})",
    "15": r"(?P<hour>\d{2})",
    "03": r"(?P<hour12>\d{2})",
    "3": r"(?P<hour12>\d{1,2})",
    "04": r"(?P<minute>\d{2})",
    "4": r"(?P<minute>\d{1,2})",
    "05": r"(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?",
    "5": r"(?P<second>\d{1,2})(?:[.,](?P<fraction>\d{1,9}))?",
    "PM": r"(?P<half>AM|PM)",
    "pm": r"(?P<half>am|pm)",
    "Monday": r"[A-Za-z]+",
    "Mon": r"[A-Za-z]{3}",
    "MST": r"[A-Z]{3,5}",
}


@lru_cache(maxsize=128)
def _pattern(layout: str) -> re.Pattern[str]:
    out: list[str] = []
    at = 0
    for part in LAYOUT_PART.finditer(layout):
        out.append(re.escape(layout[at : part.start()]))
        at = part.end()
        if part[0][0] in ".,":
            continue  # a fraction may stand behind any second
        colon = ":" if ":" in part[0] else ""
        offset = rf"(?P<offset>[+-]\d{{2}}{colon}\d{{2}}{'|Z' if part[0][0] == 'Z' else ''})"
        out.append(_PARTS.get(part[0]) or offset)
    out.append(re.escape(layout[at:]))
    try:
        return re.compile("".join(out))
    except re.error:
        raise FunctionError(f"layout names a part of the time twice: {quote(layout)}") from None


def parse_time(layout: str, text: str) -> GoTime:
    """UTC where the text names no offset. Raises FunctionError."""
    match = _pattern(layout).fullmatch(text)
    if match is None:
        raise FunctionError(f"parsing time {quote(text)} as {quote(layout)}: cannot parse {quote(text)}")
    found = {name: value for name, value in match.groupdict().items() if value is not None}
    try:
        moment = datetime(
            _year(found),
            _month(found),
            int(found.get("day", "1")),
            _hour(found),
            int(found.get("minute", "0")),
            int(found.get("second", "0")),
            tzinfo=_zone(found.get("offset", "Z")),
        )
    except ValueError:
        raise FunctionError(f"parsing time {quote(text)}: day out of range") from None
    seconds = (moment - _EPOCH) // timedelta(seconds=1)
    return GoTime(seconds * SECOND + int(found.get("fraction", "0").ljust(9, "0")), moment.tzinfo or UTC)


def _year(found: dict[str, str]) -> int:
    """Two digits from 69 on are of the last century; no year at all is the year 1, for want of Go's year 0."""
    if "short_year" in found:
        short = int(found["short_year"])
        return short + (1900 if short >= 69 else 2000)
    return int(found.get("year", "1"))


def _month(found: dict[str, str]) -> int:
    if "month_name" not in found:
        return int(found.get("month", "1"))
    name = found["month_name"].lower()
    places = [place for place, month in enumerate(MONTHS, 1) if name in (month.lower(), month[:3].lower())]
    if not places:
        raise ValueError(name)
    return places[0]


def _hour(found: dict[str, str]) -> int:
    if "hour12" not in found:
        return int(found.get("hour", "0"))
    return int(found["hour12"]) % 12 + (12 if found.get("half", "").lower() == "pm" else 0)


def _zone(offset: str) -> timezone:
    if offset == "Z":
        return UTC
    digits = offset[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return (
        timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes), offset[0] + digits) if minutes else UTC
    )
