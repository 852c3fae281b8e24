"""The doors through which samples are pushed, made and listed: receivers of `intake` behind the rims of `api`."""

from __future__ import annotations

from vedette.api.receiving import remote_write
from vedette.api.routing import Route
from vedette.intake.receiving.remote_write import RemoteWriteReceiver
from vedette.model.limits import ReceiveLimits
from vedette.ports.clock import Clock
from vedette.ports.store import Store


class Doors:
    def __init__(self, store: Store, clock: Clock, limits: ReceiveLimits = ReceiveLimits()) -> None:
        self._remote_write = RemoteWriteReceiver(store, clock, limits)

    def routes(self) -> tuple[Route, ...]:
        return (*remote_write.routes(self._remote_write),)
