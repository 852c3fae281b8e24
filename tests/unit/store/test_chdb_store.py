"""The chDB adapter under the contract."""

from __future__ import annotations

import pytest

from tests.unit.store.contract import *  # noqa: F403
from tests.unit.store.contract_histograms import *  # noqa: F403
from tests.unit.store.reopening import *  # noqa: F403
from vedette.store.chdb_store import ChdbStore
from vedette.store.opening import StoreSettings


@pytest.fixture
def build(tmp_path):
    def open_store(clock):
        store = ChdbStore(StoreSettings(tmp_path / "data", commit_wait_s=0.0), clock)
        assert store.wait_until_head_ready(30)
        return store

    return open_store
