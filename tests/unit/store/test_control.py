"""The control database on SQLite and PostgreSQL: what is kept is there after a reopening, newer rows win, a newer schema is refused."""

from __future__ import annotations

import pytest

from tests.harness import Skipped
from tests.postgres import Postgres
from vedette.model.errors import ConfigError, Forbidden, SchemaTooNew, StoreUnavailable
from vedette.ports.control import AlertRow, Gone, LogRow, Rows, SilenceRow
from vedette.store.control import open_control
from vedette.store.control.migrations import MIGRATIONS

ALERT = AlertRow(2**64 - 1, '{"a":"b"}', "{}", 1, 2, 3, "http://x", True)
SILENCE = SilenceRow("id", "{}", 10, 5)
LOG = LogRow("{}:{}", "default", "webhook", 0, 7, b"12345678", b"", "{}", 20)


@pytest.fixture(scope="module")
def postgres():
    try:
        with Postgres() as running:
            yield running
    except Skipped as skipped:
        pytest.skip(str(skipped))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request):
    """Of an empty database; empty: a file in the folder."""
    if request.param == "sqlite":
        return ""
    running = request.getfixturevalue("postgres")
    running.empty()
    return running.url


@pytest.fixture
def control(tmp_path, url):
    database = open_control(tmp_path, url)
    yield database
    database.close()


def test_what_is_kept_is_there_after_a_reopening(tmp_path, url, control):
    assert control.keep("t", Rows([ALERT], [SILENCE], [LOG])) == 1
    control.close()
    again = open_control(tmp_path, url)
    assert again.since("t", 0) == Rows([ALERT], [SILENCE], [LOG], 1)
    again.close()


def test_tenants_do_not_see_one_another(control):
    control.keep("t", Rows([ALERT]))
    assert not control.since("u", 0)


def test_only_later_transactions_are_asked_for(control):
    control.keep("t", Rows([ALERT]))
    revision = control.keep("t", Rows(silences=[SILENCE]))
    assert control.since("t", 1) == Rows([], [SILENCE], [], revision)
    assert not control.since("t", revision)


def test_an_older_row_changes_nothing(control):
    control.keep("t", Rows([ALERT], [SILENCE], [LOG]))
    control.keep(
        "t", Rows([ALERT._replace(updated_at_ms=2, ends_at_ms=99)], [], [LOG._replace(sent_at_ms=6, kept="x")])
    )
    kept = control.since("t", 0)
    assert (kept.alerts, kept.log) == ([ALERT], [LOG])
    control.keep("t", Rows([ALERT._replace(updated_at_ms=4, ends_at_ms=99)]))
    assert control.since("t", 0).alerts[0].ends_at_ms == 99


def test_many_rows_are_forgotten_by_their_keys(control):
    alerts = [ALERT._replace(fingerprint=number) for number in range(1200)]
    control.keep("t", Rows(alerts, [SILENCE], [LOG]))
    control.forget("t", Gone(range(1, 1200), ["id"], [LOG[:4]], ended_by_ms=20))
    assert control.since("t", 0) == Rows([alerts[0]], [], [], 1)


def test_what_began_anew_meanwhile_is_not_forgotten(control):
    control.keep("t", Rows([ALERT._replace(ends_at_ms=100)], [], [LOG._replace(expires_at_ms=100)]))
    control.forget("t", Gone([ALERT.fingerprint], [], [LOG[:4]], ended_by_ms=99))
    assert len(control.since("t", 0).alerts) == len(control.since("t", 0).log) == 1


def test_one_server_leads_until_it_resigns(control):
    assert control.lead("a", "http://a", 60_000)
    assert not control.lead("b", "http://b", 60_000)
    assert control.lead("a", "http://a", 60_000)
    assert [(member.name, member.leads) for member in control.members()] == [("a", True), ("b", False)]
    control.resign("a")
    assert control.lead("b", "http://b", 60_000)


def test_a_lease_that_ended_is_taken_over(control):
    assert control.lead("a", "", -1)
    assert control.lead("b", "", 60_000)
    assert not control.lead("a", "", 60_000)


def test_who_leads_no_more_keeps_nothing(control):
    control.lead("a", "", 60_000)
    control.keep("t", Rows(log=[LOG]), leader="a")
    with pytest.raises(Forbidden, match="another server leads"):
        control.keep("t", Rows(log=[LOG._replace(sent_at_ms=8)]), leader="b")
    assert control.since("t", 0) == Rows([], [], [LOG], 1)


def test_a_newer_schema_is_refused_with_a_hint(tmp_path, url, control):
    with control._engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE control_state SET schema = {len(MIGRATIONS) + 1}")
    control.close()
    with pytest.raises(SchemaTooNew, match="start the newer program"):
        open_control(tmp_path, url)


def test_a_file_that_is_no_database_says_so(tmp_path):
    (tmp_path / "control.db").write_bytes(b"no database at all, but long enough to look like one" * 20)
    with pytest.raises(StoreUnavailable, match="not a database"):
        open_control(tmp_path)


@pytest.mark.parametrize("wrong", ["mysql://x/y", "no url"])
def test_another_kind_of_database_is_refused(tmp_path, wrong):
    with pytest.raises(ConfigError, match="such as postgresql://"):
        open_control(tmp_path, wrong)


def test_commits_are_synchronous(tmp_path):
    control = open_control(tmp_path)
    with control._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    control.close()
