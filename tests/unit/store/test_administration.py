"""Deleting so that the space comes back and nothing else does, and snapshots that can be restored and asked."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from tests.clocks import SetClock
from tests.unit.store.contract import DOWN, LOAD, NOW, ONE, TWO, UP, UP_SELECTOR, append, equal, plan_of, read
from vedette.model.blocks import SampleBatch
from vedette.model.errors import StoreError
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS
from vedette.store import clearing, rewriting
from vedette.store.chdb_store import ChdbStore
from vedette.store.opening import StoreSettings
from vedette.store.snapshots import restore_snapshot

DAY = 86_400_000
ALL = plan_of(equal("job", "node"), samples_max=1_000_000)


class Killed(BaseException):
    """Stands for kill -9."""


@pytest.fixture
def clock():
    return SetClock(NOW)


@pytest.fixture
def opened(tmp_path, clock):
    stores = []

    def open_store(folder="data", **settings):
        for store in stores:
            store.close()
        store = ChdbStore(StoreSettings(tmp_path / folder, commit_wait_s=0.0, maintenance=False, **settings), clock)
        assert store.wait_until_head_ready(30)
        stores.append(store)
        return store

    yield open_store
    for store in stores:
        store.close()


def bring(store, labels, days=2, seed=0):
    """15 s samples of the days before yesterday, random so that they take space."""
    times = (NOW // DAY - 1 - days) * DAY + np.arange(0, days * DAY, 15_000)
    values = np.random.default_rng(seed).random(len(times))
    refs = np.repeat(store.register(ONE, [labels]), len(times))
    store.import_samples([SampleBatch(refs, times, values)])


def test_clearing_gives_the_space_back_and_touches_only_what_is_concerned(opened):
    store = opened()
    for seed, labels in enumerate((UP, DOWN, LOAD)):
        bring(store, labels, seed=seed)
    untouched = read(store, ALL)[LOAD]
    before = store.stats(ONE).disk_bytes
    result = store.delete(ONE, [UP_SELECTOR], MIN_TIME_MS, MAX_TIME_MS)
    assert (result.series, result.samples) == (2, 2 * 2 * 5760)
    assert store.stats(ONE).disk_bytes > before * 0.9  # hidden, but still there
    freed = store.clear_deletions()
    assert freed > before * 0.6
    assert store.stats(ONE).disk_bytes < before * 0.4
    assert len(store._state.deletions) == 0
    assert store.clear_deletions() == 0
    assert read(store, ALL) == {LOAD: untouched}
    store = opened()
    assert read(store, ALL) == {LOAD: untouched}


def test_a_day_that_was_deleted_whole_is_gone(opened):
    store = opened()
    bring(store, UP)
    store.delete(ONE, [UP_SELECTOR], MIN_TIME_MS, MAX_TIME_MS)
    store.clear_deletions()
    assert not store._state.partitions.chunks
    assert read(store, ALL) == {}


def test_a_deletion_without_bounds_is_forgotten_while_samples_keep_coming(opened, clock):
    store = opened()
    bring(store, UP)
    append(store, UP, [(NOW - 60_000, 1.0)])
    store.delete(ONE, [UP_SELECTOR], MIN_TIME_MS, MAX_TIME_MS)
    append(store, UP, [(NOW, 2.0)])
    store.clear_deletions()
    assert len(store._state.deletions) == 1  # a recent row that it covers is still on disk
    clock.time_ms += 5 * 3_600_000
    append(store, UP, [(clock.time_ms, 3.0)])
    store.maintain()
    assert len(store._state.deletions) == 0
    assert [time for time, _ in read(store, ALL)[UP]] == [NOW, clock.time_ms]


@pytest.mark.parametrize("module", [clearing, rewriting])
def test_a_kill_while_space_is_given_back_brings_nothing_back(opened, clock, monkeypatch, module):
    store = opened()
    bring(store, UP)
    bring(store, LOAD)
    append(store, UP, [(NOW - 60_000, 1.0)])
    kept = {LOAD: read(store, ALL)[LOAD]}
    store.delete(ONE, [UP_SELECTOR], MIN_TIME_MS, MAX_TIME_MS)

    def kill(*args, **kwargs):
        raise Killed

    name = "_forget" if module is clearing else "write_chunk_rows"
    monkeypatch.setattr(module, name, kill)
    clock.time_ms += 5 * 3_600_000
    with pytest.raises(Killed):
        store.maintain()
    monkeypatch.undo()
    assert read(store, ALL) == kept
    store = opened()
    assert read(store, ALL) == kept
    store.maintain()
    assert read(store, ALL) == kept
    assert len(store._state.deletions) == 0
    store = opened()
    assert read(store, ALL) == kept


def test_a_rewriting_that_began_before_a_deletion_does_not_outlive_it(opened, monkeypatch):
    """Its number is lower than the deletion's, so what it copied stays covered."""
    store = opened()
    bring(store, UP)
    write = rewriting.write_chunk_rows

    def delete_then_write(*args, **kwargs):
        monkeypatch.undo()
        store.delete(ONE, [UP_SELECTOR], MIN_TIME_MS, MAX_TIME_MS)
        return write(*args, **kwargs)

    monkeypatch.setattr(rewriting, "write_chunk_rows", delete_then_write)
    for day in sorted(store._state.partitions.chunks)[:1]:
        rewriting.rewrite_day(store._state, day, store._commits.next_sequence)
    assert read(store, ALL) == {}
    store = opened()
    assert read(store, ALL) == {}


