"""`differential promql`: random queries answered by Prometheus 3.14 and by us over the same samples.

Both are fed and asked as users do it: they get the same remote-write requests, run with the same features on, and their
answers over HTTP are compared: status, errorType, values, order, and annotations with their places.

python -m tests.differential.promql QUERY [TIME]     one query, both answers
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.asking import Service
from tests.differential.promql_answers import Reply, disagreement, read_answer
from tests.differential.promql_data import (
    END_S,
    METADATA,
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
_ASKED_AGAIN: Final = 100
_NOT_COMPARED: Final = (("^", "%"), ("^", "std"), ("label_replace", "turned_native_total"))
"""Queries with all of: remainders and deviations of powers, where the last digit of a large number decides and powers differ in
it; label sets with a float and a histogram at one time (see `difference_of`) below another operator.
"""
_SAME_LABELS: Final = "vector cannot contain metrics with the same labelset"
_KEPT: Final = Path(__file__).with_name("promql_kept.txt")
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
    """Generated queries, and those that once were answered differently."""
    rounds = options.rounds_or(_SHORT_ROUNDS)
    series = make_series(options.seed)
    scales = magnitudes(series) | dict.fromkeys(_TIMES_AS_VALUES, float(END_S))
    with both_sides(series) as sides:
        for name, questions in (("promql", make_questions(options.seed, rounds)), ("promql-kept", kept_questions())):
            outcome = Outcome(name, 0, 0)
            for question in questions:
                outcome.total += 1
                difference = difference_of(sides, question, scales)
                if not difference:
                    outcome.passed += 1
                elif len(outcome.failures) < _FAILURES_SHOWN:
                    outcome.failures.append(f"{question}: {difference}")
            yield outcome


def difference_of(sides: tuple[Vedette, Prometheus], question: Question, scales: Mapping[str, float]) -> str:
    """Empty when the answers agree.

    The reference keeps the series of an operator in a Go map, whose order is another each time; a sum of native histograms depends
    on the order in which zero buckets are reconciled. So it is asked again, and ours must be one of its answers.
    Source: Prometheus evaluator.rangeEval ("Assemble the output matrix").

    Of two series that become one the reference compares the times of floats and of histograms apart (mergeSeriesWithSameLabelset)
    and answers with a float and a histogram at one time; an instant answer shows one of them. We refuse such a query.
    """
    vedette, peer = sides
    ours = ask(vedette, question)
    scale = max((scales[name] for name in scales if name in question.query), default=1.0)
    difference = ""
    for _ in range(1 + _ASKED_AGAIN):
        theirs = ask(peer, question)
        difference = disagreement(ours, theirs, ordered=question.order_counts, magnitude=scale)
        if not difference:
            break
        if ours.message == _SAME_LABELS and (question.step_s == 0 or theirs.has_two_at_once):
            names = [metric.name for metric in NATIVE_METRICS if metric.name in question.query]
            difference = "" if names else difference
    return difference


def make_series(seed: int) -> list[Series]:
    """In the order of their labels: the reference's `limitk` takes series in the order in which it first saw them."""
    rng = random.Random(seed)
    return sorted([*float_series(rng), *native_series(rng)], key=lambda series: series.labels)


def make_questions(seed: int, count: int) -> Iterator[Question]:
    rng = random.Random(seed)
    generator = QueryGenerator(rng, (*METRICS, *NATIVE_METRICS), START_S, END_S)
    made = 0
    while made < count:
        query = generator.query()
        end = rng.randint(START_S, END_S + 600)
        step = rng.choice((0, 7, 15, 30, 60, 300))
        question = Question(query, end - rng.choice((60, 600, 3600)) if step else end, end, step)
        if not any(all(part in query for part in parts) for parts in _NOT_COMPARED):
            made += 1
            yield question


def kept_questions() -> Iterator[Question]:
    """Each line of promql_kept.txt, at an instant and over ranges."""
    times = (
        (END_S - 300, END_S - 300, 0),
        (START_S, END_S + 300, 60),
        (END_S - 3600, END_S, 15),
        (START_S + 1000, START_S + 1600, 7),
        (START_S, END_S, 400),
    )
    for line in _KEPT.read_text().splitlines():
        if line and not line.startswith("#"):
            yield from (Question(line, *each) for each in times)


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
                write(peer, request, METADATA)
                write(vedette, request, METADATA)
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
