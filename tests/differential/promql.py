"""`differential promql`: random queries answered by Prometheus 3.14 and by us over the same file of samples.

Both are asked as users ask them: the file is loaded with promtool and with `vedette import openmetrics`, both servers run
with the same features on, and their answers over HTTP are compared, status and errorType included.

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

from tests.asking import Service
from tests.differential.promql_answers import Reply, disagreement, read_answer
from tests.differential.promql_data import END_S, METRICS, START_S, Family, magnitudes, make_families, openmetrics_text
from tests.differential.promql_generator import QueryGenerator
from tests.harness import Options, Outcome
from tests.prometheus import FEATURES, Prometheus, create_blocks
from tests.server import Vedette, import_openmetrics

_SHORT_ROUNDS: Final = 150
_FAILURES_SHOWN: Final = 10
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
    with both_sides(families) as (vedette, peer):
        for question in make_questions(options.seed, rounds):
            outcome.total += 1
            ours, theirs = ask(vedette, question), ask(peer, question)
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
def both_sides(families: tuple[Family, ...]) -> Iterator[tuple[Vedette, Prometheus]]:
    features = f"--enable-feature={','.join(FEATURES)}"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file, config = folder / "samples.om", folder / "empty.yml"
        file.write_text(openmetrics_text(families))
        config.write_text("")
        create_blocks(file, folder / "theirs")
        import_openmetrics(file, folder / "ours")
        keep = "retention.time=100y"
        with (
            Prometheus(folder / "theirs", "", f"--storage.tsdb.{keep}", features) as peer,
            Vedette(folder / "ours", f"--storage.{keep}", features, f"--config={config}", "--no-node-job") as vedette,
        ):
            vedette.wait_until_ready()
            yield vedette, peer


def ask(server: Service, question: Question) -> Reply:
    path, parameters = question.parameters()
    return read_answer(*server.post(f"/api/v1/{path}", parameters))


def main() -> None:
    query, *times = sys.argv[1:]
    question = Question(query, 0, int(times[0]) if times else END_S, 0)
    with both_sides(make_families(0)) as (vedette, peer):
        print("ours  ", ask(vedette, question))
        print("theirs", ask(peer, question))


if __name__ == "__main__":
    main()
