"""The notes of all alerts of a tenant: kept in the journal first, then known here; those of other servers come by following it.

What is known is a dict of immutable notes, replaced entry by entry on the event loop, so the pipeline reads it from its own thread.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from vedette.alerting.alerts import Alert, Fingerprint, format_fingerprint
from vedette.alerting.notes.notes import NO_NOTES, Note, Notes, check_note, write_note
from vedette.alerting.pipeline.keeping import Runner
from vedette.model.errors import Forbidden, StoreUnavailable
from vedette.model.quoting import quote
from vedette.ports.clock import Clock
from vedette.ports.journal import Journal, JournalEntry
from vedette.ports.principal import Principal

log: Final = logging.getLogger(__name__)

KIND: Final = "alert_note"
FOLLOW_S: Final = 2.0
"""Between two looks for notes that other servers wrote."""
FORGET_S: Final = 3600.0
KEEP_MS: Final = 365 * 24 * 3600_000
"""Notes on alerts about which nobody wrote for so long are forgotten."""


@dataclass(slots=True)
class NoteBook:
    journal: Journal
    io: Runner
    clock: Clock
    tenant: str
    follows: bool = False
    """Other servers share the journal."""
    _notes: dict[Fingerprint, Notes] = field(default_factory=dict)
    _numbers: dict[Fingerprint, int] = field(default_factory=dict)
    _revision: int = 0

    async def start(self) -> None:
        """Reads what was kept. Raises StoreUnavailable."""
        await self._read_all()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._forget())
            if self.follows:
                tasks.create_task(self._follow())

    def of(self, fingerprint: Fingerprint) -> Notes:
        return self._notes.get(fingerprint, NO_NOTES)

    def all(self) -> Mapping[Fingerprint, Notes]:
        return dict(self._notes)

    def is_acknowledged(self, alert: Alert, now_ms: int) -> bool:
        """From any thread."""
        notes = self._notes.get(alert.fingerprint)
        return notes is not None and notes.acknowledges(alert, now_ms)

    async def write(self, principal: Principal, fingerprint: Fingerprint, note: Note) -> Notes:
        """What holds then. Raises BadInput, Forbidden for another tenant, StoreUnavailable."""
        if principal.tenant != self.tenant:
            raise Forbidden(f"alerts are kept for tenant {quote(self.tenant)}, not for {quote(principal.tenant)}")
        content = write_note(check_note(note))
        entry = JournalEntry(format_fingerprint(fingerprint), 0, self.clock.now_ms(), principal.user, content)
        kept = await self.io(lambda: self.journal.append(self.tenant, KIND, entry))
        if kept.number == self._numbers.get(fingerprint, 0) + 1:
            self._apply(kept)
        else:  # another server wrote meanwhile
            for each in await self.io(lambda: self.journal.of(self.tenant, KIND, entry.subject)):
                self._apply(each)
        return self.of(fingerprint)

    def _apply(self, entry: JournalEntry) -> None:
        fingerprint = Fingerprint(int(entry.subject, 16))
        if entry.number > self._numbers.get(fingerprint, 0):
            self._numbers[fingerprint] = entry.number
            self._notes[fingerprint] = self.of(fingerprint).after(entry)

    async def _read_all(self) -> None:
        part = await self.io(lambda: self.journal.since(self.tenant, KIND, 0))
        notes: dict[Fingerprint, Notes] = {}
        numbers: dict[Fingerprint, int] = {}
        for entry in part.entries:
            fingerprint = Fingerprint(int(entry.subject, 16))
            notes[fingerprint] = notes.get(fingerprint, NO_NOTES).after(entry)
            numbers[fingerprint] = entry.number
        self._notes, self._numbers, self._revision = notes, numbers, part.revision

    async def _take_in(self) -> None:
        part = await self.io(lambda: self.journal.since(self.tenant, KIND, self._revision))
        self._revision = part.revision
        for entry in part.entries:
            self._apply(entry)

    async def _follow(self) -> None:
        while True:
            await self.clock.sleep(FOLLOW_S)
            try:
                await self._take_in()
            except StoreUnavailable as error:
                log.error("notes on alerts are not followed: the control database does not answer: %s", error)

    async def _forget(self) -> None:
        while True:
            await self.clock.sleep(FORGET_S)
            before_ms = self.clock.now_ms() - KEEP_MS
            try:
                await self.io(partial(self.journal.forget, self.tenant, KIND, before_ms))
                await self._read_all()
            except StoreUnavailable as error:
                log.error("old notes on alerts are not removed yet: %s", error)
