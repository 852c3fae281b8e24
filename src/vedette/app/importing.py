"""`vedette import openmetrics|jsonl FILE`: samples of any age, with their own timestamps, straight into the store's history.

The data directory must not be open in a server; a running one takes the same over HTTP.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from vedette.app.language import Say, choose_language, speaker
from vedette.intake.importing.jsonl import jsonl_batches
from vedette.intake.importing.openmetrics import openmetrics_batches
from vedette.model.errors import BadInput
from vedette.ports.principal import Principal
from vedette.store.chdb_store import ChdbStore
from vedette.store.opening import StoreSettings

BLOCK_BYTES: Final = 32 << 20

_READERS: Final = {"openmetrics": openmetrics_batches, "jsonl": jsonl_batches}
_EMPTY_HINTS: Final = {
    "openmetrics": "a file of samples ends with # EOF",
    "jsonl": 'a line is {"metric": {...}, "values": [...], "timestamps": [...]}',
}


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
        raise BadInput(f"nothing to import, the file is empty: {file}", hint=_EMPTY_HINTS[arguments.kind])
    store = ChdbStore(StoreSettings(data, maintenance=False))
    principal = Principal(arguments.tenant, "import")
    try:
        with source:
            batches = _READERS[arguments.kind](
                read_blocks(source, size, say), lambda labels: store.register(principal, labels), f"{file}:"
            )
            progress = store.import_samples(batches)
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


def read_blocks(source: BinaryIO, size: int, say: Say) -> Iterator[bytes]:
    """The file in blocks, saying how far it is."""
    done = 0
    while block := source.read(BLOCK_BYTES):
        yield block
        done += len(block)
        share = 100 * done // max(size, 1)
        print(say(f"import: {share} %", f"导入：{share} %"), file=sys.stderr, flush=True)
