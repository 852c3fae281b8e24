"""Moving in and out: the history of a running Prometheus, killed on the way; every export format, and what comes back of it.

The same file of samples lies in a Prometheus. It is imported by remote read into a directory of ours, by a process that is
killed -9 after its first day; a second run goes on. What we then hold is what the Prometheus holds, bit for bit.
"""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow.parquet as pq

from tests.asking import wait_until
from tests.harness import Options, Outcome, run_checks
from tests.prometheus import Prometheus, create_blocks
from tests.remote_reading import Rows, difference, read_samples
from tests.server import Vedette, import_openmetrics, own_environment, run_vedette
from vedette.model.labels import Labels
from vedette.model.matchers import Matcher, MatchType

START_S: Final = 1_700_000_400
DAYS: Final = 3
STEP_S: Final = 60
SERIES: Final = 10
KEPT: Final = "--storage.tsdb.retention.time=100y"
EVERYTHING: Final = (Matcher("__name__", MatchType.EQUAL, "moved_total"),)
BOUNDS: Final = START_S * 1000, (START_S + DAYS * 86_400) * 1000


def run(options: Options) -> Iterable[Outcome]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "samples.om").write_text(openmetrics())
        create_blocks(folder / "samples.om", folder / "theirs")
        with Prometheus(folder / "theirs", "{}\n", KEPT) as theirs:
            expected = read_samples(theirs, EVERYTHING, *BOUNDS)
            yield run_checks("moving", CHECKS, folder, theirs, expected)


def openmetrics() -> str:
    chance = np.random.default_rng(11)
    lines = ["# TYPE moved_total unknown\n"]
    for row in range(SERIES):
        values = chance.integers(0, 9, DAYS * 86_400 // STEP_S).cumsum() / (1 + row % 3)
        jitter = chance.integers(0, 1000, len(values))
        lines += [
            f'moved_total{{row="{row}",path="/a \\"b\\""}} {value!r} {START_S + step * STEP_S}.{late:03}\n'
            for step, (value, late) in enumerate(zip(values.tolist(), jitter.tolist(), strict=True))
        ]
    return "".join([*lines, "# EOF\n"])


def a_migration_that_is_killed_goes_on_and_holds_every_sample(folder: Path, theirs: Prometheus, expected: Rows) -> None:
    data, position = folder / "ours", folder / "ours" / "import_prometheus.json"
    arguments = ["import", "prometheus", theirs.url, "--data", str(data), "--end", str(BOUNDS[1] // 1000)]
    first = subprocess.Popen(
        [sys.executable, "-m", "vedette.app.cli", *arguments], env=own_environment(), stderr=subprocess.DEVNULL
    )
    assert wait_until(position.exists, 120, every_s=0.001)
    first.kill()
    first.wait()
    (reached,) = json.loads(position.read_text()).values()
    assert BOUNDS[0] < reached
    second = run_vedette(*arguments, "--lang", "en")
    assert second.returncode == 0, second.stderr
    assert "continues where the last import ended" in second.stderr and "100 %" in second.stderr
    with Vedette(data, "--storage.retention.time", "100y") as ours:
        assert not difference(expected, read_samples(ours, EVERYTHING, *BOUNDS))
        status, text = ours.get("/api/v1/export?match[]=moved_total&format=jsonl")
        assert status == 200 and rows_of_json_lines(text) == expected
        in_use = run_vedette(*arguments)
        assert in_use.returncode == 1 and "in use by process" in in_use.stderr and "hint" in in_use.stderr


def an_export_as_openmetrics_comes_back_the_same(folder: Path, theirs: Prometheus, expected: Rows) -> None:
    file = folder / "out.om"
    run_export(folder, str(file))
    import_openmetrics(file, folder / "again")
    with Vedette(folder / "again", "--storage.retention.time", "100y") as again:
        assert not difference(expected, read_samples(again, EVERYTHING, *BOUNDS))


def an_export_that_the_reference_loads_has_the_same_samples(folder: Path, theirs: Prometheus, expected: Rows) -> None:
    file = folder / "out.om"
    create_blocks(file, folder / "promtool")
    with Prometheus(folder / "promtool", "{}\n", KEPT) as loaded:
        assert not difference(expected, read_samples(loaded, EVERYTHING, *BOUNDS))


def other_formats_hold_the_same_samples(folder: Path, theirs: Prometheus, expected: Rows) -> None:
    run_export(folder, str(folder / "out.jsonl.gz"), "--format", "jsonl")
    assert rows_of_json_lines(gzip.decompress((folder / "out.jsonl.gz").read_bytes())) == expected
    run_export(folder, str(folder / "out.parquet"), "--format", "parquet")
    table = pq.read_table(io.BytesIO((folder / "out.parquet").read_bytes()))
    found: Rows = {}
    rows = zip(
        table["labels"].to_pylist(),
        table["time"].cast("int64").to_pylist(),
        table["value"].to_numpy().view(np.int64).tolist(),
        strict=True,
    )
    for text, time_ms, bits in rows:
        found.setdefault(Labels.of({"__name__": "moved_total", **json.loads(text)}), []).append((time_ms, bits))
    assert found == expected
    run_export(folder, str(folder / "out.csv"), "--format", "csv")
    assert (folder / "out.csv").read_text().count("\n") == 1 + sum(map(len, expected.values()))


def a_server_exports_what_its_directory_does(folder: Path, theirs: Prometheus, expected: Rows) -> None:
    with Vedette(folder / "ours", "--storage.retention.time", "100y") as ours:
        began = time.monotonic()
        done = run_vedette("export", "moved_total", "--url", ours.url, "--output", str(folder / "served.om"))
        assert done.returncode == 0, done.stderr
        assert time.monotonic() - began < 60
    assert (folder / "served.om").read_bytes() == (folder / "out.om").read_bytes()


CHECKS: Final = (
    a_migration_that_is_killed_goes_on_and_holds_every_sample,
    an_export_as_openmetrics_comes_back_the_same,
    an_export_that_the_reference_loads_has_the_same_samples,
    other_formats_hold_the_same_samples,
    a_server_exports_what_its_directory_does,
)


def run_export(folder: Path, output: str, *arguments: str) -> None:
    done = run_vedette("export", "moved_total", "--data", str(folder / "ours"), "--output", output, *arguments)
    assert done.returncode == 0, done.stderr


def rows_of_json_lines(text: bytes) -> Rows:
    rows: Rows = {}
    for line in map(json.loads, text.splitlines()):
        bits = np.array(line["values"], np.float64).view(np.int64).tolist()
        rows[Labels.of(line["metric"])] = list(zip(line["timestamps"], bits, strict=True))
    return rows
