"""The functions that Prometheus adds to templates of rules: looking at a query's answer, and numbers for people to read.

Source of semantics: Prometheus template/template.go and https://prometheus.io/docs/prometheus/latest/configuration/template_reference/.
"""

from __future__ import annotations

import ipaddress
import math
import urllib.parse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import re2

from vedette.model.errors import BadInput
from vedette.model.numbers import format_general, parse_float
from vedette.model.quoting import quote
from vedette.model.time import parse_duration_ms
from vedette.signals.template.errors import FunctionError
from vedette.signals.template.functions import escape_query
from vedette.signals.template.times import SECOND, GoDuration, GoTime
from vedette.signals.template.values import SafeHtml, StringMap, type_name

_LARGE: Final = ("k", "M", "G", "T", "P", "E", "Z", "Y")
_BINARY: Final = ("ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi")
_SMALL: Final = ("m", "u", "n", "p", "f", "a", "z", "y")


@dataclass(frozen=True, slots=True)
class TemplateSample:
    """One series of a query's answer: `.Labels` and `.Value`."""

    labels: StringMap
    value: Any

    go_type = "*template.sample"

    def member(self, name: str) -> Any:
        return {"Labels": self.labels, "Value": self.value}[name]


Query = Callable[[str], Sequence[TemplateSample]]


def alert_functions(query: Query, now_s: float, external_url: str) -> dict[str, Callable[..., Any]]:
    """`query` answers an instant query at the time of evaluation; it raises FunctionError."""
    return _FIXED | {
        "query": query,
        "now": lambda: now_s,
        "externalURL": lambda: external_url,
        "pathPrefix": lambda: urllib.parse.urlsplit(external_url).path,
    }


def to_float(value: Any) -> float:
    """Raises FunctionError."""
    match value:
        case bool():
            pass
        case int() | float():
            return float(value)
        case str():
            number = parse_float(value)
            if number is None:
                raise FunctionError(f"strconv.ParseFloat: parsing {quote(value)}: invalid syntax")
            return number
        case GoDuration():
            return value.ns / SECOND
    raise FunctionError(f"can't convert {type_name(value)} to float")


def humanize(value: Any) -> str:
    """With a metric prefix: 1234567 is 1.235M."""
    number = to_float(value)
    if number == 0 or not math.isfinite(number):
        return _four_digits(number)
    if abs(number) >= 1:
        return _scaled(number, _LARGE, 1000.0)
    return _enlarged(number, "")


def humanize_1024(value: Any) -> str:
    number = to_float(value)
    if abs(number) <= 1 or not math.isfinite(number):
        return _four_digits(number)
    return _scaled(number, _BINARY, 1024.0)


def humanize_duration(value: Any) -> str:
    """Seconds as days, hours, minutes and seconds; below a second with a prefix."""
    number = to_float(value)
    if not math.isfinite(number):
        return _four_digits(number)
    if number == 0:
        return "0s"
    if abs(number) < 1:
        return _enlarged(number, "s")
    sign, number = ("-", -number) if number < 0 else ("", number)
    whole = int(number)
    days, hours, minutes, seconds = whole // 86400, whole // 3600 % 24, whole // 60 % 60, whole % 60
    if days:
        return f"{sign}{days}d {hours}h {minutes}m {seconds}s"
    if hours:
        return f"{sign}{hours}h {minutes}m {seconds}s"
    if minutes:
        return f"{sign}{minutes}m {seconds}s"
    return f"{sign}{_four_digits(number)}s"


def humanize_percentage(value: Any) -> str:
    return f"{_four_digits(to_float(value) * 100)}%"


def humanize_timestamp(value: Any) -> str:
    number = to_float(value)
    return str(to_time(number)) if math.isfinite(number) else _four_digits(number)


def to_time(value: Any) -> GoTime:
    number = to_float(value)
    if not math.isfinite(number):
        raise FunctionError("value is NaN or Inf")
    ns = number * 1e9
    if not -(2.0**63) <= ns <= 2.0**63:
        raise FunctionError(
            f"{format_general(number)} cannot be represented as a nanoseconds timestamp since it overflows int64"
        )
    return GoTime(min(int(ns), 2**63 - 1))


def strip_port(address: str) -> str:
    split = _split_host_port(address)
    return address if split is None else split[0]


