"""Notes on alerts: kept first, one occurrence long, followed from other servers; repeats are held while they hold."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.alerting.test_pipeline import HOUR, MINUTE, T0, Driver, S, alert
from tests.virtual_time import run_inline, run_virtually
from vedette.alerting.notes.book import FOLLOW_S, FORGET_S, NoteBook
from vedette.alerting.notes.notes import Note, NoteKind
from vedette.alerting.pipeline.core import Pipeline
from vedette.alerting.pipeline.notification_log import Reason
from vedette.alerting.routing.routes import RouteSpec
from vedette.model.errors import BadInput, Forbidden
from vedette.ports.principal import SYSTEM, Principal
from vedette.store.control import open_control

LI = Principal(SYSTEM.tenant, "li")
ACKNOWLEDGED = Note(NoteKind.ACKNOWLEDGED, "mine")


@pytest.fixture
def journal(tmp_path):
    database = open_control(tmp_path)
    yield database.journal
    database.close()


def book_of(journal, clock, **rest):
    return NoteBook(journal, run_inline, clock, SYSTEM.tenant, **rest)


def test_what_was_noted_holds_after_a_restart(journal):
    async def main(clock):
        book = book_of(journal, clock)
        await book.start()
        fingerprint = alert("a").fingerprint
        for note in (ACKNOWLEDGED, Note(NoteKind.ASSIGNED, "wang"), Note(NoteKind.COMMENTED, "disk")):
            await book.write(LI, fingerprint, note)
        again = book_of(journal, clock)
        await again.start()
        return book.of(fingerprint), again.of(fingerprint)

    first, second = run_virtually(main, T0)
    assert first == second
    assert (first.acknowledgement.by, first.acknowledgement.comment) == ("li", "mine")
    assert (first.assignee, first.assigned_by) == ("wang", "li")
    assert [(comment.by, comment.text) for comment in first.comments] == [("li", "disk")]


def test_an_acknowledgement_is_about_one_occurrence_until_its_time_is_over_or_it_is_taken_back(journal):
    async def main(clock):
        book = book_of(journal, clock)
        await book.start()
        one = alert("a")
        await book.write(LI, one.fingerprint, Note(NoteKind.ACKNOWLEDGED, "", T0 + HOUR))
        found = [
            book.is_acknowledged(one, T0 + HOUR - 1),
            book.is_acknowledged(one, T0 + HOUR),
            book.is_acknowledged(alert("a", starts=T0 + 1), T0 + 2),
            book.is_acknowledged(alert("b"), T0),
        ]
        await book.write(LI, one.fingerprint, Note(NoteKind.UNACKNOWLEDGED))
        return [*found, book.is_acknowledged(one, T0)]

    assert run_virtually(main, T0) == [True, False, False, False, False]


def test_servers_that_share_a_journal_know_each_others_notes_in_order(journal):
    async def main(clock):
        first, second = book_of(journal, clock, follows=True), book_of(journal, clock)
        await first.start()
        await second.start()
        task = asyncio.create_task(first.run())
        fingerprint = alert("a").fingerprint
        await second.write(LI, fingerprint, Note(NoteKind.COMMENTED, "one"))
        await first.write(LI, fingerprint, Note(NoteKind.COMMENTED, "two"))
        await second.write(LI, fingerprint, Note(NoteKind.COMMENTED, "three"))
        await asyncio.sleep(FOLLOW_S + 1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return [[comment.text for comment in book.of(fingerprint).comments] for book in (first, second)]

    assert run_virtually(main, T0) == [["one", "two", "three"]] * 2


def test_notes_that_nobody_touched_for_long_are_forgotten(journal, monkeypatch):
    monkeypatch.setattr("vedette.alerting.notes.book.KEEP_MS", 2 * HOUR)

    async def main(clock):
        book = book_of(journal, clock)
        await book.start()
        task = asyncio.create_task(book.run())
        await book.write(LI, alert("a").fingerprint, ACKNOWLEDGED)
        await asyncio.sleep(2 * HOUR / S + FORGET_S)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return await book.write(LI, alert("a").fingerprint, Note(NoteKind.COMMENTED, "back"))

    notes = run_virtually(main, T0)
    assert (notes.acknowledgement, len(notes.comments)) == (None, 1)


@pytest.mark.parametrize(
    ("note", "error"),
    [
        (Note(NoteKind.COMMENTED, " "), BadInput),
        (Note(NoteKind.COMMENTED, "x" * 10_001), BadInput),
        (Note(NoteKind.ASSIGNED, "x" * 201), BadInput),
    ],
)
def test_notes_have_limits(journal, note, error):
    async def main(clock):
        book = book_of(journal, clock)
        with pytest.raises(error):
            await book.write(LI, alert("a").fingerprint, note)
        with pytest.raises(Forbidden):
            await book.write(Principal("other", "li"), alert("a").fingerprint, ACKNOWLEDGED)

    run_virtually(main, T0)


ROOT = RouteSpec("default", group_by=("team",), group_wait_ms=S, group_interval_ms=5 * MINUTE, repeat_interval_ms=HOUR)


class Acknowledging(Driver):
    """Alerts of these names are acknowledged."""

    def __init__(self):
        super().__init__(ROOT)
        self.acknowledged = set()
        object.__setattr__(
            self.pipeline.config, "is_acknowledged", lambda alert, now_ms: alert.name in self.acknowledged
        )

    def reasons(self):
        return [attempt.reason for _, attempt in self.sent]


def test_repeats_are_held_while_every_alert_of_the_group_is_acknowledged():
    driver = Acknowledging()
    driver.post(alert("a"), alert("b"))
    driver.run_until(T0 + MINUTE)
    driver.acknowledged = {"a", "b"}
    driver.run_until(T0 + 12 * HOUR)
    assert driver.reasons() == [Reason.FIRST]
    driver.acknowledged = {"a"}
    driver.run_until(driver.now + 10 * MINUTE)
    assert driver.reasons() == [Reason.FIRST, Reason.REPEAT]


def test_a_new_alert_and_the_end_are_told_all_the_same():
    driver = Acknowledging()
    driver.acknowledged = {"a"}
    driver.post(alert("a"))
    driver.run_until(T0 + 2 * HOUR)
    driver.post(alert("b", starts=driver.now))
    driver.run_until(T0 + 2 * HOUR + 10 * MINUTE)
    driver.post(alert("b", ends=driver.now), alert("a", ends=driver.now))
    driver.run_until(T0 + 3 * HOUR)
    assert driver.reasons() == [Reason.FIRST, Reason.NEW_ALERTS, Reason.ALL_RESOLVED]


def test_held_repeats_keep_the_log_entry_alive_without_changing_when_it_was_sent():
    driver = Acknowledging()
    driver.post(alert("a"))
    driver.run_until(T0 + MINUTE)
    ((key, before),) = [(entry.key, entry) for entry in driver.pipeline.log]
    driver.acknowledged = {"a"}
    driver.run_until(T0 + 6 * HOUR)
    after = driver.pipeline.log.get(key)
    assert after.sent_at_ms == before.sent_at_ms
    assert after.expires_at_ms > T0 + 6 * HOUR
    assert isinstance(driver.pipeline, Pipeline)
