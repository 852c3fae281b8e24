"""Group commit: many appends, one fsynced insert per table and round. The engine's table is the write-ahead log (DESIGN D3).

Flow: `append` puts rows into the table's queue and returns a future; one thread commits what is due; the future completes
with the commit's sequence number once the rows are on disk.

A queue is due when its rows' `wait_s` has passed since its last commit (so the first rows after a quiet time do not
wait), or two seconds after it once `eager_rows` wait. A round that is due commits every queue, in the order given to the
constructor: a table listed earlier (series) is durable before a later one (their samples).

When a commit fails (disk full): the futures of its rows fail with StoreUnavailable at once, the rows stay at the front
of their queue and are tried again with growing pauses, and later tables wait for them. So what was appended is lost only
if the process ends first, and nobody was told that it was stored. A retry may write rows twice; readers keep one sample per
(series, time).

When a writer breaks by a defect of ours, its rows are tried again as well, DEFECTS_MAX times; then each batch goes by itself, and one
that still breaks is dropped and counted: a row that nobody can write must not keep all others from the disk.

Not asyncio: rows come from any thread, and the insert blocks.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from prometheus_client import Gauge

from vedette.model.errors import QueueFull, StoreError, StoreUnavailable
from vedette.model.telemetry import LIMIT_HITS, counter, gauge, histogram
from vedette.ports.clock import Clock

EAGER_PAUSE_S: Final = 2.0
"""Under load a table commits this often: a commit costs 10 ms of CPU with 1,000 rows or with 7,000, and its part some merges."""

NEVER: Final = math.inf
"""When what does not wait is due."""

RETRY_FIRST_S: Final = 0.25
RETRY_MAX_S: Final = 5.0
DEFECTS_MAX: Final = 5

_SECONDS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0)
_QUEUE = gauge("vedette_commit_queue_rows", "Rows that wait for a commit.", ("table",))
_LATENCY = histogram("vedette_commit_seconds", "Duration of one fsynced commit.", ("table",), buckets=_SECONDS)
_ROWS = counter("vedette_committed_rows", "Rows committed.", ("table",))
_FAILURES = counter(
    "vedette_commit_failures", "Commits that the engine refused; their rows are tried again.", ("table",)
)
_DROPPED = counter(
    "vedette_commit_dropped_rows",
    "Rows that no commit could write because of a defect; the log says which.",
    ("table",),
)


class Rows(Protocol):
    """A batch of one table's rows, opaque here."""

    def __len__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class CommitTable:
    """`write(batches, sequence)` makes all rows of the batches durable or raises StoreError."""

    name: str
    write: Callable[[Sequence[Any], int], None]
    rows_max: int
    """Beyond it appends are refused with QueueFull."""
    wait_s: float = 5.0
    """Rows wait at most so long, unless their append says less."""
    eager_rows: int = 100_000
    may_drop: bool = True
    """False where a batch is of use to others than its sender: without a series' row its samples are nobody's."""


