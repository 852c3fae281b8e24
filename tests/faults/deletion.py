"""kill -9 while samples are deleted: what a 2xx deleted never comes back, and nothing outside of it is lost.

Two days of floats and native histograms, up to a minute ago, are imported. In each round the server deletes random ranges of
random series, gives space back now and then, and takes new samples, until it is killed in the middle. After the restart
everything is read. A deletion that was cut short may have happened or not; what it left is held to from then on.
"""

from __future__ import annotations

import json
import random
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

from tests import write_requests as rw
from tests.harness import Options, Outcome
from tests.server import Vedette, run_vedette

ROWS: Final = 24
HISTOGRAM_ROWS: Final = frozenset(range(0, ROWS, 4))
STEP_MS: Final = 60_000
HISTORY_MS: Final = 2 * 86_400_000
RUN_S: Final = (0.5, 3.0)
ROWS_PER_DELETION: Final = 4
CLEANS_ONE_OF: Final = 8
NAME: Final = "kept"
_WRITE: Final = {"Content-Type": rw.V1_TYPE, "Content-Encoding": "snappy"}

Times = dict[int, set[int]]
"""By row: the times of its samples, ms."""


@dataclass(frozen=True, slots=True)
class Deletion:
    rows: tuple[int, ...]
    start_ms: int
    end_ms: int

    def covers(self, row: int, time_ms: int) -> bool:
        return row in self.rows and self.start_ms <= time_ms <= self.end_ms

    @property
    def path(self) -> str:
        selector = f'{NAME}{{row=~"{"|".join(map(str, self.rows))}"}}'
        fields = {"match[]": selector, "start": self.start_ms / 1000, "end": self.end_ms / 1000}
        return f"/api/v1/admin/tsdb/delete_series?{urllib.parse.urlencode(fields)}"


@dataclass
class Model:
    """`there`: what must be read. `gone`: what must never be read again. `unsure`: deletions and samples cut short by a kill."""

    there: Times
    gone: Times = field(default_factory=lambda: {row: set() for row in range(ROWS)})
    unsure: list[Deletion] = field(default_factory=list)
    unsure_samples: Times = field(default_factory=lambda: {row: set() for row in range(ROWS)})

    def delete(self, deletion: Deletion) -> None:
        for row in deletion.rows:
            covered = {time_ms for time_ms in self.there[row] if deletion.covers(row, time_ms)}
            self.there[row] -= covered
            self.gone[row] |= covered

    def settle(self, found: Times) -> str:
        """What is wrong with what was read, or nothing; then the read decides what was unsure."""
        for row in range(ROWS):
            back = self.gone[row] & found[row]
            if back:
                return f"row {row}: {len(back)} deleted samples are back, such as {min(back)}"
            missing = self.there[row] - found[row]
            lost = {at for at in missing if not any(deletion.covers(row, at) for deletion in self.unsure)}
            if lost:
                return f"row {row}: {len(lost)} samples are lost, such as {min(lost)}"
            extra = found[row] - self.there[row] - self.unsure_samples[row]
            if extra:
                return f"row {row}: {len(extra)} samples come from nowhere, such as {min(extra)}"
        for row in range(ROWS):
            self.gone[row] |= self.there[row] - found[row]
        self.there, self.unsure = found, []
        self.unsure_samples = {row: set() for row in range(ROWS)}
        return ""


