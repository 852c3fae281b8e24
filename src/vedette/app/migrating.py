"""`vedette import prometheus URL`: the history of a running Prometheus, by remote read, day by day, oldest first.

    for each day of UTC from where the last run stopped: stream of chunks -> columns -> import -> position written

A day is also the partition of `chunks`, so a day is written once and whole. The position file in the data directory says
up to when everything is on disk: a run that was cut repeats one day, which adds nothing twice, and a later run goes on from
where the last one ended. The data directory must not be open in a server.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from vedette.app.language import Say, choose_language, speaker
from vedette.app.querying.times import parse_moment_ms
from vedette.app.remote_source import RemoteSource
from vedette.model.blocks import HistogramBatch, SampleBatch
from vedette.model.errors import BadInput
from vedette.model.histograms import join_histograms
from vedette.model.matchers import Matcher
from vedette.model.time import format_duration
from vedette.ports.principal import Principal
from vedette.query.promql.parser import parse_metric_selector
from vedette.store.chdb_store import ChdbStore
from vedette.store.opening import StoreSettings
from vedette.wire.remote_read.frames import FramePart

DAY_MS: Final = 24 * 3600 * 1000
BATCH_SAMPLES: Final = 200_000
SERIES_KNOWN_MAX: Final = 200_000
"""Series whose labels need not be read again; further ones are looked up in the store's index."""
PROGRESS_S: Final = 2.0
EVERYTHING: Final = '{__name__=~".+"}'


