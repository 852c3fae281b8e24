"""What the engine said, in one plain shape, and whether it is what the script expects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tests.conformance.promqltest.script import Eval
from vedette.model.histograms import FLOAT, NativeHistogram
from vedette.model.labels import EMPTY_LABELS, Labels
from vedette.model.staleness import is_stale
from vedette.query.promql.engine import QueryResult
from vedette.query.promql.histogram_notation import HistogramLiteral
from vedette.query.promql.series_notation import Point
from vedette.query.promql.values import Matrix, RawSamples, Scalar, StringValue

_TOLERANCE: Final = 1e-6
_MIN_NORMAL: Final = 2.2250738585072014e-308

Value = float | NativeHistogram


class Wrong(Exception):
    """The engine's answer is not what the script expects; the text says how."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`kind`: scalar, string, vector or matrix. `series`: labels with (time, value) pairs; `sorted`: see check."""

    kind: str
    series: tuple[tuple[Labels, tuple[tuple[int, Value], ...]], ...] = ()
    text: str = ""

    def at(self, time_ms: int, kind: str) -> Answer:
        """The step of a range query's answer as an instant query would have given it."""
        series = []
        for labels, points in self.series:
            here = tuple(point for point in points if point[0] == time_ms)
            if here:
                series.append((labels, here))
        return Answer(kind, tuple(series))


def read_answer(result: QueryResult, *, is_range: bool) -> Answer:
    value = result.value
    match value:
        case StringValue():
            return Answer("string", text=value.text)
        case Scalar():
            points = tuple(zip(value.grid.times_ms.tolist(), value.values.tolist(), strict=True))
            return Answer("matrix" if is_range else "scalar", ((EMPTY_LABELS, points),))
        case RawSamples():
            return Answer("matrix", _raw_series(value))
        case Matrix():
            return Answer("matrix" if is_range else "vector", _grid_series(value))


def _raw_series(value: RawSamples) -> tuple[tuple[Labels, tuple[tuple[int, Value], ...]], ...]:
    columns = value.columns
    series = []
    for row, labels in enumerate(columns.labels):
        span = slice(int(columns.offsets[row]), int(columns.offsets[row + 1]))
        values: list[Value] = columns.values[span].tolist()
        if columns.histograms is not None:
            cells = columns.histograms[span]
            values = [
                value if row == FLOAT else cells.table.at(row)
                for value, row in zip(values, cells.rows.tolist(), strict=True)
            ]
        series.append((labels, tuple(zip(columns.times_ms[span].tolist(), values, strict=True))))
    return tuple(series)


def _grid_series(value: Matrix) -> tuple[tuple[Labels, tuple[tuple[int, Value], ...]], ...]:
    times = value.grid.times_ms.tolist()
    series = []
    for row, labels in enumerate(value.labels):
        points = []
        for step in value.present[row].nonzero()[0].tolist():
            cell = FLOAT if value.histograms is None else int(value.histograms.rows[row, step])
            if value.histograms is None or cell == FLOAT:
                points.append((times[step], float(value.values[row, step])))
            else:
                points.append((times[step], value.histograms.table.at(cell)))
        series.append((labels, tuple(points)))
    return tuple(series)


def check_annotations(command: Eval, warnings: Sequence[str], infos: Sequence[str]) -> None:
    """Raises Wrong. Where the script expects some of a kind, each must come and no other."""
    for kind, texts in (("warn", warnings), ("info", infos)):
        expected = command.of_kind(kind)
        for expectation in expected:
            if not any(expectation.accepts(text) for text in texts):
                wanted = expectation.message or expectation.pattern
                raise Wrong(f"expected {kind} {wanted!r}, got {list(texts)}")
        for text in texts:
            if expected and not any(expectation.accepts(text) for expectation in expected):
                raise Wrong(f"unexpected {kind} {text!r}")
        if texts and command.of_kind(f"no_{kind}"):
            raise Wrong(f"expected no {kind}, got {list(texts)}")


def check_failure(command: Eval, error: str) -> None:
    """Raises Wrong if this is not the failure that the script expects."""
    for expectation in command.of_kind("fail"):
        if not expectation.accepts(error):
            raise Wrong(f"expected failure {expectation.message or expectation.pattern!r}, got {error!r}")


