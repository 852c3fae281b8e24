"""Series as tests write them: `name{label="value"} 1 2 _ stale 0+10x5 {{sum:1 count:2}}x3`.

A sequence `a+bxN` has N + 1 points; `_xN` has N. A point is a float, a histogram or None (omitted).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from vedette.model.errors import BadInput
from vedette.model.labels import Labels
from vedette.model.staleness import STALE_NAN
from vedette.model.time import parse_duration_ms
from vedette.query.promql.histogram_notation import BadHistogram, HistogramLiteral, parse_histogram
from vedette.query.promql.parser import parse_metric_selector

Point = float | HistogramLiteral | None

_NUMBER: Final = r"[-+]?(?:inf|nan|[0-9]+\.?[0-9]*(?:e[-+]?[0-9]+)?|\.[0-9]+(?:e[-+]?[0-9]+)?)"
_FLOATS: Final = re.compile(rf"(stale|{_NUMBER})(?:([-+])({_NUMBER}))?(?:x([0-9]+))?\Z", re.IGNORECASE)
_OMITTED: Final = re.compile(r"_(?:x([0-9]+))?\Z")
_HISTOGRAMS: Final = re.compile(r"\{\{(.*?)\}\}(?:([-+])\{\{(.*?)\}\})?(?:x([0-9]+))?\Z")
_ITEM: Final = re.compile(r"(?:\{\{.*?\}\}|[^\s{])+")
_METRIC: Final = re.compile(r"""[^\s{]*(?:\{(?:[^"'`}]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)*\})?""")
_DURATION: Final = r"[-+]?[0-9]+[a-wyz]*"
_STARTS: Final = re.compile(rf"({_DURATION})(?:([-+])({_DURATION}))?(?:x([0-9]+))?\Z")


class BadSeries(BadInput):
    pass


def parse_series(line: str) -> tuple[Labels, list[Point]]:
    """Raises BadSeries."""
    labels, rest = split_metric(line)
    return labels, parse_points(rest)


def parse_points(text: str) -> list[Point]:
    """What follows the labels. Raises BadSeries."""
    points: list[Point] = []
    for item in _ITEM.findall(text):
        points.extend(_parse_item(item))
    return points


def split_metric(line: str) -> tuple[Labels, str]:
    """The labels, and what follows them."""
    match = _METRIC.match(line)
    assert match is not None
    try:
        matchers = parse_metric_selector(match[0])
    except BadInput as error:
        raise BadSeries(f"{error.message}: {line}") from None
    return Labels((matcher.name, matcher.value) for matcher in matchers), line[match.end() :]


def _parse_item(item: str) -> Iterable[Point]:
    if omitted := _OMITTED.match(item):
        return [None] * int(omitted[1] or 1)
    if floats := _FLOATS.match(item):
        return _floats(*floats.groups())
    if histograms := _HISTOGRAMS.match(item):
        try:
            return _histograms(*histograms.groups())
        except BadHistogram as error:
            raise BadSeries(str(error)) from None
    raise BadSeries(f"bad value in series: {item}")


def _floats(first: str, sign: str | None, step: str | None, repeats: str | None) -> list[Point]:
    value = STALE_NAN if first.lower() == "stale" else float(first)
    increment = (-1 if sign == "-" else 1) * float(step or 0)
    points: list[Point] = []
    for _ in range(int(repeats or 0) + 1):
        points.append(value)
        if sign:
            value += increment
    return points


def _histograms(first: str, sign: str | None, step: str | None, repeats: str | None) -> list[Point]:
    value = parse_histogram(first)
    increment = parse_histogram(step) if step is not None else None
    points: list[Point] = []
    for _ in range(int(repeats or 0) + 1):
        points.append(value)
        if increment is not None:
            value = value.plus(increment, -1.0 if sign == "-" else 1.0)
    return points


def parse_start_times(line: str) -> tuple[Labels, list[int | None]]:
    """`metric{...}@st -1m _ 0s+10sx3`: start timestamps in ms, each relative to its sample. Raises BadSeries."""
    metric, *items = line.split()
    labels, _ = split_metric(metric.removesuffix("@st"))
    offsets: list[int | None] = []
    for item in items:
        offsets.extend(_parse_start_item(item))
    return labels, offsets


def _parse_start_item(item: str) -> list[int | None]:
    if omitted := _OMITTED.match(item):
        return [None] * int(omitted[1] or 1)
    match = _STARTS.match(item)
    if match is None:
        raise BadSeries(f"bad start timestamp: {item}")
    first = _signed_duration_ms(match[1])
    increment = _signed_duration_ms(match[2] + match[3]) if match[3] else 0
    return [first + index * increment for index in range(int(match[4] or 0) + 1)]


def _signed_duration_ms(text: str) -> int:
    try:
        duration = parse_duration_ms(text.lstrip("+-"))
    except BadInput as error:
        raise BadSeries(error.message) from None
    return -duration if text.startswith("-") else duration
