"""What a query needs from the store, said as data: only the store turns it into reads (and SQL)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from vedette.model.errors import QueryCanceled, QueryTimeout, QueryTooLarge
from vedette.model.matchers import Matcher


@dataclass(slots=True)
class SampleSources:
    """Samples that a scan took from each place, before they were merged; the store counts them for a plan that asks."""

    head: int = 0
    cache: int = 0
    """Decoded or encoded blocks kept in RAM."""
    engine: int = 0
    """Rows that a statement read."""
    rollup: int = 0
    """Downsampled ones."""


class Reduction(Enum):
    """What a downsampled sample has to stand for, where raw ones are not there (docs/downsampling.md)."""

    LAST = "last"
    """The last value: the sample as it is."""
    MIN = "min"
    MAX = "max"
    SUM = "sum"
    COUNTED = "counted"
    """The sum, with the number of samples beside it."""
    INCREASE = "increase"
    """A counter's value, with its resets already added up."""


@dataclass(frozen=True, slots=True)
class ScanPlan:
    """All samples with min_time_ms <= t <= max_time_ms of the series that match every matcher.

    `function`, `range_ms`, `step_ms`, `grouping` and `grouping_by` say what will be done with the samples: hints that let
    a store push work down; ignoring them is always right.
    """

    matchers: tuple[Matcher, ...]
    min_time_ms: int
    max_time_ms: int
    samples_max: int
    """Raises QueryTooLarge when the answer would hold more."""
    series_max: int = 1_000_000
    function: str = ""
    range_ms: int = 0
    step_ms: int = 0
    grouping: tuple[str, ...] = ()
    grouping_by: bool = False
    exact_bounds: bool = True
    """When False the answer may hold samples outside the bounds, some of them or all: who asks looks at times anyway."""
    start_times: bool = False
    """Whether SeriesColumns.start_times_ms is wanted."""
    sources: SampleSources | None = field(default=None, compare=False)
    """Where to count what was read; None: nobody asks."""
    reduction: Reduction = Reduction.LAST
    """What downsampled samples stand for; raw ones are answered as they are."""
    resolution_max_ms: int = 0
    """Samples downsampled to this width at most are welcome; 0: only where raw samples have expired."""

    def check_series(self, n: int) -> None:
        """Raises QueryTooLarge when n series are more than the plan allows."""
        if n > self.series_max:
            raise QueryTooLarge(f"query would touch too many series: {n}, limit {self.series_max}")

    def check_samples(self, n: int) -> None:
        """Raises QueryTooLarge, in the reference's words, when n samples are more than the plan allows."""
        if n > self.samples_max:
            raise QueryTooLarge("query processing would load too many samples into memory in query execution")


class Deadline:
    """Cancellation and timeout of one query; `check` is called between pieces of work, from any thread."""

    rest: Callable[[], None]
    """Lets other queries go first where it is their turn; called where no lock is held. Who runs the query sets it."""

    def __init__(self, timeout_s: float) -> None:
        self.rest = lambda: None
        self._timeout_s = timeout_s
        self._end = time.monotonic() + timeout_s
        self._canceled = threading.Event()

    def cancel(self) -> None:
        self._canceled.set()

    @property
    def canceled(self) -> bool:
        return self._canceled.is_set()

    def remaining_s(self) -> float:
        return max(0.0, self._end - time.monotonic())

    def check(self, stage: str = "query execution") -> None:
        """Raises QueryCanceled or QueryTimeout, in the reference's words."""
        if self._canceled.is_set():
            raise QueryCanceled(f"query was canceled in {stage}")
        if time.monotonic() > self._end:
            raise QueryTimeout(f"query timed out in {stage}")

    def pause(self, stage: str) -> None:
        """`check` at a place where the caller holds no lock: others may go first."""
        self.rest()
        self.check(stage)
