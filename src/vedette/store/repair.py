"""Damaged parts (P4): a part that fails its checksum is detached and reported, and the rest is served.

The engine checks a compressed block when it reads it and names the part in the error; it never answers from a damaged
block. The part is verified once more with CHECK TABLE (an error that merely mentions a part, such as a memory limit, must
not cost data), then detached: its files stay under `detached/`, for a restore by hand. Parts that the engine itself found
damaged at start are already detached then; they are listed, too.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from vedette.model.telemetry import counter
from vedette.model.time import BLOCK_MS
from vedette.store.engine import DATABASE, Engine, EngineError, Lane
from vedette.store.partitions import BESIDE_TABLES, DAY_MS
from vedette.store.sql import literal

_LOG = logging.getLogger(__name__)
_DETACHED = counter("vedette_detached_parts", "Damaged parts that were detached.", ("table",))

_PLACE: Final = re.compile(rf"while reading from part \S*?([^/\s]+)/? in table {DATABASE}\.(\w+) ")
_PARTITION: Final = re.compile(r"(-?\d+)\D+(\d+)")
_UNIT_MS: Final = {"samples_recent": BLOCK_MS, **dict.fromkeys(("chunks", *BESIDE_TABLES), DAY_MS)}


class Repair:
    """Thread-safe. Installs itself as the engine's `mend`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        engine.mend = self.mend
        self.on_detached: Callable[[], None] = lambda: None
        """Told when rows are gone: what was read of them before must not be answered from a cache."""
        self.problems: list[str] = []
        """One line each: table, part, rows, time range."""

    def list_detached(self) -> None:
        """What earlier runs, or the engine at start, have detached."""
        rows = self._engine.query(
            f"select table, name, partition_id from system.detached_parts where database = {literal(DATABASE)}",
            lane=Lane.CONTROL,
        )
        for row in rows.to_pylist():
            span = time_range(row["table"], row["partition_id"] or "")
            self.problems.append(f"{row['table']}: part {row['name']} is detached: {span}")

    def mend(self, error: EngineError) -> bool:
        """True when the error came from a damaged part that is detached now: the statement is worth another try."""
        place = _PLACE.search(error.message)
        if place is None:
            return False
        part, table = place[1], place[2]
        with self._lock:
            rows = self._engine.query(
                f"select rows, partition from system.parts where active and database = {literal(DATABASE)} "
                f"and table = {literal(table)} and name = {literal(part)}",
                lane=Lane.CONTROL,
            ).to_pylist()
            if not rows:
                return True  # another query met it first, or a merge replaced it
            if self._is_sound(table, part):
                return False
            self._engine.execute(f"alter table {table} detach part {literal(part)}", lane=Lane.CONTROL)
            span = time_range(table, rows[0]["partition"])
            problem = f"{table}: part {part} is damaged and was detached: {rows[0]['rows']} rows, {span}"
            self.problems.append(problem)
        self.on_detached()
        _DETACHED.labels(table).inc()
        _LOG.error("%s; reason: %s", problem, error.message)
        return True

    def _is_sound(self, table: str, part: str) -> bool:
        return self._engine.query_text(f"check table {table} part {literal(part)}", lane=Lane.CONTROL).strip() == "1"


def time_range(table: str, partition: str) -> str:
    """Of `(5,0)` or `5-0`, by the table's unit; ISO 8601, UTC."""
    match = _PARTITION.search(partition)
    unit_ms = _UNIT_MS.get(table)
    if match is None or unit_ms is None:
        return "time range unknown"
    start = int(match[1]) * unit_ms
    first, last = (datetime.fromtimestamp(time / 1000, UTC).isoformat() for time in (start, start + unit_ms))
    return f"from {first} to {last}"
