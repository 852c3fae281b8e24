"""`vedette export SELECTOR ...`: samples to a file or standard output, from a server or straight from a data directory.

With `--data` the directory is opened here, so no server may have it open; else the server at `--url` is asked, which
streams. A file name that ends with .gz is compressed.
"""

from __future__ import annotations

import argparse
import gzip
import shutil
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import urlencode

from vedette.api.prometheus.parameters import selectors
from vedette.app.language import choose_language, speaker
from vedette.app.querying.times import parse_moment_ms
from vedette.app.remote_source import RemoteSource
from vedette.model.errors import BadInput
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS
from vedette.ports.principal import Principal
from vedette.ports.scan import Deadline, ScanPlan
from vedette.store.chdb_store import ChdbStore
from vedette.store.opening import StoreSettings
from vedette.wire.export import new_writer

TIMEOUT_S: Final = 7 * 24 * 3600.0
SAMPLES_MAX: Final = 50_000_000
"""Of one slice."""
COPY_BYTES: Final = 1 << 20


def run_export(arguments: argparse.Namespace) -> int:
    say = speaker(choose_language(["--lang", arguments.lang] if arguments.lang else []))
    with open_output(arguments.output) as output:
        if arguments.data:
            left_out = export_directory(arguments, output)
        else:
            left_out = 0
            export_server(arguments, output)
    if left_out:
        print(
            say(
                f"left out: {left_out} samples that {arguments.format} has no form for (stale markers, native histograms)",
                f"未导出：{left_out} 个样本，{arguments.format} 无法表示（失效标记、原生直方图）",
            ),
            file=sys.stderr,
        )
    return 0


def export_directory(arguments: argparse.Namespace, output: BinaryIO) -> int:
    """The number of samples left out. Raises DataDirectoryInUse, BadInput."""
    data = Path(arguments.data)
    if not (data / "engine").is_dir():
        raise BadInput(f"no data directory of Vedette: {data}")
    writer = new_writer(arguments.format)
    chosen = selectors(arguments.selectors)
    plan = ScanPlan(chosen[0], *time_bounds(arguments), samples_max=SAMPLES_MAX)
    store = ChdbStore(StoreSettings(data, maintenance=False))
    try:
        deadline, principal = Deadline(TIMEOUT_S), Principal(arguments.tenant, "export")
        output.write(writer.begin())
        for read_slice in store.slices(principal, plan, deadline, also=chosen[1:]):
            output.write(writer.write(read_slice()))
        output.write(writer.end())
    finally:
        store.close()
    return writer.left_out


def export_server(arguments: argparse.Namespace, output: BinaryIO) -> None:
    source = RemoteSource.of(arguments.url, arguments.http_config or "")
    asked = [("match[]", selector) for selector in arguments.selectors] + [("format", arguments.format)]
    first_ms, last_ms = time_bounds(arguments)
    asked += [("start", f"{first_ms / 1000:.3f}")] if arguments.start else []
    asked += [("end", f"{last_ms / 1000:.3f}")] if arguments.end else []
    with source.open(f"/api/v1/export?{urlencode(asked)}", None, {"X-Scope-OrgID": arguments.tenant}) as answer:
        shutil.copyfileobj(answer, output, COPY_BYTES)


def time_bounds(arguments: argparse.Namespace) -> tuple[int, int]:
    now_ms = time.time_ns() // 1_000_000
    return (
        parse_moment_ms(arguments.start, now_ms) if arguments.start else MIN_TIME_MS,
        parse_moment_ms(arguments.end, now_ms) if arguments.end else MAX_TIME_MS,
    )


def open_output(name: str) -> AbstractContextManager[Any]:
    if name == "-":
        return nullcontext(sys.stdout.buffer)
    try:
        return gzip.open(name, "wb", compresslevel=1) if name.endswith(".gz") else open(name, "wb")
    except OSError as error:
        raise BadInput(f"cannot write {name}: {error.strerror}") from None
