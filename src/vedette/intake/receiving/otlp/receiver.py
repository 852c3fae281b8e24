"""OTLP metrics into the store: numbers in columns, histograms and summaries point by point.

Warm path for numbers: a point's key (resource, scope, metric, attributes) gives the ref, and no name is read. A metric that
cannot be taken costs its own points only; the answer's partial success says how many and why.
Source: Prometheus storage/remote/write_otlp_handler.go, storage/remote/otlptranslator.
"""

from __future__ import annotations

from vedette.intake.receiving.admission import Receipt, Refusals
from vedette.intake.receiving.otlp.deltas import DeltaTotals
from vedette.intake.receiving.otlp.settings import OtlpSettings
from vedette.intake.receiving.otlp.translation import Learned, Translation
from vedette.intake.receiving.series_refs import SeriesRefs
from vedette.model.limits import ReceiveLimits
from vedette.ports.clock import Clock
from vedette.ports.principal import Principal
from vedette.ports.store import Store
from vedette.wire.otlp.json_format import transcode
from vedette.wire.otlp.scanning import scan_request

DOOR = "otlp"


class OtlpReceiver:
    """Thread-safe; `configure` may be called at any time."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        settings: OtlpSettings = OtlpSettings(),
        limits: ReceiveLimits = ReceiveLimits(),
    ) -> None:
        self._store = store
        self._clock = clock
        self._limits = limits
        self._deltas = DeltaTotals(limits.known_series_max)
        self.configure(settings)

    def configure(self, settings: OtlpSettings) -> None:
        """Other settings make other series of the same bytes: what was learned is forgotten."""
        self._known = settings, Learned(SeriesRefs(self._limits.known_series_max, self._clock), self._deltas)

    def receive(self, principal: Principal, body: bytes, *, is_json: bool, lookback_ms: int) -> Receipt:
        """Raises BadInput, BodyTooLarge, QueueFull, StoreError; then nothing was taken."""
        request = scan_request(transcode(body) if is_json else body, self._limits)
        receipt = Receipt(Refusals(self._limits.errors_shown_max))
        settings, learned = self._known
        translation = Translation(self._store, principal, request, settings, learned, receipt)
        translation.run(lookback_ms, self._limits.commit_within_s)
        return receipt.count(DOOR)
