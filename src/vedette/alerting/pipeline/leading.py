"""Which of the servers that share a control database notifies: the one that holds the lease, for as long as it is sure to.

A server that was stopped for longer than its lease finds out before it sends anything; one alone in its file always leads.
"""

from __future__ import annotations

import logging
from typing import Final

from vedette.alerting.pipeline import metrics
from vedette.alerting.pipeline.keeping import Runner
from vedette.ports.clock import Clock
from vedette.ports.control import ControlStore

log: Final = logging.getLogger(__name__)

LEASE_MS: Final = 5_000


class Lease:
    def __init__(self, store: ControlStore, io: Runner, clock: Clock, name: str, address: str) -> None:
        self._store = store
        self._io = io
        self._clock = clock
        self._name = name
        self._address = address
        self._until_s = 0.0
        self.leads = not store.is_shared

    def holds(self) -> bool:
        """Nobody else can have it now."""
        return self.leads and (not self._store.is_shared or self._clock.monotonic_s() < self._until_s)

    async def ask(self) -> bool:
        """Takes or renews it; whether this server may lead. Raises StoreUnavailable."""
        asked_s = self._clock.monotonic_s()
        granted = await self._io(lambda: self._store.lead(self._name, self._address, LEASE_MS))
        if granted:
            self._until_s = asked_s + LEASE_MS / 1000
        return granted

    def set_leading(self, leads: bool) -> None:
        if leads is not self.leads:
            log.info("this server notifies" if leads else "another server notifies", extra={"server": self._name})
        self.leads = leads
        metrics.PEER_POSITION.set(0 if leads else 1)

    async def resign(self) -> None:
        await self._io(lambda: self._store.resign(self._name))