def strip_domain(address: str) -> str:
    """The host's first name, with the port; an IP address stays as it is."""
    host, port = _split_host_port(address) or (address, "")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        first = host.split(".")[0]
        return f"{first}:{port}" if port else first
    return address


def _split_host_port(address: str) -> tuple[str, str] | None:
    """None where the address has no port or is none."""
    if address.startswith("["):
        host, bracket, port = address[1:].partition("]")
        return (host, port[1:]) if bracket and port.startswith(":") and ":" not in port[1:] else None
    host, colon, port = address.rpartition(":")
    return (host, port) if colon and ":" not in host else None


def first(samples: Sequence[TemplateSample]) -> TemplateSample:
    if not samples:
        raise FunctionError("first() called on vector with no elements")
    return samples[0]


def sort_by_label(label: str, samples: Sequence[TemplateSample]) -> list[TemplateSample]:
    return sorted(samples, key=lambda sample: sample.labels.get(label, ""))


def replace_all(pattern: str, replacement: str, text: str) -> str:
    """`$1` and `${name}` in the replacement are groups."""
    expression = _compiled(pattern)
    return str(expression.sub(lambda match: _expanded(match, replacement), text))


def match(pattern: str, text: str) -> bool:
    return _compiled(pattern).search(text) is not None


def title(text: str) -> str:
    """Words begin with a capital letter; the rest stays."""
    return str(_WORD_START.sub(lambda found: found[0].upper(), text))


def parse_duration_s(text: str) -> float:
    sign, unsigned = (-1, text[1:]) if text.startswith("-") else (1, text)
    try:
        return sign * parse_duration_ms(unsigned) / 1000
    except BadInput as error:
        raise FunctionError(error.message) from None


def _four_digits(number: float) -> str:
    return format_general(number, 4)


def _scaled(number: float, prefixes: Sequence[str], base: float) -> str:
    prefix = ""
    for each in prefixes:
        if abs(number) < base:
            break
        prefix, number = each, number / base
    return f"{_four_digits(number)}{prefix}"


def _enlarged(number: float, unit: str) -> str:
    prefix = ""
    for each in _SMALL:
        if abs(number) >= 1:
            break
        prefix, number = each, number * 1000
    return f"{_four_digits(number)}{prefix}{unit}"


_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_WORD_START: Final = re2.compile(r"\b\pL")
_GROUP: Final = re2.compile(r"\$(?:\$|(\w+)|\{(\w+)\})")


def _compiled(pattern: str) -> Any:
    try:
        return re2.compile(pattern, _OPTIONS)
    except re2.error as error:
        raise FunctionError(f"error parsing regexp: {error}") from None


def _expanded(found: Any, replacement: str) -> str:
    """A group that there is not is empty."""

    def group(reference: Any) -> str:
        name = reference[1] or reference[2]
        if name is None:
            return "$"
        try:
            return found.group(int(name) if name.isdigit() else name) or ""
        except (IndexError, KeyError):
            return ""

    return str(_GROUP.sub(group, replacement))


_FIXED: Final[dict[str, Callable[..., Any]]] = {
    "first": first,
    "label": lambda name, sample: sample.labels.get(name, ""),
    "value": lambda sample: sample.value,
    "strvalue": lambda sample: sample.labels.get("__value__", ""),
    "args": lambda *values: {f"arg{place}": value for place, value in enumerate(values)},
    "reReplaceAll": replace_all,
    "safeHtml": lambda text: SafeHtml(text),
    "match": match,
    "title": title,
    "toUpper": lambda text: text.upper(),
    "toLower": lambda text: text.lower(),
    "graphLink": lambda expr: f"/graph?g0.expr={escape_query(expr)}&g0.tab=0",
    "tableLink": lambda expr: f"/graph?g0.expr={escape_query(expr)}&g0.tab=1",
    "sortByLabel": sort_by_label,
    "stripPort": strip_port,
    "stripDomain": strip_domain,
    "humanize": humanize,
    "humanize1024": humanize_1024,
    "humanizeDuration": humanize_duration,
    "humanizePercentage": humanize_percentage,
    "humanizeTimestamp": humanize_timestamp,
    "toTime": to_time,
    "toDuration": lambda value: GoDuration(int(to_float(value) * SECOND)),
    "parseDuration": parse_duration_s,
    "urlQueryEscape": escape_query,
}
