"""Chunk rows that were read lately, as the engine gave them: a repeated or shifted query costs no statement.

A dashboard asks for the same series every few seconds, and a statement for twelve rows takes 3 to 4 ms of which nothing is
reading. The key is the statement's text, so it includes the tenant; `read_chunks` rounds its times to blocks, so that a
range that moves on asks with the same text. Rows stay encoded: 1 to 2 bytes a sample.

Whoever changes `chunks` calls `clear` after the change is in the table and before what it replaces goes elsewhere
(recent rows dropped, deletions forgotten). A read that was under way then is answered but not kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

import pyarrow as pa

from vedette.model.telemetry import counter, gauge
from vedette.ports.scan import Deadline
from vedette.store.engine import Engine

_BYTES = gauge("vedette_chunk_cache_bytes", "Bytes of chunk rows kept for queries.")
_READS = counter("vedette_chunk_cache_reads", "Reads of chunk rows, by whether the cache answered.", ("result",))


class ChunkCache:
    """Thread-safe. The longest unused entries go first; one that would take more than a quarter is not kept."""

    def __init__(self, engine: Engine, bytes_max: int) -> None:
        self._engine = engine
        self._bytes_max = bytes_max
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, pa.Table] = OrderedDict()
        self._bytes = 0
        self._version = 0

    def query(self, sql: str, deadline: Deadline | None) -> pa.Table:
        """As Engine.query; the rows are shared and must not be written to."""
        with self._lock:
            version = self._version
            rows = self._entries.get(sql)
            if rows is not None:
                self._entries.move_to_end(sql)
        _READS.labels("miss" if rows is None else "hit").inc()
        if rows is None:
            rows = self._engine.query(sql, deadline=deadline)
            self._keep(sql, rows, version)
        return rows

    def holds(self, sql: str) -> bool:
        """Whether a query of this text would have cost no statement just now."""
        with self._lock:
            return sql in self._entries

    def clear(self) -> None:
        with self._lock:
            self._version += 1
            self._entries.clear()
            self._bytes = 0
            _BYTES.set(0)

    def _keep(self, sql: str, rows: pa.Table, version: int) -> None:
        size = len(sql) + rows.nbytes
        with self._lock:
            if version != self._version or size > self._bytes_max // 4 or sql in self._entries:
                return
            self._entries[sql] = rows
            self._bytes += size
            while self._bytes > self._bytes_max:
                old_sql, old_rows = self._entries.popitem(last=False)
                self._bytes -= len(old_sql) + old_rows.nbytes
            _BYTES.set(self._bytes)
