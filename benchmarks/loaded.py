"""Data directories of us and both peers with the same histories in them, made once and kept in the cache folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.histories import History, write_history
from tests.peers import VictoriaMetrics
from tests.prometheus import Prometheus, create_blocks
from tests.server import Vedette, import_openmetrics
from tests.settings import ROOT

_BATCH_BYTES = 64 << 20
_PROGRAMS = ("vedette", "prometheus", "victoriametrics")


@dataclass(frozen=True, slots=True)
class Servers:
    ours: Vedette
    prometheus: Prometheus
    victoriametrics: VictoriaMetrics


@contextmanager
def data_folders(name: str, histories: Sequence[History]) -> Iterator[Path]:
    """A folder with a copy of each program's directory, which may be written to."""
    cache = ROOT / ".cache" / f"bench-{name}"
    if not (cache / "loaded").exists():
        shutil.rmtree(cache, ignore_errors=True)
        cache.mkdir(parents=True)
        for history in histories:
            load_history(history, cache)
        (cache / "loaded").touch()
    with tempfile.TemporaryDirectory() as folder:
        for program in _PROGRAMS:
            shutil.copytree(cache / program, Path(folder) / program, symlinks=True)
        yield Path(folder)


def load_history(history: History, folder: Path) -> int:
    """Into a directory of each program below the folder, which may hold other histories; the number of samples."""
    page, lines = folder / f"{history.name}.om", folder / f"{history.name}.jsonl"
    samples = write_history(history, page, lines)
    create_blocks(page, folder / "prometheus", history.block)
    import_openmetrics(page, folder / "vedette")
    page.unlink()
    with VictoriaMetrics(folder / "victoriametrics") as theirs:
        for batch in batches(lines):
            status, body = theirs.get("/api/v1/import", timeout_s=600.0, method="POST", body=batch)
            assert status == 204, f"{status} {body[:500]!r}"
    lines.unlink()
    return samples


def batches(lines: Path) -> Iterator[bytes]:
    """The file in pieces of whole lines."""
    with lines.open("rb") as file:
        while batch := file.readlines(_BATCH_BYTES):
            yield b"".join(batch)


@contextmanager
def running(folder: Path) -> Iterator[Servers]:
    with (
        our_server(folder) as ours,
        prometheus(folder) as theirs,
        VictoriaMetrics(folder / "victoriametrics") as others,
    ):
        ours.wait_until_ready()
        yield Servers(ours, theirs, others)


def our_server(folder: Path) -> Vedette:
    config = folder / "none.yml"
    config.write_text("scrape_configs: []\n")
    return Vedette(
        *(folder / "vedette", "--config", str(config), "--no-node-job", "--storage.retention.time", "100y"),
    )


def prometheus(folder: Path) -> Prometheus:
    limits = ("--storage.tsdb.retention.time=100y", "--query.max-samples=100000000")
    return Prometheus(folder / "prometheus", "{}\n", *limits)
