"""Numbered steps from one schema of the data directory to the next; each is safe to run again after a kill.

The directory's `schema_version` is written after a step, so a step that was cut short is repeated at the next start.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from vedette.model.errors import SchemaTooNew
from vedette.store.directory import DataDirectory
from vedette.store.engine import DATABASE, Engine, Lane
from vedette.store.rollup_tables import ROLLUP_TABLES
from vedette.store.sql import literal
from vedette.store.tables import (
    ALERTS_HISTORY,
    CHUNKS,
    CHUNKS_DRAFT,
    FIRST_SCHEMA,
    RECENT_MERGES,
    RETENTION_CLASSES,
    SPANS,
    THIRD_SCHEMA,
    Table,
)

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Migration:
    version: int
    about: str
    apply: Callable[[Engine], None]


def create(tables: Sequence[Table]) -> Callable[[Engine], None]:
    def apply(engine: Engine) -> None:
        for table in tables:
            engine.execute(table.create_statement())

    return apply


def move_spans(engine: Engine) -> None:
    engine.execute(SPANS.create_statement())
    if _has_column(engine, "series", "first_ms"):
        engine.execute(
            "insert into spans select id, first_ms, last_ms, seq from series final where first_ms <= last_ms"
        )
        engine.execute("alter table series drop column first_ms, drop column last_ms")


def merge_recent_rows_less(engine: Engine) -> None:
    settings = ", ".join(f"{name} = {value}" for name, value in RECENT_MERGES.items())
    engine.execute(f"alter table samples_recent modify setting {settings}")


def transpose_deltas(engine: Engine) -> None:
    """Parts that exist are written anew when they are merged."""
    kinds = dict(CHUNKS.columns)
    changes = ", ".join(f"modify column {name} {kinds[name]}" for name in ("d16", "d32"))
    for table in (CHUNKS, CHUNKS_DRAFT, *ROLLUP_TABLES):
        engine.execute(f"alter table {table.name} {changes}")


def _has_column(engine: Engine, table: str, name: str) -> bool:
    found = engine.query(
        f"select count() as n from system.columns where database = {literal(DATABASE)} "
        f"and table = {literal(table)} and name = {literal(name)}",
        lane=Lane.CONTROL,
    )
    return bool(found["n"][0].as_py())


MIGRATIONS: Final = (
    Migration(1, "series, recent samples, chunks, metadata, deletions", create(FIRST_SCHEMA)),
    Migration(2, "rollups, retention classes", create((*ROLLUP_TABLES, RETENTION_CLASSES))),
    Migration(3, "native histograms, exemplars, start times", create(THIRD_SCHEMA)),
    Migration(4, "time spans apart from labels", move_spans),
    Migration(5, "recent rows are merged less often", merge_recent_rows_less),
    Migration(6, "history of alerts", create((ALERTS_HISTORY,))),
    Migration(7, "wide deltas transposed before they are compressed", transpose_deltas),
)

LATEST: Final = MIGRATIONS[-1].version


def check_version(directory: DataDirectory) -> int:
    """The directory's version. Raises SchemaTooNew; call it before the engine touches anything."""
    version = directory.schema_version()
    if version > LATEST:
        raise SchemaTooNew(
            f"the data directory has schema {version}, this program knows up to {LATEST}: {directory.path}",
            hint="start the newer Vedette that wrote it, or choose another directory with --data",
        )
    return version


def migrate(engine: Engine, directory: DataDirectory, migrations: tuple[Migration, ...] = MIGRATIONS) -> None:
    version = directory.schema_version()
    for migration in migrations:
        if migration.version > version:
            _LOG.info("schema %d: %s", migration.version, migration.about)
            migration.apply(engine)
            directory.write_schema_version(migration.version)
