"""A chDB store that a test opens, closes and opens again."""

from __future__ import annotations

import pytest

from tests.clocks import RunningClock
from tests.unit.store.contract import NOW
from vedette.store.chdb_store import ChdbStore
from vedette.store.opening import StoreSettings


@pytest.fixture
def clock():
    return RunningClock(NOW)


@pytest.fixture
def opened(tmp_path, clock):
    """A function that opens the store again, closing the one before."""
    stores = []

    def open_store(**settings):
        for store in stores:
            store.close()
        store = ChdbStore(StoreSettings(tmp_path / "data", commit_wait_s=0.0, maintenance=False, **settings), clock)
        assert store.wait_until_head_ready(30)
        stores.append(store)
        return store

    yield open_store
    for store in stores:
        store.close()