def test_a_snapshot_is_a_data_directory_that_answers_as_at_its_moment(opened, tmp_path):
    store = opened()
    bring(store, UP)
    append(store, DOWN, [(NOW, 4.0)])
    append(store, UP, [(NOW, 5.0)], TWO)
    store.delete(ONE, [UP_SELECTOR], NOW - 3 * DAY, NOW - 2 * DAY)
    expected, of_two = read(store, ALL), read(store, ALL, TWO)
    name = store.take_snapshot()
    append(store, DOWN, [(NOW + 1, 9.0)])
    store.delete(ONE, [UP_SELECTOR], MIN_TIME_MS, MAX_TIME_MS)
    store.clear_deletions()
    store.close()
    assert not list((tmp_path / "data/engine/shadow").glob("2*"))
    restored = tmp_path / "restored"
    assert restore_snapshot(tmp_path / "data/snapshots" / name, restored) > 0
    shutil.rmtree(tmp_path / "data")
    store = opened("restored")
    assert read(store, ALL) == expected
    assert read(store, ALL, TWO) == of_two
    append(store, DOWN, [(NOW + 1, 6.0)])
    assert read(store, ALL)[DOWN][-1][0] == NOW + 1


def test_pushed_groups_are_in_a_snapshot(opened, tmp_path):
    store = opened()
    pushed = tmp_path / "data/pushed"
    pushed.mkdir()
    (pushed / "1.json").write_text("{}")
    (pushed / "2.new").write_text("half")
    name = store.take_snapshot()
    restore_snapshot(tmp_path / "data/snapshots" / name, tmp_path / "restored")
    assert [file.name for file in (tmp_path / "restored/pushed").iterdir()] == ["1.json"]


def test_a_snapshot_may_leave_the_last_hours_out(opened, tmp_path):
    store = opened()
    bring(store, UP)
    expected = read(store, ALL)
    append(store, DOWN, [(NOW, 4.0)])
    name = store.take_snapshot(skip_recent=True)
    store = opened(f"data/snapshots/{name}")
    assert read(store, ALL) == expected


def test_restoring_refuses_what_it_would_harm_or_cannot_read(opened, tmp_path):
    store = opened()
    name = store.take_snapshot()
    store.close()
    with pytest.raises(StoreError, match="the data directory is not empty"):
        restore_snapshot(tmp_path / "data/snapshots" / name, tmp_path / "data")
    with pytest.raises(StoreError, match="not a snapshot"):
        restore_snapshot(tmp_path, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_a_snapshot_that_fails_leaves_nothing_behind(opened, tmp_path, monkeypatch):
    store = opened()

    def refuse(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copytree", refuse)
    with pytest.raises(StoreError, match="No space left on device"):
        store.take_snapshot()
    assert list((tmp_path / "data/snapshots").iterdir()) == []
