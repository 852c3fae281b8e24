"""The store's chores, one after another on one thread: compaction, deletions, rollups, retention, the head's size.

The thread wakes every minute of the process' life and asks the clock what time it is, so a jump of the clock moves what
is done, not when it is looked at. A chore that the engine refuses (disk full) is logged, counted and done next time.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from vedette.model.errors import StoreError
from vedette.model.limits import IngestLimits
from vedette.model.telemetry import counter
from vedette.model.time import BLOCK_MS, block_of
from vedette.model.verdicts import IN_ORDER_WINDOW_MS
from vedette.store.clearing import clear_deletions
from vedette.store.compaction import Compaction
from vedette.store.directory import DataDirectory
from vedette.store.group_commit import GroupCommit
from vedette.store.head import Head
from vedette.store.retention import Retention, apply_retention
from vedette.store.rewriting import fragmented_days, rewrite_day
from vedette.store.rolling_up import RollingUp
from vedette.store.sizes import show_sizes
from vedette.store.snapshots import take_snapshot
from vedette.store.state import StoreState

_LOG = logging.getLogger(__name__)
_FAILURES = counter("vedette_maintenance_failures", "Chores of the store that failed and are tried again.", ("chore",))

PAUSE_S: Final = 60.0

ROWS_PER_CHUNK_MAX: Final = 1.2
"""A day that is over, with more rows than this for each series and block, is rewritten."""


class Maintenance:
    def __init__(
        self,
        state: StoreState,
        head: Head,
        commits: GroupCommit,
        compaction: Compaction,
        rolling_up: RollingUp,
        retention: Retention,
        limits: IngestLimits,
    ) -> None:
        self._state = state
        self._head = head
        self._commits = commits
        self._compaction = compaction
        self._rolling_up = rolling_up
        self.retention = retention
        self._limits = limits
        self._stop = threading.Event()
        self._one_at_a_time = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="store-maintenance", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def run_once(self) -> None:
        """Every chore, now. What fails is logged and counted."""
        now = self._state.clock.now_ms()
        chores: tuple[tuple[str, Callable[[int], object]], ...] = (
            ("compaction", self.compact),
            ("deletion", lambda _: clear_deletions(self._state, self._commits.next_sequence)),
            ("rewriting", self._rewrite_fragmented),
            ("rollups", self.roll_up),
            ("retention", lambda now: apply_retention(self._state, self.retention, now)),
            ("head", lambda now: self._head.forget_before(now - 2 * BLOCK_MS)),
            ("series", lambda now: self._state.quota.recount(self._state.index, self._state.facts, now)),
            ("sizes", self.show_sizes),
            ("memory", lambda _: self._state.engine.execute("system jemalloc purge")),
        )
        with self._one_at_a_time:
            for name, chore in chores:
                self._try(name, chore, now)

    def _try(self, name: str, chore: Callable[[int], object], now_ms: int) -> None:
        try:
            if not self._stop.is_set():
                chore(now_ms)
        except StoreError as error:
            _FAILURES.labels(name).inc()
            _LOG.warning("%s failed, it is tried again: %s", name, error)

    def show_sizes(self, _: int) -> None:
        show_sizes(self._state, self._head)

    def compact(self, now_ms: int) -> int:
        """Compacts finished blocks; returns the time before which blocks are finished."""
        finished_before_ms = self._finished_before(now_ms)
        self._compaction.run(finished_before_ms)
        return finished_before_ms

    def compact_now(self) -> int:
        """`compact`, from any thread. Returns the time before which no recent rows are left."""
        with self._one_at_a_time:
            finished_before_ms = self.compact(self._state.clock.now_ms())
        left = [partition.unit * BLOCK_MS for partition in self._state.partitions.recent]
        return min([finished_before_ms, *left])

    def _finished_before(self, now_ms: int) -> int:
        """The start of the oldest block into which a sample can still come, in order or late."""
        window = max(self._limits.out_of_order_window_ms, IN_ORDER_WINDOW_MS)
        return block_of(now_ms - window) * BLOCK_MS

    def clear_deletions(self) -> int:
        """Rewrites the days that deletions concern, from any thread; returns the bytes freed. Raises StoreError."""
        with self._one_at_a_time:
            return clear_deletions(self._state, self._commits.next_sequence)

    def take_snapshot(self, directory: DataDirectory, *, skip_recent: bool) -> str:
        """From any thread. Raises StoreError."""
        self._commits.flush()
        with self._one_at_a_time, self._state.chunks_lock:
            now_ms = self._state.clock.now_ms()
            return take_snapshot(self._state.engine, directory, now_ms, skip_recent=skip_recent)

    def _rewrite_fragmented(self, now_ms: int) -> None:
        """Late rows leave short chunks behind."""
        days = self._state.partitions.take_written(now_ms - BLOCK_MS)
        for day in fragmented_days(self._state, sorted(days), ROWS_PER_CHUNK_MAX):
            rewrite_day(self._state, day, self._commits.next_sequence)

    def roll_up(self, now_ms: int) -> None:
        """Before retention: what expires is rolled up first."""
        self._rolling_up.run(lambda class_: frozenset(self.retention.rollups_of(class_)), self._finished_before(now_ms))

    def _run(self) -> None:
        self._try("sizes", self.show_sizes, 0)
        while not self._stop.wait(PAUSE_S):
            self.run_once()
