"""info(): adds to series the labels of info metrics (target_info by default) of the same job and instance.

An info series is found by its name, job and instance; where several fit, the one with the newest sample counts, step by
step. So a series may get different labels at different steps: it is then split by them. Source of semantics: Prometheus
promql/info.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vedette.model.blocks import Int64s
from vedette.model.errors import QueryFailed
from vedette.model.histograms import FLOAT, HistogramCells
from vedette.model.labels import METRIC_NAME, Labels
from vedette.model.matchers import Matcher, MatchType
from vedette.ports.scan import ScanPlan
from vedette.query.promql.ast import Call, SubqueryExpr, VectorSelector, children
from vedette.query.promql.evaluation import Evaluation
from vedette.query.promql.plan import PlanExpr, StepInvariant
from vedette.query.promql.samples import Samples
from vedette.query.promql.selectors import newest_places_of, reference_times, select_times
from vedette.query.promql.values import Matrix, merge_same_labels
from vedette.query.shared.series_text import braced
from vedette.query.shared.steps import Grid

IDENTIFYING = ("instance", "job")
_TARGET_INFO = Matcher(METRIC_NAME, MatchType.EQUAL, "target_info")
_ANY_INFO = Matcher(METRIC_NAME, MatchType.REGEX, ".+_info")

Key = tuple[str, Labels]
"""An info metric's name and the identifying labels."""


@dataclass(frozen=True, slots=True)
class Newest:
    """The info series found under each key at each step: rows of `labels`, int64[n_steps], -1 for none."""

    labels: Sequence[Labels]
    names: tuple[str, ...]
    rows: dict[Key, Int64s]

    def of(self, base: Labels) -> tuple[Any, Any]:
        """The distinct combinations of info series that a series meets, int64[n, n_names], and which one at each step."""
        identity = base.only(frozenset(IDENTIFYING))
        n_steps = len(next(iter(self.rows.values()), ()))
        missing = np.full(n_steps, -1, np.int64)
        met = [self.rows.get((name, identity), missing) for name in self.names]
        stacked = np.stack(met, axis=1) if met else np.empty((n_steps, 0), np.int64)
        return np.unique(stacked, axis=0, return_inverse=True)


def add_info_labels(evaluation: Evaluation, call: Call, grid: Grid) -> Matrix:
    matrix = evaluation.matrix(call.args[0], grid)
    selector = call.args[1] if len(call.args) > 1 else None
    matchers = selector.matchers if isinstance(selector, VectorSelector) else (_TARGET_INFO,)
    names = name_matchers([each for each in matchers if each.name == METRIC_NAME])
    data = tuple(each for each in matchers if each.name != METRIC_NAME)
    ignored = [all(each.matches(labels.name) for each in names) for labels in matrix.labels]
    wanted = [labels for labels, ignore in zip(matrix.labels, ignored, strict=True) if not ignore]
    info = read_info(evaluation, call.args[0], (*names, *data), wanted, grid)
    newest = newest_info(info, matrix.present.any(axis=0))
    parts = [
        part
        for row, ignore in enumerate(ignored)
        for part in ([(row, matrix.labels[row], None)] if ignore else enriched(matrix.labels, row, newest, data))
    ]
    evaluation.check_cells(len(parts), grid)
    rows = np.array([row for row, _, _ in parts], np.int64)
    result = matrix.rows(rows).named([labels for _, labels, _ in parts])
    for i, (_, _, steps) in enumerate(parts):
        if steps is not None:
            result.present[i] &= steps
    return merge_same_labels(result.without_empty_series())


def name_matchers(given: list[Matcher]) -> tuple[Matcher, ...]:
    """What chooses the info metrics: as given; negative ones choose among all that end in _info."""
    if not given:
        return (_TARGET_INFO,)
    if any(each.type in (MatchType.EQUAL, MatchType.REGEX) for each in given):
        return tuple(given)
    return (_ANY_INFO, *given)


def read_info(
    evaluation: Evaluation, arg: PlanExpr, matchers: tuple[Matcher, ...], wanted: Sequence[Labels], grid: Grid
) -> Matrix:
    """The times in ms of the newest samples of all info series that one of the wanted series may meet."""
    values = {name: {labels.get(name) for labels in wanted} - {""} for name in IDENTIFYING}
    identity = tuple(
        Matcher(name, MatchType.REGEX, "|".join(re.escape(value) for value in sorted(values[name])))
        for name in IDENTIFYING
        if values[name]
    )
    if not identity:
        return Matrix.empty(grid)
    at_ms, offset_ms = info_time(arg)
    times = reference_times(at_ms, offset_ms, grid)
    last = times[0] + times[1] * (grid.n_steps - 1)
    plan = ScanPlan(
        matchers=(*identity, *matchers),
        min_time_ms=times[0] - evaluation.lookback_ms + 1,
        max_time_ms=last,
        samples_max=evaluation.limits.samples_max,
        series_max=evaluation.limits.series_max,
        function="info",
        step_ms=grid.step_ms,
    )
    samples = evaluation.scan(plan)
    info = select_times(evaluation, samples, times, grid).without_empty_series()
    if samples.columns.histograms is not None:
        check_floats(samples, samples.columns.histograms, newest_places_of(evaluation, samples, times, grid))
    evaluation.hold(info.n_samples)
    return info


