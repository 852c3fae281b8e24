"""A full disk: appends are refused clearly, reads go on, nothing acknowledged is lost, and it recovers by itself.

The data directory lies on a tmpfs of a few MB; a file takes what is left of it, and goes away again. A process of its own
does the rounds, because an engine belongs to one directory for the life of a process.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.harness import Options, Outcome, Skipped

DISK_MB: Final = 96
TIMEOUT_S: Final = 300
N_SERIES: Final = 100
RECOVERS_WITHIN_S: Final = 20.0


def run(options: Options) -> Iterable[Outcome]:
    rounds = options.rounds_or(2)
    outcome = Outcome("disk-full", passed=0, total=rounds)
    with _small_disk() as folder:
        command = [sys.executable, "-m", "tests.faults.disk_full", str(folder), str(rounds)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    outcome.passed = done.stdout.count("survived\n")
    if done.returncode:
        outcome.failures.append(f"exit code {done.returncode}: {done.stderr.strip()[-2000:]}")
    yield outcome


@contextmanager
def _small_disk() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "vedette-test", folder]
        try:
            made = subprocess.run(mount, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise Skipped("there is no mount command here") from None
        if made.returncode:
            raise Skipped(f"a small disk cannot be mounted (needs root): {made.stderr.strip()}")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


class Ledger:
    """What was appended, by time; every series has the same rows."""

    def __init__(self) -> None:
        self.acknowledged: list[int] = []
        self.accepted: list[int] = []


def _rounds(folder: Path, rounds: int) -> None:
    ledger = Ledger()
    start_ms = int(time.time() * 1000) - 600_000
    for number in range(rounds):
        store = _open(folder)
        refs = _register(store)
        _append(store, refs, start_ms + number * 60_000, ledger)
        ballast = _fill(folder)
        refused = _append_until_refused(store, refs, start_ms + number * 60_000 + 1_000, ledger)
        assert "free some disk space" in refused.hint, refused
        assert any("refuses commits" in problem for problem in store.health().problems), store.health()
        _check(store, ledger.accepted)
        ballast.unlink()
        _wait_for_commits(store)
        _append(store, refs, start_ms + number * 60_000 + 50_000, ledger)
        assert store.health().problems == [], store.health()
        store.close()
        store = _open(folder)
        _check(store, ledger.accepted)
        assert set(ledger.acknowledged) <= set(ledger.accepted)
        store.close()
        print("survived", flush=True)


def _open(folder: Path):  # type: ignore[no-untyped-def]
    from vedette.store.chdb_store import ChdbStore
    from vedette.store.opening import StoreSettings

    return ChdbStore(StoreSettings(folder / "data", commit_wait_s=0.0, maintenance=False))


def _register(store):  # type: ignore[no-untyped-def]
    from vedette.model.labels import Labels
    from vedette.ports.principal import SYSTEM

    return store.register(SYSTEM, [Labels.of(__name__="m", i=str(i)) for i in range(N_SERIES)])


def _append(store, refs, time_ms, ledger):  # type: ignore[no-untyped-def]
    import numpy as np

    from vedette.model.blocks import SampleBatch
    from vedette.ports.principal import SYSTEM

    batch = SampleBatch(refs, np.full(N_SERIES, time_ms), np.arange(N_SERIES) * 1.5)
    result = store.append(SYSTEM, batch)
    assert result.accepted == N_SERIES, result
    ledger.accepted.append(time_ms)
    result.committed.result(timeout=60)
    ledger.acknowledged.append(time_ms)


def _append_until_refused(store, refs, time_ms, ledger):  # type: ignore[no-untyped-def]
    """The last commits that fit may still succeed."""
    from vedette.model.errors import StoreUnavailable

    for i in range(1_000):
        try:
            _append(store, refs, time_ms + i * 10, ledger)
        except StoreUnavailable as error:
            return error
    raise AssertionError("a full disk refused nothing")


def _fill(folder: Path) -> Path:
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096):
            try:
                while file.write(b"\1" * size) == size:
                    pass
            except OSError:
                continue
    return ballast


def _wait_for_commits(store) -> None:  # type: ignore[no-untyped-def]
    """By itself: nothing is appended or flushed meanwhile."""
    end = time.monotonic() + RECOVERS_WITHIN_S
    while store.health().problems:
        assert time.monotonic() < end, "commits did not recover"
        time.sleep(0.1)


def _check(store, times):  # type: ignore[no-untyped-def]
    from vedette.model.matchers import Matcher, MatchType
    from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS
    from vedette.ports.principal import SYSTEM
    from vedette.ports.scan import Deadline, ScanPlan

    plan = ScanPlan((Matcher("__name__", MatchType.EQUAL, "m"),), MIN_TIME_MS, MAX_TIME_MS, 1 << 40)
    found = store.select(SYSTEM, plan, Deadline(60))
    assert found.n_series == N_SERIES
    assert (found.times_ms.reshape(N_SERIES, -1) == sorted(times)).all(), (found.n_samples, len(times))


if __name__ == "__main__":
    _rounds(Path(sys.argv[1]), int(sys.argv[2]))
