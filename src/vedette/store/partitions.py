"""Which partitions hold samples, kept in RAM, so that a read that no partition concerns costs no statement.

A partition is noted before its first row is written and forgotten after it was dropped: the set may name too many,
never too few.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from vedette.model.time import block_of
from vedette.store.engine import DATABASE, Engine, Lane
from vedette.store.sql import literal

DAY_MS: Final = 24 * 3600 * 1000
MIN_DAY: Final = -(1 << 31)

BESIDE_TABLES: Final = ("histograms", "exemplars")
"""What is kept beside the samples, by day."""


def day_of(time_ms: int) -> int:
    return time_ms // DAY_MS


@dataclass(frozen=True, slots=True, order=True)
class Partition:
    """Of `samples_recent` (unit: block), of `chunks`, a rollup or one of BESIDE_TABLES (unit: day)."""

    unit: int
    class_: int

    def literal(self) -> str:
        return f"({self.unit}, {self.class_})"


class Partitions:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recent: frozenset[Partition] = frozenset()
        self._chunks: frozenset[Partition] = frozenset()
        self._written: frozenset[Partition] = frozenset()
        self._unrolled: frozenset[Partition] = frozenset()
        self._rollups: dict[str, frozenset[Partition]] = {}
        self._raw_since_day = MIN_DAY
        self._beside: dict[str, frozenset[Partition]] = {table: frozenset() for table in BESIDE_TABLES}

    def load(self, engine: Engine, rollup_tables: Iterable[str] = ()) -> None:
        self._beside = {table: _read(engine, table) for table in BESIDE_TABLES}
        self._recent = _read(engine, "samples_recent")
        self._chunks = self._written = self._unrolled = _read(engine, "chunks")
        self._rollups = {table: _read(engine, table) for table in rollup_tables}
        self._find_raw_since()

    @property
    def recent(self) -> frozenset[Partition]:
        return self._recent

    @property
    def chunks(self) -> frozenset[Partition]:
        return self._chunks

    def note_recent(self, partition: Partition) -> None:
        if partition not in self._recent:
            with self._lock:
                self._recent |= {partition}

    def note_chunks(self, partition: Partition) -> None:
        with self._lock:
            is_new = partition not in self._chunks
            self._chunks |= {partition}
            self._written |= {partition}
            self._unrolled |= {partition}
            if is_new:
                self._find_raw_since()

    def take_written(self, before_ms: int) -> frozenset[Partition]:
        """Days of chunks that ended before the time and were written to since they were last taken."""
        with self._lock:
            over = frozenset(one for one in self._written if (one.unit + 1) * DAY_MS < before_ms)
            self._written -= over
        return over & self._chunks

    def forget_recent(self, partition: Partition) -> None:
        with self._lock:
            self._recent -= {partition}

    def forget_chunks(self, partition: Partition) -> None:
        with self._lock:
            self._chunks -= {partition}
            self._unrolled -= {partition}
            self._find_raw_since()

    def rollups(self, table: str) -> frozenset[Partition]:
        return self._rollups.get(table, frozenset())

    @property
    def unrolled(self) -> frozenset[Partition]:
        """Days of chunks that were written to since they were last rolled up."""
        return self._unrolled

    def note_unrolled(self, partition: Partition) -> None:
        with self._lock:
            self._unrolled |= {partition} & self._chunks

    def take_unrolled(self, partition: Partition) -> None:
        """Before its rows are read: what is written from then on notes it again."""
        with self._lock:
            self._unrolled -= {partition}

    def note_rollup(self, table: str, partition: Partition) -> None:
        with self._lock:
            self._rollups = {**self._rollups, table: self.rollups(table) | {partition}}
            self._find_raw_since()

    def forget_rollup(self, table: str, partition: Partition) -> None:
        with self._lock:
            self._rollups = {**self._rollups, table: self.rollups(table) - {partition}}
            self._find_raw_since()

    @property
    def raw_since_day(self) -> int:
        """No day from this one on has lost its raw samples and kept a rollup of them."""
        return self._raw_since_day

    def _find_raw_since(self) -> None:
        rolled = frozenset[Partition]().union(*self._rollups.values())
        self._raw_since_day = max((one.unit + 1 for one in rolled - self._chunks), default=MIN_DAY)

    def beside(self, table: str) -> frozenset[Partition]:
        """Of one of BESIDE_TABLES."""
        return self._beside[table]

    def note_beside(self, table: str, partition: Partition) -> None:
        with self._lock:
            self._beside[table] |= {partition}

    def forget_beside(self, table: str, partition: Partition) -> None:
        with self._lock:
            self._beside[table] -= {partition}

    def any_beside(self, table: str, min_time_ms: int, max_time_ms: int) -> bool:
        return any(day_of(min_time_ms) <= one.unit <= day_of(max_time_ms) for one in self._beside[table])

    def any_recent(self, min_time_ms: int, max_time_ms: int) -> bool:
        return any(block_of(min_time_ms) <= one.unit <= block_of(max_time_ms) for one in self._recent)

    def any_chunks(self, min_time_ms: int, max_time_ms: int) -> bool:
        return any(day_of(min_time_ms) <= one.unit <= day_of(max_time_ms) for one in self._chunks)


def replace_partition(engine: Engine, table: str, draft: str, partition: Partition, n_rows: int) -> None:
    """One atomic step. `n_rows`: of the draft; the engine refuses to replace by nothing. Raises EngineError."""
    if n_rows:
        engine.execute(f"alter table {table} replace partition {partition.literal()} from {draft}")
    else:
        engine.execute(f"alter table {table} drop partition {partition.literal()}")


def _read(engine: Engine, table: str) -> frozenset[Partition]:
    """From the list of parts: a `select distinct` would read the whole table."""
    rows = engine.query(
        f"select distinct partition from system.parts where active and rows > 0 and database = {literal(DATABASE)} "
        f"and table = {literal(table)}",
        lane=Lane.CONTROL,
    )
    return frozenset(Partition(*map(int, text.strip("()").split(","))) for text in rows["partition"].to_pylist())
