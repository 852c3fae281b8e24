"""What every receiver that speaks HTTP shares: requests within limits, verdicts on answers, secrets kept out of errors.

    notify --worker thread--> compose: templates -> requests --loop--> HttpClient --> verdict: sent, or NotSent(retry?, after_s)

A receiver composes (pure, so that a test reads the request) and says what its vendor's answers mean. What is worth another
try: no answer, 5xx, 429, and the statuses that the vendor documents so. Source: Alertmanager notify/util.go Retrier; that 429 is
tried again for everybody, and its Retry-After heeded, is ours (ADR 0080).
"""

from __future__ import annotations

import email.utils
import json
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Final, Generic, TypeVar

from yarl import URL

from vedette.alerting.config.defaults import HttpSection
from vedette.alerting.notification import Notification
from vedette.alerting.receivers.composing import composed
from vedette.alerting.receivers.texts import Texts
from vedette.alerting.templates import Templates
from vedette.alerting.templates.go_json import to_json
from vedette.intake.config.http import HttpClientConfig
from vedette.intake.config.values import Secret
from vedette.intake.http1 import AnswerTooLarge, Call, FetchFailed, Response, TimedOut
from vedette.intake.http_client import USER_AGENT, HttpClient, read_secret
from vedette.model.errors import NotSent
from vedette.model.limits import NotificationLimits

S = TypeVar("S", bound=HttpSection)

LIMITS: Final = NotificationLimits()
TOO_MANY_REQUESTS: Final = 429


@dataclass(frozen=True, slots=True)
class Request:
    """Its URL and headers may hold secrets, so no repr shows them."""

    url: str = field(repr=False)
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    method: str = "POST"


def json_request(url: str, value: Any, *, method: str = "POST", headers: Mapping[str, str] | None = None) -> Request:
    body = to_json(value).encode()
    return Request(url, body, {"Content-Type": "application/json", **(headers or {})}, method)


def secret_text(secret: Secret, file: str) -> str:
    """The secret, or what stands in its file now. Raises NotSent, which names the file only."""
    if secret:
        return secret.reveal()
    try:
        return read_secret(file)
    except FetchFailed as error:
        raise NotSent(error.message, retry=True) from None


class HttpIntegration(ABC, Generic[S]):
    """`retried`: statuses beside 429 and 5xx that the vendor wants to be tried again.

    `needs_answer`: a 2xx whose body breaks off does not count, because the vendor says in the body whether it took the message.
    """

    kind: str
    retried: ClassVar[frozenset[int]] = frozenset()
    needs_answer: ClassVar[bool] = False

    def __init__(self, section: S, index: int, templates: Templates) -> None:
        self.index = index
        self.send_resolved = section.send_resolved
        self.section = section
        self._templates = templates
        self._client = HttpClient(self.http_config())

    def http_config(self) -> HttpClientConfig:
        return self.section.http

    @property
    def timeout_s(self) -> float:
        """Of one request; a section's own timeout, where its kind has one."""
        own_ms: int = getattr(self.section, "timeout", 0)
        return own_ms / 1000 if own_ms else LIMITS.request_timeout_s

    async def notify(self, notification: Notification) -> Mapping[str, str]:
        requests = await composed(partial(self._composed, notification))
        kept: Mapping[str, str] = notification.kept
        for request in requests:
            kept = self.accepted(await self.ask(request), notification)
        return kept

    def _composed(self, notification: Notification) -> Sequence[Request]:
        return self.compose(Texts(notification, self._templates))

    @abstractmethod
    def compose(self, texts: Texts) -> Sequence[Request]:
        """The requests, in order; runs in a worker thread. Raises NotSent."""

    def accepted(self, response: Response, notification: Notification) -> Mapping[str, str]:
        """What to keep of a 2xx answer. Raises NotSent where the vendor refuses in it."""
        return {}

    def explain(self, response: Response) -> str:
        """What the vendor says is wrong."""
        return shown(response.body)

    def wait_s(self, response: Response, now_s: float) -> float | None:
        """How long the vendor asks us to wait; None where it does not say."""
        return retry_after_s(response.headers.get("retry-after", ""), now_s)

    async def ask(self, request: Request) -> Response:
        """A 2xx answer. Raises NotSent."""
        try:
            response = await self._client.send(
                Call(request.method, parse_url(request.url), request.body),
                {"User-Agent": USER_AGENT, **request.headers},
                timeout_s=self.timeout_s,
                bytes_max=LIMITS.answer_bytes_max,
            )
        except TimedOut as error:
            raise NotSent(error.reason, retry=True, reason="contextDeadlineExceeded") from None
        except FetchFailed as error:
            if not self._suffices(error.status):
                raise NotSent(error.reason, retry=True) from None
            return Response(error.status, "", {}, b"")
        except AnswerTooLarge as error:
            if not self._suffices(error.status):
                message = f"answer larger than {LIMITS.answer_bytes_max} bytes"
                raise NotSent(message, retry=self._may_pass(error.status)) from None
            return Response(error.status, "", {}, b"")
        except ValueError:
            raise _bad_url() from None
        self._check_status(response)
        return response

    def _suffices(self, status: int) -> bool:
        """A status without its body says that the message was taken."""
        return 200 <= status < 300 and not self.needs_answer

    def _may_pass(self, status: int) -> bool:
        """What a further try may cure."""
        return status >= 500 or status == TOO_MANY_REQUESTS or status in self.retried

    def _check_status(self, response: Response) -> None:
        status = response.status
        if 200 <= status < 300:
            return
        details = self.explain(response)
        raise NotSent(
            f"unexpected status code {status}{f': {details}' if details else ''}",
            retry=self._may_pass(status),
            after_s=self.wait_s(response, time.time()),
            reason=failure_reason(status),
        )

    async def close(self) -> None:
        await self._client.close()


