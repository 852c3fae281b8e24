"""Truncated and mutated pages through scanners compiled with bounds checks: no index may leave its array.

The checks are compiled in, so the fuzzing runs in a process of its own with its own kernel cache (a minute the first time).
Columns get exactly the rows that the scanners' contract asks for: a stray write has no spare row to hide in.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numba

from tests.harness import Options, Outcome
from tests.settings import ROOT
from tests.unit.wire import pages
from tests.unit.wire import protobuf_pages as pb
from vedette.model.errors import MalformedPage
from vedette.wire.exposition import SeriesCache, scan
from vedette.wire.negotiation import Format

ROUNDS_SHORT = 20_000
PIECES = b'"{}\\,= \t\n#0123456789.eE+-aHELPTYU_\x00\x80\xc3\xff\x0a\x12\x1a\x22'
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path(tempfile.gettempdir())) / "vedette-bounds-checked"


def run(options: Options) -> Iterable[Outcome]:
    rounds = options.rounds_or(ROUNDS_SHORT)
    environment = {**os.environ, "NUMBA_BOUNDSCHECK": "1", "VEDETTE_KERNEL_CACHE": str(CACHE)}
    command = [sys.executable, "-m", "tests.faults.page_bounds", str(rounds), str(options.seed)]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    outcome = Outcome("page-bounds", int(done.stdout or 0), rounds)
    if done.returncode:
        outcome.failures.append(done.stderr[-2000:])
    yield outcome


def fuzz(rounds: int, seed: int) -> int:
    """The number of pages that were read or refused; an IndexError is the failure."""
    assert numba.config.BOUNDSCHECK == 1
    rng = random.Random(seed)
    seeds = [*((page, Format.TEXT) for page in pages.TEXT_SEEDS), (binary_page(), Format.PROTOBUF)]
    seeds += [(page, Format.OPENMETRICS) for page in pages.OPENMETRICS_SEEDS]
    for page, page_format in seeds:
        for end in range(len(page)):
            feed(page[:end], page_format)
    survived = 0
    for _ in range(rounds):
        page, page_format = rng.choice(seeds)
        feed(mutate(page, rng), page_format)
        survived += 1
    return survived


def binary_page() -> bytes:
    span = pb.message(12, pb.integer(1, 0) + pb.integer(2, 1))
    traced = pb.counter(1, pb.message(2, pb.exemplar({"t": "u"}, 0.5, 3)))
    body = pb.family("h", pb.HISTOGRAM, [pb.metric(pb.histogram(5, 2.5, {1: 3}, span), {"a": "b"}, 5)], "help", "s")
    body += pb.family("s", pb.SUMMARY, [pb.metric(pb.summary(5, 2.5, {0.5: 1.0}))])
    return body + pb.family("c", pb.COUNTER, [pb.metric(traced)])


def mutate(page: bytes, rng: random.Random) -> bytes:
    data = bytearray(page)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(data) + 1)
        data[at : at + rng.randint(0, 2)] = bytes(rng.choice(PIECES) for _ in range(rng.randint(0, 3)))
    return bytes(data)


def feed(body: bytes, page_format: Format) -> None:
    cache = SeriesCache()
    try:
        page = scan(body, page_format)
    except MalformedPage:
        return
    cache.resolve(page)
    cache.finish()


if __name__ == "__main__":
    print(fuzz(int(sys.argv[1]), int(sys.argv[2])))
