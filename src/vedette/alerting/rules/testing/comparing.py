"""What was found against what was expected; a difference is told as text, no difference is the empty text."""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence
from dataclasses import dataclass

from vedette.alerting.rules.testing.sections import ExpectedSample
from vedette.model.errors import BadInput
from vedette.model.histograms import NativeHistogram
from vedette.model.labels import EMPTY_LABELS, Labels
from vedette.model.numbers import format_general
from vedette.query.promql.histogram_notation import HistogramLiteral
from vedette.query.promql.histogram_text import format_histogram
from vedette.query.promql.series_notation import parse_points, split_metric

Sample = tuple[Labels, float | NativeHistogram]


@dataclass(frozen=True, slots=True, order=True)
class FoundAlert:
    labels: Labels
    annotations: Labels

    def lines(self) -> list[str]:
        return [f"Labels:{self.labels}", f"Annotations:{self.annotations}"]


@dataclass(frozen=True, slots=True)
class ExpectedAlerts:
    expected: Sequence[FoundAlert]
    found: Sequence[FoundAlert]


def compare_alerts(pair: ExpectedAlerts, *, as_diff: bool) -> str:
    expected, found = sorted(pair.expected), sorted(pair.found)
    if expected == found:
        return ""
    if as_diff:
        lines = difflib.ndiff(_lines_of(expected), _lines_of(found))
        return "        diff:\n" + "\n".join(f"            {line}" for line in lines)
    return f"        exp:{_listed(expected)}, \n        got:{_listed(found)}"


def _lines_of(alerts: Sequence[FoundAlert]) -> list[str]:
    return [line for alert in alerts for line in alert.lines()]


def _listed(alerts: Sequence[FoundAlert]) -> str:
    if not alerts:
        return "[]"
    indent = "\n" + " " * 12
    items = (f"{place}:{indent}  {(indent + '  ').join(alert.lines())}" for place, alert in enumerate(alerts))
    return f"[{indent}" + f",{indent}".join(items) + f"{indent}]"


def parse_expected(sample: ExpectedSample) -> Sample:
    """Raises BadInput."""
    labels, rest = split_metric(sample.labels) if sample.labels.strip() else (EMPTY_LABELS, "")
    if rest.strip():
        raise BadInput(f"labels {sample.labels}: unexpected text after the labels: {rest.strip()}")
    if not sample.histogram:
        return labels, sample.value
    points = parse_points(sample.histogram)
    if len(points) != 1:
        raise BadInput(f"labels {sample.labels}: expected 1 value, got {len(points)}")
    point = points[0]
    if not isinstance(point, HistogramLiteral):
        raise BadInput(f"labels {sample.labels}: expected histogram, got {sample.histogram}")
    return labels, point.value


def compare_samples(expected: Sequence[Sample], found: Sequence[Sample], *, fuzzy: bool) -> str:
    """`fuzzy`: floats may be neighbours."""
    wanted, given = (sorted(samples, key=lambda sample: sample[0]) for samples in (expected, found))
    same = len(wanted) == len(given) and all(
        a[0] == b[0] and _same_value(a[1], b[1], fuzzy=fuzzy) for a, b in zip(wanted, given, strict=True)
    )
    return "" if same else f"        exp: {_shown(wanted)}\n        got: {_shown(given)}"


def _same_value(a: float | NativeHistogram, b: float | NativeHistogram, *, fuzzy: bool) -> bool:
    if isinstance(a, NativeHistogram) or isinstance(b, NativeHistogram):
        return isinstance(a, NativeHistogram) and isinstance(b, NativeHistogram) and _parts(a) == _parts(b)
    return a == b or (fuzzy and b in (math.nextafter(a, -math.inf), math.nextafter(a, math.inf)))


def _parts(histogram: NativeHistogram) -> tuple[object, ...]:
    """What the reference's notation shows of it: not its empty buckets."""
    sides = tuple({place: n for place, n in side.items() if n} for side in (histogram.positive, histogram.negative))
    numbers = (histogram.count, histogram.sum, histogram.zero_count, histogram.zero_threshold)
    return histogram.schema, tuple(map(format_general, numbers)), histogram.bounds, sides, histogram.hint


def _shown(samples: Sequence[Sample]) -> str:
    return ", ".join(f"{labels} {_value_text(value)}" for labels, value in samples) or "nil"


def _value_text(value: float | NativeHistogram) -> str:
    return format_histogram(value) if isinstance(value, NativeHistogram) else format_general(value)