class RobotIntegration(HttpIntegration[S]):
    """A vendor that answers 200 to everything, and says in JSON whether it took the message.

    `code` and `message`: where in the answer it says so, 0 being success; `busy`: codes that mean "too fast, later".
    """

    needs_answer: ClassVar[bool] = True
    code: ClassVar[str] = "errcode"
    message: ClassVar[str] = "errmsg"
    busy: ClassVar[frozenset[Any]] = frozenset()
    success: ClassVar[Any] = 0

    def accepted(self, response: Response, notification: Notification) -> Mapping[str, str]:
        answer = json_answer(response)
        code = answer.get(self.code, self.success)
        if code == self.success:
            return {}
        busy = code in self.busy
        raise NotSent(
            f"refused with {self.code} {code}: {answer.get(self.message, '')}",
            retry=busy,
            reason="rateLimited" if busy else "clientError",
        )


_WRITTEN_OUT: Final = re.compile(r"[!-~]+")


def parse_url(text: str) -> URL:
    """One that is written out goes over the wire as it is: a signature may cover it. Raises NotSent."""
    try:
        return URL(text, encoded=_WRITTEN_OUT.fullmatch(text) is not None)
    except ValueError:
        raise _bad_url() from None


def _bad_url() -> NotSent:
    return NotSent("the URL is not valid", retry=False, reason="clientError")


def json_answer(response: Response) -> dict[str, Any]:
    """Raises NotSent for an answer that is no JSON object."""
    try:
        answer = json.loads(response.body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise NotSent(f"could not unmarshal JSON response: {shown(response.body)}", retry=True)
    return answer


def shown(body: bytes) -> str:
    """So much of an answer as an error repeats."""
    text = body.decode(errors="replace").strip()
    return text if len(text) <= LIMITS.error_chars_max else text[: LIMITS.error_chars_max] + "…"


def failure_reason(status: int) -> str:
    """The label of the failure metric."""
    if status in (401, 403):
        return "authError"
    if status == TOO_MANY_REQUESTS:
        return "rateLimited"
    return {4: "clientError", 5: "serverError"}.get(status // 100, "other")


def retry_after_s(value: str, now_s: float) -> float | None:
    """A header's seconds or date; None where it says nothing that can be read."""
    if not value:
        return None
    try:
        seconds = float(value) if value.strip().isdecimal() else _seconds_until(value, now_s)
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), LIMITS.retry_after_max_s)


def _seconds_until(date: str, now_s: float) -> float:
    return email.utils.parsedate_to_datetime(date).timestamp() - now_s
