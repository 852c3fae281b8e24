"""The Store port: one contract, two adapters (chDB and in-memory), one suite that both must pass (tests/store).

Calls are synchronous and thread-safe; those that may touch the disk are made from worker threads, never from the event
loop. Time bounds are inclusive, in ms. Every call takes the Principal and sees that tenant's series only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from vedette.model.blocks import (
    ExemplarBatch,
    Float64s,
    HistogramBatch,
    Int64s,
    MetricMetadata,
    SampleBatch,
    SeriesColumns,
)
from vedette.model.histograms import HistogramCells
from vedette.model.labels import Labels
from vedette.model.matchers import Matcher
from vedette.ports.cardinality import CardinalityQuestion, CardinalityReport
from vedette.ports.principal import Principal
from vedette.ports.scan import Deadline, ScanPlan

Selector = tuple[Matcher, ...]
Verdicts = NDArray[np.uint8]

Slice = Callable[[], SeriesColumns]
"""A part of an answer, read when it is called, from any thread."""


@dataclass(frozen=True, slots=True)
class AppendResult:
    """What became of a batch. `committed` completes with the commit sequence number once the rows are fsynced.

    The counts are known at once: samples with a time already held and the same value (`idempotent`, not written again),
    with another value (`duplicates`: the first committed stays), older than the out-of-order window (`too_old`), further
    ahead than the future window (`too_far`). `out_of_order` counts accepted samples that were late.
    `committed` fails with StoreUnavailable when the disk refuses them; then nothing was acknowledged.
    `verdicts` uint8[n] of model/verdicts.py says it row by row, for callers that must name what was refused.
    """

    committed: Future[int]
    accepted: int
    idempotent: int = 0
    duplicates: int = 0
    too_old: int = 0
    too_far: int = 0
    out_of_order: int = 0
    verdicts: Verdicts = field(default_factory=lambda: np.empty(0, np.uint8), compare=False)


@dataclass(frozen=True, slots=True)
class NameCount:
    name: str
    value: int


@dataclass(frozen=True, slots=True)
class StoreStats:
    """For /api/v1/status/tsdb, the status page and /metrics. Bytes are on disk, except `head_bytes` (RAM)."""

    head_series: int
    head_samples: int
    head_bytes: int
    head_min_time_ms: int
    head_max_time_ms: int
    disk_bytes: int
    disk_samples: int
    n_label_pairs: int
    series_by_metric: Sequence[NameCount] = ()
    values_by_label: Sequence[NameCount] = ()
    bytes_by_label: Sequence[NameCount] = ()
    series_by_label_pair: Sequence[NameCount] = ()


@dataclass(frozen=True, slots=True)
class SeriesExemplars:
    """Exemplars of one series, times ascending: `times_ms` int64[n], `values` float64[n] and each one's own `labels`."""

    series: Labels
    times_ms: Int64s
    values: Float64s
    labels: Sequence[Labels]


@dataclass(frozen=True, slots=True)
class CommitParts:
    """What a follower of commits wants beside floats."""

    histograms: bool = False
    exemplars: bool = False
    start_times: bool = False


FLOATS_ONLY: Final = CommitParts()


@dataclass(frozen=True, slots=True)
class CommittedExemplars:
    """Ordered by (commit, series, time): uint64, int64, float64 [n], and each one's own labels."""

    ids: NDArray[np.uint64]
    times_ms: Int64s
    values: Float64s
    labels: Sequence[Labels]

    def __len__(self) -> int:
        return len(self.ids)


NO_EXEMPLARS: Final = CommittedExemplars(np.empty(0, np.uint64), np.empty(0, np.int64), np.empty(0, np.float64), ())


@dataclass(frozen=True, slots=True)
class CommittedRows:
    """Samples of commits up to and including `sequence`, ordered by (commit, series, time): uint64, int64, float64 [n].

    `ids` name series across restarts (`labels_of_ids`). Values may carry the stale marker. `histograms`, `start_times_ms`
    as in SeriesColumns: None where there are none, or none were wanted; then native histograms are left out. Exemplars come
    with the first commit of samples that is not before theirs.
    """

    sequence: int
    ids: NDArray[np.uint64]
    times_ms: Int64s
    values: Float64s
    histograms: HistogramCells | None = None
    start_times_ms: Int64s | None = None
    exemplars: CommittedExemplars = NO_EXEMPLARS

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def is_empty(self) -> bool:
        return not len(self.ids) and not len(self.exemplars)


@dataclass(frozen=True, slots=True)
class DeleteResult:
    series: int
    samples: int


@dataclass(slots=True)
class StoreHealth:
    """`problems` lists what was detached or refused (P4): table, time range, rows, reason."""

    ready: bool
    head_ready: bool
    problems: list[str] = field(default_factory=list)


