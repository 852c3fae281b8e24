"""Opens the store of a data directory with the limits and the retention that flags and configuration say."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from vedette.app.settings import Settings
from vedette.intake.config import PrometheusConfig
from vedette.model.limits import IngestLimits
from vedette.ports.clock import Clock
from vedette.store.chdb_store import ChdbStore, StoreSettings

RETENTION_MS_DEFAULT: Final = 15 * 24 * 3600 * 1000


def open_store(settings: Settings, config: PrometheusConfig, clock: Clock) -> ChdbStore:
    """Raises DataDirectoryInUse, SchemaTooNew, StoreError. Not from the main thread (rules for chDB)."""
    return ChdbStore(StoreSettings(settings.data, ingest_limits(settings, config)), clock)


def ingest_limits(settings: Settings, config: PrometheusConfig) -> IngestLimits:
    window_ms = config.storage.tsdb.out_of_order_time_window
    return replace(settings.ingest, out_of_order_window_ms=window_ms) if window_ms is not None else settings.ingest


def retention(settings: Settings, config: PrometheusConfig) -> tuple[int, int]:
    """(ms, bytes; 0 bytes: no limit). A flag wins over the file, as in the reference."""
    file = config.storage.tsdb.retention
    by_time = settings.retention_ms if settings.retention_ms is not None else file.time
    by_size = settings.retention_bytes if settings.retention_bytes is not None else file.size
    return by_time or RETENTION_MS_DEFAULT, by_size or 0
