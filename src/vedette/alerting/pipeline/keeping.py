"""Group commit of control state: what arrives while one transaction runs goes into the next, and each waits for its own.

A storm of posts makes as many transactions as the disk takes, not as many as there are posts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

from vedette.model.errors import QueueFull, VedetteError
from vedette.model.telemetry import LIMIT_HITS
from vedette.ports.control import AlertRow, ControlStore, LogRow, Rows, SilenceRow

T = TypeVar("T")


class Runner(Protocol):
    """Runs a function outside of the event loop: `app` gives threads, a test in virtual time the loop itself."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]: ...


@dataclass(slots=True)
class _Batch:
    alerts: list[AlertRow] = field(default_factory=list)
    silences: list[SilenceRow] = field(default_factory=list)
    log: list[LogRow] = field(default_factory=list)
    done: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Keeper:
    """`leader`: the name of a server that must lead for what it keeps to count; None: it counts always."""

    def __init__(self, store: ControlStore, io: Runner, tenant: str, leader: str | None, pending_max: int) -> None:
        self._store: Final = store
        self._io: Final = io
        self._tenant: Final = tenant
        self._leader: Final = leader
        self._pending_max: Final = pending_max
        self._pending: _Batch | None = None
        self._arrived = asyncio.Event()

    async def keep(self, rows: Rows) -> None:
        """Returns when they are on the disk. Raises StoreUnavailable, QueueFull, Forbidden for who leads no more."""
        batch = self._pending
        if batch is None:
            batch = self._pending = _Batch()
        if len(batch.alerts) + len(rows.alerts) > self._pending_max:
            LIMIT_HITS.labels("pending_alerts_max").inc()
            raise QueueFull(f"too many alerts wait to be stored: the limit is {self._pending_max}")
        batch.alerts += rows.alerts
        batch.silences += rows.silences
        batch.log += rows.log
        self._arrived.set()
        await asyncio.shield(batch.done)

    async def run(self) -> None:
        """Until cancelled; then what waits is stored first."""
        try:
            while True:
                await self._arrived.wait()
                await self._commit()
        finally:
            await self._commit()

    async def _commit(self) -> None:
        batch, self._pending = self._pending, None
        self._arrived.clear()
        if batch is None:
            return
        try:
            await asyncio.shield(self._io(lambda: self._store_batch(batch)))
        except VedetteError as error:
            batch.done.set_exception(error)
            batch.done.exception()  # whoever waited may be gone
        else:
            batch.done.set_result(None)

    def _store_batch(self, batch: _Batch) -> None:
        self._store.keep(self._tenant, Rows(batch.alerts, batch.silences, batch.log), self._leader)
