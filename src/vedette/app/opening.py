"""Opens the store of a data directory with the limits and the retention that flags and configuration say."""

from __future__ import annotations

from dataclasses import replace

from vedette.app.data_policy import DataPolicy
from vedette.app.interpreter import give_back_pages
from vedette.app.settings import Settings
from vedette.intake.config import PrometheusConfig
from vedette.kernels import (
    aggregation,
    buckets,
    chunks,
    gathering,
    head_append,
    head_reading,
    instant,
    json_numbers,
    json_rows,
    merging,
    places,
    ranking,
    rates,
    window_ends,
    window_extremes,
    window_order,
    window_sums,
    windows,
)
from vedette.model.limits import IngestLimits
from vedette.model.threads import give_way
from vedette.ports.clock import Clock
from vedette.store.chdb_store import ChdbStore
from vedette.store.opening import StoreSettings
from vedette.store.retention import Retention


def open_store(settings: Settings, config: PrometheusConfig, policy: DataPolicy, clock: Clock) -> ChdbStore:
    """Raises DataDirectoryInUse, SchemaTooNew, StoreError. Not from the main thread (rules for chDB)."""
    chosen = StoreSettings(
        settings.data,
        ingest=ingest_limits(settings, config),
        series=policy.limits,
        retention=retention(settings, config, policy),
    )
    return ChdbStore(chosen, clock)


def load_first_kernels() -> None:
    """What a first query and a first scrape call. numba takes 0.3 s to load a process' first kernel, 8 ms for others."""
    for module in (gathering, merging, head_append, head_reading, instant):
        module.warm()


def load_dashboard_kernels() -> None:
    """What the queries of most dashboards call: 0.3 s and 15 MB, on a thread of its own once the program serves."""
    give_way()
    for module in (chunks, windows, rates, aggregation, json_rows, json_numbers, places):
        module.warm()
    for module in (window_sums, window_ends, window_extremes, buckets, window_order, ranking):
        module.warm()
    give_back_pages("libllvmlite")


def ingest_limits(settings: Settings, config: PrometheusConfig) -> IngestLimits:
    window_ms = config.storage.tsdb.out_of_order_time_window
    return replace(settings.ingest, out_of_order_window_ms=window_ms) if window_ms is not None else settings.ingest


def retention(settings: Settings, config: PrometheusConfig, policy: DataPolicy) -> Retention:
    """A flag wins over the file, as in the reference."""
    file, default = config.storage.tsdb.retention, Retention()
    by_time = settings.retention_ms if settings.retention_ms is not None else file.time
    by_size = settings.retention_bytes if settings.retention_bytes is not None else file.size
    return Retention(by_time or default.keep_ms, by_size or default.bytes_max, policy.rules, policy.rollups)
