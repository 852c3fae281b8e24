"""Opening, refusing to open, and a disk that lies."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from tests.clocks import RunningClock, SetClock
from tests.unit.store.contract import DOWN, NOW, UP, append, bits_of, equal, plan_of, read
from vedette.model.errors import DataDirectoryInUse, SchemaTooNew, StoreError, StoreUnavailable
from vedette.model.limits import StoreLimits
from vedette.model.time import BLOCK_MS
from vedette.store import migrations
from vedette.store.chdb_store import ChdbStore
from vedette.store.directory import DataDirectory
from vedette.store.engine import Engine, EngineError
from vedette.store.migrations import LATEST, Migration, migrate
from vedette.store.opening import StoreSettings
from vedette.store.tables import FIRST_SCHEMA

OPENED = []


def open_store(folder, clock=None):
    store = ChdbStore(StoreSettings(folder, commit_wait_s=0.0, maintenance=False), clock or RunningClock(NOW))
    OPENED.append(store)
    assert store.wait_until_head_ready(30)
    return store


@pytest.fixture(autouse=True)
def close_all():
    yield
    while OPENED:
        OPENED.pop().close()


def test_a_second_process_is_told_who_owns_the_directory(tmp_path):
    with DataDirectory(tmp_path):
        program = (
            "from pathlib import Path; from vedette.store.directory import DataDirectory\n"
            f"DataDirectory(Path({str(tmp_path)!r}))"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert "DataDirectoryInUse" in done.stderr
    assert f"in use by process {os.getpid()}" in done.stderr
    assert "--data" in done.stderr


def test_a_directory_is_free_again_after_release(tmp_path):
    with DataDirectory(tmp_path), pytest.raises(DataDirectoryInUse):
        DataDirectory(tmp_path)
    DataDirectory(tmp_path).release()


def test_a_newer_schema_is_refused_before_the_engine_starts(tmp_path):
    with DataDirectory(tmp_path) as directory:
        directory.write_schema_version(LATEST + 1)
    with pytest.raises(SchemaTooNew, match="newer Vedette"):
        ChdbStore(StoreSettings(tmp_path))
    assert not (tmp_path / "engine").exists()
    DataDirectory(tmp_path).release()


def test_a_damaged_schema_version_is_an_error(tmp_path):
    (tmp_path / "schema_version").write_text("two")
    with pytest.raises(StoreError, match="not a schema version"):
        ChdbStore(StoreSettings(tmp_path))


def test_a_path_that_is_no_directory_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be used"):
        ChdbStore(StoreSettings(tmp_path / "file"))


def test_migrations_run_once_in_order_and_again_after_a_kill(tmp_path):
    done = []

    def fail(engine):
        done.append("fail")
        raise EngineError("killed")

    steps = tuple(Migration(i, str(i), lambda engine, i=i: done.append(i)) for i in (1, 2))
    with DataDirectory(tmp_path) as directory:
        with pytest.raises(EngineError):
            migrate(None, directory, (steps[0], Migration(2, "two", fail)))
        assert (done, directory.schema_version()) == ([1, "fail"], 1)
        migrate(None, directory, steps)
        migrate(None, directory, steps)
        assert (done, directory.schema_version()) == ([1, "fail", 2], 2)


def test_migration_numbers_rise_by_one():
    assert [migration.version for migration in migrations.MIGRATIONS] == list(range(1, LATEST + 1))


def test_spans_leave_the_series_table_and_a_step_cut_short_is_run_again(tmp_path):
    engine = Engine(tmp_path / "engine", StoreLimits())
    try:
        migrations.create(FIRST_SCHEMA)(engine)
        engine.execute(
            "insert into series (tenant, metric, id, labels, first_ms, last_ms, seq) values "
            "('a', 'up', 1, {'__name__': 'up'}, 10, 20, 1), ('a', 'up', 1, {'__name__': 'up'}, 10, 30, 2), "
            "('a', 'up', 2, {'__name__': 'up', 'x': 'y'}, 5, 4, 3)"
        )
        for _ in range(2):
            migrations.move_spans(engine)
        spans = engine.query("select series, first_ms, last_ms, seq from spans final").to_pylist()
        assert spans == [{"series": 1, "first_ms": 10, "last_ms": 30, "seq": 2}]
        assert engine.query("select * from series final order by id").column_names == [
            "tenant",
            "metric",
            "id",
            "labels",
            "seq",
        ]
        assert engine.query("select max(seq) as seq from series").to_pylist() == [{"seq": 3}]
    finally:
        engine.close()


def test_while_the_engine_refuses_nothing_accepted_is_lost(tmp_path, monkeypatch):
    store = open_store(tmp_path)
    insert = store._state.engine.insert

    def refuse(*args, **kwargs):
        raise EngineError("no space", 243)

    monkeypatch.setattr(store._state.engine, "insert", refuse)
    with pytest.raises(StoreUnavailable, match="no space"):
        append(store, UP, [(NOW, 1.0)])
    with pytest.raises(StoreUnavailable):  # the same again: held by the head, on no disk
        append(store, UP, [(NOW, 1.0)])
    assert read(store) == {UP: bits_of([(NOW, 1.0)])}
    assert any("refuses commits" in problem for problem in store.health().problems)
    monkeypatch.setattr(store._state.engine, "insert", insert)
    append(store, UP, [(NOW + 1, 2.0)])
    assert store.health().problems == []
    store.close()
    store = open_store(tmp_path)
    assert read(store) == {UP: bits_of([(NOW, 1.0), (NOW + 1, 2.0)])}
    store.close()


def damage(folder, partition):
    """Flips bytes in the middle of the data of a part."""
    damaged = 0
    for path in (folder / "engine" / "store").glob(f"*/*/{partition}_*/*.bin"):
        with path.open("r+b") as file:
            file.seek(path.stat().st_size // 2)
            file.write(b"\xde\xad\xbe\xef\xde\xad\xbe\xef")
        damaged += 1
    assert damaged


def fill_two_blocks(folder, clock):
    rng = np.random.default_rng(0)
    store = open_store(folder, clock)
    rows = {}
    for labels in (UP, DOWN):
        rows[labels] = [(clock.time_ms + i * 10, float(value)) for i, value in enumerate(rng.random(500))]
        append(store, labels, rows[labels])
        clock.time_ms += BLOCK_MS
    store.close()
    return rows


ALL = plan_of(equal("job", "node"))


def test_a_damaged_part_is_detached_and_reported_and_the_rest_is_served(tmp_path):
    clock = SetClock(NOW)
    rows = fill_two_blocks(tmp_path, clock)
    damage(tmp_path, f"{NOW // BLOCK_MS}-0")
    store = open_store(tmp_path, clock)
    assert read(store, ALL) == {DOWN: bits_of(rows[DOWN])}
    problem = "; ".join(store.health().problems)
    assert "samples_recent" in problem and "500 rows" in problem and "2023-11-1" in problem
    store.close()
    store = open_store(tmp_path, clock)
    assert read(store, ALL) == {DOWN: bits_of(rows[DOWN])}
    assert "detached" in "; ".join(store.health().problems)
    append(store, UP, [(clock.time_ms, 1.0)])
    assert UP in read(store, ALL)
    store.close()


def test_a_part_without_its_checksums_is_detached_by_the_engine_and_reported(tmp_path):
    clock = SetClock(NOW)
    rows = fill_two_blocks(tmp_path, clock)
    for path in (tmp_path / "engine" / "store").glob(f"*/*/{NOW // BLOCK_MS}-0_*/checksums.txt"):
        path.write_bytes(b"nonsense")
    store = open_store(tmp_path, clock)
    assert read(store, ALL) == {DOWN: bits_of(rows[DOWN])}
    assert "broken-on-start" in "; ".join(store.health().problems)
    store.close()


def test_damaged_chunk_rows_are_detached_too(tmp_path):
    clock = SetClock(NOW)
    rows = fill_two_blocks(tmp_path, clock)
    clock.time_ms += 3 * BLOCK_MS
    store = open_store(tmp_path, clock)
    store.maintain()
    append(store, DOWN, [(clock.time_ms, 1.0)])
    store.close()
    assert rows
    damage(tmp_path, f"{NOW // 86_400_000}-0")
    store = open_store(tmp_path, clock)
    assert read(store, ALL) == {DOWN: bits_of([(clock.time_ms, 1.0)])}
    assert "chunks" in "; ".join(store.health().problems)
    store.close()


def test_what_was_cached_of_a_part_goes_with_it(tmp_path):
    clock = SetClock(NOW)
    fill_two_blocks(tmp_path, clock)
    clock.time_ms += 3 * BLOCK_MS
    store = open_store(tmp_path, clock)
    store.maintain()
    state = store._state
    state.chunk_cache.query("select t0 from chunks", None)
    damage(tmp_path, f"{NOW // 86_400_000}-0")
    assert state.chunk_cache.query("select t0 from chunks", None).num_rows > 0
    state.engine.query("select sum(arraySum(floats)) from chunks")
    assert "chunks" in "; ".join(store.health().problems)
    assert state.chunk_cache.query("select t0 from chunks", None).num_rows == 0
    store.close()
