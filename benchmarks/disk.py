"""Bytes a sample on disk after compaction: 2 h of the load at 15 s, 10 targets x 1,000 series, loaded into both.

Prometheus' bytes are its blocks', made by promtool; ours are those of the engine's active parts: what is no longer part of
a table waits a few minutes for its deletion. `--rounds N`: targets (default 10).
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from benchmarks.harness import Figure, Ratio
from benchmarks.load import write_openmetrics
from benchmarks.processes import folder_bytes
from tests.harness import Options
from tests.prometheus import create_blocks
from tests.server import import_openmetrics
from vedette.model.time import BLOCK_MS, block_of
from vedette.ports.principal import SYSTEM
from vedette.store.chdb_store import ChdbStore, StoreSettings

SERIES = 1_000
STEP_S = 15
STEPS = 2 * 3600 // STEP_S


def run(options: Options) -> Iterable[Ratio | Figure]:
    with tempfile.TemporaryDirectory() as folder:
        page, theirs, ours = (Path(folder) / name for name in ("load.om", "prometheus", "vedette"))
        start_s = (block_of(int(time.time() * 1000)) - 12) * BLOCK_MS // 1_000  # yesterday: retention must not take it
        samples = write_openmetrics(page, options.rounds_or(10), SERIES, start_s, STEP_S, STEPS)
        create_blocks(page, theirs)
        import_openmetrics(page, ours)
        their_bytes, our_bytes = folder_bytes(theirs), active_bytes(ours)
    print(f"  prometheus {their_bytes / samples:.3f} bytes/sample, vedette {our_bytes / samples:.3f}", flush=True)
    yield Ratio("disk", "prometheus", [their_bytes / our_bytes])


def active_bytes(data: Path) -> int:
    """Of every table, once there is nothing left to compact."""
    store = ChdbStore(StoreSettings(data, maintenance=False))
    try:
        store.maintain()
        return store.stats(SYSTEM).disk_bytes
    finally:
        store.close()
