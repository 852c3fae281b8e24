"""Two answers to one query, and whether they agree: the same error type, or the same series with the same values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

from vedette.model.errors import BadInput, QueryCanceled, QueryTimeout, VedetteError
from vedette.query.promql.engine import QueryResult
from vedette.query.promql.parser.quoting import without_invalid
from vedette.query.promql.values import Matrix, RawSamples, Scalar, StringValue

TOLERANCE: Final = 1e-9

Points = list[tuple[float, float]]
"""Time in s and value."""


@dataclass(frozen=True, slots=True)
class Reply:
    """`error` is the API's errorType. `series` in the order they came; a label set is a sorted tuple of pairs."""

    error: str = ""
    message: str = ""
    kind: str = ""
    text: str = ""
    series: tuple[tuple[tuple[tuple[str, str], ...], Points], ...] = ()


def read_envelope(envelope: dict[str, Any]) -> Reply:
    """Of an HTTP answer."""
    if envelope["status"] != "success":
        return Reply(error=envelope["errorType"], message=envelope["error"])
    kind, result = envelope["data"]["resultType"], envelope["data"]["result"]
    if kind == "string":
        return Reply(kind=kind, text=result[1])
    if kind == "scalar":
        return Reply(kind=kind, series=(((), [_point(result)]),))
    series = []
    for entry in result:
        points = entry["values"] if kind == "matrix" else [entry["value"]]
        series.append((tuple(sorted(entry["metric"].items())), [_point(point) for point in points]))
    return Reply(kind=kind, series=tuple(series))


def _point(pair: list[Any]) -> tuple[float, float]:
    return float(pair[0]), float(pair[1])


def read_failure(error: VedetteError) -> Reply:
    """The error type that the HTTP API gives it."""
    kinds = ((BadInput, "bad_data"), (QueryTimeout, "timeout"), (QueryCanceled, "canceled"))
    kind = next((name for cls, name in kinds if isinstance(error, cls)), "execution")
    return Reply(error=kind, message=error.message)


def read_result(result: QueryResult, *, is_range: bool) -> Reply:
    """Of the engine, as the HTTP API would write it."""
    value = result.value
    match value:
        case StringValue():
            return Reply(kind="string", text=without_invalid(value.text))
        case Scalar():
            return Reply(kind="scalar", series=(((), [(value.grid.start_ms / 1000, float(value.values[0]))]),))
        case Matrix():
            return Reply(kind="matrix" if is_range else "vector", series=_of_grid(value))
        case RawSamples():
            return Reply(kind="matrix", series=_of_samples(value))


def _of_grid(value: Matrix) -> tuple[tuple[tuple[tuple[str, str], ...], Points], ...]:
    times = (value.grid.times_ms / 1000).tolist()
    series = []
    for row, labels in enumerate(value.labels):
        steps = value.present[row].nonzero()[0].tolist()
        if steps:
            series.append((labels.pairs, [(times[step], float(value.values[row, step])) for step in steps]))
    return tuple(series)


def _of_samples(value: RawSamples) -> tuple[tuple[tuple[tuple[str, str], ...], Points], ...]:
    columns = value.columns
    bounds = columns.offsets.tolist()
    series = []
    for row, labels in enumerate(columns.labels):
        span = slice(bounds[row], bounds[row + 1])
        times, values = (columns.times_ms[span] / 1000).tolist(), columns.values[span].tolist()
        if times:
            series.append((labels.pairs, list(zip(times, values, strict=True))))
    return tuple(series)


def disagreement(ours: Reply, theirs: Reply, *, ordered: bool, magnitude: float) -> str:
    """Empty when they agree. `magnitude`: the largest input; values may differ by a billionth of it."""
    if ours.error or theirs.error:
        same = ours.error == theirs.error
        return (
            ""
            if same
            else f"error {ours.error or 'none'} ({ours.message}), not {theirs.error or 'none'} ({theirs.message})"
        )
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
