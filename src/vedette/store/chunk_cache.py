"""Chunk rows that were read lately: as the engine gave them, and decoded to columns of samples.

A dashboard asks for the same series every few seconds. A statement for twelve rows takes 3 to 4 ms of which nothing is
reading, and decoding two million samples takes 5 ms: a query whose range has moved on within its blocks pays for neither.

- rows: the key is the statement's text, so it includes the tenant. Encoded: 1 to 2 bytes a sample.
- columns: the key names the series, the blocks and the deletions that hold for them. 16 bytes a sample.

Whoever changes `chunks` calls `clear` after the change is in the table and before what it replaces goes elsewhere
(recent rows dropped, deletions forgotten). A read that was under way then is answered but not kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from vedette.model.bounded_cache import BoundedCache
from vedette.model.telemetry import counter, gauge
from vedette.ports.scan import Deadline
from vedette.store.engine import Engine
from vedette.store.runs import Columns

_BYTES = gauge("vedette_chunk_cache_bytes", "Bytes of chunk rows kept for queries.", ("form",))
_READS = counter(
    "vedette_chunk_cache_reads", "Reads of chunk rows, by form and whether the cache answered.", ("form", "result")
)


@dataclass(frozen=True, slots=True)
class ColumnsKey:
    """`ids`: the bytes of the series' ids, by slot. `deletions`: the sequences of those that concern the blocks."""

    tenant: str
    ids: bytes
    first_block: int
    last_block: int
    deletions: tuple[int, ...]


class ChunkCache:
    """Thread-safe."""

    def __init__(self, engine: Engine, rows_bytes_max: int, columns_bytes_max: int) -> None:
        self._engine = engine
        self._rows: BoundedCache[str, pa.Table] = BoundedCache(rows_bytes_max)
        self._columns: BoundedCache[ColumnsKey, Columns] = BoundedCache(columns_bytes_max)

    def query(self, sql: str, deadline: Deadline | None) -> pa.Table:
        """As Engine.query; the rows are shared and must not be written to."""
        epoch = self._rows.epoch  # before the read
        rows = self._rows.get(sql)
        _READS.labels("rows", "miss" if rows is None else "hit").inc()
        if rows is None:
            rows = self._engine.query(sql, deadline=deadline)
            self._rows.put(sql, rows, len(sql) + rows.nbytes, epoch)
            _BYTES.labels("rows").set(self._rows.bytes)
        return rows

    def columns(self, key: ColumnsKey, read: Callable[[], Columns]) -> Columns:
        """What `read` gives, or gave before; shared and must not be written to."""
        epoch = self._columns.epoch
        columns = self._columns.get(key)
        _READS.labels("columns", "miss" if columns is None else "hit").inc()
        if columns is None:
            columns = read()
            self._columns.put(key, columns, len(key.ids) + columns.nbytes, epoch)
            _BYTES.labels("columns").set(self._columns.bytes)
        return columns

    def holds_columns(self, key: ColumnsKey) -> bool:
        """Whether `columns` would have read nothing just now."""
        return self._columns.holds(key)

    def clear(self) -> None:
        for cache in (self._rows, self._columns):
            cache.clear()
        for form in ("rows", "columns"):
            _BYTES.labels(form).set(0)
