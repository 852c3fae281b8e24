"""`differential pushdown`: every way in which samples are read gives one answer to a random query.

The reference is the kernels over a store in memory, which keeps plain lists. Against it stands the chDB store as it grows
old: samples in the head; half of them chunk rows (read cold, then from the cache of decoded columns); all of them chunk rows
after a restart, some deleted. Each time the query is also asked through a results cache that has seen an earlier range.
Late samples, stale markers, resets, Inf and ordinary NaN are among the samples; native histograms are not (queries for them
find nothing here).

(Nothing is computed by the engine: its own range functions take seven times as long, ADR 0035.)
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from tests.differential.promql_answers import Reply, disagreement, read_answer
from tests.differential.promql_data import END_S, METRICS, START_S, Series, float_series, magnitudes
from tests.differential.promql_generator import QueryGenerator
from tests.differential.promql_native_data import NATIVE_METRICS
from tests.harness import Options, Outcome
from vedette.api.prometheus import envelope
from vedette.api.prometheus.rendering import render
from vedette.model.blocks import SampleBatch
from vedette.model.errors import VedetteError
from vedette.model.labels import Labels
from vedette.model.matchers import Matcher, MatchType
from vedette.model.staleness import STALE_NAN
from vedette.model.time import BLOCK_MS
from vedette.ports.clock import SystemClock
from vedette.ports.principal import SYSTEM
from vedette.ports.scan import Deadline
from vedette.ports.store import Store
from vedette.query.promql.engine import Engine, EngineOptions
from vedette.query.promql.parser import ParserOptions
from vedette.query.promql.results_cache import ResultsCache
from vedette.store.chdb_store import ChdbStore
from vedette.store.memory import MemoryStore
from vedette.store.opening import StoreSettings

_SHORT_ROUNDS: Final = 60
_FAILURES_SHOWN: Final = 10
_SHIFT_S: Final = 4_500
"""The samples are moved so far that a block ends among them."""
_BATCH_MS: Final = 60_000
_OPTIONS: Final = EngineOptions(
    ParserOptions(experimental_functions=True, extended_range_selectors=True, binop_fill_modifiers=True),
    delayed_name_removal=True,
)


class SetClock(SystemClock):
    def __init__(self, time_ms: int) -> None:
        self.time_ms = time_ms

    def now_ms(self) -> int:
        return self.time_ms


@dataclass(frozen=True, slots=True)
class Rows:
    labels: list[Labels]
    series: list[int]
    times_ms: list[int]
    values: list[float]


@dataclass(frozen=True, slots=True)
class Question:
    """`step_s` 0: an instant query at `end_s`."""

    query: str
    start_s: int
    end_s: int
    step_s: int

    def earlier(self) -> Question:
        return Question(self.query, self.start_s, max(self.start_s, self.end_s - 7 * self.step_s), self.step_s)


def run(options: Options) -> Iterable[Outcome]:
    rounds = options.rounds_or(_SHORT_ROUNDS)
    rng = random.Random(options.seed)
    series = float_series(rng)
    rows = make_rows(rng, series)
    scales = magnitudes(series) | {"time": float(END_S), "ts_of": float(END_S)}
    outcome = Outcome("pushdown", 0, 0)
    with tempfile.TemporaryDirectory() as folder:
        questions = make_questions(rng, rounds)
        for reference, store, age in ages(Path(folder), rows):
            share = -(-rounds // len(_AGES))
            for question in (next(questions) for _ in range(min(share, rounds - outcome.total))):
                outcome.total += 1
                scale = max((scales[name] for name in scales if name in question.query), default=1.0)
                problems = [*differences(reference, store, question, scale)]
                outcome.passed += not problems
                if problems and len(outcome.failures) < _FAILURES_SHOWN:
                    outcome.failures.append(f"{age}: {question}: {problems[0]}")
    yield outcome


def make_rows(rng: random.Random, series: Sequence[Series]) -> Rows:
    """In the order in which they arrive: some late by up to twenty minutes; some are stale markers."""
    arrivals = []
    for number, one in enumerate(series):
        for sample in one.samples:
            assert isinstance(sample.value, float)
            late = rng.randrange(1_200_000) if rng.random() < 0.01 else 0
            value = STALE_NAN if rng.random() < 0.01 else sample.value
            arrivals.append((sample.time_ms + late, number, sample.time_ms + _SHIFT_S * 1000, value))
    arrivals.sort(key=lambda row: row[:3])
    _, numbers, times, values = zip(*arrivals, strict=True)
    return Rows([one.labels for one in series], list(numbers), list(times), list(values))


def make_questions(rng: random.Random, count: int) -> Iterator[Question]:
    start_s, end_s = START_S + _SHIFT_S, END_S + _SHIFT_S
    generator = QueryGenerator(rng, (*METRICS, *NATIVE_METRICS), start_s, end_s)
    for _ in range(count):
        query, end, step = generator.query(), rng.randint(start_s, end_s + 600), rng.choice((0, 7, 15, 30, 60, 300))
        if step:
            end = end // step * step
            yield Question(query, end - rng.choice((60, 600, 3600)) // step * step, end, step)
        else:
            yield Question(query, end, end, 0)


_AGES: Final = ("head", "half compacted", "restarted", "deleted")


def ages(folder: Path, rows: Rows) -> Iterator[tuple[Store, Store, str]]:
    """(reference, store, its age) for each of _AGES."""
    clock = SetClock(START_S * 1000)
    reference = MemoryStore(windows=False)
    fill(reference, rows, lambda _: None)
    with closing(ChdbStore(StoreSettings(folder, maintenance=False), clock)) as store:
        fill(store, rows, lambda time_ms: setattr(clock, "time_ms", time_ms))
        yield reference, store, _AGES[0]
        clock.time_ms += BLOCK_MS
        store.maintain()
        yield reference, store, _AGES[1]
        clock.time_ms += 2 * BLOCK_MS
        store.maintain()
    with closing(ChdbStore(StoreSettings(folder, maintenance=False), clock)) as store:
        assert store.wait_until_head_ready(60)
        yield reference, store, _AGES[2]
        middle_ms = (START_S + END_S) * 500 + _SHIFT_S * 1000
        for each in (reference, store):
            each.delete(SYSTEM, [(Matcher("instance", MatchType.EQUAL, "i1"),)], middle_ms, middle_ms + 600_000)
        yield reference, store, _AGES[3]


def fill(store: Store, rows: Rows, at: Callable[[int], None]) -> None:
    refs = store.register(SYSTEM, rows.labels)
    numbers, times, values = np.array(rows.series), np.array(rows.times_ms, np.int64), np.array(rows.values)
    newest = np.maximum.accumulate(times)
    cuts = [0, *(np.flatnonzero(np.diff(newest // _BATCH_MS)) + 1).tolist(), len(times)]
    for low, high in pairwise(cuts):
        at(int(newest[high - 1]))
        result = store.append(SYSTEM, SampleBatch(refs[numbers[low:high]], times[low:high], values[low:high]))
        assert result.accepted == high - low, result
    result.committed.result()


def differences(reference: Store, store: Store, question: Question, scale: float) -> Iterator[str]:
    expected = answer(Engine(reference, options=_OPTIONS), question)
    ordered = question.step_s > 0 or question.query.startswith("sort")
    plain, keeping = (Engine(store, options=_OPTIONS, results=kept) for kept in (None, ResultsCache(1 << 24)))
    answer(keeping, question.earlier())
    for how, engine in (("first", plain), ("again", plain), ("after an earlier range", keeping), ("kept", keeping)):
        difference = disagreement(answer(engine, question), expected, ordered=ordered, magnitude=scale)
        if difference:
            yield f"{how}: {difference}"


def answer(engine: Engine, question: Question) -> Reply:
    bounds = question.start_s * 1000, question.end_s * 1000, question.step_s * 1000
    try:
        if question.step_s:
            result = engine.range(SYSTEM, question.query, *bounds, Deadline(60))
        else:
            result = engine.instant(SYSTEM, question.query, bounds[1], Deadline(60))
    except VedetteError as error:
        return Reply(422, error=type(error).__name__, message=str(error))
    ending = b"}" + envelope.close(result.warnings, result.infos)
    body = render(result.value, time_ms=None if question.step_s else bounds[1], ending=ending)
    return read_answer(200, b"".join(piece() for piece in body) if isinstance(body, list) else bytes(body))
