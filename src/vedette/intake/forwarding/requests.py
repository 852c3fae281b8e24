"""One request to a remote until it is settled: sent, sent again, or refused for good.

    answer             what happens
    2xx                settled
    5xx, 429, no one   again after a pause that doubles (Retry-After wins), for as long as it takes
    400                the request is halved and both halves are sent, HALVINGS_MAX times a request: a receiver that takes
                       a request whole or not at all must not lose a thousand samples for the sake of one that is late
    other              refused: counted, logged, left behind

An answer that says how much was written (2.0) is no reason to halve. Source: prometheus storage/remote/client.go, the specs.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Final

from yarl import URL

from vedette.intake.aws.client import Poster
from vedette.intake.config.remote_write import ProtobufMessage, RemoteWriteConfig
from vedette.intake.forwarding.metrics import Load
from vedette.intake.http1 import FetchFailed, Response
from vedette.intake.http_client import USER_AGENT
from vedette.model.errors import BodyTooLarge
from vedette.ports.clock import Clock

_LOG = logging.getLogger(__name__)

ANSWER_BYTES_MAX: Final = 1 << 20
PAUSE_MAX_S: Final = 300.0
"""A remote's Retry-After is believed up to here."""
HALVINGS_MAX: Final = 64
_SHOWN_MAX: Final = 256

_WRITTEN: Final = "x-prometheus-remote-write-samples-written"
_VERSIONS: Final = {
    ProtobufMessage.V1: ("application/x-protobuf", "0.1.0"),
    ProtobufMessage.V2: ("application/x-protobuf;proto=io.prometheus.write.v2.Request", "2.0.0"),
}


class MustHalve(Exception):
    """The remote refuses the request as a whole, for something in it."""


@dataclass(slots=True)
class HalvingBudget:
    """Halvings left for the parts of one request."""

    left: int = HALVINGS_MAX

    def take(self) -> bool:
        self.left -= 1
        return self.left >= 0


@dataclass(slots=True)
class Remote:
    """Sends bodies to one remote. Belongs to one event loop."""

    config: RemoteWriteConfig
    client: Poster
    clock: Clock
    url: URL = field(init=False)

    def __post_init__(self) -> None:
        self.url = URL(self.config.url)

    async def settle(
        self, body: bytes, load: Load, *, may_halve: bool = False, message: ProtobufMessage | None = None
    ) -> bool:
        """Whether the remote has it. Raises MustHalve if it may."""
        headers = self._headers(message or self.config.protobuf_message)
        pause_s = self.config.queue_config.min_backoff / 1000
        load.count_sent()
        attempt = 0
        while True:
            try:
                answer = await self._post(headers if not attempt else {**headers, "Retry-Attempt": str(attempt)}, body)
            except (FetchFailed, BodyTooLarge) as error:
                reason, wait_s = error.message, None
            else:
                if answer.status // 100 == 2:
                    return True
                reason, wait_s = _shown(answer), _retry_after_s(answer, self.clock)
                if not self._is_temporary(answer.status):
                    if answer.status == 400 and may_halve and _WRITTEN not in answer.headers:
                        raise MustHalve
                    load.count_failed()
                    _LOG.warning("remote write to %s refused: %s", self.config.shown_url, reason)
                    return False
            attempt += 1
            load.count_retried()
            _LOG.info("remote write to %s is tried again: %s", self.config.shown_url, reason)
            await self.clock.sleep(wait_s if wait_s is not None else pause_s)
            pause_s = min(2 * pause_s, self.config.queue_config.max_backoff / 1000)

    async def _post(self, headers: Mapping[str, str], body: bytes) -> Response:
        timeout_s = self.config.remote_timeout / 1000
        return await self.client.post(self.url, headers, body, timeout_s=timeout_s, bytes_max=ANSWER_BYTES_MAX)

    def _headers(self, message: ProtobufMessage) -> dict[str, str]:
        content_type, version = _VERSIONS[message]
        return {
            "Content-Encoding": "snappy",
            "Content-Type": content_type,
            "X-Prometheus-Remote-Write-Version": version,
            "User-Agent": USER_AGENT,
            **self.config.headers,
        }

    def _is_temporary(self, status: int) -> bool:
        return status // 100 == 5 or (status == 429 and self.config.queue_config.retry_on_http_429)


def _shown(answer: Response) -> str:
    first_line = answer.body[:_SHOWN_MAX].decode(errors="replace").partition("\n")[0]
    return f"server returned HTTP status {answer.status} {answer.reason}: {first_line}"


def _retry_after_s(answer: Response, clock: Clock) -> float | None:
    """Seconds, from a number or a date; None where it is not said."""
    text = answer.headers.get("retry-after", "")
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), PAUSE_MAX_S)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return min(max(0.0, moment.timestamp() - clock.now_ms() / 1000), PAUSE_MAX_S)
