"""The in-memory store under the contract, and its switch for samples of any age."""

from __future__ import annotations

import pytest

from tests.clocks import SetClock
from tests.unit.store.contract import *  # noqa: F403
from tests.unit.store.contract import NOW, UP, append, bits_of, read
from tests.unit.store.contract_histograms import *  # noqa: F403
from vedette.store.memory import MemoryStore


@pytest.fixture
def build():
    return lambda clock: MemoryStore(clock=clock)


def test_without_windows_samples_of_any_age_are_taken_in_any_order():
    store = MemoryStore(clock=SetClock(NOW), windows=False)
    rows = [(0, 1.0), (NOW * 2, 2.0), (-5, 3.0)]
    assert append(store, UP, rows).accepted == 3
    assert read(store) == {UP: bits_of(sorted(rows))}
