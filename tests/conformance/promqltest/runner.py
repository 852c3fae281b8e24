"""Runs a script's commands against a store and an engine over it.

`clear` empties the store by moving to a tenant that nobody has used: two tenants share nothing, and an embedded engine is
not restarted 231 times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from tests.conformance.promqltest.answers import (
    Answer,
    Wrong,
    check_annotations,
    check_answer,
    check_failure,
    check_sorted,
    read_answer,
)
from tests.conformance.promqltest.nhcb import native_series
from tests.conformance.promqltest.reevaluations import may_run_as_range, pinned_queries
from tests.conformance.promqltest.script import Clear, Command, Eval, Load
from vedette.model.blocks import HistogramBatch, Int64s, SampleBatch
from vedette.model.errors import VedetteError
from vedette.model.histograms import Histograms
from vedette.model.limits import QueryLimits
from vedette.ports.principal import Principal
from vedette.ports.scan import Deadline
from vedette.ports.store import Store
from vedette.query.promql.engine import Engine, EngineOptions, QueryResult
from vedette.query.promql.histogram_notation import HistogramLiteral
from vedette.query.promql.parser import ALL_FEATURES

Insert = Callable[[Principal, SampleBatch | HistogramBatch], None]
"""Puts samples of 1970 into the store; they can be selected when it returns."""

_MINUTE_MS: Final = 60_000
_TIMEOUT_S: Final = 100.0
LIMITS: Final = QueryLimits(samples_max=10_000)
OPTIONS: Final = EngineOptions(
    parser=ALL_FEATURES, delayed_name_removal=True, use_start_timestamps=True, subquery_step_ms=_MINUTE_MS
)


@dataclass(frozen=True, slots=True)
class CaseResult:
    """`failure` is empty when the eval and all its re-evaluations hold."""

    command: Eval
    failure: str
    n_evaluations: int


class ScriptRunner:
    """`name` must differ between scripts on one store."""

    def __init__(self, store: Store, insert: Insert, name: str) -> None:
        self._store = store
        self._insert = insert
        self._engine = Engine(store, LIMITS, OPTIONS)
        self._name = name
        self._n_clears = 0
        self._n_evaluations = 0

    def run(self, commands: list[Command]) -> Iterator[CaseResult]:
        for command in commands:
            match command:
                case Clear():
                    self._n_clears += 1
                case Load():
                    self._load(command)
                case Eval():
                    yield self._run_case(command)

    @property
    def _principal(self) -> Principal:
        return Principal(f"{self._name}-{self._n_clears}", "promqltest")

    def _load(self, command: Load) -> None:
        series = [*command.series, *(native_series(command.series) if command.with_nhcb else ())]
        refs = self._store.register(self._principal, [each.labels for each in series])
        floats: list[tuple[int, int, int, float]] = []
        histograms: list[tuple[int, int, int, HistogramLiteral]] = []
        for ref, each in zip(refs.tolist(), series, strict=True):
            for index, point in enumerate(each.points):
                time_ms = index * command.step_ms
                start = each.start_times_ms[index] if each.start_times_ms else None
                place = (ref, time_ms, 0 if start is None else time_ms + start)
                if isinstance(point, HistogramLiteral):
                    histograms.append((*place, point))
                elif point is not None:
                    floats.append((*place, float(point)))
        if floats:
            ids, times, starts, values = zip(*floats, strict=True)
            batch = SampleBatch(*_int64s(ids, times), np.array(values, np.float64), *_int64s(starts))
            self._insert(self._principal, batch)
        if histograms:
            ids, times, starts, points = zip(*histograms, strict=True)
            table = Histograms.of([point.value for point in points])
            self._insert(self._principal, HistogramBatch(*_int64s(ids, times), table, *_int64s(starts)))

    def _run_case(self, command: Eval) -> CaseResult:
        before = self._n_evaluations
        failure = ""
        try:
            if command.is_range:
                self._check_range(command)
            else:
                self._check_instant(command, command.query, command.end_ms)
                for query, time_ms in pinned_queries(command.query, command.end_ms):
                    self._check_instant(command, query, time_ms)
        except Wrong as wrong:
            failure = str(wrong)
        except VedetteError as error:
            failure = f"failed: {error.message}"
        return CaseResult(command, failure, self._n_evaluations - before)

    def _check_range(self, command: Eval) -> None:
        try:
            result = self._range(command.query, command.start_ms, command.end_ms, command.step_ms)
        except VedetteError as error:
            if not command.must_fail:
                raise
            check_failure(command, error.message)
            return
        self._check(command, result, read_answer(result, is_range=True))

    def _check_instant(self, command: Eval, query: str, time_ms: int) -> None:
        """One evaluation of the query, and again as the middle step of a range query."""
        try:
            result = self._instant(query, time_ms)
        except VedetteError as error:
            if not command.must_fail:
                raise
            check_failure(command, error.message)
            return
        answer = read_answer(result, is_range=False)
        try:
            self._check(command, result, answer)
            if may_run_as_range(query) and not command.range_vector and command.expected_string is None:
                self._check_as_range(command, query, time_ms, answer.kind)
        except Wrong as wrong:
            raise Wrong(f"{query} at {time_ms}: {wrong}") from None

    def _check(self, command: Eval, result: QueryResult, answer: Answer) -> None:
        if command.must_fail:
            raise Wrong("expected a failure, got an answer")
        check_annotations(command, result.warnings, result.infos)
        check_answer(command, answer)

    def _check_as_range(self, command: Eval, query: str, time_ms: int, kind: str) -> None:
        result = self._range(query, time_ms - _MINUTE_MS, time_ms + _MINUTE_MS, _MINUTE_MS)
        if command.of_kind("ordered"):
            return
        matrix = read_answer(result, is_range=True)
        try:
            check_sorted(matrix)
            check_answer(replace(command, expectations=()), matrix.at(time_ms, kind))
        except Wrong as wrong:
            raise Wrong(f"as a range query: {wrong}") from None

    def _instant(self, query: str, time_ms: int) -> QueryResult:
        self._n_evaluations += 1
        return self._engine.instant(self._principal, query, time_ms, Deadline(_TIMEOUT_S))

    def _range(self, query: str, start_ms: int, end_ms: int, step_ms: int) -> QueryResult:
        self._n_evaluations += 1
        return self._engine.range(self._principal, query, start_ms, end_ms, step_ms, Deadline(_TIMEOUT_S))


def _int64s(*columns: Sequence[int]) -> tuple[Int64s, ...]:
    return tuple(np.array(column, np.int64) for column in columns)
