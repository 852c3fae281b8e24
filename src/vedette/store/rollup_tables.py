"""How downsampled history lies on disk: one row per series, day and aggregate, in the encoding of chunk rows.

A row's "samples" are the bucket's start and the aggregate's value. The encoding cuts at blocks of two hours, so times are
divided by twelve on their way in: a day then is one block, and every width is still a whole number of milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from vedette.model.time import BLOCK_MS
from vedette.store.partitions import DAY_MS
from vedette.store.tables import CHUNKS, Table

TIME_DIVISOR: Final = DAY_MS // BLOCK_MS


@dataclass(frozen=True, slots=True)
class Resolution:
    """`name` as the configuration and the API write it."""

    name: str
    width_ms: int
    table: Table

    @property
    def draft(self) -> Table:
        return replace(self.table, name=f"{self.table.name}_draft")


def _table(name: str) -> Table:
    """As `chunks`, with the aggregate's number and without the last time, which the number of buckets implies."""
    columns = [column for column in CHUNKS.columns if column[0] != "t1"]
    columns.insert(4, ("aggregate", "Int8 codec(ZSTD(1))"))
    return replace(CHUNKS, name=name, columns=tuple(columns), order="tenant, metric, aggregate, series, day")


RESOLUTIONS: Final = (
    Resolution("5m", 300_000, _table("rollup_5m")),
    Resolution("1h", 3_600_000, _table("rollup_1h")),
)
"""Finest first."""

COARSEST_MS: Final = RESOLUTIONS[-1].width_ms
ROLLUP_COLUMNS: Final = (
    "series, seq, aggregate, t0, period, samples, kind, exponent, first, dev16, dev32, d8, d16, d32, d64, floats, stale"
)
ROLLUP_TABLES: Final = tuple(table for one in RESOLUTIONS for table in (one.table, one.draft))
