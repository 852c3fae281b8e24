"""`differential promql`: random queries answered by Prometheus 3.14 and by us over the same samples.

Both are fed and asked as users do it: they get the same remote-write requests, run with the same features on, and their
answers over HTTP are compared: status, errorType, values, order, and annotations with their places.

python -m tests.differential.promql QUERY [TIME]     one query, both answers
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.asking import Service
from tests.differential.promql_answers import Reply, disagreement, read_answer
from tests.differential.promql_data import (
    END_S,
    METRICS,
    START_S,
    Series,
    float_series,
    magnitudes,
    write_requests,
)
from tests.differential.promql_generator import QueryGenerator
from tests.differential.promql_native_data import NATIVE_METRICS, native_series
from tests.harness import Options, Outcome
from tests.prometheus import FEATURES, Prometheus
from tests.remote_writing import write
from tests.server import Vedette

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
    series = make_series(options.seed)
    scales = magnitudes(series) | dict.fromkeys(_TIMES_AS_VALUES, float(END_S))
    outcome = Outcome("promql", 0, 0)
    with both_sides(series) as (vedette, peer):
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


def make_series(seed: int) -> list[Series]:
    """In the order of their labels: the reference's `limitk` takes series in the order in which it first saw them."""
    rng = random.Random(seed)
    return sorted([*float_series(rng), *native_series(rng)], key=lambda series: series.labels)


def make_questions(seed: int, count: int) -> Iterator[Question]:
    """Without remainders of powers: there the last digit of a large number decides, and logarithms differ in it."""
    rng = random.Random(seed)
    generator = QueryGenerator(rng, (*METRICS, *NATIVE_METRICS), START_S, END_S)
    made = 0
    while made < count:
        query = generator.query()
        end = rng.randint(START_S, END_S + 600)
        step = rng.choice((0, 7, 15, 30, 60, 300))
        question = Question(query, end - rng.choice((60, 600, 3600)) if step else end, end, step)
        if not ("^" in query and "%" in query):
            made += 1
            yield question


@contextmanager
def both_sides(series: Sequence[Series]) -> Iterator[tuple[Vedette, Prometheus]]:
    features = f"--enable-feature={','.join(FEATURES)}"
    accepted = "--web.remote-write-receiver.accepted-protobuf-messages=io.prometheus.write.v2.Request"
    keep = "retention.time=100y"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = folder / "empty.yml"
        config.write_text("")
        theirs = (f"--storage.tsdb.{keep}", features, "--web.enable-remote-write-receiver", accepted)
        ours = (f"--storage.{keep}", features, f"--config={config}", "--no-node-job")
        with Prometheus(folder / "theirs", "", *theirs) as peer, Vedette(folder / "ours", *ours) as vedette:
            vedette.wait_until_ready()
            for request in write_requests(series):
                write(peer, request)
                write(vedette, request)
            yield vedette, peer


def ask(server: Service, question: Question) -> Reply:
    path, parameters = question.parameters()
    return read_answer(*server.post(f"/api/v1/{path}", parameters))


def main() -> None:
    query, *times = sys.argv[1:]
    question = Question(query, 0, int(times[0]) if times else END_S, 0)
    with both_sides(make_series(0)) as (vedette, peer):
        print("ours  ", ask(vedette, question))
        print("theirs", ask(peer, question))


if __name__ == "__main__":
    main()
