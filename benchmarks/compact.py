"""A process of its own for `ingest` and `disk`: opens a data directory, and compacts everything in it."""

from __future__ import annotations

import sys
from pathlib import Path

from vedette.model.time import BLOCK_MS
from vedette.ports.clock import SystemClock
from vedette.store.chdb_store import ChdbStore
from vedette.store.opening import StoreSettings


class TurnedClock(SystemClock):
    """Two blocks ahead, so that every block counts as finished."""

    def now_ms(self) -> int:
        return super().now_ms() + 2 * BLOCK_MS


if __name__ == "__main__":
    what, data = sys.argv[1], Path(sys.argv[2])
    store = ChdbStore(StoreSettings(data, maintenance=False), TurnedClock())
    if what == "compact":
        store.maintain()
    store.close()
