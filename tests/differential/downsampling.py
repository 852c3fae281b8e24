"""`differential downsampling`: a year of 20 series at one sample a minute, asked raw and downsampled.

Windows that begin and end with buckets must give what raw samples give (rates: to the counter's largest step); others must
lie within the answers of the windows that are one bucket shorter and longer. First both are there and 5 m or 1 h is asked
for, then the raw samples expire and the same questions are asked again. The last words of the line are disk and time.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tests.clocks import SetClock
from tests.harness import Options, Outcome
from vedette.model.blocks import SampleBatch
from vedette.model.labels import Labels
from vedette.model.staleness import STALE_NAN
from vedette.model.time import format_duration
from vedette.ports.principal import SYSTEM
from vedette.ports.scan import Deadline
from vedette.query.promql.engine import Engine, Matrix
from vedette.store.chdb_store import ChdbStore
from vedette.store.opening import StoreSettings
from vedette.store.retention import Retention

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
DAYS: Final = 365
START: Final = 1_672_531_200_000
END: Final = START + DAYS * DAY
WIDTHS: Final = (5 * MINUTE, HOUR)
ROLLUPS: Final = {"5m": 800 * DAY, "1h": 800 * DAY}

AWAY_MS_MAX: Final = 9 * HOUR
EXACT: Final = ("sum_over_time", "count_over_time", "avg_over_time", "min_over_time", "max_over_time", "last_over_time")
RATES: Final = ("increase", "rate")
RISING: Final = ("sum_over_time", "count_over_time", "max_over_time", "increase")
"""What does not get less when a window of non-negative samples gets longer."""
_FAILURES_SHOWN: Final = 10
_SHORT_ROUNDS: Final = 40


@dataclass(frozen=True, slots=True)
class Question:
    function: str
    range_ms: int
    start_ms: int
    end_ms: int
    step_ms: int
    width_ms: int
    aligned: bool

    @property
    def metric(self) -> str:
        return "requests_total" if self.function in RATES else "level"

    def text(self, range_ms: int | None = None, offset_ms: int = 0) -> str:
        behind = f" offset {format_duration(offset_ms)}" if offset_ms else ""
        return f"{self.function}({self.metric}[{format_duration(range_ms or self.range_ms)}]{behind})"


def run(options: Options) -> Iterable[Outcome]:
    outcome = Outcome("downsampling", 0, 0)
    questions = list(make_questions(options.seed, options.rounds_or(_SHORT_ROUNDS)))
    with tempfile.TemporaryDirectory(prefix="vedette-") as folder:
        kept = StoreSettings(Path(folder), maintenance=False, retention=Retention(2 * DAYS * DAY, rollups=ROLLUPS))
        store = ChdbStore(kept, SetClock(END + 2 * DAY))
        try:
            asked = Asked(Engine(store), fill(store, options.seed))
            started = time.perf_counter()
            store.maintain()
            took = time.perf_counter() - started
            disk = {table: size_of(store, table) for table in ("chunks", "rollup_5m", "rollup_1h")}
            for question in questions:
                note(outcome, question, asked.compare(question, expired=False))
            store.set_retention(Retention(DAY, rollups=ROLLUPS))
            store.maintain()
            for question in questions:
                note(outcome, question, asked.compare(question, expired=True))
        finally:
            store.close()
    outcome.suffix = asked.summary(disk, took)
    return [outcome]


def note(outcome: Outcome, question: Question, problem: str) -> None:
    outcome.total += 1
    outcome.passed += not problem
    if problem and len(outcome.failures) < _FAILURES_SHOWN:
        outcome.failures.append(f"{question}: {problem}")


def fill(store: ChdbStore, seed: int) -> NDArray[np.float64]:
    """Ten counters with resets, ten gauges, gaps in all of them; the largest step of each counter."""
    rng = np.random.default_rng(seed)
    times = np.arange(START + MINUTE, END + 1, MINUTE)
    largest, batches = [], []
    for number in range(10):
        steps = rng.poisson(3 * (number + 1), len(times)).astype(np.float64)
        counter = np.cumsum(steps)
        for place in np.sort(rng.integers(0, len(times), 12)).tolist():
            counter[place:] -= counter[place] - steps[place]
        largest.append(steps.max())
        gauge = np.round(50 + 30 * np.sin(times / (DAY / (number + 1))) + rng.normal(0, 3, len(times)), 1).clip(0)
        for name, values in (("requests_total", counter), ("level", gauge)):
            (ref,) = store.register(SYSTEM, [Labels.of(__name__=name, series=str(number))])
            batches.append(with_gaps(int(ref), times, values, rng))
    store.import_samples(by_month(batches))
    return np.array(largest)


def by_month(batches: list[SampleBatch]) -> Iterator[SampleBatch]:
    """All series of a month side by side, so that each day is written once."""
    for first in range(START, END, 30 * DAY):
        for batch in batches:
            low, high = np.searchsorted(batch.times_ms, (first, first + 30 * DAY))
            yield SampleBatch(batch.refs[low:high], batch.times_ms[low:high], batch.values[low:high])


def with_gaps(ref: int, times: NDArray[np.int64], values: NDArray[np.float64], rng: np.random.Generator) -> SampleBatch:
    """Every month the target is away for some hours, and its series ends with a stale marker."""
    keep = np.ones(len(times), np.bool_)
    values = values.copy()
    for month in range(12):
        away = (month * 30 + int(rng.integers(0, 25))) * 24 * 60 + int(rng.integers(0, 12)) * 60
        values[away] = STALE_NAN
        keep[away + 1 : away + int(rng.integers(2, 9)) * 60] = False
    return SampleBatch(np.full(int(keep.sum()), ref, np.int64), times[keep], values[keep])


def make_questions(seed: int, n: int) -> Iterator[Question]:
    chooser = random.Random(seed)
    for number in range(n):
        aligned = number % 3 != 2
        function = chooser.choice(EXACT + RATES if aligned else RISING)
        width_ms = chooser.choice(WIDTHS)
        range_ms = chooser.choice([hours * HOUR for hours in (3, 6, 24, 24 * 7)])
        span_ms = chooser.choice([DAY, 7 * DAY, 60 * DAY, 300 * DAY])
        step_ms = max(HOUR, span_ms // 300 // HOUR * HOUR)
        start_ms = START + 8 * DAY + chooser.randrange((END - START - 8 * DAY - span_ms) // HOUR) * HOUR
        if not aligned:
            start_ms += chooser.randrange(1, width_ms)
        end_ms = min(start_ms + span_ms, END - 2 * HOUR)
        yield Question(function, range_ms, start_ms, end_ms, step_ms, width_ms, aligned)


class Asked:
    """Raw answers are kept: after the raw samples have expired nobody can give them any more."""

    def __init__(self, engine: Engine, largest_steps: NDArray[np.float64]) -> None:
        self._engine = engine
        self._steps = largest_steps
        self._raw: dict[tuple[str, Question], Matrix] = {}
        self._spent = dict.fromkeys((0, *WIDTHS), (0.0, 0))

    def compare(self, question: Question, *, expired: bool) -> str:
        """What is wrong; empty if nothing."""
        width_ms = WIDTHS[0] if expired else question.width_ms
        result, infos = self._ask(question, question.text(), 0 if expired else width_ms)
        told = f"are downsampled to {format_duration(width_ms)} (1:" in " ".join(infos)
        if not told:
            return f"the answer does not say that it is downsampled: {infos}"
        if question.aligned:
            return self._compare_aligned(question, result)
        return self._compare_between(question, result)

    def _compare_aligned(self, question: Question, found: Matrix) -> str:
        raw = self._ask_raw(question, question.text())
        both = raw.present & found.present
        if not np.array_equal(raw.present, found.present):
            lacking = int((raw.present != found.present).sum())
            # a rate needs two samples within the window, a difference of buckets only one and the one before
            if question.function not in RATES or (raw.present & ~found.present).any():
                return f"{lacking} steps are answered by one side only"
        bound = 1e-9 * max(1.0, float(np.abs(raw.values[both]).max(initial=0.0)))
        allowed = np.full(raw.values.shape, bound)
        if question.function in RATES:
            scale = question.range_ms / 1000 if question.function == "rate" else 1.0
            allowed += 2 * self._largest_steps(question, raw) / scale
        worst = np.where(both, np.abs(raw.values - found.values) - allowed, -np.inf).max()
        return f"off by {worst:g} more than allowed" if worst > 0 else ""

    def _largest_steps(self, question: Question, raw: Matrix) -> NDArray[np.float64]:
        """By series and step of the query: from one minute to the next, or across the longest gap where the window has one."""
        reach_ms = question.range_ms + question.width_ms
        counts = self._ask_raw(question, f"count_over_time(requests_total[{format_duration(reach_ms)}])")
        assert counts.values.shape == raw.values.shape
        whole = counts.present & (counts.values * MINUTE >= reach_ms)
        return np.where(whole, self._steps[:, None], self._steps[:, None] * AWAY_MS_MAX / MINUTE)

    def _compare_between(self, question: Question, found: Matrix) -> str:
        width = question.width_ms
        shorter = self._ask_raw(question, question.text(question.range_ms - width, width))
        longer = self._ask_raw(question, question.text(question.range_ms + width))
        slack = 2 * self._steps[:, None] if question.function in RATES else 1e-6
        low = np.where(shorter.present & found.present, shorter.values - found.values - slack, -np.inf).max()
        high = np.where(longer.present & found.present, found.values - longer.values - slack, -np.inf).max()
        return (
            f"outside of what windows a bucket shorter and longer give by {max(low, high):g}"
            if max(low, high) > 0
            else ""
        )

    def _ask_raw(self, question: Question, text: str) -> Matrix:
        key = text, question
        if key not in self._raw:
            self._raw[key], infos = self._ask(question, text, 0)
            assert not any("downsampled" in info for info in infos), infos
        return self._raw[key]

    def _ask(self, question: Question, text: str, width_ms: int) -> tuple[Matrix, list[str]]:
        span = question.start_ms, question.end_ms, question.step_ms
        started = time.perf_counter()
        result = self._engine.range(SYSTEM, text, *span, Deadline(60), resolution_max_ms=width_ms)
        if question.aligned and text == question.text():
            seconds, n = self._spent[width_ms]
            self._spent[width_ms] = seconds + time.perf_counter() - started, n + 1
        assert isinstance(result.value, Matrix)
        return result.value, result.infos

    def summary(self, disk: dict[str, int], took_s: float) -> str:
        sizes = ", ".join(f"{table} {size / 1e6:.1f} MB" for table, size in disk.items())
        waits = ", ".join(
            f"{format_duration(width) if width else 'raw'} {seconds / max(1, n) * 1000:.0f} ms a query"
            for width, (seconds, n) in self._spent.items()
        )
        return f", {sizes}, rolled up in {took_s:.0f} s, {waits}"


def size_of(store: ChdbStore, table: str) -> int:
    rows = store._state.engine.query(
        f"select sum(bytes_on_disk) as n from system.parts where active and table = '{table}'"
    )
    return int(rows["n"][0].as_py() or 0)
