"""`ports.journal.Journal` in the control database. Each entry is a transaction that takes the one row of `control_state` first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from vedette.ports.journal import JournalEntry, JournalPart
from vedette.store.control.tables import JOURNAL, STATE

_ENTRY: Final = tuple(JOURNAL.c[name] for name in JournalEntry._fields)


class JournalTable:
    def __init__(self, transaction: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._transaction = transaction

    def append(self, tenant: str, kind: str, entry: JournalEntry) -> JournalEntry:
        with self._transaction() as connection:
            changed = update(STATE).values(revision=STATE.c.revision + 1).returning(STATE.c.revision)
            revision = int(connection.execute(changed).scalar_one())
            last = select(func.max(JOURNAL.c.number)).where(*_owned(tenant, kind), JOURNAL.c.subject == entry.subject)
            kept = entry._replace(number=(connection.execute(last).scalar() or 0) + 1)
            row = {"tenant": tenant, "kind": kind, "revision": revision, **kept._asdict()}
            connection.execute(insert(JOURNAL).values(row))
        return kept

    def since(self, tenant: str, kind: str, revision: int) -> JournalPart:
        with self._transaction() as connection:
            reached = int(connection.execute(select(STATE.c.revision)).scalar_one())
            if reached == revision:
                return JournalPart((), reached)
            wanted = (*_owned(tenant, kind), JOURNAL.c.revision > revision)
            return JournalPart(_read(connection, wanted, JOURNAL.c.revision), reached)

    def of(self, tenant: str, kind: str, subject: str) -> Sequence[JournalEntry]:
        with self._transaction() as connection:
            return _read(connection, (*_owned(tenant, kind), JOURNAL.c.subject == subject), JOURNAL.c.number)

    def forget(self, tenant: str, kind: str, before_ms: int) -> None:
        owned = _owned(tenant, kind)
        with self._transaction() as connection:
            written_since = select(JOURNAL.c.subject).where(*owned, JOURNAL.c.time_ms >= before_ms)
            connection.execute(delete(JOURNAL).where(*owned, JOURNAL.c.subject.not_in(written_since)))


def _owned(tenant: str, kind: str) -> tuple[ColumnElement[bool], ...]:
    return JOURNAL.c.tenant == tenant, JOURNAL.c.kind == kind


def _read(connection: Connection, wanted: Sequence[ColumnElement[bool]], order: Any) -> list[JournalEntry]:
    return [JournalEntry._make(row) for row in connection.execute(select(*_ENTRY).where(*wanted).order_by(order))]
