"""Notes on alerts: entries as they were written, and what holds after them.

An acknowledgement is about one occurrence: it holds while the alert has not begun anew since, until its time is over or it is
taken back. So nothing has to be done when an alert resolves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

import msgspec

from vedette.alerting.alerts import Alert
from vedette.model.errors import BadInput
from vedette.ports.journal import JournalEntry

TEXT_LENGTH_MAX: Final = 10_000
NAME_LENGTH_MAX: Final = 200
COMMENTS_SHOWN_MAX: Final = 200
"""The newest of an alert; the journal keeps all."""


class NoteKind(Enum):
    """Texts are kinds of the history."""

    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    ASSIGNED = "assigned"
    COMMENTED = "commented"


class Note(msgspec.Struct, frozen=True):
    """The content of an entry. `text`: the comment, or whom the alert is assigned to. `until_ms` 0: no end was said."""

    kind: NoteKind
    text: str = ""
    until_ms: int = 0


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    by: str
    at_ms: int
    until_ms: int
    comment: str

    def holds(self, starts_at_ms: int, now_ms: int) -> bool:
        return starts_at_ms <= self.at_ms and (not self.until_ms or now_ms < self.until_ms)


@dataclass(frozen=True, slots=True)
class Comment:
    by: str
    at_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Notes:
    acknowledgement: Acknowledgement | None = None
    assignee: str = ""
    assigned_by: str = ""
    comments: tuple[Comment, ...] = ()

    def after(self, entry: JournalEntry) -> Notes:
        note = read_note(entry)
        match note.kind:
            case NoteKind.ACKNOWLEDGED:
                given = Acknowledgement(entry.user, entry.time_ms, note.until_ms, note.text)
                return replace(self, acknowledgement=given)
            case NoteKind.UNACKNOWLEDGED:
                return replace(self, acknowledgement=None)
            case NoteKind.ASSIGNED:
                return replace(self, assignee=note.text, assigned_by=entry.user)
            case NoteKind.COMMENTED:
                comment = Comment(entry.user, entry.time_ms, note.text)
                return replace(self, comments=(*self.comments, comment)[-COMMENTS_SHOWN_MAX:])

    def at(self, starts_at_ms: int, now_ms: int) -> Notes:
        """As they hold for an occurrence that began then."""
        given = self.acknowledgement
        return self if given is None or given.holds(starts_at_ms, now_ms) else replace(self, acknowledgement=None)

    def acknowledges(self, alert: Alert, now_ms: int) -> bool:
        given = self.acknowledgement
        return given is not None and given.holds(alert.starts_at_ms, now_ms)


NO_NOTES: Final = Notes()


def check_note(note: Note) -> Note:
    """Raises BadInput."""
    longest = NAME_LENGTH_MAX if note.kind is NoteKind.ASSIGNED else TEXT_LENGTH_MAX
    if len(note.text) > longest:
        raise BadInput(f"longer than {longest} characters: {len(note.text)}")
    if note.kind is NoteKind.COMMENTED and not note.text.strip():
        raise BadInput("a comment without text")
    return note


def write_note(note: Note) -> str:
    return msgspec.json.encode(note).decode()


def read_note(entry: JournalEntry) -> Note:
    return msgspec.json.decode(entry.content, type=Note)
