"""Advice on well-formed pages: naming, help, units. A table of checks, each of them says one thing about one family.

Source of what is advised: prometheus.io/docs/practices/naming and promtool's `check metrics`; the words are ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class LintedFamily:
    """`suffixed`: its format writes a counter's family without `_total` (OpenMetrics)."""

    name: str
    type: str
    help: str
    suffixed: bool


_BASE_UNITS: Final = {
    "milliseconds": "seconds",
    "microseconds": "seconds",
    "nanoseconds": "seconds",
    "minutes": "seconds",
    "hours": "seconds",
    "days": "seconds",
    "kilobytes": "bytes",
    "megabytes": "bytes",
    "gigabytes": "bytes",
    "bits": "bytes",
    "fahrenheit": "celsius",
    "kelvin": "celsius",
    "percent": "ratio",
    "percentage": "ratio",
    "millimeters": "meters",
    "kilometers": "meters",
    "grams": "kilograms",
}
_ABBREVIATIONS: Final = frozenset({"s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d"})
_TYPE_WORDS: Final = frozenset({"counter", "gauge", "histogram", "summary", "untyped"})
_RESERVED: Final = ("_count", "_sum", "_bucket")
_HISTOGRAMS: Final = frozenset({"histogram", "gaugehistogram", "summary"})
_CAMEL = re.compile(r"[a-z][A-Z]")


def lint_family(family: LintedFamily) -> Iterator[str]:
    for check in _CHECKS:
        advice = check(family)
        if advice:
            yield f"{advice}: {family.name}"


def _help(family: LintedFamily) -> str:
    return "" if family.help else "no help text"


def _counter_suffix(family: LintedFamily) -> str:
    total = family.name.endswith("_total")
    if family.type == "counter":
        return "" if total or family.suffixed else 'a counter should end with "_total"'
    return 'only a counter should end with "_total"' if total and family.type != "unknown" else ""


def _reserved_suffix(family: LintedFamily) -> str:
    suffix = next((suffix for suffix in _RESERVED if family.name.endswith(suffix)), "")
    if not suffix or family.type in _HISTOGRAMS or family.type == "unknown":
        return ""
    return f'only a histogram or summary should end with "{suffix}"'


def _type_in_name(family: LintedFamily) -> str:
    word = next((word for word in family.name.split("_") if word in _TYPE_WORDS), "")
    return f'the name should not include the type "{word}"' if word else ""


def _snake_case(family: LintedFamily) -> str:
    return "the name should be snake_case" if _CAMEL.search(family.name) else ""


def _colons(family: LintedFamily) -> str:
    return "colons are for recording rules" if ":" in family.name else ""


def _base_unit(family: LintedFamily) -> str:
    word = next((word for word in family.name.split("_") if word in _BASE_UNITS), "")
    return f"use the base unit {_BASE_UNITS[word]} instead of {word}" if word else ""


def _abbreviated_unit(family: LintedFamily) -> str:
    words = family.name.lower().removesuffix("_total").split("_")
    return f'write the unit out instead of "{words[-1]}"' if len(words) > 1 and words[-1] in _ABBREVIATIONS else ""


_CHECKS: Final[tuple[Callable[[LintedFamily], str], ...]] = (
    _help,
    _counter_suffix,
    _reserved_suffix,
    _type_in_name,
    _snake_case,
    _colons,
    _base_unit,
    _abbreviated_unit,
)
