"""From a data directory to what the store keeps in RAM: the engine, its schema brought up to date, series, spans, deletions.

    version -> engine -> migrations -> drafts emptied -> series without samples forgotten -> series, deletions, spans read

What is not needed for the first answer (the head) is loaded afterwards, by the store.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from vedette.model.limits import IngestLimits, SeriesLimits, StoreLimits
from vedette.ports.clock import Clock
from vedette.store import loading
from vedette.store.chunk_cache import ChunkCache
from vedette.store.directory import DataDirectory
from vedette.store.engine import Engine
from vedette.store.forgetting import forget_series
from vedette.store.id_lookup import IdLookup
from vedette.store.index import SeriesIndex
from vedette.store.migrations import check_version, migrate
from vedette.store.native_histograms import NativeHistograms
from vedette.store.partitions import Partitions
from vedette.store.repair import Repair
from vedette.store.retention import Retention
from vedette.store.retention_classes import number_rules
from vedette.store.rewriting import empty_draft
from vedette.store.rolling_up import empty_rollup_drafts
from vedette.store.rollup_tables import RESOLUTIONS
from vedette.store.series_facts import Classify, SeriesFacts
from vedette.store.series_quota import SeriesQuota
from vedette.store.start_times import StartTimes
from vedette.store.state import StoreState


@dataclass(frozen=True, slots=True)
class StoreSettings:
    directory: Path
    ingest: IngestLimits = field(default_factory=IngestLimits)
    series: SeriesLimits = field(default_factory=SeriesLimits)
    limits: StoreLimits = field(default_factory=StoreLimits)
    commit_wait_s: float = 5.0
    """Samples wait at most so long for their commit, unless an append says less."""
    retention: Retention = field(default_factory=Retention)
    maintenance: bool = True
    """False: chores run only when `maintain` is called."""
    step: Callable[[str], None] = lambda name: None
    """Told before and after each step of compaction; fault tests kill there."""


Opened = tuple[StoreState, Retention]
"""The retention's rules have their numbers."""


def open_state(directory: DataDirectory, settings: StoreSettings, clock: Clock) -> Opened:
    """Opens the engine, brings its schema up to date and reads what must be known before the first answer."""
    check_version(directory)
    engine = Engine(directory.engine_path, settings.limits)
    try:
        return _read_state(engine, directory, settings, clock)
    except BaseException:
        engine.close()
        raise


def _read_state(engine: Engine, directory: DataDirectory, settings: StoreSettings, clock: Clock) -> Opened:
    repair = Repair(engine)
    migrate(engine, directory)
    repair.list_detached()
    empty_draft(engine)
    empty_rollup_drafts(engine)
    index, partitions = SeriesIndex(), Partitions()
    retention = number_rules(engine, settings.retention)
    facts = SeriesFacts(classifier(retention))
    forget_series(engine, retention, clock.now_ms())
    partitions.load(engine, [resolution.table.name for resolution in RESOLUTIONS])
    loading.load_series(engine, index, facts, retention)
    deletions = loading.load_deletions(engine)
    lookup = IdLookup(index)
    loading.load_spans(engine, lookup, facts)
    cache = ChunkCache(engine, settings.limits.chunk_cache_bytes_max, settings.limits.column_cache_bytes_max)
    repair.on_detached = cache.clear
    histograms = NativeHistograms(engine, index, facts, partitions, settings.limits.recent_histograms_bytes_max)
    start_times = StartTimes(engine, index)
    start_times.load()
    quota = SeriesQuota(settings.series)
    state = StoreState(
        engine,
        index,
        facts,
        lookup,
        partitions,
        deletions,
        repair,
        settings.limits,
        clock,
        cache,
        histograms,
        start_times,
        quota,
    )
    return state, retention


def classifier(retention: Retention) -> Classify:
    return lambda tenant, labels: retention.class_of(labels)