def run(options: Options) -> Iterable[Outcome]:
    rounds = options.rounds_or(3)
    chance = random.Random(options.seed)
    survived, failures, deletions = 0, [], 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        newest_ms = (int(time.time() * 1000) // STEP_MS - 1) * STEP_MS
        model = Model(import_history(folder, newest_ms))
        for number in range(1, rounds + 1):
            problem, done = one_round(folder, model, newest_ms, chance)
            deletions += done
            if problem:
                failures.append(f"round {number}: {problem}")
                break
            survived += 1
    yield Outcome("deletion", survived, rounds, suffix=f", {deletions} deletions", failures=failures)


def import_history(folder: Path, newest_ms: int) -> Times:
    times = list(range(newest_ms - HISTORY_MS, newest_ms + 1, STEP_MS))
    lines = [
        json.dumps(
            {
                "metric": {"__name__": NAME, "row": str(row)},
                "values": [value_of(row, at) for at in times],
                "timestamps": times,
            }
        )
        for row in range(ROWS)
    ]
    file = folder / "history.jsonl"
    file.write_text("\n".join(lines))
    done = run_vedette("import", "jsonl", str(file), "--data", str(folder / "data"))
    assert done.returncode == 0, done.stderr
    return {row: set(times) for row in range(ROWS)}


def value_of(row: int, time_ms: int) -> Any:
    count = float(time_ms // 1000 + row)
    if row not in HISTOGRAM_ROWS:
        return count
    return {
        "schema": 0,
        "count": count,
        "sum": 1.5,
        "zero_count": 0.0,
        "zero_threshold": 0.0,
        "positive": [[row, count]],
    }


def one_round(folder: Path, model: Model, newest_ms: int, chance: random.Random) -> tuple[str, int]:
    """(the problem found, or nothing; how many deletions were answered)"""
    server = Vedette(folder / "data", "--web.enable-admin-api", "--no-node-job", "--storage.retention.time", "100y")
    done = 0
    try:
        server.start()
        server.wait_until_ready()
        problem = model.settle(read(server))
        if problem:
            return problem, done
        timer = threading.Timer(chance.uniform(*RUN_S), server.kill)
        timer.start()
        while server.running():
            done += attack(server, model, newest_ms, chance)
        timer.join()
    except (RuntimeError, AssertionError) as error:
        return str(error), done
    finally:
        server.kill()
    return "", done


def attack(server: Vedette, model: Model, newest_ms: int, chance: random.Random) -> int:
    """A deletion, a sample, perhaps a clean-up; 1 where the deletion was answered."""
    deletion = random_deletion(newest_ms, chance)
    model.unsure.append(deletion)
    try:
        status, answer = server.get(deletion.path, method="POST", body=b"")
        assert status == 204, answer
        model.unsure.remove(deletion)
        model.delete(deletion)
        write_sample(server, model, chance.choice(sorted(set(range(ROWS)) - HISTOGRAM_ROWS)))
        if chance.randrange(CLEANS_ONE_OF) == 0:
            server.get("/api/v1/admin/tsdb/clean_tombstones", method="POST", body=b"")
    except (OSError, HTTPException):
        return 0  # killed
    return 1


def write_sample(server: Vedette, model: Model, row: int) -> None:
    at = int(time.time() * 1000)
    model.unsure_samples[row].add(at)
    labels = {"__name__": NAME, "row": str(row)}
    body = rw.snappy(rw.request_v1([rw.Series.of(labels, (at, value_of(row, at)))]))
    status, answer = server.get("/api/v1/write", _WRITE, method="POST", body=body)
    assert status == 204, answer
    model.unsure_samples[row].discard(at)
    model.there[row].add(at)


def random_deletion(newest_ms: int, chance: random.Random) -> Deletion:
    """Mostly short; now and then a series over all of its history. Never of what is being written."""
    rows = tuple(sorted(chance.sample(range(ROWS), chance.randint(1, ROWS_PER_DELETION))))
    start = newest_ms - chance.randrange(HISTORY_MS)
    length = chance.choice((0, STEP_MS, 20 * STEP_MS, 150 * STEP_MS))
    return Deletion(rows, start, min(newest_ms, start + length))


def read(server: Vedette) -> Times:
    """Raises AssertionError where a sample has another value than was written."""
    fields = urllib.parse.urlencode({"match[]": NAME, "format": "jsonl"})
    status, answer = server.get(f"/api/v1/export?{fields}")
    assert status == 200, answer[:500]
    found: Times = {row: set() for row in range(ROWS)}
    for row, at, value in samples_of(answer):
        assert value == value_of(row, at), (row, at, value)
        assert at not in found[row], f"row {row} has two samples at {at}"
        found[row].add(at)
    return found


def samples_of(export: bytes) -> Iterator[tuple[int, int, Any]]:
    for line in export.splitlines():
        series = json.loads(line)
        for at, value in zip(series["timestamps"], series["values"], strict=True):
            yield int(series["metric"]["row"]), at, value
