"""The tables as the engine stores them, each with codecs, granularity and settings stated: the engine's defaults drift
between versions. docs/formats/tables.md is the specification; a change here is a numbered migration.

Every table that carries samples is partitioned by (time unit, retention class), so that retention is a partition drop,
and every row carries the sequence number of its commit: of two samples with one identity the lower number stays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

SAFETY: Final = {
    "fsync_after_insert": "1",
    "fsync_part_directory": "1",
    # without these a merge replaces fsynced parts with one that is not
    "min_rows_to_fsync_after_merge": "1",
    "min_compressed_bytes_to_fsync_after_merge": "1",
    "old_parts_lifetime": "480",
}


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    columns: tuple[tuple[str, str], ...]
    """(name, type and codec)"""
    order: str
    partition: str = ""
    engine: str = "MergeTree"
    granularity: int = 8192
    settings: tuple[tuple[str, str], ...] = ()

    def create_statement(self) -> str:
        columns = ",\n    ".join(f"{name} {type_}" for name, type_ in self.columns)
        settings = {"index_granularity": str(self.granularity), **SAFETY, **dict(self.settings)}
        return (
            f"create table if not exists {self.name} (\n    {columns}\n) engine = {self.engine}\n"
            + (f"partition by ({self.partition})\n" if self.partition else "")
            + f"order by ({self.order})\nsettings {', '.join(f'{name} = {value}' for name, value in settings.items())}"
        )


SERIES: Final = Table(
    "series",
    (
        ("tenant", "LowCardinality(String) codec(ZSTD(1))"),
        ("metric", "LowCardinality(String) codec(ZSTD(1))"),
        ("id", "UInt64 codec(NONE)"),
        ("labels", "Map(LowCardinality(String), String) codec(ZSTD(1))"),
        ("first_ms", "Int64 codec(ZSTD(1))"),
        ("last_ms", "Int64 codec(ZSTD(1))"),
        ("seq", "UInt64 codec(ZSTD(1))"),
    ),
    order="tenant, metric, id",
    engine="ReplacingMergeTree(seq)",
)
"""One row per series, the newest `seq` of an id counts. Schema 4 moves first_ms and last_ms to `spans`."""

SAMPLES_RECENT: Final = Table(
    "samples_recent",
    (
        ("block", "Int32 codec(LZ4)"),
        ("class", "UInt16 codec(LZ4)"),
        ("series", "UInt64 codec(LZ4)"),
        ("time_ms", "Int64 codec(Delta(8), LZ4)"),
        ("value", "Float64 codec(LZ4)"),
        ("seq", "UInt64 codec(Delta(8), LZ4)"),
    ),
    order="series, time_ms",
    partition="block, class",
)
"""Fresh samples, as group commits leave them. `block` is two hours of wall time since the epoch, rounded down."""

METADATA: Final = Table(
    "metadata",
    (
        ("tenant", "LowCardinality(String) codec(ZSTD(1))"),
        ("metric", "String codec(ZSTD(1))"),
        ("type", "LowCardinality(String) codec(ZSTD(1))"),
        ("help", "String codec(ZSTD(1))"),
        ("unit", "LowCardinality(String) codec(ZSTD(1))"),
        ("seq", "UInt64 codec(ZSTD(1))"),
    ),
    order="tenant, metric",
    engine="ReplacingMergeTree(seq)",
)

DELETIONS: Final = Table(
    "deletions",
    (
        ("seq", "UInt64 codec(ZSTD(1))"),
        ("series", "UInt64 codec(ZSTD(1))"),
        ("min_ms", "Int64 codec(ZSTD(1))"),
        ("max_ms", "Int64 codec(ZSTD(1))"),
    ),
    order="seq, series",
)
"""Samples of `series` within [min_ms, max_ms] whose own `seq` is lower are gone."""

TRANSPOSED: Final = "codec(T64('bit'), ZSTD(1))"
"""Bit planes apart: of deltas that are mostly noise the high bits are alike. `./bench disk_node` 0.61 -> 0.53 bytes a sample; wide
columns are read a third faster than with ZSTD alone.
"""

CHUNKS: Final = Table(
    "chunks",
    (
        ("day", "Int32 codec(ZSTD(1))"),
        ("class", "UInt16 codec(ZSTD(1))"),
        ("tenant", "LowCardinality(String) codec(ZSTD(1))"),
        ("metric", "LowCardinality(String) codec(ZSTD(1))"),
        ("series", "UInt64 codec(ZSTD(1))"),
        ("seq", "UInt64 codec(ZSTD(1))"),
        ("t0", "Int64 codec(ZSTD(1))"),
        ("t1", "Int64 codec(ZSTD(1))"),
        ("period", "Int32 codec(ZSTD(1))"),
        ("samples", "Int32 codec(ZSTD(1))"),
        ("kind", "Int8 codec(ZSTD(1))"),
        ("exponent", "Int8 codec(ZSTD(1))"),
        ("first", "Int64 codec(ZSTD(1))"),
        ("dev16", "Array(Int16) codec(ZSTD(1))"),
        ("dev32", "Array(Int32) codec(ZSTD(1))"),
        ("d8", "Array(Int8) codec(ZSTD(1))"),
        ("d16", f"Array(Int16) {TRANSPOSED}"),
        ("d32", f"Array(Int32) {TRANSPOSED}"),
        ("d64", "Array(Int64) codec(ZSTD(1))"),
        ("floats", "Array(Float64) codec(Gorilla, ZSTD(1))"),
        ("stale", "Array(Int32) codec(ZSTD(1))"),
    ),
    order="tenant, metric, series, t0",
    partition="day, class",
    granularity=128,
)
"""History. `t0` and `t1` are the first and last time, `day` is t0's; from `t0` on, the columns are docs/formats/chunks.md."""

