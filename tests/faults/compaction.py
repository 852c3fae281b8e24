"""kill -9 inside compaction: afterwards there is exactly one sample per (series, time), and nothing is lost.

One data directory lives through all rounds. Each round is a process of its own that opens it, checks every sample of all
rounds before, appends two more hours, waits for their commit, and kills itself at a random step of the compaction. A last
process compacts to the end and looks at the rows themselves.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tests.clocks import SetClock
from tests.harness import Options, Outcome

STEPS: Final = (("slice", 3), ("slice written", 3), ("spans", 1), ("drop", 1), ("dropped", 1))
"""(where to kill, how often a round passes there at least)"""
N_SERIES: Final = 40
SAMPLES_PER_BLOCK: Final = 120
TIMEOUT_S: Final = 120
NEVER: Final = "never"


def run(options: Options) -> Iterable[Outcome]:
    rounds = options.rounds_or(6)
    rng = random.Random(options.seed)
    outcome = Outcome("compaction", passed=0, total=rounds)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            step, times = rng.choice(STEPS)
            occurrence = rng.randint(1, times)
            problem = _child(folder, number, step, occurrence)
            if problem:
                outcome.failures.append(f"round {number}, killed at {step!r} ({occurrence}): {problem}")
                break
            outcome.passed += 1
        problem = _child(folder, rounds, NEVER, 0)
        if problem and not outcome.failures:
            outcome.failures.append(f"after the last round: {problem}")
    yield outcome


def _child(folder: str, number: int, step: str, occurrence: int) -> str:
    """Runs one round; the empty string when its checks held."""
    command = [sys.executable, "-m", "tests.faults.compaction", folder, str(number), step, str(occurrence)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode == (0 if step == NEVER else -signal.SIGKILL):
        return ""
    return f"exit code {done.returncode}: {done.stderr.strip()[-2000:]}"


def _start_ms(number: int) -> int:
    """Two hours later in each round."""
    from vedette.model.time import BLOCK_MS

    return 1_700_006_400_000 + number * BLOCK_MS


def _round(folder: Path, number: int, stop_at: str, occurrence: int) -> None:
    from vedette.model.limits import StoreLimits
    from vedette.model.time import BLOCK_MS
    from vedette.store.chdb_store import ChdbStore
    from vedette.store.opening import StoreSettings

    seen = 0

    def step(name: str) -> None:
        nonlocal seen
        seen += name == stop_at
        if seen == occurrence and name == stop_at:
            os.kill(os.getpid(), signal.SIGKILL)

    start_ms = _start_ms(number)
    clock = SetClock(start_ms)
    limits = StoreLimits(compaction_samples_max=N_SERIES * SAMPLES_PER_BLOCK // 3)
    settings = StoreSettings(folder / "data", limits=limits, commit_wait_s=0.0, maintenance=False, step=step)
    store = ChdbStore(settings, clock)
    _check_answers(store, number)
    assert store.wait_until_head_ready(60)
    _check_answers(store, number)
    if stop_at == NEVER:
        clock.time_ms += 2 * BLOCK_MS
        store.maintain()
        _check_answers(store, number)
        _check_rows(store, number)
    else:
        _append_block(store, clock, start_ms)
        clock.time_ms = start_ms + 2 * BLOCK_MS
        store.maintain()
    store.close()


def _append_block(store, clock, start_ms):  # type: ignore[no-untyped-def]
    """In pieces, so that the block is made of several parts; the clock walks along."""
    import numpy as np

    from vedette.model.blocks import SampleBatch
    from vedette.model.labels import Labels
    from vedette.ports.principal import SYSTEM

    refs = store.register(SYSTEM, [Labels.of(__name__="m", i=str(i)) for i in range(N_SERIES)])
    for part in range(4):
        places = np.arange(part, SAMPLES_PER_BLOCK, 4) if part % 2 else np.arange(part, SAMPLES_PER_BLOCK, 4)[::-1]
        clock.time_ms = start_ms + SAMPLES_PER_BLOCK * 15_000
        times = start_ms + places * 15_000
        batch = SampleBatch(
            np.repeat(refs, len(times)),
            np.tile(times, N_SERIES),
            np.tile((times % 1_000_003).astype(np.float64), N_SERIES),
        )
        result = store.append(SYSTEM, batch)
        result.committed.result(timeout=60)
        assert result.accepted == len(batch), result


def _expected_times(rounds: int):  # type: ignore[no-untyped-def]
    import numpy as np

    starts = [_start_ms(number) for number in range(rounds)]
    return np.concatenate([np.empty(0, np.int64), *(start + np.arange(SAMPLES_PER_BLOCK) * 15_000 for start in starts)])


def _check_answers(store, rounds):  # type: ignore[no-untyped-def]
    import numpy as np

    from vedette.model.matchers import Matcher, MatchType
    from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS
    from vedette.ports.principal import SYSTEM
    from vedette.ports.scan import Deadline, ScanPlan

    plan = ScanPlan((Matcher("__name__", MatchType.EQUAL, "m"),), MIN_TIME_MS, MAX_TIME_MS, 1 << 40)
    found = store.select(SYSTEM, plan, Deadline(60))
    expected = _expected_times(rounds)
    assert found.n_samples == len(expected) * N_SERIES, (found.n_samples, len(expected) * N_SERIES)
    if rounds:
        assert (found.times_ms.reshape(N_SERIES, -1) == expected).all()
        assert (found.values == (found.times_ms % 1_000_003).astype(np.float64)).all()


def _check_rows(store, rounds):  # type: ignore[no-untyped-def]
    """Nothing recent is left of the old blocks; no chunk row repeats another."""
    engine = store._state.engine
    assert engine.query("select count() as n from samples_recent").to_pylist() == [{"n": 0}]
    assert engine.query("select 1 from chunks group by series, t0 having count() > 1").num_rows == 0
    total = engine.query("select sum(samples) as n from chunks").to_pylist()[0]["n"]
    assert total == len(_expected_times(rounds)) * N_SERIES, total


if __name__ == "__main__":
    _round(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
