"""What the store holds: bytes on disk by partition, samples in RAM; read by retention and shown at `/metrics`."""

from __future__ import annotations

from typing import Final

from vedette.model.telemetry import gauge
from vedette.ports.administration import StoredDay
from vedette.store.engine import DATABASE, Lane
from vedette.store.head import Head
from vedette.store.partitions import Partition
from vedette.store.sql import literal
from vedette.store.state import StoreState

_BYTES: Final = gauge("vedette_store_bytes", "Bytes on disk, by table.", ("table",))
_SERIES: Final = gauge("prometheus_tsdb_head_series", "Series known to the store, of any age.")
_HEAD_SAMPLES: Final = gauge("vedette_head_samples", "Recent samples held in RAM.")
_HEAD_BYTES: Final = gauge("vedette_head_bytes", "RAM of recent samples.")


def partition_bytes(state: StoreState) -> dict[tuple[str, str], int]:
    """Bytes on disk by (table, partition). Raises StoreError."""
    rows = state.engine.query(
        "select table, partition, sum(bytes_on_disk) as bytes from system.parts "
        f"where active and database = {literal(DATABASE)} group by table, partition",
        lane=Lane.BACKGROUND,
    ).to_pylist()
    return {(row["table"], row["partition"]): row["bytes"] for row in rows}


def bytes_of(state: StoreState, table: str, partition: Partition) -> int:
    """Raises StoreError."""
    return partition_bytes(state).get((table, f"({partition.unit},{partition.class_})"), 0)


def stored_days(state: StoreState) -> list[StoredDay]:
    """Raises StoreError."""
    rows = state.engine.query(
        "select day, class, max(seq) as version, min(t0) as first, max(t1) as last, sum(samples) as samples, "
        "uniq(series) as series, count() as chunks from chunks group by day, class order by day, class",
        lane=Lane.CONTROL,
    )
    names = ("day", "class", "version", "first", "last", "samples", "series", "chunks")
    return [StoredDay(*(row[name] for name in names)) for row in rows.to_pylist()]


def show_sizes(state: StoreState, head: Head) -> None:
    """Raises StoreError."""
    by_table: dict[str, int] = {}
    for (table, _), held in partition_bytes(state).items():
        by_table[table] = by_table.get(table, 0) + held
    for table, held in by_table.items():
        _BYTES.labels(table).set(held)
    size = head.size()
    _SERIES.set(len(state.index))
    _HEAD_SAMPLES.set(size.samples)
    _HEAD_BYTES.set(size.bytes)
