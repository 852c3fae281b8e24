"""Why an eval that does not pass is excluded: the first class whose feature it uses.

The classes are what the engine lacks on purpose for now. Whatever uses none of them is "wrong answer": a bug to repair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from tests.conformance.promqltest.histograms import HistogramLiteral
from tests.conformance.promqltest.runner import CaseResult
from tests.conformance.promqltest.script import LoadedSeries
from vedette.model.labels import METRIC_NAME, Labels
from vedette.model.matchers import matches_all
from vedette.query.promql.ast import BinaryExpr, Call, Expr, VectorSelector, walk
from vedette.query.promql.parser import ALL_FEATURES, parse_expr

OTHER: Final = "wrong answer"
_CLASSIC_SUFFIXES: Final = ("_bucket", "_count", "_sum")


def reason_of(result: CaseResult) -> str:
    expr = parse_expr(result.command.query, ALL_FEATURES)
    return next((reason for reason, uses in _CLASSES if uses(result, expr)), OTHER)


def _selectors(expr: Expr) -> Iterator[VectorSelector]:
    return (node for node in walk(expr) if isinstance(node, VectorSelector))


def _selected(result: CaseResult, expr: Expr) -> Iterator[LoadedSeries]:
    for load in result.loaded:
        for series in load.series:
            if any(matches_all(selector.matchers, series.labels) for selector in _selectors(expr)):
                yield series


def _calls(expr: Expr, *names: str) -> bool:
    return any(isinstance(node, Call) and node.function.name in names for node in walk(expr))


def _uses_histograms(result: CaseResult, expr: Expr) -> bool:
    expected = (point for _, points in result.command.expected for point in points)
    loaded = (point for series in _selected(result, expr) for point in series.points)
    if any(isinstance(point, HistogramLiteral) for points in (expected, loaded) for point in points):
        return True
    return any(
        matches_all(selector.matchers, _native(series.labels))
        for load in result.loaded
        if load.with_nhcb
        for series in load.series
        for selector in _selectors(expr)
        if series.labels.name.endswith(_CLASSIC_SUFFIXES)
    )


def _native(labels: Labels) -> Labels:
    """The labels of the native histogram made of a classic one's series."""
    name = labels.name.rsplit("_", 1)[0]
    return labels.without({"le"}).replace(METRIC_NAME, name)


def _uses_start_timestamps(result: CaseResult, expr: Expr) -> bool:
    return _calls(expr, "start_timestamp") or any(series.start_times_ms for series in _selected(result, expr))


def _is_extended(_: CaseResult, expr: Expr) -> bool:
    return any(selector.anchored or selector.smoothed for selector in _selectors(expr))


def _fills(_: CaseResult, expr: Expr) -> bool:
    matchings = (node.matching for node in walk(expr) if isinstance(node, BinaryExpr) and node.matching)
    return any(matching.fill_left is not None or matching.fill_right is not None for matching in matchings)


def _uses_info(_: CaseResult, expr: Expr) -> bool:
    return _calls(expr, "info")


def _is_about_annotations(result: CaseResult, _: Expr) -> bool:
    return any(f"{verb} {kind}" in result.failure for verb in ("expected", "no") for kind in ("warn", "info"))


_CLASSES: Final[tuple[tuple[str, Callable[[CaseResult, Expr], bool]], ...]] = (
    ("native histograms: the engine holds floats only", _uses_histograms),
    ("start timestamps: not stored", _uses_start_timestamps),
    ("extended range selectors: anchored and smoothed", _is_extended),
    ("fill modifiers of binary operators", _fills),
    ("info()", _uses_info),
    ("annotations: a warning or an info that is missing or differs", _is_about_annotations),
)
