"""Two answers to one query, and whether they agree: the same error type, or the same series with the same values."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, Final

TOLERANCE: Final = 1e-9

Points = list[tuple[float, float]]
"""Time in s and value."""


@dataclass(frozen=True, slots=True)
class Reply:
    """`status` of HTTP; `error` is the API's errorType. `series` in the order they came; a label set is a sorted tuple of pairs."""

    status: int
    error: str = ""
    message: str = ""
    kind: str = ""
    text: str = ""
    series: tuple[tuple[tuple[tuple[str, str], ...], Points], ...] = ()


def read_answer(status: int, body: bytes) -> Reply:
    """Of HTTP."""
    envelope = json.loads(body)
    if envelope["status"] != "success":
        return Reply(status, error=envelope["errorType"], message=envelope["error"])
    kind, result = envelope["data"]["resultType"], envelope["data"]["result"]
    if kind == "string":
        return Reply(status, kind=kind, text=result[1])
    if kind == "scalar":
        return Reply(status, kind=kind, series=(((), [_point(result)]),))
    series = []
    for entry in result:
        points = entry["values"] if kind == "matrix" else [entry["value"]]
        series.append((tuple(sorted(entry["metric"].items())), [_point(point) for point in points]))
    return Reply(status, kind=kind, series=tuple(series))


def _point(pair: list[Any]) -> tuple[float, float]:
    return float(pair[0]), float(pair[1])


def disagreement(ours: Reply, theirs: Reply, *, ordered: bool, magnitude: float) -> str:
    """Empty when they agree. `magnitude`: the largest input; values may differ by a billionth of it."""
    if ours.error or theirs.error:
        same = (ours.status, ours.error) == (theirs.status, theirs.error)
        return "" if same else f"{_failure(ours)}, not {_failure(theirs)}"
    if (ours.kind, ours.text) != (theirs.kind, theirs.text):
        return f"{ours.kind} {ours.text!r}, not {theirs.kind} {theirs.text!r}"
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


def _close(left: float, right: float, magnitude: float) -> bool:
    if math.isnan(left) or math.isnan(right):
        return math.isnan(left) and math.isnan(right)
    if math.isinf(left) or math.isinf(right):
        return left == right
    return abs(left - right) <= TOLERANCE * max(magnitude, abs(left), abs(right))
