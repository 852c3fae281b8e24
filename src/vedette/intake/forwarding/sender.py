"""One remote: round after round of what was committed, in order, none left out.

    poll -> rows of the next commits -> position written (a round begins) -> plan -> shards send side by side
      ^                                                                                  |
      `---------------------- position acknowledged <-- every request is settled --------'

The queue is the store itself: a remote that is down costs a number in a file and, for a while, rows that wait for their
compaction (ports/store.py). A round holds `rows_max` rows or one commit. A kill within a round repeats that round
(positions.py). Metadata of version 1 goes in requests of its own; version 2 carries it with the series.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from vedette.intake.config.remote_write import ProtobufMessage, RemoteWriteConfig
from vedette.intake.forwarding.metrics import RemoteMetrics
from vedette.intake.forwarding.positions import Position, PositionFile
from vedette.intake.forwarding.requests import HalvingBudget, MustHalve, Remote
from vedette.intake.forwarding.rounds import Planner, Round
from vedette.model.blocks import MetricMetadata
from vedette.ports.clock import Clock
from vedette.ports.principal import Principal
from vedette.ports.store import CommittedRows, Store
from vedette.signals.families import possible_families
from vedette.wire.remote_write.encoding import encode_metadata
from vedette.wire.remote_write.entries import N_KINDS, Entries
from vedette.wire.snappy import compress

_LOG = logging.getLogger(__name__)

POLL_S: Final = 0.2
ROWS_MAX: Final = 100_000
"""Of a round: its rows, their plan and the requests under way weigh about 10 MB."""

T = TypeVar("T")


@dataclass(slots=True)
class Sender:
    """`run` until cancelled. Reading, planning and encoding happen on `workers`."""

    name: str
    config: RemoteWriteConfig
    store: Store
    principal: Principal
    clock: Clock
    remote: Remote
    planner: Planner
    file: PositionFile
    workers: Executor
    metrics: RemoteMetrics

    async def run(self) -> None:
        begun = await self._work(self.file.read)
        last = self.store.committed_sequence()
        if begun is None or begun.acknowledged > last:
            begun = Position(last, last)
        acknowledged = begun.acknowledged
        if acknowledged < begun.sending <= last:
            acknowledged = await self._repeat(begun)
        while True:
            rows = await self._next_rows(acknowledged)
            if not rows.is_empty:
                await self._send_round(acknowledged, rows)
            acknowledged = rows.sequence

    async def run_metadata(self) -> None:
        """Of version 1, every `send_interval`, until cancelled."""
        chosen = self.config.metadata_config
        while chosen.send and self.config.protobuf_message is ProtobufMessage.V1:
            await self.clock.sleep(chosen.send_interval / 1000)
            entries = await self._work(lambda: self.store.metadata(self.principal))
            for start in range(0, len(entries), chosen.max_samples_per_send):
                some = entries[start : start + chosen.max_samples_per_send]
                body = await self._work(partial(_encode_metadata, some))
                await self.remote.settle(body, self.metrics.metadata_load(len(some)))

    async def _repeat(self, begun: Position) -> int:
        """The round that a kill cut short: the same rows, the same requests."""
        rows = await self._read(begun.acknowledged, 1 << 62, up_to=begun.sending)
        _LOG.info("remote write %s: repeats %d samples that may have arrived", self.name, len(rows))
        await self._send_round(begun.acknowledged, rows)
        return begun.sending

    async def _next_rows(self, after: int) -> CommittedRows:
        """Waits for a full request, or for `batch_send_deadline` with less."""
        queue = self.config.queue_config
        waits_until = None
        while True:
            now = self.clock.monotonic_s()
            if self.store.committed_sequence() > after:
                rows = await self._read(after, ROWS_MAX)
                if waits_until is None:
                    waits_until = now + queue.batch_send_deadline / 1000
                if rows.is_empty or len(rows) >= queue.max_samples_per_send or now >= waits_until:
                    return rows
            await self.clock.sleep(POLL_S)

    async def _read(self, after: int, rows_max: int, up_to: int | None = None) -> CommittedRows:
        return await self._work(
            lambda: self.store.committed_since(
                self.principal, self.name, after, rows_max, up_to=up_to, parts=self.planner.parts
            )
        )

    async def _send_round(self, after: int, rows: CommittedRows) -> None:
        await self._work(lambda: self.file.write(Position(after, rows.sequence)))
        planned = await self._work(lambda: self.planner.plan(rows, self.clock.now_ms()))
        self._show(planned)
        async with asyncio.TaskGroup() as shards:
            for batches in planned.shards:
                shards.create_task(self._send_shard(batches))
        if any(planned.counts):
            self.metrics.highest_sent.set(planned.newest_ms / 1000)
        self.metrics.show_pending([0] * N_KINDS)
        await self._work(lambda: self.file.write(Position(rows.sequence, rows.sequence)))

    async def _send_shard(self, batches: list[Entries]) -> None:
        for batch in batches:
            await self._send(batch, HalvingBudget())
            self.metrics.settle_pending(batch.counts())

    async def _send(self, batch: Entries, budget: HalvingBudget) -> None:
        body = await self._work(lambda: self.planner.encode(batch))
        self.metrics.bytes.inc(len(body))
        load, halves = self.metrics.load(batch.counts()), batch.halves()
        with self.metrics.duration.time():
            try:
                await self.remote.settle(body, load, may_halve=bool(halves) and budget.take())
                return
            except MustHalve:
                load.count_retried()
        for half in halves:
            await self._send(half, budget)

    def _show(self, planned: Round) -> None:
        for (kind, reason), n in planned.dropped.items():
            self.metrics.drop(kind, reason, n)
        n_shards = sum(1 for batches in planned.shards if batches)
        self.metrics.shards.set(n_shards)
        self.metrics.shards_desired.set(n_shards)
        self.metrics.show_pending(planned.counts)
        if any(planned.counts):
            self.metrics.highest.set(planned.newest_ms / 1000)

    async def _work(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.workers, work)


def _encode_metadata(entries: Sequence[MetricMetadata]) -> bytes:
    return compress(encode_metadata(entries))


def find_metadata(store: Store, principal: Principal, metric: str) -> MetricMetadata | None:
    """Of the metric, or of the family whose part it is."""
    for name in possible_families(metric):
        if found := store.metadata(principal, name):
            return found[0]
    return None
