"""`POST /api/v1/import/openmetrics` and `/api/v1/import/jsonl`: samples of any age, as a stream, plain or gzip.

The body is never held whole: a worker thread takes blocks from a short queue while they arrive, and a caller that is faster
than the store waits. The answer comes when all is on disk. One import runs at a time; others wait for their turn.
Of what stands before a wrong line some may be imported already; importing the same again, mended, adds the rest. Series
that the store refuses (a series limit) are named in a 400; all others are imported.
"""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from vedette.api.answers import Answer
from vedette.api.prometheus.envelope import success
from vedette.api.requests import Request
from vedette.api.routing import POST, Api, Route
from vedette.intake.importing.jsonl import jsonl_batches
from vedette.intake.importing.lines import inflated
from vedette.intake.importing.openmetrics import Register, openmetrics_batches
from vedette.intake.receiving.admission import Refusals, register_series
from vedette.model.blocks import HistogramBatch, Int64s, SampleBatch
from vedette.model.errors import BadInput, VedetteError
from vedette.model.labels import Labels
from vedette.model.limits import ReceiveLimits
from vedette.ports.principal import Principal
from vedette.ports.store import Store

Bring = Callable[[Iterator[SampleBatch | HistogramBatch]], int]
"""Writes all batches into the history; how many samples there were. Raises StoreError, and what the batches raise."""

BLOCK_BYTES: Final = 1 << 20
BLOCKS_WAITING_MAX: Final = 4
_READERS: Final[dict[str, Callable[[Iterable[bytes], Register], Iterator[SampleBatch | HistogramBatch]]]] = {
    "openmetrics": openmetrics_batches,
    "jsonl": jsonl_batches,
}


class ImportDoor:
    def __init__(self, store: Store, bring: Bring, limits: ReceiveLimits = ReceiveLimits()) -> None:
        self._store = store
        self._bring = bring
        self._limits = limits
        self._turn = asyncio.Lock()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="vedette-import")

    def routes(self) -> tuple[Route, ...]:
        return tuple(Route(POST, f"/api/v1/import/{kind}", self._endpoint(kind)) for kind in _READERS)

    def _endpoint(self, kind: str) -> Callable[[Api, Request], Any]:
        async def bring(api: Api, request: Request) -> Answer:
            encoding = request.header(b"content-encoding").lower()
            if encoding not in ("", "identity", "gzip"):
                raise BadInput(f"unsupported content encoding: {encoding}", hint="send gzip or plain text")
            async with self._turn:
                return await self._run(request, kind, is_gzip=encoding == "gzip")

        return bring

    async def _run(self, request: Request, kind: str, *, is_gzip: bool) -> Answer:
        blocks: queue.Queue[bytes | VedetteError | None] = queue.Queue(BLOCKS_WAITING_MAX)
        work = asyncio.get_running_loop().run_in_executor(
            self._worker, self._work, request.principal, _taken(blocks), kind, is_gzip
        )
        try:
            await _hand_over(request, blocks, work)
        except VedetteError as error:
            await _put(blocks, error, work)
        return success({"samples": await work})

    def _work(self, principal: Principal, blocks: Iterator[bytes], kind: str, is_gzip: bool) -> int:
        """The number of samples. Raises BadInput where something was refused."""
        refusals = Refusals(self._limits.errors_shown_max)

        def register(labels: Sequence[Labels]) -> Int64s:
            return register_series(self._store, principal, labels, [1] * len(labels), refusals)

        samples = self._bring(_READERS[kind](inflated(blocks) if is_gzip else blocks, register))
        if refusals:
            raise BadInput(refusals.text(), hint=f"the other series are imported: {samples} samples")
        return samples


async def _hand_over(request: Request, blocks: queue.Queue[Any], work: asyncio.Future[int]) -> None:
    """Parts of the body, gathered to blocks that are worth a turn of the thread."""
    gathered: list[bytes] = []
    size = 0
    async for part in request.stream():
        gathered.append(part)
        size += len(part)
        if size >= BLOCK_BYTES:
            await _put(blocks, b"".join(gathered), work)
            gathered, size = [], 0
        if work.done():
            return  # it found a wrong line: the rest of the body is not wanted
    await _put(blocks, b"".join(gathered), work)
    await _put(blocks, None, work)


async def _put(blocks: queue.Queue[Any], item: bytes | VedetteError | None, work: asyncio.Future[int]) -> None:
    """Waits while the queue is full, as long as somebody takes from it."""
    while not work.done():
        try:
            blocks.put_nowait(item)
            return
        except queue.Full:
            await asyncio.sleep(_FULL_PAUSE_S)


_FULL_PAUSE_S: Final = 0.02


def _taken(blocks: queue.Queue[bytes | VedetteError | None]) -> Iterator[bytes]:
    while (item := blocks.get()) is not None:
        if isinstance(item, VedetteError):
            raise item
        yield item
