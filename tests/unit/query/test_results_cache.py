"""Kept answers: whatever happens to the samples in between, a query answers as it would without the cache."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.model.blocks import SampleBatch
from vedette.model.labels import Labels
from vedette.model.matchers import Matcher, MatchType
from vedette.model.staleness import STALE_NAN
from vedette.ports.principal import SYSTEM
from vedette.ports.scan import Deadline
from vedette.query.promql.engine import Engine, EngineOptions
from vedette.query.promql.parser import ParserOptions
from vedette.query.promql.results_cache import ResultsCache
from vedette.query.promql.values import Matrix
from vedette.store.memory import MemoryStore

MINUTE_MS = 60_000
ALL = EngineOptions(ParserOptions(experimental_functions=True))
QUERIES = (
    "a",
    "sum(a)",
    "rate(a[5m])",
    "sum by (s) (rate(a_total[10m]))",
    "max_over_time(sum(a)[30m:1m])",
    "a offset 20m",
    "topk(1, a)",
    "absent(a)",
    'absent(a{s="0"}) or a',
    "time()",
    "vector(1)",
    "a > 2",
    "a @ 600",
    "a @ end()",
    "sum(a) + end()",
    "timestamp(a)",
    "a offset -10m",
)


@dataclass
class World:
    """A store with a few series, and two engines over it: one keeps answers."""

    store: MemoryStore = field(default_factory=lambda: MemoryStore(windows=False))
    cache: ResultsCache = field(default_factory=lambda: ResultsCache(1 << 20))

    def __post_init__(self) -> None:
        names = [Labels.of(__name__=name, s=str(s)) for name in ("a", "a_total") for s in range(2)]
        self.refs = self.store.register(SYSTEM, names)

    def append(self, series: int, minute: int, n: int, value: float) -> None:
        times = (minute + np.arange(n, dtype=np.int64)) * MINUTE_MS
        refs = np.full(n, self.refs[series % len(self.refs)], np.int64)
        values = np.full(n, value) if value != value else np.arange(n) + value
        self.store.append(SYSTEM, SampleBatch(refs, times, values))

    def delete(self, series: int, minute: int, n: int) -> None:
        matchers = (Matcher("s", MatchType.EQUAL, str(series % 2)),)
        self.store.delete(SYSTEM, [matchers], minute * MINUTE_MS, (minute + n) * MINUTE_MS)

    def ask(self, query: str, start: int, n_steps: int, step: int, *, kept: bool) -> Any:
        engine = Engine(self.store, options=ALL, results=self.cache if kept else None)
        bounds = (start * step * MINUTE_MS, (start + n_steps - 1) * step * MINUTE_MS, step * MINUTE_MS)
        result = engine.range(SYSTEM, query, *bounds, Deadline(30))
        assert isinstance(result.value, Matrix)
        matrix = result.value
        cells = [
            [repr(value) if there else None for value, there in zip(*row, strict=True)]
            for row in zip(matrix.values.tolist(), matrix.present.tolist(), strict=True)
        ]
        return list(matrix.labels), cells, matrix.grid, result.warnings, result.infos


minutes = st.integers(0, 90)
values = st.sampled_from([0.0, 1.5, 3.0, float("nan"), STALE_NAN])
actions = st.one_of(
    st.tuples(st.just("append"), st.integers(0, 3), minutes, st.integers(1, 40), values),
    st.tuples(st.just("delete"), st.integers(0, 1), minutes, st.integers(0, 40)),
    st.tuples(
        st.just("ask"), st.sampled_from(QUERIES), st.integers(0, 40), st.integers(1, 60), st.sampled_from([1, 2])
    ),
)


@given(st.lists(actions, min_size=4, max_size=40))
@settings(max_examples=60, deadline=None)
def test_an_answer_is_the_same_with_and_without_the_cache(steps: list[tuple[Any, ...]]) -> None:
    world = World()
    for what, *arguments in steps:
        if what == "append":
            world.append(*arguments)
        elif what == "delete":
            world.delete(*arguments)
        else:
            assert world.ask(*arguments, kept=True) == world.ask(*arguments, kept=False)


class CountingStore(MemoryStore):
    scanned: tuple[tuple[int, int], ...] = ()

    def select(self, principal: Any, plan: Any, deadline: Any) -> Any:
        self.scanned = (*self.scanned, (plan.min_time_ms, plan.max_time_ms))
        return super().select(principal, plan, deadline)


def test_a_range_that_moved_on_reads_only_what_is_new() -> None:
    store = CountingStore(windows=False)
    world = World(store)
    world.append(0, 0, 60, 1.0)
    world.ask("sum_over_time(a[5m])", 10, 40, 1, kept=True)
    store.scanned = ()
    world.append(0, 60, 30, 1.0)
    world.ask("sum_over_time(a[5m])", 12, 60, 1, kept=True)
    assert [low for low, _ in store.scanned] == [45 * MINUTE_MS + 1]  # from step 50 on, five minutes back


def test_a_late_sample_reaches_back() -> None:
    store = CountingStore(windows=False)
    world = World(store)
    world.append(0, 0, 90, 1.0)
    world.ask("a", 10, 60, 1, kept=True)
    world.append(1, 30, 1, 5.0)
    store.scanned = ()
    world.ask("a", 10, 60, 1, kept=True)
    assert len(store.scanned) == 1
    assert 10 * MINUTE_MS < store.scanned[0][0] <= 30 * MINUTE_MS


def test_queries_that_look_at_the_whole_range_are_not_kept() -> None:
    for query in ("a @ end()", "a @ 600", "sum(a) + start()", "rate(a[step()])"):
        store = CountingStore(windows=False)
        world = World(store)
        world.append(0, 0, 60, 1.0)
        for _ in range(2):
            world.ask(query, 10, 40, 2, kept=True)
        assert len(store.scanned) == 2, query
