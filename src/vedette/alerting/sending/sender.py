"""One Alertmanager: a bounded queue, and a loop that posts what is in it, batch by batch.

A full queue lets go of its oldest alerts: newer ones say more. A batch that fails is not tried again: alerts that still
fire are sent again by their rules within a minute. Source: Prometheus notifier/sendloop.go.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from yarl import URL

from vedette.alerting.alerts import Alert
from vedette.alerting.sending import metrics
from vedette.intake.aws.client import Poster
from vedette.intake.http_client import USER_AGENT
from vedette.model.errors import VedetteError
from vedette.model.telemetry import LIMIT_HITS

_LOG: Final = logging.getLogger(__name__)

QUEUE_MAX: Final = 10_000
"""--alertmanager.notification-queue-capacity"""
BATCH_MAX: Final = 256
_ANSWER_BYTES_MAX: Final = 1 << 20
_HEADERS: Final = {"User-Agent": USER_AGENT, "Content-Type": "application/json"}


class Sender:
    """`add` from the event loop's thread; `run` until cancelled."""

    def __init__(self, url: str, client: Poster, timeout_s: float, queue_max: int = QUEUE_MAX) -> None:
        self.url = url
        self._client = client
        self._timeout_s = timeout_s
        self._queue: deque[Alert] = deque(maxlen=queue_max)
        self._waiting = asyncio.Event()
        metrics.show_alertmanager(url)

    def add(self, alerts: Sequence[Alert]) -> None:
        assert self._queue.maxlen is not None
        dropped = max(0, len(self._queue) + len(alerts) - self._queue.maxlen)
        self._queue.extend(alerts)
        if dropped:
            LIMIT_HITS.labels("notification_queue").inc(dropped)
            metrics.DROPPED.labels(self.url).inc(dropped)
            _LOG.warning("alertmanager %s: the queue is full, %d alerts dropped", self.url, dropped)
        metrics.QUEUE_LENGTH.labels(self.url).set(len(self._queue))
        self._waiting.set()

    async def run(self) -> None:
        while True:
            await self._waiting.wait()
            self._waiting.clear()
            while self._queue:
                await self.send_batch()

    async def send_batch(self) -> None:
        batch = [self._queue.popleft() for _ in range(min(BATCH_MAX, len(self._queue)))]
        metrics.QUEUE_LENGTH.labels(self.url).set(len(self._queue))
        if not batch:
            return
        begin_s = asyncio.get_running_loop().time()
        problem = await self._post(encode_alerts(batch))
        if problem:
            metrics.ERRORS.labels(self.url).inc(len(batch))
            metrics.DROPPED.labels(self.url).inc(len(batch))
            _LOG.error("alertmanager %s: %d alerts not sent: %s", self.url, len(batch), problem)
            return
        metrics.LATENCY.labels(self.url).observe(asyncio.get_running_loop().time() - begin_s)
        metrics.SENT.labels(self.url).inc(len(batch))

    async def drain(self) -> None:
        """Sends what waits, once: for the shutdown."""
        while self._queue:
            await self.send_batch()

    async def _post(self, body: bytes) -> str:
        """What went wrong; empty when they were taken."""
        try:
            answer = await self._client.post(
                URL(self.url, encoded=True),
                _HEADERS,
                body,
                timeout_s=self._timeout_s,
                bytes_max=_ANSWER_BYTES_MAX,
            )
        except VedetteError as error:
            return error.message
        return "" if answer.status // 100 == 2 else f"bad response status {answer.status}"


def encode_alerts(alerts: Iterable[Alert]) -> bytes:
    """As POST /api/v2/alerts takes them."""
    return msgspec.json.encode([_postable(alert) for alert in alerts])


def _postable(alert: Alert) -> dict[str, Any]:
    return {
        "annotations": dict(alert.annotations),
        "endsAt": _time_text(alert.ends_at_ms),
        "startsAt": _time_text(alert.starts_at_ms),
        "generatorURL": alert.generator_url,
        "labels": dict(alert.labels),
    }


def _time_text(time_ms: int) -> str:
    moment = datetime.fromtimestamp(time_ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{time_ms % 1000:03d}Z"