CHUNKS_DRAFT: Final = replace(CHUNKS, name="chunks_draft")
"""A day that is being rewritten, until it replaces the day in `chunks`; empty otherwise."""

SPANS: Final = Table(
    "spans",
    (
        ("series", "UInt64 codec(NONE)"),
        ("first_ms", "Int64 codec(ZSTD(1))"),
        ("last_ms", "Int64 codec(ZSTD(1))"),
        ("seq", "UInt64 codec(ZSTD(1))"),
    ),
    order="series",
    engine="ReplacingMergeTree(seq)",
)
"""Bounds of a series' samples as far as they are compacted; the newest `seq` counts. Not columns of `series`: every
compaction writes them for every series, and with the labels beside them that was half of its cost."""

RECENT_MERGES: Final = {"merge_selector_base": "60"}
"""Settings of `samples_recent`, whose rows compaction takes within two hours. With the engine's default of 5, 400 commits of
20,000 rows rewrote a row so often that merges took 1.7 us of CPU for it, with 60 they take 0.25 and leave 30 parts instead
of 4; demanding 32 or 48 parts a merge was worse (0.5), since a merged part is soon merged again with what came after it."""

RETENTION_CLASSES: Final = Table(
    "retention_classes",
    (
        ("class", "UInt16 codec(ZSTD(1))"),
        ("selector", "String codec(ZSTD(1))"),
        ("seq", "UInt64 codec(ZSTD(1))"),
    ),
    order="class",
)
"""The numbers of retention rules: a selector that was seen once keeps its class for ever."""

FIRST_SCHEMA: Final = (SERIES, SAMPLES_RECENT, CHUNKS, CHUNKS_DRAFT, METADATA, DELETIONS)

HISTOGRAMS: Final = Table(
    "histograms",
    (
        ("day", "Int32 codec(ZSTD(1))"),
        ("class", "UInt16 codec(ZSTD(1))"),
        ("series", "UInt64 codec(ZSTD(1))"),
        ("time_ms", "Int64 codec(Delta(8), ZSTD(1))"),
        ("seq", "UInt64 codec(Delta(8), ZSTD(1))"),
        ("schema", "Int8 codec(ZSTD(1))"),
        ("hint", "UInt8 codec(ZSTD(1))"),
        ("sum", "Float64 codec(ZSTD(1))"),
        ("zero_threshold", "Float64 codec(ZSTD(1))"),
        ("positive", "Array(Int32) codec(ZSTD(1))"),
        ("negative", "Array(Int32) codec(ZSTD(1))"),
        ("whole", "Array(Int64) codec(ZSTD(1))"),
        ("floats", "Array(Float64) codec(ZSTD(1))"),
        ("bounds", "Array(Float64) codec(ZSTD(1))"),
    ),
    order="series, time_ms",
    partition="day, class",
    granularity=256,
)
"""The content of native histograms; that one exists at a time is said by its mark among the samples (histogram_marks.py)."""

EXEMPLARS: Final = Table(
    "exemplars",
    (
        ("day", "Int32 codec(ZSTD(1))"),
        ("class", "UInt16 codec(ZSTD(1))"),
        ("series", "UInt64 codec(ZSTD(1))"),
        ("time_ms", "Int64 codec(Delta(8), ZSTD(1))"),
        ("value", "Float64 codec(ZSTD(1))"),
        ("labels", "Map(LowCardinality(String), String) codec(ZSTD(1))"),
        ("seq", "UInt64 codec(Delta(8), ZSTD(1))"),
    ),
    order="series, time_ms",
    partition="day, class",
    granularity=1024,
)

START_TIMES: Final = Table(
    "start_times",
    (
        ("series", "UInt64 codec(ZSTD(1))"),
        ("time_ms", "Int64 codec(Delta(8), ZSTD(1))"),
        ("start_ms", "Int64 codec(Delta(8), ZSTD(1))"),
        ("once", "UInt8 codec(ZSTD(1))"),
        ("seq", "UInt64 codec(Delta(8), ZSTD(1))"),
    ),
    order="series, time_ms",
)
"""Changes of a series' start time: from `time_ms` on, or (`once`) for the sample of that time alone."""

THIRD_SCHEMA: Final = (HISTOGRAMS, EXEMPLARS, START_TIMES)

ALERTS_HISTORY: Final = Table(
    "alerts_history",
    (
        ("week", "Int32 codec(ZSTD(1))"),
        ("tenant", "LowCardinality(String) codec(ZSTD(1))"),
        ("fingerprint", "UInt64 codec(ZSTD(1))"),
        ("time_ms", "Int64 codec(Delta(8), ZSTD(1))"),
        ("kind", "LowCardinality(String) codec(ZSTD(1))"),
        ("labels", "Map(LowCardinality(String), String) codec(ZSTD(1))"),
        ("starts_at_ms", "Int64 codec(ZSTD(1))"),
        ("by", "String codec(ZSTD(1))"),
        ("receiver", "LowCardinality(String) codec(ZSTD(1))"),
        ("integration", "LowCardinality(String) codec(ZSTD(1))"),
        ("text", "String codec(ZSTD(1))"),
    ),
    order="tenant, fingerprint, time_ms",
    partition="week",
    granularity=1024,
)
"""Events of alerts; `week` is time_ms in weeks since the epoch, rounded down. Equal rows are one event."""
