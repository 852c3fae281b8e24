"""`ports.control.ControlStore` on SQLite and PostgreSQL.

SQLite: write-ahead log with synchronous=FULL, so that a commit is on the disk. PostgreSQL commits synchronously by default. Each
transaction takes the one row of `control_state` first: its revision orders the writers of all servers.
Rows go through upserts that keep the newer row, in the driver's own executemany; 50,000 alerts are one transaction.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Table,
    create_engine,
    delete,
    event,
    func,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from vedette.model.errors import ConfigError, Forbidden, StoreError, StoreUnavailable
from vedette.ports.control import AlertRow, Gone, LogRow, Member, Rows, SilenceRow
from vedette.store.control.journal import JournalTable
from vedette.store.control.migrations import migrate
from vedette.store.control.tables import ALERTS, NOTIFICATION_LOG, SERVERS, SILENCES, STATE

T = TypeVar("T", AlertRow, SilenceRow, LogRow)

FILE_NAME: Final = "control.db"
FORGOTTEN_AT_ONCE: Final = 500
"""Keys in one DELETE; SQLite takes 32,766 parameters."""
_INT64: Final = 1 << 63


def open_control(data: Path, url: str = "") -> ControlDatabase:
    """`url` of a PostgreSQL that servers share; empty: a file in the data directory. Raises ConfigError, StoreUnavailable, SchemaTooNew."""
    try:
        target = make_url(url) if url else URL.create("sqlite", database=str(data / FILE_NAME))
    except ArgumentError:
        raise ConfigError("not a database URL", hint="such as postgresql://user@host/vedette") from None
    if target.get_backend_name() not in ("sqlite", "postgresql"):
        raise ConfigError(
            f"control state is kept in postgresql or sqlite, not in {target.get_backend_name()}",
            hint="such as postgresql://user@host/vedette",
        )
    if target.get_backend_name() == "postgresql":
        target = target.set(drivername="postgresql+psycopg")
    engine = create_engine(target, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _make_durable)
    try:
        with _failures():
            migrate(engine)
    except StoreError:
        engine.dispose()
        raise
    return ControlDatabase(engine)


def _make_durable(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


class ControlDatabase:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.is_shared = engine.dialect.name == "postgresql"
        self.journal = JournalTable(self._transaction)
        self._upserts = {table.name: _upsert(engine, table, newer) for table, newer in _NEWER.items()}

    def since(self, tenant: str, revision: int) -> Rows:
        with self._transaction() as connection:
            reached = int(connection.execute(select(STATE.c.revision)).scalar_one())
            if reached == revision:
                return Rows(revision=reached)
            return Rows(
                alerts=_read(connection, ALERTS, tenant, revision, _alert_row),
                silences=_read(connection, SILENCES, tenant, revision, SilenceRow._make),
                log=_read(connection, NOTIFICATION_LOG, tenant, revision, LogRow._make),
                revision=reached,
            )

    def keep(self, tenant: str, rows: Rows, leader: str | None = None) -> int:
        with self._transaction() as connection:
            changed = update(STATE).values(revision=STATE.c.revision + 1).returning(STATE.c.revision)
            revision = int(connection.execute(changed).scalar_one())
            if leader is not None and not self._leads(connection, leader):
                raise Forbidden(f"another server leads; this one is {leader}")
            for table, given in ((ALERTS, rows.alerts), (SILENCES, rows.silences), (NOTIFICATION_LOG, rows.log)):
                if given:
                    parameters = [(tenant, *_driver_values(row), revision) for row in given]
                    connection.exec_driver_sql(self._upserts[table.name], parameters)
        return revision

    def forget(self, tenant: str, gone: Gone) -> None:
        log_name = tuple_(*(NOTIFICATION_LOG.c[name] for name in ("group_key", "receiver", "integration", "place")))
        fingerprints = [_signed(fingerprint) for fingerprint in gone.alerts]
        with self._transaction() as connection:
            for table, key, values, is_over in (
                (ALERTS, ALERTS.c.fingerprint, fingerprints, ALERTS.c.ends_at_ms <= gone.ended_by_ms),
                (SILENCES, SILENCES.c.id, gone.silences, SILENCES.c.ends_at_ms <= gone.ended_by_ms),
                (NOTIFICATION_LOG, log_name, gone.log, NOTIFICATION_LOG.c.expires_at_ms <= gone.ended_by_ms),
            ):
                for start in range(0, len(values), FORGOTTEN_AT_ONCE):
                    some = values[start : start + FORGOTTEN_AT_ONCE]
                    connection.execute(delete(table).where(table.c.tenant == tenant, key.in_(some), is_over))

    def lead(self, name: str, address: str, lease_ms: int) -> bool:
        with self._transaction() as connection:
            connection.execute(select(STATE.c.one).with_for_update())  # one candidate at a time
            now_ms = self._now_ms(connection)
            others = select(func.max(SERVERS.c.leads_until_ms)).where(SERVERS.c.name != name)
            leads = (connection.execute(others).scalar() or 0) <= now_ms
            statement = self._insert(SERVERS).values(
                name=name, address=address, seen_at_ms=now_ms, leads_until_ms=now_ms + lease_ms if leads else 0
            )
            excluded = {key: statement.excluded[key] for key in ("address", "seen_at_ms", "leads_until_ms")}
            connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=excluded))
            connection.execute(delete(SERVERS).where(SERVERS.c.seen_at_ms < now_ms - _GONE_AFTER_LEASES * lease_ms))
        return leads

    def resign(self, name: str) -> None:
        with self._transaction() as connection:
            connection.execute(delete(SERVERS).where(SERVERS.c.name == name))

    def members(self) -> Sequence[Member]:
        with self._transaction() as connection:
            now_ms = self._now_ms(connection)
            found = connection.execute(select(SERVERS).order_by(SERVERS.c.name)).all()
        return [Member(row.name, row.address, row.leads_until_ms > now_ms) for row in found]

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with _failures(), self._engine.begin() as connection:
            yield connection

    def _leads(self, connection: Connection, name: str) -> bool:
        until = connection.execute(select(SERVERS.c.leads_until_ms).where(SERVERS.c.name == name)).scalar()
        return until is not None and until > self._now_ms(connection)

    def _now_ms(self, connection: Connection) -> int:
        """By the database's clock."""
        text = (
            "extract(epoch from clock_timestamp()) * 1000"
            if self.is_shared
            else "(julianday('now') - 2440587.5) * 86400000"
        )
        return int(connection.execute(select(literal_column(text))).scalar_one())

    def _insert(self, table: Table) -> Any:
        return postgresql.insert(table) if self.is_shared else sqlite.insert(table)


