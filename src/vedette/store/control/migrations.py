"""Steps from one schema of the control database to the next; a newer one is refused.

A step runs in one transaction with the new number, so that a process that dies in it leaves the old schema. Servers of a shared
database that start together take turns: the first creates, the others find it done.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, Engine, insert, inspect, select, text, update

from vedette.model.errors import SchemaTooNew
from vedette.store.control.tables import JOURNAL, METADATA, STATE

_LOCK: Final = 7567


def migrate(engine: Engine) -> None:
    """Raises SchemaTooNew."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        found = _schema(connection)
        if found > len(MIGRATIONS):
            raise SchemaTooNew(
                f"the control database has schema {found}, this program knows {len(MIGRATIONS)}",
                hint="start the newer program that wrote it, or restore the backup made before it",
            )
        for step in MIGRATIONS[found:]:
            step(connection)
        connection.execute(update(STATE).values(schema=len(MIGRATIONS)))


def _schema(connection: Connection) -> int:
    if not inspect(connection).has_table(STATE.name):
        return 0
    return int(connection.execute(select(STATE.c.schema)).scalar_one())


def _first(connection: Connection) -> None:
    METADATA.create_all(connection)
    if connection.dialect.name == "postgresql":  # a file has one server, which follows nobody
        connection.exec_driver_sql("CREATE INDEX alerts_by_revision ON alerts (revision)")
    connection.execute(insert(STATE).values(one=1, schema=0, revision=0))


def _journal(connection: Connection) -> None:
    JOURNAL.create(connection, checkfirst=True)  # a database made by this version has it already


MIGRATIONS: Final[tuple[Callable[[Connection], None], ...]] = (_first, _journal)
"""The schema is their number."""