def check_floats(samples: Samples, cells: HistogramCells, places: Int64s) -> None:
    """Raises QueryFailed where a selected sample is a histogram; places int64[n_series, n_steps], -1 for none."""
    wrong = (places >= 0) & (cells.rows[places] != FLOAT)
    for row in np.flatnonzero(wrong.any(axis=1)).tolist():
        raise QueryFailed(f"this should be an info metric, with float samples: {braced(samples.labels[row])}")


def info_time(arg: PlanExpr) -> tuple[int | None, int]:
    """The `@` time and offset of the first selector in the argument: they hold for the info series too."""
    found = next(selector_times(arg, None, 0), None)
    return (None, 0) if found is None else found


def selector_times(expr: PlanExpr, at_ms: int | None, offset_ms: int) -> Iterator[tuple[int | None, int]]:
    """For each selector: its `@` time, or else the innermost subquery's around it, and the offsets up to there."""
    if isinstance(expr, VectorSelector):
        yield (
            (expr.timestamp_ms, expr.offset_ms)
            if expr.timestamp_ms is not None
            else (at_ms, offset_ms + expr.offset_ms)
        )
    elif isinstance(expr, StepInvariant):
        yield from selector_times(expr.expr, at_ms, offset_ms)
    elif isinstance(expr, SubqueryExpr):
        own = (expr.timestamp_ms, 0) if expr.timestamp_ms is not None else (at_ms, offset_ms)
        yield from selector_times(expr.expr, own[0], own[1] + expr.offset_ms)
    else:
        for child in children(expr):
            yield from selector_times(child, at_ms, offset_ms)


def newest_info(info: Matrix, steps: Any) -> Newest:
    """Raises QueryFailed where two info series of a key have samples of the same time, at a step that counts."""
    rows: dict[Key, Int64s] = {}
    for row, labels in enumerate(info.labels):
        key = (labels.name, labels.only(frozenset(IDENTIFYING)))
        chosen = rows.setdefault(key, np.full(info.grid.n_steps, -1, np.int64))
        known = (chosen >= 0) & info.present[row]
        times = np.where(known, info.values[chosen, np.arange(info.grid.n_steps)], -np.inf)
        clash = known & (times == info.values[row]) & steps
        if clash.any():
            step = int(np.argmax(clash))
            at = int(times[step])
            existing = braced(info.labels[chosen[step]])
            raise QueryFailed(
                f"found duplicate series for info metric: existing {existing} @ {at}, new {braced(labels)} @ {at}"
            )
        newer = info.present[row] & (info.values[row] > times)
        chosen[newer] = row
    return Newest(info.labels, tuple(dict.fromkeys(name for name, _ in rows)), rows)


def enriched(
    labels: Sequence[Labels], row: int, newest: Newest, data: tuple[Matcher, ...]
) -> list[tuple[int, Labels, Any]]:
    """The series once for each combination of info series it meets: (row, new labels, the steps where it does)."""
    base = labels[row]
    lonely = all(matcher.matches("") for matcher in data)
    if not newest.rows:
        return [(row, base, None)] if lonely else []
    parts: list[tuple[int, Labels, Any]] = []
    combinations, at_step = newest.of(base)
    for i, combination in enumerate(combinations.tolist()):
        found = [newest.labels[j] for j in combination if j >= 0]
        if found or lonely:
            parts.append((row, with_info(base, found, frozenset(each.name for each in data)), at_step.reshape(-1) == i))
    return parts


def with_info(base: Labels, found: Sequence[Labels], wanted: frozenset[str]) -> Labels:
    """The base's own labels stay; `wanted` empty means all. Raises QueryFailed where info series contradict each other."""
    own = dict(base.pairs)
    added: dict[str, str] = {}
    for labels in found:
        for name, value in labels:
            if name == METRIC_NAME or (wanted and name not in wanted):
                continue
            if added.get(name, value) != value:
                raise QueryFailed(f"conflicting label: {name}")
            if name not in own:
                added[name] = value
    return Labels({**own, **added}.items())
