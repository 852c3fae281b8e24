"""Group commit without an engine: order, cadence, refusal and recovery."""

from __future__ import annotations

import threading

import pytest

from vedette.model.errors import QueueFull, StoreError, StoreUnavailable
from vedette.ports.clock import SystemClock
from vedette.store import group_commit
from vedette.store.group_commit import CommitTable, GroupCommit


class Disk:
    """Records what was written; refuses while `full`; holds writes while `gate` is clear."""

    def __init__(self):
        self.written = []
        self.full = False
        self.gate = threading.Event()
        self.gate.set()

    def writer(self, table):
        def write(batches, sequence):
            assert self.gate.wait(10)
            if self.full:
                raise StoreError("no space left on device")
            self.written.append((table, [row for batch in batches for row in batch], sequence))

        return write

    def rows(self, table):
        return [row for name, rows, _ in self.written if name == table for row in rows]


@pytest.fixture
def disk():
    return Disk()


@pytest.fixture
def commits(disk, monkeypatch):
    monkeypatch.setattr(group_commit, "RETRY_FIRST_S", 0.01)
    monkeypatch.setattr(group_commit, "RETRY_MAX_S", 0.02)
    tables = [CommitTable(name, disk.writer(name), rows_max=100, wait_s=60.0) for name in ("series", "samples")]
    commits = GroupCommit(tables, SystemClock(), last_sequence=7)
    commits.start()
    yield commits
    disk.full = False
    disk.gate.set()
    commits.close()


def test_a_future_completes_with_the_sequence_of_its_commit(commits, disk):
    first = commits.append("samples", [1, 2], 0.0).result(10)
    second = commits.append("samples", [3], 0.0).result(10)
    assert 7 < first < second
    assert disk.written == [("samples", [1, 2], first), ("samples", [3], second)]


def test_series_are_written_before_their_samples(commits, disk):
    disk.gate.clear()
    commits.append("samples", [0], 0.0)
    commits.append("samples", ["sample"], 0.0)
    commits.append("series", ["series"])
    disk.gate.set()
    commits.flush()
    order = [table for table, rows, _ in disk.written if "sample" in rows or "series" in rows]
    assert order == ["series", "samples"]


def test_rows_that_nobody_waits_for_are_gathered(commits, disk):
    commits.append("samples", [1], 0.0).result(10)  # the first after a quiet time is written at once
    futures = [commits.append("samples", [i]) for i in range(5)]
    assert not any(future.done() for future in futures)
    assert commits.append("samples", [5], 0.0).result(10) == futures[0].result(10)
    assert len(disk.written) == 2


def test_many_waiting_rows_are_written_within_a_second(disk):
    table = CommitTable("samples", disk.writer("samples"), rows_max=100, wait_s=60.0, eager_rows=10)
    commits = GroupCommit([table], SystemClock())
    commits.start()
    commits.append("samples", [0], 0.0).result(10)
    assert commits.append("samples", list(range(10))).result(10) > 0
    commits.close()


def test_a_full_queue_refuses_and_says_so(commits, disk):
    disk.gate.clear()
    commits.append("samples", list(range(100)), 0.0)
    with pytest.raises(QueueFull, match="100, limit 100"):
        commits.check_room("samples", 1)
    disk.gate.set()
    commits.flush()
    commits.check_room("samples", 100)


def test_a_refused_commit_fails_its_futures_and_keeps_its_rows(commits, disk):
    disk.full = True
    with pytest.raises(StoreUnavailable, match="no space left"):
        commits.append("samples", [1], 0.0).result(10)
    with pytest.raises(StoreUnavailable):
        commits.append("samples", [2], 0.0).result(10)
    assert commits.failing
    disk.full = False
    commits.append("samples", [3], 0.0).result(10)
    assert disk.rows("samples") == [1, 2, 3]
    assert not commits.failing


