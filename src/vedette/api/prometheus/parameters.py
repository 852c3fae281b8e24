"""Parameters as Prometheus' handlers read them, with their texts of refusal (which clients compare).

Times are float seconds or RFC 3339; durations are float seconds or `1h30m`. Everything comes out in milliseconds, except
a step, which is checked in nanoseconds first. Source: prometheus web/api/v1/api.go (parseTime, parseDuration, parseLimitParam).
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Final

from vedette.api.requests import Parameters
from vedette.model.errors import BadInput
from vedette.model.matchers import Matcher
from vedette.model.quoting import quote
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS, parse_duration_ms
from vedette.query.promql.parser import parse_metric_selector

_INT64_MAX: Final = (1 << 63) - 1
_NS_PER_MS: Final = 1_000_000
_NS_PER_S: Final = 1_000_000_000
STEPS_MAX: Final = 11_000

_DIGITS: Final = "[0-9](?:_?[0-9])*"
_FLOAT: Final = re.compile(rf"[+-]?(?:{_DIGITS}\.?(?:{_DIGITS})?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?\Z")
_NOT_FINITE: Final = re.compile(r"([+-]?)(?:inf(?:inity)?|nan)\Z", re.IGNORECASE)
_RFC3339: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))\Z", re.ASCII
)
_SWITCHES: Final = dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True) | dict.fromkeys(
    ("0", "f", "F", "FALSE", "false", "False"), False
)
_BOUNDARIES: Final = {
    "-292273086-05-16T16:47:06Z": MIN_TIME_MS,
    "292277025-08-18T07:12:54.999999999Z": MAX_TIME_MS,
}
"""The reference's own first and last time, which its clients send as text; ours are as far away as nanoseconds never reach."""


def time_or(parameters: Parameters, name: str, default_ms: int) -> int:
    """An optional time. Raises BadInput in the reference's words."""
    text = parameters.get(name)
    if not text:
        return default_ms
    try:
        return parse_time_ms(text)
    except BadInput as error:
        raise invalid(name, f"invalid time value for '{name}': {error.message}") from None


def required_time(parameters: Parameters, name: str) -> int:
    try:
        return parse_time_ms(parameters.get(name))
    except BadInput as error:
        raise invalid(name, error.message) from None


def duration_ns(parameters: Parameters, name: str) -> int:
    try:
        return parse_duration_ns(parameters.get(name))
    except BadInput as error:
        raise invalid(name, error.message) from None


def limit(parameters: Parameters) -> int:
    """0: no limit."""
    text = parameters.get("limit")
    if not text:
        return 0
    try:
        count = parse_go_int(text)
    except BadInput as error:
        raise invalid("limit", error.message) from None
    if count < 0:
        raise invalid("limit", "limit must be non-negative")
    return count


def switch(parameters: Parameters, name: str) -> bool:
    """strconv.ParseBool; False when not given. Raises BadInput in the reference's words."""
    text = parameters.get(name)
    if not text:
        return False
    if text not in _SWITCHES:
        raise invalid(name, f"unable to parse boolean: strconv.ParseBool: parsing {quote(text)}: invalid syntax")
    return _SWITCHES[text]


def selectors(texts: list[str], name: str = "") -> list[tuple[Matcher, ...]]:
    """`match[]`. With `name`, errors say which parameter. Raises BadInput."""
    try:
        parsed = [parse_metric_selector(text) for text in texts]
        for matchers in parsed:
            if all(matcher.matches("") for matcher in matchers):
                raise BadInput("match[] must contain at least one non-empty matcher")
    except BadInput as error:
        raise (invalid(name, error.message) if name else error) from None
    return parsed


def invalid(name: str, message: str) -> BadInput:
    return BadInput(f"invalid parameter {quote(name)}: {message}")


def parse_time_ms(text: str) -> int:
    """Raises BadInput."""
    seconds = parse_go_float(text)
    if seconds is not None and math.isfinite(seconds):
        return _seconds_to_ms(seconds)
    moment = _RFC3339.match(text)
    if moment is not None and (time_ms := _rfc3339_ms(moment)) is not None:
        return time_ms
    if text in _BOUNDARIES:
        return _BOUNDARIES[text]
    raise BadInput(f"cannot parse {quote(text)} to a valid timestamp")


def _seconds_to_ms(seconds: float) -> int:
    """Rounded to milliseconds the way the reference does it: fraction to 3 places, then cut to whole nanoseconds."""
    fraction, whole = math.modf(seconds)
    thousandths = fraction * 1000
    rounded = math.copysign(math.floor(abs(thousandths) + 0.5), thousandths) / 1000
    time_ms = (int(whole) * _NS_PER_S + int(rounded * _NS_PER_S)) // _NS_PER_MS
    return min(max(time_ms, MIN_TIME_MS), MAX_TIME_MS)


def _rfc3339_ms(moment: re.Match[str]) -> int | None:
    year, month, day, hour, minute, second = (int(part) for part in moment.groups()[:6])
    fraction, sign, offset_hours, offset_minutes = moment.groups()[6:]
    offset = timedelta(hours=int(offset_hours or 0), minutes=int(offset_minutes or 0))
    if offset >= timedelta(days=1) or int(offset_minutes or 0) > 59:
        return None
    try:
        local = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    since = local - datetime(1970, 1, 1, tzinfo=UTC) - (-offset if sign == "-" else offset)
    return since // timedelta(seconds=1) * 1000 + int((fraction or "0").ljust(3, "0")[:3])


def parse_duration_ns(text: str) -> int:
    """Raises BadInput."""
    seconds = parse_go_float(text)
    if seconds is not None:
        if math.isnan(seconds):
            return -_INT64_MAX - 1
        if abs(seconds * _NS_PER_S) > _INT64_MAX:
            raise BadInput(f"cannot parse {quote(text)} to a valid duration. It overflows int64")
        return int(seconds * _NS_PER_S)
    try:
        duration = parse_duration_ms(text) * _NS_PER_MS
    except BadInput:
        duration = _INT64_MAX + 1
    if duration > _INT64_MAX:
        raise BadInput(f"cannot parse {quote(text)} to a valid duration")
    return duration


def step_ms(parameters: Parameters, start_ms: int, end_ms: int) -> int:
    """The step of a range query, with the reference's limit of points. Raises BadInput."""
    step_ns = duration_ns(parameters, "step")
    if step_ns <= 0:
        raise invalid("step", "zero or negative query resolution step widths are not accepted. Try a positive integer")
    if min((end_ms - start_ms) * _NS_PER_MS, _INT64_MAX) // step_ns > STEPS_MAX:
        raise BadInput(
            "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)"
        )
    return max(1, step_ns // _NS_PER_MS)


def parse_go_float(text: str) -> float | None:
    """strconv.ParseFloat for decimal notation; None where it is no number, or one beyond float64."""
    if _FLOAT.match(text):
        number = float(text)
        return number if math.isfinite(number) else None
    return float(text) if _NOT_FINITE.match(text) else None


def parse_go_int(text: str) -> int:
    """strconv.Atoi. Raises BadInput in its words."""
    if not re.match(r"[+-]?[0-9]+\Z", text):
        raise BadInput(f"strconv.Atoi: parsing {quote(text)}: invalid syntax")
    number = int(text) if len(text) < 32 else _INT64_MAX + 1
    if not -_INT64_MAX - 1 <= number <= _INT64_MAX:
        raise BadInput(f"strconv.Atoi: parsing {quote(text)}: value out of range")
    return number
