"""The embedded engine (chDB): connections, deadlines, limits, bytes in, Arrow out. No other module imports chdb.

Role: every statement runs on a worker thread that owns one connection, because a connection runs one query at a time and
a query on the main thread would make SIGTERM wait. Lanes keep the kinds of work apart: a slow read never holds up a commit,
and KILL QUERY always finds a free connection. A connection that has seen an error is thrown away (see `_discard`).

Rules kept here (DESIGN "Rules for chDB", each found by running it): the engine's fatal-signal handlers are off; every cache
and pool has a limit; one own Atomic database; connections close in order; no statement uses what a ClickHouse server lacks.

A query is named by `log_comment`, since the embedded interface takes no query id, and KILL QUERY finds it by that.
Not `chdb.session`: it keeps one connection and deletes folders. Not clickhouse-connect: it locks around each client.
"""

from __future__ import annotations

import atexit
import itertools
import os
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import chdb
import numpy as np
import pyarrow as pa

from vedette.model.errors import QueryCanceled, QueryTimeout, QueryTooLarge, StoreError, VedetteError
from vedette.model.limits import StoreLimits
from vedette.ports.scan import Deadline
from vedette.store.sql import literal

_chdb: Any = chdb._chdb
"""The connection class itself: the package's wrappers add a second lock and progress bars."""

DATABASE: Final = "vedette"

_POLL_S: Final = 0.02
"""How often a waiting caller looks whether its query was canceled."""

_MENDS_MAX: Final = 100
"""Each mending takes away one damaged part."""

_CODE: Final = re.compile(r"Code: (\d+)\.")

_FIXED_SETTINGS: Final = {
    "mark_cache_size": 32 << 20,
    "index_mark_cache_size": 4 << 20,
    "uncompressed_cache_size": 0,
    "index_uncompressed_cache_size": 0,
    "mmap_cache_size": 0,
    "query_condition_cache_size": 4 << 20,
    # the watcher of memory wakes twenty times a second by default: 2 ms of CPU a second for nothing
    "memory_worker_period_ms": 1_000,
    "max_thread_pool_size": 64,
    "background_pool_size": 2,
    "background_schedule_pool_size": 2,
    "background_common_pool_size": 2,
    "background_move_pool_size": 1,
    "background_fetches_pool_size": 1,
    "max_threads": 2,
    "max_insert_threads": 1,
    "async_insert": 0,
    "log_queries": 0,
    # uncompressed: the bytes are read in place by this same process
    "output_format_arrow_compression_method": "none",
    "output_format_arrow_low_cardinality_as_dictionary": 0,
}


class Lane(Enum):
    INGEST = "ingest"
    CONTROL = "control"
    BACKGROUND = "background"
    QUERY = "query"


class EngineError(StoreError):
    """What the engine answered; `engine_code` is ClickHouse's number (0: not given)."""

    def __init__(self, message: str, engine_code: int = 0) -> None:
        super().__init__(message)
        self.engine_code = engine_code


class Engine:
    """Thread-safe. One per process at a time: the engine itself is a singleton tied to one data directory."""

    def __init__(self, directory: Path, limits: StoreLimits) -> None:
        self._limits = limits
        self._numbers = itertools.count(1)
        self.mend: Callable[[EngineError], bool] = lambda error: False
        """Asked when a read fails; True when the cause is gone and the read is worth another try."""
        address = connection_string(directory, limits)
        sizes = {Lane.QUERY: limits.query_connections}
        self._lanes = {lane: _LaneWorkers(address, lane, sizes.get(lane, 1)) for lane in Lane}
        _chdb.set_signal_handlers_enabled(0)
        # the engine runs as long as one connection is open: this one is never used, so it never breaks
        self._anchor = self._lanes[Lane.CONTROL].submit(lambda _: _chdb.connect(address)).result()
        atexit.register(self.close)  # an engine that runs on while the interpreter ends crashes it

    def query(self, sql: str, *, deadline: Deadline | None = None, lane: Lane = Lane.QUERY) -> pa.Table:
        """Runs a SELECT written without SETTINGS; the table's buffers belong to the engine's result and stay valid with it.

        Raises QueryTooLarge (memory), QueryTimeout, QueryCanceled, EngineError. Never blocks past the deadline: the
        statement is killed and left to die on its own thread.
        """
        tag = f"vedette-{next(self._numbers)}"
        settings = f"log_comment = {literal(tag)}, max_memory_usage = {self._limits.query_memory_bytes_max}"
        if lane is Lane.BACKGROUND:
            settings += ", max_threads = 1"  # chores leave a core to whoever waits for an answer
        statement = f"{sql}\nsettings {settings}"
        for _ in range(_MENDS_MAX):
            try:
                return self._run_read(statement, tag, deadline, lane)
            except EngineError as error:
                failure = _read_error(error)
                if failure is not error or not self.mend(error):
                    raise failure from None
        return self._run_read(statement, tag, deadline, lane)

    def query_text(self, sql: str, *, lane: Lane) -> str:
        """For statements that answer with a word, such as CHECK TABLE. Raises EngineError."""
        text: bytes = self._lanes[lane].submit(lambda connection: connection.query(sql, "TSV").bytes()).result()
        return text.decode()

    def execute(self, sql: str, *, lane: Lane = Lane.BACKGROUND) -> None:
        """Runs DDL, ALTER or INSERT SELECT to its end. Raises EngineError."""
        self._lanes[lane].submit(lambda connection: connection.query(sql, "TSV")).result()

    def insert(self, table: str, rows: pa.RecordBatch, *, lane: Lane = Lane.INGEST) -> None:
        """One atomic insert: at most `commit_rows_max` rows, all of one partition (the caller sees to it). Raises EngineError.

        The rows travel as ArrowStream bytes, which a server takes too, through a file in memory. chDB's `send_insert` must
        not be used: on a full disk it reports success and stores nothing (seen in 4.4.0). Measured CPU for 1k/7k/100k
        rows: this 9/11/38 ms, RowBinary 8/12/33, Native 8/10/72, the `Python()` table function 11/11/38.
        """
        columns = ", ".join(rows.schema.names)
        with _memory_file(rows) as path:
            statement = f"insert into {table} ({columns}) from infile {literal(path)} format ArrowStream"
            future = self._lanes[lane].submit(lambda connection: connection.query(statement, "TSV").rows_written())
            if future.result() != rows.num_rows:
                raise EngineError(f"the engine wrote {future.result()} of {rows.num_rows} rows to {table}")

    def close(self) -> None:
        """Ends reads first, commits last. Idempotent."""
        for lane in (Lane.QUERY, Lane.BACKGROUND, Lane.INGEST, Lane.CONTROL):
            self._lanes[lane].close()
        if self._anchor is not None:
            self._anchor.close()
            self._anchor = None
            atexit.unregister(self.close)

    def _run_read(self, statement: str, tag: str, deadline: Deadline | None, lane: Lane) -> pa.Table:
        future = self._lanes[lane].submit(lambda connection: _read(connection, statement))
        return future.result() if deadline is None else self._await(future, tag, deadline)

    def _await(self, future: Future[Any], tag: str, deadline: Deadline) -> Any:
        while True:
            try:
                return future.result(timeout=_POLL_S)
            except TimeoutError:
                if not deadline.canceled and deadline.remaining_s() > 0:
                    deadline.rest()
                    continue
                if not future.cancel():
                    self.execute(f"kill query where Settings['log_comment'] = {literal(tag)} async", lane=Lane.CONTROL)
                deadline.check()