def test_refused_rows_are_written_without_anybody_asking(commits, disk):
    disk.full = True
    with pytest.raises(StoreUnavailable):
        commits.append("samples", [1], 0.0).result(10)
    question = commits.append("samples", [], 60.0)
    disk.full = False
    try:
        question.result(10)
    except StoreUnavailable:
        commits.append("samples", [], 60.0).result(10)
    assert disk.rows("samples") == [1]


def test_who_sends_what_still_waits_is_told_only_when_it_is_written(commits, disk):
    """A sample sent again after a refusal is idempotent for the head: its answer must still wait for the disk."""
    disk.full = True
    with pytest.raises(StoreUnavailable):
        commits.append("samples", [1], 0.0).result(10)
    with pytest.raises(StoreUnavailable):
        commits.append("samples", [], 0.0).result(10)
    disk.full = False
    commits.append("samples", [], 0.0).result(10)
    assert disk.rows("samples") == [1]


def test_a_refused_series_commit_refuses_the_samples_behind_it(commits, disk):
    disk.full = True
    commits.append("series", ["s"])
    with pytest.raises(StoreUnavailable):
        commits.append("samples", [1], 0.0).result(10)
    assert disk.written == []


def test_an_empty_batch_with_nothing_before_it_is_answered_at_once(commits, disk):
    assert commits.append("samples", []).result(0) == 7
    assert disk.written == []


def test_a_defect_in_a_writer_does_not_end_the_thread(disk):
    def broken(batches, sequence):
        if not disk.written:
            disk.written.append("tried")
            raise ZeroDivisionError
        disk.written.append(batches)

    commits = GroupCommit([CommitTable("samples", broken, rows_max=10)], SystemClock())
    commits.start()
    with pytest.raises(StoreUnavailable) as refused:
        commits.append("samples", [1], 0.0).result(10)
    assert refused.value.hint == "see the server's log"
    commits.append("samples", [2], 0.0).result(10)
    assert disk.written == ["tried", [[1], [2]]]
    commits.close()


def poisoned(disk, name, **rest):
    """A queue whose writer breaks at -1."""
    write = disk.writer(name)

    def break_or_write(batches, sequence):
        if any(-1 in batch for batch in batches):
            raise OverflowError("value out of bounds")
        write(batches, sequence)

    return CommitTable(name, break_or_write, rows_max=100, wait_s=60.0, **rest)


@pytest.fixture
def quick_retries(monkeypatch):
    monkeypatch.setattr(group_commit, "RETRY_FIRST_S", 0.001)
    monkeypatch.setattr(group_commit, "RETRY_MAX_S", 0.001)


def test_rows_that_nobody_can_write_keep_no_others_from_the_disk(disk, quick_retries):
    commits = GroupCommit([poisoned(disk, "samples")], SystemClock())
    commits.start()
    commits.append("samples", [1])
    commits.append("samples", [-1, 2])
    with pytest.raises(StoreUnavailable, match="out of bounds"):
        commits.append("samples", [3], 0.0).result(10)
    while True:
        try:
            commits.append("samples", [4], 0.0).result(10)
            break
        except StoreUnavailable:
            continue
    commits.close()
    assert {1, 3, 4} <= set(disk.rows("samples"))
    assert not {-1, 2} & set(disk.rows("samples"))
    commits.check_room("samples", 100)  # the dropped ones take no room


def test_what_others_need_is_never_dropped(disk, quick_retries):
    commits = GroupCommit([poisoned(disk, "series", may_drop=False)], SystemClock())
    commits.start()
    for _ in range(3 * group_commit.DEFECTS_MAX):
        with pytest.raises(StoreUnavailable):
            commits.append("series", [-1], 0.0).result(10)
    assert disk.rows("series") == []
    commits.close()


def test_closing_writes_what_waits_and_refuses_what_comes(disk):
    commits = GroupCommit([CommitTable("samples", disk.writer("samples"), rows_max=10)], SystemClock())
    commits.start()
    commits.append("samples", [1], 0.0).result(10)
    waiting = commits.append("samples", [2])
    commits.close()
    commits.close()
    assert waiting.result(0) > 0
    with pytest.raises(StoreUnavailable, match="closed"):
        commits.append("samples", [3])
