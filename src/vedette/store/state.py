"""What the parts of the chDB store work on together. Each member is thread-safe by itself."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from vedette.model.limits import StoreLimits
from vedette.ports.clock import Clock
from vedette.store.changes import Changes
from vedette.store.chunk_cache import ChunkCache
from vedette.store.deletions import Deletions
from vedette.store.engine import Engine
from vedette.store.id_lookup import IdLookup
from vedette.store.index import SeriesIndex
from vedette.store.native_histograms import NativeHistograms
from vedette.store.partitions import Partitions
from vedette.store.repair import Repair
from vedette.store.series_facts import SeriesFacts
from vedette.store.series_quota import SeriesQuota
from vedette.store.start_times import StartTimes


@dataclass(frozen=True, slots=True)
class StoreState:
    engine: Engine
    index: SeriesIndex
    facts: SeriesFacts
    lookup: IdLookup
    partitions: Partitions
    deletions: Deletions
    repair: Repair
    limits: StoreLimits
    clock: Clock
    chunk_cache: ChunkCache
    histograms: NativeHistograms
    start_times: StartTimes
    quota: SeriesQuota
    changes: Changes = field(default_factory=Changes)
    chunks_lock: threading.Lock = field(default_factory=threading.Lock)
    """Held while chunk rows are written, and while a day of them is replaced."""
