"""The doors through which samples are pushed, made and listed: receivers of `intake` behind the rims of `api`."""

from __future__ import annotations

from pathlib import Path

from vedette.api.receiving import line_protocol, otlp, pushgateway, remote_write
from vedette.api.receiving.importing import Bring, ImportDoor
from vedette.api.routing import Route
from vedette.intake.config import PrometheusConfig
from vedette.intake.receiving.line_protocol import LineReceiver
from vedette.intake.receiving.otlp.receiver import OtlpReceiver
from vedette.intake.receiving.otlp.settings import OtlpSettings
from vedette.intake.receiving.pushgateway.gateway import PushFeeder, PushGateway
from vedette.intake.receiving.remote_write import RemoteWriteReceiver
from vedette.model.limits import ReceiveLimits
from vedette.ports.clock import Clock
from vedette.ports.store import Store
from vedette.signals.type_and_unit import FEATURE as TYPE_AND_UNIT


class Doors:
    """`data`: the data directory, where pushed groups are kept. `bring` imports samples of any age, where the store can."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        data: Path,
        limits: ReceiveLimits = ReceiveLimits(),
        features: frozenset[str] = frozenset(),
        bring: Bring | None = None,
    ) -> None:
        self._imports = ImportDoor(store, bring, limits) if bring else None
        self._remote_write = RemoteWriteReceiver(store, clock, limits, type_and_unit=TYPE_AND_UNIT in features)
        self._gateway = PushGateway(data / "pushed", clock, limits)
        self._feeder = PushFeeder(self._gateway, store, clock)
        self._otlp = OtlpReceiver(store, clock, OtlpSettings(), limits)
        self._lines = LineReceiver(store, clock, limits)
        self._features = features

    def configure(self, config: PrometheusConfig) -> None:
        """What the configuration says about the doors, at the start and after a reload."""
        self._otlp.configure(OtlpSettings.of(config.unbuilt.get("otlp"), self._features))

    def routes(self) -> tuple[Route, ...]:
        return (
            *remote_write.routes(self._remote_write),
            *pushgateway.routes(self._gateway),
            *otlp.routes(self._otlp),
            *line_protocol.routes(self._lines),
            *(self._imports.routes() if self._imports else ()),
        )

    async def run(self) -> None:
        """Until cancelled: what the doors do by themselves."""
        await self._feeder.run()