class GroupCommit:
    """Thread-safe. `start` before use; `close` commits what waits."""

    def __init__(self, tables: Sequence[CommitTable], clock: Clock, last_sequence: int = 0) -> None:
        self._queues = {table.name: _Queue(table) for table in tables}
        self._clock = clock
        self._changed = threading.Condition()
        self._sequence = last_sequence
        self._retry_at = 0.0
        self._retry_pause_s = 0.0
        self._wakes_at = NEVER
        self._closing = False
        self._log = logging.getLogger(__name__)
        self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def failing(self) -> bool:
        """The last commit was refused; rows wait for the next try."""
        return self._retry_pause_s > 0

    def check_room(self, table: str, rows: int) -> None:
        """Raises QueueFull when `rows` more would not fit."""
        queue = self._queues[table]
        if queue.rows + rows > queue.table.rows_max:
            LIMIT_HITS.labels(f"pending_{table}_max").inc()
            raise QueueFull(
                f"too many {table} rows wait for a commit: {queue.rows}, limit {queue.table.rows_max}",
                hint="send again later; if it stays, look at the disk and at vedette_commit_failures_total",
            )

    def append(self, table: str, batch: Rows, wait_s: float | None = None) -> Future[int]:
        """The future completes when this batch and all appended before it to the table are durable.

        An empty batch is a question: "is everything before me on disk?". Raises StoreUnavailable after `close`.
        """
        future: Future[int] = Future()
        future.set_running_or_notify_cancel()  # who stops waiting does not stop the commit
        with self._changed:
            if self._closing:
                raise StoreUnavailable("the store is closed")
            queue = self._queues[table]
            if not len(batch) and not queue.rows:
                future.set_result(self._sequence)
                return future
            queue.add(batch, future, queue.last_commit + (queue.table.wait_s if wait_s is None else wait_s))
            if (
                queue.due() < self._wakes_at
            ):  # else the thread wakes in time by itself: a hundred pages a second come here
                self._changed.notify()
        return future

    def next_sequence(self) -> int:
        """Takes a sequence number for rows that are written past the queues (import, deletion)."""
        with self._changed:
            self._sequence += 1
            return self._sequence

    def flush(self) -> None:
        """Returns when everything appended before is durable. Raises StoreUnavailable."""
        for name in self._queues:
            self.append(name, (), wait_s=0.0).result()

    def close(self) -> None:
        """Commits what waits, in one try. Idempotent."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._wait_until_due()
                last = self._closing
                self._sequence += 1
                sequence = self._sequence
            self._commit_round(sequence)
            if last:
                self._refuse_waiting(StoreUnavailable("the store is closed"))
                return

    def _wait_until_due(self) -> None:
        """Under the lock."""
        while not self._closing:
            due = min(queue.due() for queue in self._queues.values())
            self._wakes_at = due if due == NEVER else max(due, self._retry_at)
            pause_s = self._wakes_at - self._clock.monotonic_s()
            if pause_s <= 0:
                return
            self._changed.wait(None if due == NEVER else pause_s)

    def _commit_round(self, sequence: int) -> None:
        for queue in self._queues.values():
            with self._changed:
                batches, futures = queue.take()
            if not futures and not batches:
                continue
            started = self._clock.monotonic_s()
            try:
                if batches:
                    queue.table.write(batches, sequence)
            except Exception as error:  # noqa: BLE001 - the runner of the commits must outlive any of them
                queue.defects += is_defect(error)
                if queue.defects >= DEFECTS_MAX and queue.table.may_drop:
                    batches = self._write_apart(queue, batches, sequence)
                self._failed(queue, batches, futures, error)
                return
            self._done(queue, batches, started)
            for future in futures:
                future.set_result(sequence)

    def _write_apart(self, queue: _Queue, batches: list[Any], sequence: int) -> list[Any]:
        """Each batch by itself. Those that are to be tried again; what a defect keeps from the disk is dropped."""
        left = []
        for batch in batches:
            try:
                queue.table.write([batch], sequence)
            except Exception as error:  # noqa: BLE001 - as above
                if not is_defect(error):
                    left.append(batch)
                    continue
                _DROPPED.labels(queue.table.name).inc(len(batch))
                self._log.exception("%d rows of %s cannot be written and are dropped", len(batch), queue.table.name)
            with self._changed:
                queue.rows -= len(batch)
        queue.show()
        return left

    def _done(self, queue: _Queue, batches: list[Any], started: float) -> None:
        name, rows, now = queue.table.name, sum(map(len, batches)), self._clock.monotonic_s()
        with self._changed:
            queue.rows -= rows
            queue.last_commit = started
            queue.defects = 0
            self._retry_at = self._retry_pause_s = 0.0
        queue.show()
        _ROWS.labels(name).inc(rows)
        if rows:
            _LATENCY.labels(name).observe(now - started)

    def _failed(self, queue: _Queue, batches: list[Any], futures: list[Future[int]], error: Exception) -> None:
        name = queue.table.name
        _FAILURES.labels(name).inc()
        self._log.warning("commit of %d rows to %s failed: %s", queue.rows, name, error, exc_info=not is_refusal(error))
        with self._changed:
            queue.put_back(batches)
            self._retry_pause_s = min(RETRY_MAX_S, self._retry_pause_s * 2 or RETRY_FIRST_S)
            self._retry_at = self._clock.monotonic_s() + self._retry_pause_s
        hint = "free some disk space; the store goes on by itself" if is_refusal(error) else "see the server's log"
        refusal = StoreUnavailable(f"the store cannot write {name}: {error}", hint=hint)
        for future in futures:
            future.set_exception(refusal)
        self._refuse_waiting(refusal)

    def _refuse_waiting(self, refusal: StoreUnavailable) -> None:
        """Tells everybody who waits, for any table; their rows stay."""
        with self._changed:
            waiting = [future for queue in self._queues.values() for future in queue.take_futures()]
        for future in waiting:
            future.set_exception(refusal)


def is_refusal(error: Exception) -> bool:
    """The engine said no (disk full, closed), as against a defect of ours."""
    return isinstance(error, StoreError)


def is_defect(error: Exception) -> bool:
    """What another try will not cure."""
    return not isinstance(error, (StoreError, MemoryError, OSError))


@dataclass(slots=True)
class _Queue:
    table: CommitTable
    batches: list[Any] = field(default_factory=list)
    futures: list[Future[int]] = field(default_factory=list)
    rows: int = 0
    """Rows not yet durable, those being written included."""
    due_at: float = NEVER
    defects: int = 0
    """Commits in a row that broke by one."""
    last_commit: float = -1e9
    """Start of it, by the monotonic clock."""
    _waiting: Gauge = field(init=False)

    def __post_init__(self) -> None:
        self._waiting = _QUEUE.labels(self.table.name)

    def add(self, batch: Rows, future: Future[int], due: float) -> None:
        if len(batch):
            self.batches.append(batch)
            self.rows += len(batch)
        self.futures.append(future)
        self.due_at = min(self.due_at, due)
        self.show()

    def show(self) -> None:
        self._waiting.set(self.rows)

    def due(self) -> float:
        """When it is to be committed, by the monotonic clock; NEVER while nothing waits."""
        if self.due_at == NEVER or self.rows < self.table.eager_rows:
            return self.due_at
        return min(self.due_at, self.last_commit + EAGER_PAUSE_S)

    def take(self) -> tuple[list[Any], list[Future[int]]]:
        batches, self.batches, self.due_at = self.batches, [], NEVER
        return batches, self.take_futures()

    def take_futures(self) -> list[Future[int]]:
        futures, self.futures = self.futures, []
        return futures

    def put_back(self, batches: list[Any]) -> None:
        self.batches[:0] = batches
        self.due_at = self.last_commit
