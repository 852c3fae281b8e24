"""`vedette import openmetrics FILE`: samples of any age, with their own timestamps, straight into the store's history.

The file is read in pieces of whole lines, each scanned into columns; a series' labels are parsed once, the first time its
bytes are seen. The data directory must not be open in a server.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from vedette.app.language import Say, choose_language, speaker
from vedette.model.blocks import SampleBatch
from vedette.model.errors import BadInput, MalformedPage
from vedette.model.limits import IngestLimits
from vedette.ports.principal import Principal
from vedette.store.chdb_store import ChdbStore, StoreSettings
from vedette.wire.exposition import DUPLICATE, NO_TIME, UNKNOWN, Format, SeriesCache, scan

PIECE_BYTES: Final = 32 << 20
END: Final = b"# EOF\n"


def run_import(arguments: argparse.Namespace) -> int:
    say = speaker(choose_language(["--lang", arguments.lang] if arguments.lang else []))
    file, data = Path(arguments.file), Path(arguments.data)
    started = time.monotonic()
    try:
        size = file.stat().st_size
        source = file.open("rb")
    except OSError as error:
        raise BadInput(f"cannot read {file}: {error.strerror}") from None
    if not size:
        raise BadInput(f"nothing to import, the file is empty: {file}", hint="a file of samples ends with # EOF")
    store = ChdbStore(StoreSettings(data, maintenance=False))
    principal = Principal(arguments.tenant, "import")
    try:
        with source:
            progress = store.import_samples(read_batches(source, size, store, principal, say))
    finally:
        store.close()
    took = max(time.monotonic() - started, 1e-9)
    rate = progress.samples / took / 1e6
    print(
        say(
            f"imported {progress.samples} samples in {took:.1f} s ({rate:.2f} M samples/s)",
            f"已导入 {progress.samples} 个样本，用时 {took:.1f} 秒（{rate:.2f} M 样本/秒）",
        )
    )
    return 0


def read_batches(
    source: BinaryIO, size: int, store: ChdbStore, principal: Principal, say: Say
) -> Iterator[SampleBatch]:
    """Raises MalformedPage with the line of the file; what was yielded before stays imported."""
    cache, line, done = SeriesCache(), 0, 0
    limits = IngestLimits(page_samples_max=PIECE_BYTES)
    for piece, is_last in pieces(source):
        try:
            yield batch_of(piece if is_last else piece + END, cache, store, principal, limits)
        except MalformedPage as error:
            words = error.message.replace(f" in line {error.line}", "")  # the piece's line; the file's is told before
            place = f"{source.name}:{line + error.line}"
            raise MalformedPage(f"{place}: {words}", line=line + error.line, hint=error.hint) from None
        line += piece.count(b"\n")
        done += len(piece)
        share = 100 * done // max(size, 1)
        print(say(f"import: {share} %", f"导入：{share} %"), file=sys.stderr, flush=True)


def pieces(source: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """(whole lines, is this the end of the file). The end must be `# EOF`: the scanner checks it."""
    rest = b""
    while block := source.read(PIECE_BYTES):
        block = rest + block
        cut = block.rfind(b"\n", 0, -1) + 1
        if cut:
            yield block[:cut], False
        rest = block[cut:]
    yield rest, True


def batch_of(
    page_bytes: bytes, cache: SeriesCache, store: ChdbStore, principal: Principal, limits: IngestLimits
) -> SampleBatch:
    page = scan(page_bytes, Format.OPENMETRICS, limits=limits)
    if (page.times_ms == NO_TIME).any():
        row = int(np.argmax(page.times_ms == NO_TIME))
        raise MalformedPage(
            f"sample without a timestamp: {page.labels(row)}",
            line=page_bytes.count(b"\n", 0, int(page.spans[row, 0])) + 1,
            hint="an import needs the time of every sample",
        )
    refs = cache.resolve(page)
    unknown = np.flatnonzero(refs == UNKNOWN)
    if len(unknown):
        _, first = np.unique(page.keys[unknown], return_index=True)
        fresh = unknown[first]
        cache.learn(page, fresh, store.register(principal, [page.labels(i) for i in fresh.tolist()]))
        refs = cache.resolve(page)
    cache.finish()
    kept = refs >= 0
    assert not (refs == DUPLICATE).any()
    return SampleBatch(refs[kept], page.times_ms[kept], page.values[kept])