_GONE_AFTER_LEASES: Final = 3
_NEWER: Final[dict[Table, Column[int]]] = {
    ALERTS: ALERTS.c.updated_at_ms,
    SILENCES: SILENCES.c.updated_at_ms,
    NOTIFICATION_LOG: NOTIFICATION_LOG.c.sent_at_ms,
}
"""The column by which the newer of two rows is known."""


def _upsert(engine: Engine, table: Table, newer: Column[int]) -> str:
    """In the driver's placeholders, by position: SQLAlchemy's own named ones cost twice the insert."""
    mark = "%s" if engine.dialect.name == "postgresql" else "?"
    names = [column.name for column in table.columns]
    keys = [column.name for column in table.primary_key]
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name not in keys)
    return (
        f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join(mark for _ in names)}) "
        f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes} "
        f"WHERE excluded.{newer.name} >= {table.name}.{newer.name}"
    )


def _driver_values(row: AlertRow | SilenceRow | LogRow) -> tuple[Any, ...]:
    return (_signed(row.fingerprint), *row[1:]) if isinstance(row, AlertRow) else row


def _read(connection: Connection, table: Table, tenant: str, since: int, make: Callable[[Any], T]) -> list[T]:
    columns = [column for column in table.columns if column.name not in ("tenant", "revision")]
    found = connection.execute(select(*columns).where(table.c.tenant == tenant, table.c.revision > since))
    return [make(row) for row in found]


def _alert_row(row: Any) -> AlertRow:
    return AlertRow(row[0] % (2 * _INT64), *row[1:])


def _signed(fingerprint: int) -> int:
    return fingerprint - 2 * _INT64 if fingerprint >= _INT64 else fingerprint


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error)
        raise StoreUnavailable(f"control database: {json.dumps(reason)}") from error
