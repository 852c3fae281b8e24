"""`differential promql`: random queries answered by Prometheus 3.14 and by us over the same file of samples.

python -m tests.differential.promql QUERY [TIME]     one query, both answers
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from tests.differential.promql_answers import Reply, disagreement, read_envelope, read_failure, read_result
from tests.differential.promql_data import END_S, METRICS, START_S, Family, magnitudes, make_families, openmetrics_text
from tests.differential.promql_generator import QueryGenerator
from tests.harness import Options, Outcome
from tests.peers.prometheus import Prometheus, create_blocks, run_prometheus
from vedette.model.blocks import SampleBatch
from vedette.model.errors import VedetteError
from vedette.ports.principal import SYSTEM
from vedette.ports.scan import Deadline
from vedette.query.promql.engine import Engine, EngineOptions
from vedette.query.promql.parser import ALL_FEATURES
from vedette.store.memory import MemoryStore

_SHORT_ROUNDS: Final = 150
_FAILURES_SHOWN: Final = 10
_TIMEOUT_S: Final = 60.0
_TIMES_AS_VALUES: Final = ("time()", "timestamp(", "ts_of_")
"""Where these stand in a query, times are among its inputs."""


@dataclass(frozen=True, slots=True)
class Question:
    """`step_s` 0: an instant query at `end_s`."""

    query: str
    start_s: int
    end_s: int
    step_s: int

    @property
    def order_counts(self) -> bool:
        return self.step_s > 0 or self.query.startswith("sort")

    def parameters(self) -> tuple[str, dict[str, str]]:
        if self.step_s:
            times = {"start": str(self.start_s), "end": str(self.end_s), "step": str(self.step_s)}
            return "query_range", {"query": self.query, **times}
        return "query", {"query": self.query, "time": str(self.end_s)}


def run(options: Options) -> Iterable[Outcome]:
    rounds = options.rounds_or(_SHORT_ROUNDS)
    families = make_families(options.seed)
    scales = magnitudes(families) | dict.fromkeys(_TIMES_AS_VALUES, float(END_S))
    outcome = Outcome("promql", 0, 0)
    with both_sides(families) as (engine, peer):
        for question in make_questions(options.seed, rounds):
            outcome.total += 1
            ours, theirs = ask_engine(engine, question), read_envelope(peer.ask(*question.parameters()))
            scale = max((scales[name] for name in scales if name in question.query), default=1.0)
            difference = disagreement(ours, theirs, ordered=question.order_counts, magnitude=scale)
            if not difference:
                outcome.passed += 1
            elif len(outcome.failures) < _FAILURES_SHOWN:
                outcome.failures.append(f"{question}: {difference}")
    yield outcome


def make_questions(seed: int, count: int) -> Iterator[Question]:
    rng = random.Random(seed)
    generator = QueryGenerator(rng, METRICS, START_S, END_S)
    for _ in range(count):
        query = generator.query()
        end = rng.randint(START_S, END_S + 600)
        step = rng.choice((0, 7, 15, 30, 60, 300))
        yield Question(query, end - rng.choice((60, 600, 3600)) if step else end, end, step)


@contextmanager
def both_sides(families: tuple[Family, ...]) -> Iterator[tuple[Engine, Prometheus]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file, data = folder / "samples.om", folder / "data"
        file.write_text(openmetrics_text(families))
        create_blocks(file, data)
        with run_prometheus(folder, data) as peer:
            yield load_engine(families), peer


def load_engine(families: tuple[Family, ...]) -> Engine:
    store = MemoryStore(windows=False)
    series = [each for family in families for each in family.series]
    refs = store.register(SYSTEM, [each.labels for each in series])
    sizes = [len(each.samples) for each in series]
    times, values = zip(*(sample for each in series for sample in each.samples), strict=True)
    batch = SampleBatch(np.repeat(refs, sizes), np.array(times, np.int64), np.array(values, np.float64))
    store.append(SYSTEM, batch).committed.result(_TIMEOUT_S)
    return Engine(store, options=EngineOptions(parser=ALL_FEATURES, delayed_name_removal=True))


def ask_engine(engine: Engine, question: Question) -> Reply:
    deadline = Deadline(_TIMEOUT_S)
    start_ms, end_ms, step_ms = (1000 * time for time in (question.start_s, question.end_s, question.step_s))
    try:
        if question.step_s:
            result = engine.range(SYSTEM, question.query, start_ms, end_ms, step_ms, deadline)
        else:
            result = engine.instant(SYSTEM, question.query, end_ms, deadline)
    except VedetteError as error:
        return read_failure(error)
    return read_result(result, is_range=question.step_s > 0)


def main() -> None:
    query, *times = sys.argv[1:]
    question = Question(query, 0, int(times[0]) if times else END_S, 0)
    with both_sides(make_families(0)) as (engine, peer):
        print("ours  ", ask_engine(engine, question))
        print("theirs", read_envelope(peer.ask(*question.parameters())))


if __name__ == "__main__":
    main()