class Store(Protocol):
    def register(self, principal: Principal, labels: Sequence[Labels]) -> Int64s:
        """Dense refs (int64[n]) of the series, made known if new. Their rows are durable before their samples are.

        A label set whose 64-bit id is taken by another one, or that is beyond a series limit, is refused: its ref is -1, it
        is counted, and `why_refused` says why.
        """
        ...

    def why_refused(self, principal: Principal, labels: Labels) -> str:
        """For the sender of a series that `register` has refused just now."""
        ...

    def append(self, principal: Principal, batch: SampleBatch, *, commit_within_s: float | None = None) -> AppendResult:
        """Raises QueueFull when too many samples wait for a commit. Rows become visible to `select` at once.

        `commit_within_s` is for callers whose peer waits (remote write: 0.1); None is the scrapes' own cadence.
        """
        ...

    def append_histograms(
        self, principal: Principal, batch: HistogramBatch, *, commit_within_s: float | None = None
    ) -> AppendResult:
        """Like `append`, by the same rules: floats and histograms share a series' times, so one of either kind at a held
        time is a duplicate. Equal histograms are idempotent; their hint and buckets listed as empty make no difference.
        One whose sum is STALE_NAN is stored as a stale float.
        """
        ...

    def append_exemplars(
        self, principal: Principal, batch: ExemplarBatch, *, commit_within_s: float | None = None
    ) -> AppendResult:
        """Raises QueueFull. Rows in the order of their (time, value) within a series.

        One equal to its series' last is `idempotent`; one that sorts before it by (time, value, labels) is `too_old`; one
        whose labels have more than 128 characters, or whose series was refused, is left out of all counts.
        Source: Prometheus tsdb/exemplar.go, without its out-of-order window.
        """
        ...

    def committed_sequence(self) -> int:
        """Of the last commit with samples; asks no disk."""
        ...

    def committed_since(
        self,
        principal: Principal,
        follower: str,
        after: int,
        rows_max: int,
        *,
        up_to: int | None = None,
        parts: CommitParts = FLOATS_ONLY,
    ) -> CommittedRows:
        """What the tenant's series got in the commits after `after`, at most up to `up_to`, in whole commits: one at least,
        further ones while `rows_max` is kept.

        The same bounds give the same rows in the same order, also after a restart, while their block is not compacted;
        compaction waits a day for followers (any name) that have asked within minutes. Raises StoreError.
        """
        ...

    def labels_of_ids(self, ids: NDArray[np.uint64]) -> list[Labels | None]:
        """None for a series that is not known."""
        ...

    def put_metadata(self, principal: Principal, entries: Iterable[MetricMetadata]) -> None: ...

    def select(self, principal: Principal, plan: ScanPlan, deadline: Deadline) -> SeriesColumns:
        """Raises QueryTooLarge, QueryTimeout, QueryCanceled. The order of series is not specified."""
        ...

    def slices(
        self,
        principal: Principal,
        plan: ScanPlan,
        deadline: Deadline,
        *,
        also: Sequence[Selector] = (),
        by_labels: bool = False,
    ) -> Sequence[Slice]:
        """The answer of `select`, and of the selectors `also`, each series once, in slices of whole series, each of a few million samples at most where series allow it.

        Slices, and the series in them, are in the order of metric names, or `by_labels` in that of all labels. The plan's
        `samples_max` bounds a slice. Raises QueryTooLarge, as a slice does when it is read.
        """
        ...

    def exemplars(
        self, principal: Principal, selectors: Sequence[Selector], min_time_ms: int, max_time_ms: int
    ) -> Sequence[SeriesExemplars]:
        """Of the series that match any selector, those with exemplars in the time range; sorted by labels."""
        ...

    @property
    def change_count(self) -> int:
        """The number of the last change of samples: one came, or was deleted. A reader sees every change up to it."""
        ...

    def unchanged_until(self, since: int, min_time_ms: int, max_time_ms: int) -> int:
        """The first time within the inclusive bounds that a change after number `since` may have touched; one past the
        last when there was none."""
        ...

    def raw_since_ms(self, principal: Principal) -> int:
        """Of times before it, `select` may answer with downsampled samples even if the plan does not ask for them."""
        ...

    def series(
        self, principal: Principal, selectors: Sequence[Selector], min_time_ms: int, max_time_ms: int
    ) -> list[Labels]:
        """Label sets with data in the time range that match any selector; sorted, each once."""
        ...

    def count_series(self, principal: Principal, selector: Selector, min_time_ms: int, max_time_ms: int) -> int:
        """How many series `series` would list, without making their label sets."""
        ...

    def label_names(
        self, principal: Principal, selectors: Sequence[Selector], min_time_ms: int, max_time_ms: int
    ) -> list[str]:
        """No selector means all series. Sorted."""
        ...

    def label_values(
        self, principal: Principal, name: str, selectors: Sequence[Selector], min_time_ms: int, max_time_ms: int
    ) -> list[str]: ...

    def metadata(self, principal: Principal, metric: str = "") -> list[MetricMetadata]: ...

    def delete(
        self, principal: Principal, selectors: Sequence[Selector], min_time_ms: int, max_time_ms: int
    ) -> DeleteResult: ...

    def cardinality(
        self,
        principal: Principal,
        selectors: Sequence[Selector],
        min_time_ms: int,
        max_time_ms: int,
        question: CardinalityQuestion,
    ) -> CardinalityReport:
        """Over the series with data in the time range that match any selector; none: all."""
        ...

    def stats(self, principal: Principal, top: int = 10) -> StoreStats: ...

    def health(self) -> StoreHealth: ...

    def close(self) -> None:
        """Commits what waits, closes connections in order. Idempotent."""
        ...
