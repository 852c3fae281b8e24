"""What people did, kept for good: numbered entries of a subject, such as the versions of an objective or the notes on an alert.

`content` is opaque here (JSON). Numbers of a subject rise by one from 1; entries are never changed. Servers that share the database
ask for what came `since` the revision they know. Called from worker threads; raises StoreUnavailable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class JournalEntry(NamedTuple):
    subject: str
    number: int
    time_ms: int
    user: str
    content: str


@dataclass(frozen=True, slots=True)
class JournalPart:
    """`entries` in the order in which they were written; ask again with `revision`."""

    entries: Sequence[JournalEntry]
    revision: int


class Journal(Protocol):
    def append(self, tenant: str, kind: str, entry: JournalEntry) -> JournalEntry:
        """The entry as it is kept: with its number, whatever it had. Returns when it is on the disk."""
        ...

    def since(self, tenant: str, kind: str, revision: int) -> JournalPart:
        """Of later transactions; 0: everything."""
        ...

    def of(self, tenant: str, kind: str, subject: str) -> Sequence[JournalEntry]:
        """Of one subject, oldest first."""
        ...

    def forget(self, tenant: str, kind: str, before_ms: int) -> None:
        """Entries of subjects about which nobody wrote since."""
        ...
