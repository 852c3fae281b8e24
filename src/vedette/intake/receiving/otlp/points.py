"""Points of explicit histograms and summaries as classic series: what each has, in a fixed order, and its values.

Source: Prometheus storage/remote/otlptranslator, helper.go (addHistogramDataPoints, addSummaryDataPoints).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

from vedette.model.numbers import format_fixed

Document = dict[str, Any]
Shape = tuple[Any, ...]

NO_RECORDED_VALUE: Final = 1
"""Flag of a point: the series ended here."""


@dataclass(frozen=True, slots=True)
class ClassicPoint:
    """`parts` are (suffix, label name, label value) of each series, beside `values`; equal shapes have equal parts."""

    shape: Shape
    parts: list[tuple[str, str, str]]
    values: list[float]
    bounds: tuple[float, ...] = ()
    """Upper bounds of the buckets, which are the last parts; +Inf behind them."""


def histogram_point(point: Document) -> ClassicPoint:
    bounds = tuple(point.get("explicitBounds", ()))
    counts = point.get("bucketCounts", ())
    bounds = bounds[: len(counts)]
    cumulative = [float(count) for count in accumulate(counts[: len(bounds)])]
    count = float(point.get("count", 0))
    parts, values = [("_count", "", "")], [count]
    if "sum" in point:
        parts.insert(0, ("_sum", "", ""))
        values.insert(0, point["sum"])
    parts += [("_bucket", "le", format_fixed(bound)) for bound in bounds]
    return ClassicPoint(
        ("histogram", "sum" in point, bounds),
        [*parts, ("_bucket", "le", "+Inf")],
        [*values, *cumulative, count],
        bounds,
    )


def summary_point(point: Document) -> ClassicPoint:
    quantiles = point.get("quantileValues", ())
    parts = [("_sum", "", ""), ("_count", "", "")]
    parts += [("", "quantile", format_fixed(each.get("quantile", 0.0))) for each in quantiles]
    values = [point.get("sum", 0.0), float(point.get("count", 0)), *(each.get("value", 0.0) for each in quantiles)]
    return ClassicPoint(("summary", tuple(part[2] for part in parts)), parts, values)
