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
from vedette.store.engine import Engine
from vedette.store.rollup_tables import ROLLUP_TABLES
from vedette.store.tables import FIRST_SCHEMA, RETENTION_CLASSES, THIRD_SCHEMA, Table

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


MIGRATIONS: Final = (
    Migration(1, "series, recent samples, chunks, metadata, deletions", create(FIRST_SCHEMA)),
    Migration(2, "rollups, retention classes", create((*ROLLUP_TABLES, RETENTION_CLASSES))),
    Migration(3, "native histograms, exemplars, start times", create(THIRD_SCHEMA)),
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
