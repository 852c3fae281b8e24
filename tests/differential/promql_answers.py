"""Two answers to one query, and whether they agree: the same error type, or the same series with the same values."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, Final

TOLERANCE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class HistogramValue:
    """A native histogram as the API shows it; `buckets` by (boundary rule, lower, upper)."""

    count: float
    sum: float
    buckets: dict[tuple[int, float, float], float]


Point = float | HistogramValue
Points = list[tuple[float, Point]]
"""Time in s and value, times ascending."""


@dataclass(frozen=True, slots=True)
class Reply:
    """`status` of HTTP; `error` is the API's errorType. `series` in the order they came; a label set is a sorted tuple of pairs."""

    status: int
    error: str = ""
    message: str = ""
    kind: str = ""
    text: str = ""
    series: tuple[tuple[tuple[tuple[str, str], ...], Points], ...] = ()
    annotations: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    """Warnings and infos, sorted."""

    @property
    def has_two_at_once(self) -> bool:
        """A float and a histogram of one series at one time."""
        return any(len({time for time, _ in points}) < len(points) for _, points in self.series)


def read_answer(status: int, body: bytes) -> Reply:
    """Of HTTP."""
    envelope = json.loads(body)
    if envelope["status"] != "success":
        return Reply(status, error=envelope["errorType"], message=envelope["error"])
    kind, result = envelope["data"]["resultType"], envelope["data"]["result"]
    annotations = tuple(sorted(envelope.get("warnings", ()))), tuple(sorted(envelope.get("infos", ())))
    if kind == "string":
        return Reply(status, kind=kind, text=result[1], annotations=annotations)
    if kind == "scalar":
        return Reply(status, kind=kind, series=(((), [_point(result)]),), annotations=annotations)
    series = [(tuple(sorted(entry["metric"].items())), _points(entry)) for entry in result]
    return Reply(status, kind=kind, series=tuple(series), annotations=annotations)


def _points(entry: dict[str, Any]) -> Points:
    if "value" in entry or "histogram" in entry:
        return [_point(entry["value"]) if "value" in entry else _histogram_point(entry["histogram"])]
    points = [*map(_point, entry.get("values", ())), *map(_histogram_point, entry.get("histograms", ()))]
    return sorted(points, key=lambda point: point[0])


def _point(pair: list[Any]) -> tuple[float, Point]:
    return float(pair[0]), float(pair[1])


def _histogram_point(pair: list[Any]) -> tuple[float, Point]:
    time, shown = pair
    buckets = {(rule, float(low), float(high)): float(count) for rule, low, high, count in shown.get("buckets", ())}
    return float(time), HistogramValue(float(shown["count"]), float(shown["sum"]), buckets)


def disagreement(ours: Reply, theirs: Reply, *, ordered: bool, magnitude: float) -> str:
    """Empty when they agree. `magnitude`: the largest input; values may differ by a billionth of it."""
    if ours.error or theirs.error:
        same = (ours.status, ours.error) == (theirs.status, theirs.error)
        return "" if same else f"{_failure(ours)}, not {_failure(theirs)}"
    if (ours.kind, ours.text) != (theirs.kind, theirs.text):
        return f"{ours.kind} {ours.text!r}, not {theirs.kind} {theirs.text!r}"
    if ours.annotations != theirs.annotations and not _cut(theirs):
        return f"annotations {ours.annotations}, not {theirs.annotations}"
    left, right = [labels for labels, _ in ours.series], [labels for labels, _ in theirs.series]
    if (left if ordered else sorted(left)) != (right if ordered else sorted(right)):
        return f"series {_missing(left, right)}, order {'counts' if ordered else 'does not count'}"
    expected = dict(theirs.series)
    for labels, points in ours.series:
        difference = _different_points(points, expected[labels], magnitude)
        if difference:
            return f"{dict(labels)}: {difference}"
    return ""


def _failure(reply: Reply) -> str:
    return f"{reply.status} {reply.error or 'success'} ({reply.message})"


def _missing(left: list[Any], right: list[Any]) -> str:
    ours, theirs = (
        [dict(labels) for labels in left if labels not in right],
        [dict(labels) for labels in right if labels not in left],
    )
    return f"only ours {ours[:3]}, only theirs {theirs[:3]}, {len(left)} and {len(right)}"


def _different_points(ours: Points, theirs: Points, magnitude: float) -> str:
    if [time for time, _ in ours] != [time for time, _ in theirs]:
        return f"times {[time for time, _ in ours][:5]}, not {[time for time, _ in theirs][:5]} ({len(ours)} and {len(theirs)})"
    for (time, left), (_, right) in zip(ours, theirs, strict=True):
        if not _close(left, right, magnitude):
            return f"{left!r} at {time}, not {right!r}"
    return ""


def _close(left: Point, right: Point, magnitude: float) -> bool:
    if isinstance(left, HistogramValue) and isinstance(right, HistogramValue):
        return _close_histograms(left, right, magnitude)
    if isinstance(left, HistogramValue) or isinstance(right, HistogramValue):
        return False
    if math.isnan(left) or math.isnan(right):
        return math.isnan(left) and math.isnan(right)
    if math.isinf(left) or math.isinf(right):
        return left == right
    return abs(left - right) <= TOLERANCE * max(magnitude, abs(left), abs(right))


def _close_histograms(left: HistogramValue, right: HistogramValue, magnitude: float) -> bool:
    """A bucket that one side does not show counts as empty there. Of NaN times a histogram every bucket is NaN, also the empty
    ones that the reference's chunk happens to list: count and sum say enough.
    """
    if not (_close(left.count, right.count, magnitude) and _close(left.sum, right.sum, magnitude)):
        return False
    if math.isnan(right.count):
        return True
    return all(
        _close(left.buckets.get(bucket, 0.0), right.buckets.get(bucket, 0.0), magnitude)
        for bucket in {*left.buckets, *right.buckets}
    )


def _cut(reply: Reply) -> bool:
    """Whether the reference kept some annotations to itself: it shows ten, and not always the same."""
    return any(text.endswith("annotations omitted") for texts in reply.annotations for text in texts)