def check_answer(command: Eval, answer: Answer) -> None:
    """Raises Wrong."""
    if answer.kind == "string":
        if answer.text != command.expected_string:
            raise Wrong(f"expected string {command.expected_string!r}, got {answer.text!r}")
        return
    if command.expects_scalar != (answer.kind == "scalar"):
        raise Wrong(f"expected {'a scalar' if command.expects_scalar else 'series'}, got a {answer.kind}")
    if answer.kind == "matrix":
        if command.of_kind("ordered"):
            raise Wrong("expected an ordered answer, got a matrix")
        check_sorted(answer)
    _check_series(command, answer)


def check_sorted(answer: Answer) -> None:
    """Raises Wrong unless the series of a matrix are in the order of their labels."""
    labels = [labels.pairs for labels, _ in answer.series]
    if labels != sorted(labels):
        raise Wrong(f"the matrix is not sorted by labels: {[str(series) for series, _ in answer.series]}")


def _check_series(command: Eval, answer: Answer) -> None:
    expected = dict(command.expected)
    order = list(expected)
    for position, (labels, points) in enumerate(answer.series):
        if labels not in expected:
            raise Wrong(f"unexpected series {labels} with {points}")
        if command.of_kind("ordered") and order.index(labels) != position:
            raise Wrong(f"expected {labels} at position {order.index(labels)}, got it at {position}")
        if answer.kind == "matrix":
            _check_points(labels, _placed(command, expected[labels]), points)
        else:
            _check_value(labels, points[0][0], expected[labels][0], points[0][1])
    missing = set(expected) - {labels for labels, _ in answer.series}
    if missing:
        raise Wrong(f"missing series {', '.join(map(str, missing))}")


def _placed(command: Eval, points: Sequence[Point]) -> list[tuple[int, Point]]:
    """The expected points with their times, without those that are omitted."""
    start, _, step = command.range_vector or (command.start_ms, command.end_ms, command.step_ms)
    return [(start + index * step, point) for index, point in enumerate(points) if point is not None]


def _check_points(labels: Labels, expected: Sequence[tuple[int, Point]], points: Sequence[tuple[int, Value]]) -> None:
    if [time for time, _ in expected] != [time for time, _ in points]:
        raise Wrong(f"expected {labels} to have {expected}, got {list(points)}")
    for (time, wanted), (_, value) in zip(expected, points, strict=True):
        _check_value(labels, time, wanted, value)


def _check_value(labels: Labels, time: int, wanted: Point, value: Value) -> None:
    if isinstance(wanted, HistogramLiteral) and isinstance(value, NativeHistogram):
        same = almost_equal_histograms(wanted.value, value) and (not wanted.hint or wanted.value.hint == value.hint)
    else:
        both_floats = not isinstance(wanted, HistogramLiteral) and not isinstance(value, NativeHistogram)
        same = both_floats and almost_equal(float("nan") if wanted is None else wanted, value)  # type: ignore[arg-type]
    if not same:
        raise Wrong(f"expected {labels} to be {wanted} at {time}, got {value}")


def almost_equal_histograms(left: NativeHistogram, right: NativeHistogram) -> bool:
    """But for the hint, and buckets that are zero."""
    if (left.schema, left.zero_threshold, left.bounds) != (right.schema, right.zero_threshold, right.bounds):
        return False
    numbers = ((left.count, right.count), (left.sum, right.sum), (left.zero_count, right.zero_count))
    sides = ((left.positive, right.positive), (left.negative, right.negative))
    return all(almost_equal(*pair) for pair in numbers) and all(_almost_equal_sides(*pair) for pair in sides)


def _almost_equal_sides(left: dict[int, float], right: dict[int, float]) -> bool:
    a, b = ({index: count for index, count in side.items() if count} for side in (left, right))
    return a.keys() == b.keys() and all(almost_equal(count, b[index]) for index, count in a.items())


def almost_equal(left: float, right: float) -> bool:
    """To one millionth of the sum; stale markers equal stale markers only, any other NaN any other."""
    if is_stale(left) or is_stale(right):
        return is_stale(left) and is_stale(right)
    if math.isnan(left) and math.isnan(right):
        return True
    if left == right:
        return True
    total, difference = abs(left) + abs(right), abs(left - right)
    if left == 0 or right == 0 or total < _MIN_NORMAL:
        return difference < _TOLERANCE * _MIN_NORMAL
    return difference / min(total, 1.7976931348623157e308) < _TOLERANCE
