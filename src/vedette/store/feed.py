"""What was committed, in the order of the commits, for those who pass it on (remote write, live tails).

Samples as they are stored (marks stand for histograms), and exemplars: those of a commit without samples come with the next.

A follower names the last sequence number that it has done with and gets the rows after it: from the newest commits, which
are kept here while somebody follows, else from `samples_recent`. The two together miss nothing: `floor` says up to where
the engine must be asked. Rows of commits are whole and ordered by (sequence, series, time): the same bounds give the same
rows in the same order, before and after a restart.

Rows leave `samples_recent` when their block is compacted, and with them the numbers of their commits. Compaction therefore
waits for followers that lag, up to HELD_BACK_MS; what lies further back is lost to them.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from vedette.model.blocks import Float64s, Int64s
from vedette.model.labels import Labels
from vedette.model.telemetry import LIMIT_HITS
from vedette.ports.clock import Clock
from vedette.ports.store import NO_EXEMPLARS, CommittedExemplars, CommittedRows
from vedette.store.engine import Engine, Lane
from vedette.store.id_lookup import Ids
from vedette.store.reading import column

ROWS_KEPT_MAX: Final = 500_000
"""12 MB. A follower that lags further reads from the engine."""
FOLLOWING_S: Final = 600.0
"""Who has not asked for so long follows no longer."""
HELD_BACK_MS: Final = 24 * 3600 * 1000
"""Compaction of a block waits no longer than this for followers."""


@dataclass(frozen=True, slots=True)
class _Commit:
    sequence: int
    ids: Ids
    times_ms: Int64s
    values: Float64s
    exemplars: CommittedExemplars


class CommitFeed:
    """Thread-safe. `publish` is called by the commit thread once the rows are durable."""

    def __init__(self, engine: Engine, clock: Clock, last_sequence: int) -> None:
        self._engine = engine
        self._clock = clock
        self._lock = threading.Lock()
        self._commits: deque[_Commit] = deque()
        self._rows = 0
        self._exemplars = NO_EXEMPLARS
        self._floor = last_sequence
        self._last = last_sequence
        self._followers: dict[str, tuple[int, float]] = {}

    @property
    def last_sequence(self) -> int:
        """Of the last commit with samples."""
        return self._last

    def publish_exemplars(self, exemplars: CommittedExemplars) -> None:
        """Of a commit whose samples are published afterwards, if it has any."""
        with self._lock:
            if self._held_from() is not None and len(self._exemplars) < ROWS_KEPT_MAX:
                self._exemplars = join_exemplars([self._exemplars, exemplars])

    def publish(self, sequence: int, ids: Ids, times_ms: Int64s, values: Float64s) -> None:
        with self._lock:
            self._last = sequence
            if self._held_from() is None:
                self._forget_all()
                return
            order = np.lexsort((times_ms, ids))
            exemplars, self._exemplars = self._exemplars, NO_EXEMPLARS
            self._commits.append(_Commit(sequence, ids[order], times_ms[order], values[order], exemplars))
            self._rows += len(ids) + len(exemplars)
            while self._rows > ROWS_KEPT_MAX:
                LIMIT_HITS.labels("feed_rows_kept_max").inc()
                oldest = self._commits.popleft()
                self._rows -= len(oldest.ids) + len(oldest.exemplars)
                self._floor = oldest.sequence

    def rows_since(
        self, follower: str, after: int, rows_max: int, up_to: int | None = None, *, exemplars: bool = False
    ) -> CommittedRows:
        """Whole commits, at least one if there is one, `rows_max` rows about. Raises StoreError."""
        with self._lock:
            self._followers[follower] = after, self._clock.monotonic_s()
            floor, last = self._floor, self._last if up_to is None else min(up_to, self._last)
            commits = [one for one in self._commits if after < one.sequence <= last] if after >= floor else None
        if commits is None:
            return self._read(after, min(floor, last), rows_max, exemplars)
        return _take(commits, last, rows_max)

    def held_from(self) -> int | None:
        """The sequence number from which on rows are still wanted; None: nobody follows."""
        with self._lock:
            return self._held_from()

    def _held_from(self) -> int | None:
        now = self._clock.monotonic_s()
        self._followers = {name: one for name, one in self._followers.items() if now - one[1] < FOLLOWING_S}
        return min((after for after, _ in self._followers.values()), default=None)

    def _forget_all(self) -> None:
        self._commits.clear()
        self._exemplars = NO_EXEMPLARS
        self._rows, self._floor = 0, self._last

    def _read(self, after: int, last: int, rows_max: int, exemplars: bool) -> CommittedRows:
        found = self._engine.query(
            f"select seq, count() as n from samples_recent where seq > {after} and seq <= {last} "
            "group by seq order by seq",
            lane=Lane.BACKGROUND,
        )
        sequences, totals = column(found, "seq").astype(np.int64), np.cumsum(column(found, "n").astype(np.int64))
        fitting = max(1, int(np.searchsorted(totals, rows_max, side="right")))
        if fitting < len(sequences):
            last = int(sequences[fitting - 1])
        rows = self._engine.query(
            f"select series, time_ms, value from samples_recent where seq > {after} and seq <= {last} "
            "order by seq, series, time_ms",
            lane=Lane.BACKGROUND,
        )
        times, values = column(rows, "time_ms").astype(np.int64), column(rows, "value")
        said = self._read_exemplars(after, last) if exemplars else NO_EXEMPLARS
        return CommittedRows(last, column(rows, "series"), times, values, exemplars=said)

    def _read_exemplars(self, after: int, last: int) -> CommittedExemplars:
        rows = self._engine.query(
            f"select series, time_ms, value, labels from exemplars where seq > {after} and seq <= {last} "
            "order by seq, series, time_ms",
            lane=Lane.BACKGROUND,
        )
        labels = [Labels(pairs) for pairs in rows["labels"].to_pylist()]
        times, values = column(rows, "time_ms").astype(np.int64), column(rows, "value")
        return CommittedExemplars(column(rows, "series"), times, values, labels)


def join_exemplars(parts: Sequence[CommittedExemplars]) -> CommittedExemplars:
    return CommittedExemplars(
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.times_ms for part in parts]),
        np.concatenate([part.values for part in parts]),
        [labels for part in parts for labels in part.labels],
    )


def _take(commits: list[_Commit], last: int, rows_max: int) -> CommittedRows:
    taken, rows = 0, 0
    while taken < len(commits) and (taken == 0 or rows + len(commits[taken].ids) <= rows_max):
        rows += len(commits[taken].ids)
        taken += 1
    if taken < len(commits):
        last = commits[taken - 1].sequence
    some = commits[:taken]
    return CommittedRows(
        last,
        np.concatenate([np.empty(0, np.uint64), *(one.ids for one in some)]),
        np.concatenate([np.empty(0, np.int64), *(one.times_ms for one in some)]),
        np.concatenate([np.empty(0, np.float64), *(one.values for one in some)]),
        exemplars=join_exemplars([NO_EXEMPLARS, *(one.exemplars for one in some)]),
    )