def connection_string(directory: Path, limits: StoreLimits) -> str:
    if "?" in str(directory):
        raise StoreError(f"the data directory's name may not contain a question mark: {directory}")
    settings = {**_FIXED_SETTINGS, "max_server_memory_usage": limits.engine_memory_bytes_max}
    return f"{directory}?{urlencode(settings)}"


class _LaneWorkers:
    """Threads that own one connection each, opened by the thread's first task."""

    def __init__(self, address: str, lane: Lane, size: int) -> None:
        self._address = address
        self._own = threading.local()
        self._connections: list[Any] = []
        self._workers = ThreadPoolExecutor(size, thread_name_prefix=f"engine-{lane.value}")

    def submit(self, task: Callable[[Any], Any]) -> Future[Any]:
        try:
            return self._workers.submit(self._run, task)
        except RuntimeError:
            raise EngineError("the store is closed") from None

    def close(self) -> None:
        self._workers.shutdown(wait=True, cancel_futures=True)
        while self._connections:
            self._connections.pop().close()

    def _run(self, task: Callable[[Any], Any]) -> Any:
        try:
            if not hasattr(self._own, "connection"):
                self._own.connection = self._connect()
            return task(self._own.connection)
        except RuntimeError as error:
            self._discard()
            raise _engine_error(str(error)) from None

    def _connect(self) -> Any:
        connection = _chdb.connect(self._address)
        self._connections.append(connection)
        connection.query(f"create database if not exists {DATABASE} engine = Atomic", "TSV")
        connection.query(f"use {DATABASE}", "TSV")
        return connection

    def _discard(self) -> None:
        """After an error a connection is not used again: what the failed query had written so far would stand in front of
        the next query's answer, without any error (seen in chDB 4.4.0 with errors in mid-query and with KILL QUERY)."""
        if hasattr(self._own, "connection"):
            self._connections.remove(self._own.connection)
            self._own.connection.close()
            del self._own.connection


def _read(connection: Any, sql: str) -> pa.Table:
    result = connection.query(sql, "ArrowStream")
    # the wrapper owns the bytes: as the buffer's base it lives as long as any array cut from it
    wrapper = result.get_memview()
    view = np.frombuffer(wrapper.view(), np.uint8)
    buffer = pa.foreign_buffer(view.ctypes.data, len(view), base=(result, wrapper, view))
    return pa.ipc.open_stream(buffer).read_all()


@contextmanager
def _memory_file(rows: pa.RecordBatch) -> Iterator[str]:
    """The path of a file in memory that holds the rows as an Arrow stream."""
    descriptor = os.memfd_create("vedette-insert", os.MFD_CLOEXEC)
    try:
        with pa.OSFile(f"/proc/self/fd/{descriptor}", "wb") as file, pa.ipc.new_stream(file, rows.schema) as writer:
            writer.write_batch(rows)
        yield f"/proc/{os.getpid()}/fd/{descriptor}"
    finally:
        os.close(descriptor)


def _engine_error(text: str) -> EngineError:
    match = _CODE.search(text)
    line = text.strip().splitlines()[0] if text.strip() else "no message"
    return EngineError(f"the engine answered: {line}", int(match[1]) if match else 0)


def _read_error(error: EngineError) -> VedetteError:
    match error.engine_code:
        case 159:  # TIMEOUT_EXCEEDED
            return QueryTimeout("query timed out in the store")
        case 241:  # MEMORY_LIMIT_EXCEEDED
            return QueryTooLarge(f"query_memory_bytes_max does not suffice for the query: {error.message}")
        case 394:  # QUERY_WAS_CANCELLED
            return QueryCanceled("query was canceled in the store")
        case _:
            return error
