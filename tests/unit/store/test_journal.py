"""The journal of the control database: numbered entries that stay, asked for since a revision or by subject."""

from __future__ import annotations

import sqlite3

import pytest

from vedette.ports.journal import JournalEntry
from vedette.store.control import open_control
from vedette.store.control.migrations import MIGRATIONS


@pytest.fixture
def journal(tmp_path):
    database = open_control(tmp_path)
    yield database.journal
    database.close()


def entry(subject, time_ms=1, content="{}"):
    return JournalEntry(subject, 0, time_ms, "li", content)


def test_entries_of_a_subject_are_numbered_from_one_and_read_in_their_order(journal):
    numbers = [journal.append("t", "slo", entry(subject)).number for subject in ("a", "a", "b", "a")]
    assert numbers == [1, 2, 1, 3]
    assert journal.append("t", "note", entry("a")).number == 1
    assert journal.append("u", "slo", entry("a")).number == 1
    assert [each.number for each in journal.of("t", "slo", "a")] == [1, 2, 3]
    assert journal.of("t", "slo", "c") == []


def test_only_what_was_written_since_is_asked_for(journal):
    journal.append("t", "slo", entry("a"))
    first = journal.since("t", "slo", 0)
    assert [each.subject for each in first.entries] == ["a"]
    assert journal.since("t", "slo", first.revision).entries == ()
    journal.append("t", "slo", entry("b", content='{"x":"é\'"}'))
    later = journal.since("t", "slo", first.revision)
    assert [(each.subject, each.content) for each in later.entries] == [("b", '{"x":"é\'"}')]


def test_subjects_that_nobody_wrote_about_lately_are_forgotten_whole(journal):
    for subject, time_ms in (("old", 1), ("old", 2), ("living", 1), ("living", 9)):
        journal.append("t", "note", entry(subject, time_ms))
    journal.forget("t", "note", 5)
    assert [(each.subject, each.number) for each in journal.since("t", "note", 0).entries] == [
        ("living", 1),
        ("living", 2),
    ]


def test_a_database_of_the_first_schema_gets_its_journal(tmp_path):
    open_control(tmp_path).close()
    with sqlite3.connect(tmp_path / "control.db") as connection:
        connection.execute("drop table journal")
        connection.execute("update control_state set schema = 1")
    database = open_control(tmp_path)
    assert database.journal.append("t", "slo", entry("a")).number == 1
    database.close()
    with sqlite3.connect(tmp_path / "control.db") as connection:
        assert connection.execute("select schema from control_state").fetchone() == (len(MIGRATIONS),)
