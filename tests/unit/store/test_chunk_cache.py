"""Decoded chunk rows in RAM never change an answer, and never outgrow their limit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.clocks import SetClock
from tests.unit.store.contract import NOW, ONE, UP, Rows, bits_of, plan_of, read
from vedette.model.blocks import SampleBatch
from vedette.model.labels import Labels
from vedette.model.limits import IngestLimits, StoreLimits
from vedette.model.time import BLOCK_MS
from vedette.store.chdb_store import ChdbStore, StoreSettings
from vedette.store.chunk_cache import ChunkCache
from vedette.store.runs import Runs

OLD = NOW - 50 * BLOCK_MS


def runs_of(n: int) -> Runs:
    one = np.array([n], np.int64)
    return Runs(np.zeros(1, np.int64), np.zeros(1, np.int64), one, one, np.arange(n, dtype=np.int64), np.ones(n))


@pytest.fixture
def store(tmp_path: Path):
    store = ChdbStore(StoreSettings(tmp_path, IngestLimits(), StoreLimits(), maintenance=False), SetClock(NOW))
    yield store
    store.close()


def bring(store: ChdbStore, rows: list[tuple[int, float]]) -> None:
    refs = np.full(len(rows), store.register(ONE, [UP])[0])
    times, values = np.array([t for t, _ in rows], np.int64), np.array([v for _, v in rows])
    store.import_samples([SampleBatch(refs, times, values)])


def read_old(store: ChdbStore, first: int = 0, last: int = 9) -> dict[Labels, Rows]:
    """A range small enough to be kept."""
    return read(store, plan_of(start=OLD + first, end=OLD + last))


def test_a_second_read_sees_what_was_imported_in_between(store: ChdbStore) -> None:
    bring(store, [(OLD, 1.0)])
    assert read_old(store) == {UP: bits_of([(OLD, 1.0)])}
    bring(store, [(OLD + 1, 2.0)])
    assert read_old(store) == {UP: bits_of([(OLD, 1.0), (OLD + 1, 2.0)])}


def test_a_read_of_a_part_of_a_kept_block_gets_that_part_only(store: ChdbStore) -> None:
    rows = [(OLD + i, float(i)) for i in range(10)]
    bring(store, rows)
    for _ in range(2):
        assert read_old(store, 2, 5) == {UP: bits_of(rows[2:6])}
        assert read_old(store, 4, 9) == {UP: bits_of(rows[4:10])}


def test_a_deletion_is_seen_at_once(store: ChdbStore) -> None:
    bring(store, [(OLD, 1.0), (OLD + 1, 2.0)])
    read_old(store)
    store.delete(ONE, [()], OLD, OLD)
    assert read_old(store) == {UP: bits_of([(OLD + 1, 2.0)])}


def test_the_least_recently_used_entry_goes_first() -> None:
    size = 100 * 16 + 4 * 8
    cache = ChunkCache(size * 4)
    keys = [("t", bytes([n]), 0, 0, 0) for n in range(5)]
    for key in keys[:4]:
        cache.put(key, runs_of(100))
    assert cache.get(keys[0]) is not None
    cache.put(keys[4], runs_of(100))
    assert cache.get(keys[1]) is None
    assert cache.get(keys[0]) is not None


def test_a_large_read_is_not_kept() -> None:
    cache = ChunkCache(16_000)
    cache.put(("t", b"", 0, 0, 0), runs_of(1000))
    assert cache.get(("t", b"", 0, 0, 0)) is None
