"""Retention: whole partitions are dropped, by age for each retention class, and by size from the oldest on.

A class is a number that is part of the partition key, so it is persisted: a rule keeps its number for ever. Class 0 is
every series that no rule matches. Source of the flags' meaning: Prometheus storage.tsdb.retention.{time,size}.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vedette.model.errors import ConfigError
from vedette.model.labels import Labels
from vedette.model.matchers import matches_all
from vedette.model.telemetry import counter
from vedette.model.time import BLOCK_MS
from vedette.ports.store import Selector
from vedette.store.index import SeriesIndex
from vedette.store.partitions import BESIDE_TABLES, DAY_MS, Partition
from vedette.store.rollup_tables import RESOLUTIONS
from vedette.store.sizes import partition_bytes
from vedette.store.state import StoreState

_LOG = logging.getLogger(__name__)
_DROPPED = counter("vedette_retention_dropped_partitions", "Partitions dropped by retention.", ("reason",))

FIFTEEN_DAYS_MS: Final = 15 * DAY_MS
CLASS_MAX: Final = (1 << 16) - 1


Keeps = Mapping[str, int]
"""By the name of a resolution: how long its rollup is kept, ms. One that is not named is not built."""


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """`number` 1 .. CLASS_MAX, or 0 until the store gives it one; series that match `selector` are kept for `keep_ms`."""

    number: int
    selector: Selector
    keep_ms: int
    rollups: Keeps = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The same for all ways to write the selector."""
        return "{" + ",".join(sorted(map(str, self.selector))) + "}"


@dataclass(frozen=True, slots=True)
class Retention:
    keep_ms: int = FIFTEEN_DAYS_MS
    bytes_max: int = 0
    """0: no limit by size."""
    rules: Sequence[RetentionRule] = ()
    """The first that matches counts."""
    rollups: Keeps = field(default_factory=dict)
    """Of the series that no rule matches."""

    def __post_init__(self) -> None:
        numbers = [rule.number for rule in self.rules if rule.number]
        if len(set(numbers)) < len(numbers) or not all(1 <= number <= CLASS_MAX for number in numbers):
            raise ConfigError(f"retention classes must be different numbers from 1 to {CLASS_MAX}: {numbers}")

    def class_of(self, labels: Labels) -> int:
        return next((rule.number for rule in self.rules if matches_all(rule.selector, labels)), 0)

    def classes_of(self, index: SeriesIndex) -> NDArray[np.uint16]:
        """`class_of` for every series, by ref."""
        classes = np.zeros(len(index), np.uint16)
        for rule in reversed(self.rules):
            for tenant in index.tenants:
                classes[index.select(tenant, [rule.selector])] = rule.number
        return classes

    def keep_of(self, class_: int) -> int:
        """A class whose rule is gone is kept as long as the default."""
        return next((rule.keep_ms for rule in self.rules if rule.number == class_), self.keep_ms)

    def rollups_of(self, class_: int) -> Keeps:
        return next((rule.rollups for rule in self.rules if rule.number == class_), self.rollups)


def apply_retention(state: StoreState, retention: Retention, now_ms: int) -> int:
    """Returns the number of partitions dropped. Raises StoreError."""
    expired = [
        (table, partition)
        for table, partition, end_ms in _partitions(state)
        if end_ms <= now_ms - _keep(state, retention, table, partition)
    ]
    for table, partition in expired:
        _drop(state, table, partition, "time")
    return len(expired) + (_apply_size(state, retention.bytes_max) if retention.bytes_max else 0)


def _keep(state: StoreState, retention: Retention, table: str, partition: Partition) -> int:
    """A day of raw samples waits for its rollup, but not for long: a rollup that fails must not fill the disk."""
    for resolution in RESOLUTIONS:
        if resolution.table.name == table:
            return retention.rollups_of(partition.class_).get(resolution.name, 0)
    keep = retention.keep_of(partition.class_)
    waits = table == "chunks" and partition in state.partitions.unrolled and retention.rollups_of(partition.class_)
    return keep + DAY_MS if waits else keep


def _apply_size(state: StoreState, bytes_max: int) -> int:
    """Drops the oldest days, raw or rolled up, until the rest fits. Recent rows are not touched: they may wait in a commit."""
    sizes = partition_bytes(state)
    excess = sum(sizes.values()) - bytes_max
    dropped = 0
    days = [(partition, table) for table, partition, _ in _partitions(state) if table != "samples_recent"]
    for partition, table in sorted(days):
        if excess <= 0:
            break
        excess -= sizes.get((table, f"({partition.unit},{partition.class_})"), 0)
        _drop(state, table, partition, "size")
        dropped += 1
    return dropped


def _partitions(state: StoreState) -> list[tuple[str, Partition, int]]:
    """(table, partition, end of its time in ms)"""
    recent = [("samples_recent", one, (one.unit + 1) * BLOCK_MS) for one in state.partitions.recent]
    days = {"chunks": state.partitions.chunks}
    days.update((one.table.name, state.partitions.rollups(one.table.name)) for one in RESOLUTIONS)
    days.update((table, state.partitions.beside(table)) for table in BESIDE_TABLES)
    return recent + [(table, one, (one.unit + 1) * DAY_MS) for table, found in days.items() for one in found]


def _drop(state: StoreState, table: str, partition: Partition, reason: str) -> None:
    state.engine.execute(f"alter table {table} drop partition {partition.literal()}")
    if table == "chunks":
        state.partitions.forget_chunks(partition)
        state.chunk_cache.clear()
    elif table in BESIDE_TABLES:
        state.partitions.forget_beside(table, partition)
    elif table == "samples_recent":
        state.partitions.forget_recent(partition)
    else:
        state.partitions.forget_rollup(table, partition)
    state.changes.note()
    _DROPPED.labels(reason).inc()
    _LOG.info("retention by %s dropped %s partition %s", reason, table, partition.literal())
