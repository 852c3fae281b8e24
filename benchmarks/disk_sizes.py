"""What one history weighs on disk in us and both peers, once each has compacted it.

Prometheus' bytes are its blocks', made by promtool; VictoriaMetrics' its data and index after a forced merge; ours are those of
the engine's active parts: what is no longer part of a table waits a few minutes for its deletion.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from benchmarks.harness import Ratio
from benchmarks.histories import History
from benchmarks.loaded import load_history
from benchmarks.processes import folder_bytes
from tests.peers import VictoriaMetrics
from vedette.ports.principal import SYSTEM
from vedette.store.chdb_store import ChdbStore
from vedette.store.opening import StoreSettings

_MERGE_QUIET_S = 3.0


def compare_sizes(bench: str, history: History) -> Iterable[Ratio]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        samples = load_history(history, folder)
        merge_all(folder / "victoriametrics")
        ours = active_bytes(folder / "vedette")
        theirs = {
            "prometheus": folder_bytes(folder / "prometheus"),
            "victoriametrics": sum(folder_bytes(folder / "victoriametrics" / part) for part in ("data", "indexdb")),
        }
    told = ", ".join(f"{peer} {size / samples:.3f}" for peer, size in theirs.items())
    print(f"  bytes a sample of {samples}: vedette {ours / samples:.3f}, {told}", flush=True)
    return [Ratio(bench, peer, [size / ours]) for peer, size in theirs.items()]


def active_bytes(data: Path) -> int:
    """Of every table, once there is nothing left to compact."""
    store = ChdbStore(StoreSettings(data, maintenance=False))
    try:
        store.maintain()
        return store.stats(SYSTEM).disk_bytes
    finally:
        store.close()


def merge_all(data: Path) -> None:
    """Until its directory has stopped changing."""
    with VictoriaMetrics(data) as theirs:
        for path in ("/internal/force_flush", "/internal/force_merge"):
            status, body = theirs.get(path)
            assert status == 200, body
        size, quiet_since = -1, time.monotonic()
        while time.monotonic() - quiet_since < _MERGE_QUIET_S:
            time.sleep(0.5)
            if (now := folder_bytes(data / "data")) != size:
                size, quiet_since = now, time.monotonic()