@dataclass(slots=True)
class Migration:
    """What of a source is wanted, and how far it has come. Times in ms, inclusive."""

    source: RemoteSource
    matchers: tuple[Matcher, ...]
    first_ms: int
    last_ms: int
    samples: int = 0
    skipped_chunks: int = 0
    started: float = field(default_factory=time.monotonic)
    shown: float = 0.0

    def days(self) -> Iterator[tuple[int, int]]:
        start = self.first_ms
        while start <= self.last_ms:
            end = min((start // DAY_MS + 1) * DAY_MS - 1, self.last_ms)
            yield start, end
            start = end + 1

    def done(self, up_to_ms: int) -> float:
        return (up_to_ms - self.first_ms) / max(1, self.last_ms - self.first_ms)


def run_migration(arguments: argparse.Namespace) -> int:
    say = speaker(choose_language(["--lang", arguments.lang] if arguments.lang else []))
    source = RemoteSource.of(arguments.url, arguments.http_config or "")
    selector = arguments.match or EVERYTHING
    matchers = parse_metric_selector(selector)
    data = Path(arguments.data)
    now_ms = time.time_ns() // 1_000_000
    last_ms = parse_moment_ms(arguments.end, now_ms) if arguments.end else now_ms
    store = ChdbStore(StoreSettings(data, maintenance=False))
    try:
        position = ImportPosition(data, source.url, selector)
        first_ms = position.next_ms()
        if first_ms is None:
            first_ms = parse_moment_ms(arguments.start, now_ms) if arguments.start else source.oldest_ms(now_ms)
        else:
            print(say("continues where the last import ended", "从上次导入结束处继续"), file=sys.stderr)
        migration = Migration(source, matchers, first_ms, last_ms)
        import_days(migration, store, Principal(arguments.tenant, "import"), position, say)
    finally:
        store.close()
    print(summary(migration, say))
    return 0


def import_days(
    migration: Migration, store: ChdbStore, principal: Principal, position: ImportPosition, say: Say
) -> None:
    """Raises SourceFailed, StoreError; what the position says stays imported."""
    registry = Registry(store, principal)
    for start, end in migration.days():
        parts = migration.source.read(migration.matchers, start, end)
        store.import_samples(batches(parts, registry, migration, say, start))
        position.write(end + 1)
        show(migration, say, end, force=True)


class Registry:
    """Refs of series by their label messages."""

    def __init__(self, store: ChdbStore, principal: Principal) -> None:
        self._store = store
        self._principal = principal
        self._refs: dict[bytes, int] = {}

    def ref_of(self, part: FramePart) -> int:
        ref = self._refs.get(part.key)
        if ref is None:
            if len(self._refs) >= SERIES_KNOWN_MAX:
                self._refs.clear()
            ref = self._refs[part.key] = int(self._store.register(self._principal, [part.labels()])[0])
        return ref


def batches(
    parts: Iterator[FramePart], registry: Registry, migration: Migration, say: Say, day_ms: int
) -> Iterator[SampleBatch | HistogramBatch]:
    waiting: list[tuple[int, FramePart]] = []
    n = 0
    for part in parts:
        migration.skipped_chunks += part.skipped_chunks
        if not part.n_samples:
            continue
        waiting.append((registry.ref_of(part), part))
        n += part.n_samples
        if n >= BATCH_SAMPLES:
            yield from _batches(waiting)
            migration.samples += n
            waiting, n = [], 0
            show(migration, say, day_ms)
    if waiting:
        yield from _batches(waiting)
        migration.samples += n


def _batches(parts: Sequence[tuple[int, FramePart]]) -> Iterator[SampleBatch | HistogramBatch]:
    yield _floats(parts)
    native = [(ref, part) for ref, part in parts if len(part.histograms)]
    if native:
        refs = np.concatenate([np.full(len(part.histograms), ref, np.int64) for ref, part in native])
        times = np.concatenate([part.histogram_times_ms for _, part in native])
        yield HistogramBatch(refs, times, join_histograms([part.histograms for _, part in native]))


def _floats(parts: Sequence[tuple[int, FramePart]]) -> SampleBatch:
    refs = np.repeat(
        np.array([ref for ref, _ in parts], np.int64), np.array([len(part.times_ms) for _, part in parts], np.int64)
    )
    kept = refs >= 0
    times = np.concatenate([part.times_ms for _, part in parts])
    values = np.concatenate([part.values for _, part in parts])
    return SampleBatch(refs[kept], times[kept], values[kept])


class ImportPosition:
    """DATA/import_prometheus.json: up to when each (URL, selector) has been imported."""

    def __init__(self, data: Path, url: str, selector: str) -> None:
        self._file = data / "import_prometheus.json"
        self._key = f"{url} {selector}"

    def next_ms(self) -> int | None:
        return self._read().get(self._key)

    def write(self, next_ms: int) -> None:
        known = {**self._read(), self._key: next_ms}
        draft = self._file.with_suffix(".new")
        with draft.open("w") as file:
            json.dump(known, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._file)

    def _read(self) -> dict[str, int]:
        try:
            found = json.loads(self._file.read_text())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise BadInput(f"cannot read {self._file}: {error}", hint="remove it to begin anew") from None
        return {str(key): int(value) for key, value in found.items()}


def show(migration: Migration, say: Say, up_to_ms: int, *, force: bool = False) -> None:
    """Progress on stderr: share of the time range, rate, time left."""
    now = time.monotonic()
    if not force and now - migration.shown < PROGRESS_S:
        return
    migration.shown = now
    took = max(now - migration.started, 1e-3)
    share = migration.done(up_to_ms)
    left = format_duration(int(took * (1 - share) / share) * 1000) if share > 0 else "?"
    rate = migration.samples / took / 1e6
    day = time.strftime("%Y-%m-%d", time.gmtime(up_to_ms / 1000))
    print(
        say(
            f"import: {day}, {100 * share:.0f} %, {migration.samples} samples, {rate:.2f} M/s, {left} left",
            f"导入：{day}，{100 * share:.0f} %，{migration.samples} 个样本，{rate:.2f} M/秒，剩余 {left}",
        ),
        file=sys.stderr,
        flush=True,
    )


def summary(migration: Migration, say: Say) -> str:
    took = max(time.monotonic() - migration.started, 1e-9)
    rate = migration.samples / took / 1e6
    lines = [
        say(
            f"imported {migration.samples} samples in {took:.1f} s ({rate:.2f} M samples/s)",
            f"已导入 {migration.samples} 个样本，用时 {took:.1f} 秒（{rate:.2f} M 样本/秒）",
        )
    ]
    if migration.skipped_chunks:
        lines.append(
            say(
                f"left out: {migration.skipped_chunks} chunks of an unknown encoding",
                f"未导入：{migration.skipped_chunks} 个编码未知的数据块",
            )
        )
    return "\n".join(lines)
