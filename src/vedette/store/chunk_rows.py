"""Samples of many series to inserted chunk rows: the last step of compaction, import and the rewriting of a day."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from vedette.model.blocks import Int64s
from vedette.store.chunks import encode, to_arrow
from vedette.store.engine import Lane
from vedette.store.partitions import DAY_MS, Partition
from vedette.store.runs import Columns, distinct
from vedette.store.state import StoreState


def write_chunk_rows(
    state: StoreState,
    refs: Int64s,
    samples: Columns,
    sequence: int,
    *,
    table: str = "chunks",
    class_: int | None = None,
) -> int:
    """One insert per partition; returns the number of rows. `samples` is CSR over the refs. Raises StoreError.

    `class_`: of the partition that the samples come from, which they keep; None: what the series have now.
    """
    sources, columns = encode(samples.offsets, samples.times_ms, samples.values)
    if not len(sources):
        return 0
    owners = refs[sources]
    days = (columns.t0 // DAY_MS).astype(np.int32)
    classes = state.facts.classes(owners) if class_ is None else np.full(len(owners), class_, np.uint16)
    rows = to_arrow(columns)
    beside = {
        "day": pa.array(days),
        "class": pa.array(classes),
        "tenant": state.facts.tenant_column(owners),
        "metric": state.facts.metric_column(owners),
        "series": pa.array(state.index.ids[owners]),
        "seq": pa.array(np.full(len(owners), sequence, np.uint64)),
        "t1": pa.array(samples.times_ms[np.cumsum(columns.samples, dtype=np.int64) - 1]),
    }
    batch = pa.RecordBatch.from_arrays([*beside.values(), *rows.columns], names=[*beside, *rows.schema.names])
    keys = (days.astype(np.int64) << 16) | classes
    for key in distinct(keys).tolist():
        if table == "chunks":
            state.partitions.note_chunks(Partition(key >> 16, key & 0xFFFF))
        part = batch if (keys == key).all() else batch.filter(pa.array(keys == key))
        try:
            state.engine.insert(table, part, lane=Lane.BACKGROUND)
        finally:
            state.chunk_cache.clear()
    return len(sources)
