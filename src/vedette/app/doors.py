"""The doors through which samples are pushed, made and listed: receivers of `intake` behind the rims of `api`."""

from __future__ import annotations

from pathlib import Path

from vedette.api.receiving import pushgateway, remote_write
from vedette.api.routing import Route
from vedette.intake.receiving.pushgateway.gateway import PushFeeder, PushGateway
from vedette.intake.receiving.remote_write import RemoteWriteReceiver
from vedette.model.limits import ReceiveLimits
from vedette.ports.clock import Clock
from vedette.ports.store import Store


class Doors:
    """`data`: the data directory, where pushed groups are kept."""

    def __init__(self, store: Store, clock: Clock, data: Path, limits: ReceiveLimits = ReceiveLimits()) -> None:
        self._remote_write = RemoteWriteReceiver(store, clock, limits)
        self._gateway = PushGateway(data / "pushed", clock, limits)
        self._feeder = PushFeeder(self._gateway, store, clock)

    def routes(self) -> tuple[Route, ...]:
        return (*remote_write.routes(self._remote_write), *pushgateway.routes(self._gateway))

    async def run(self) -> None:
        """Until cancelled: what the doors do by themselves."""
        await self._feeder.run()
