"""A server's HTTP API as a source: ours, or anything else that speaks Prometheus'. Standard library: one request, then done."""

from __future__ import annotations

import base64
import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from vedette.api.prometheus.escaping import escape_name
from vedette.app.querying.sources import Bounds, Reply
from vedette.model.errors import BadInput, Forbidden, QueryFailed, QueryTimeout, Unauthenticated, Unreachable

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
_TIMEOUT_S: Final = 150.0
"""Longer than a server lets a query run: it says so itself."""
_REFUSALS: Final = {"bad_data": BadInput, "timeout": QueryTimeout}


@dataclass(frozen=True, slots=True)
class Credentials:
    user: str = ""
    password: str = field(default="", repr=False)
    tenant: str = ""

    def headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json"}
        if self.user:
            pair = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        if self.tenant:
            headers["X-Scope-OrgID"] = self.tenant
        return headers


@dataclass(frozen=True, slots=True)
class Remote:
    """`url` without a slash at its end."""

    url: str
    credentials: Credentials = Credentials()
    tls: ssl.SSLContext | None = None
    unreachable_hint: str = "is it running? --url names another one"

    def instant(self, query: str, time_ms: int) -> Reply:
        return self._ask("query", {"query": query, "time": _seconds(time_ms)})

    def range(self, query: str, start_ms: int, end_ms: int, step_ms: int) -> Reply:
        span = {"start": _seconds(start_ms), "end": _seconds(end_ms), "step": _seconds(step_ms)}
        return self._ask("query_range", {"query": query, **span})

    def series(self, selectors: Sequence[str], bounds: Bounds) -> Reply:
        return self._ask("series", _narrowed(selectors, bounds))

    def label_names(self, selectors: Sequence[str], bounds: Bounds) -> Reply:
        return self._ask("labels", _narrowed(selectors, bounds))

    def label_values(self, label: str, selectors: Sequence[str], bounds: Bounds) -> Reply:
        path = f"label/{urllib.parse.quote(escape_name(label, 'values'), safe='')}/values"
        return self._ask(path, _narrowed(selectors, bounds), by_get=True)

    def close(self) -> None: ...

    def call(self, method: str, path: str, parameters: Mapping[str, Any] | None = None, body: bytes = b"") -> Reply:
        """Of a path below /api/v1."""
        form = f"?{urllib.parse.urlencode(parameters, doseq=True)}" if parameters else ""
        return self._read(*self._exchange(method, f"{self.url}/api/v1/{path}{form}", body))

    def alerts(self, matchers: Sequence[str]) -> list[dict[str, Any]]:
        """Of Alertmanager's API v2."""
        form = urllib.parse.urlencode({"filter": list(matchers)}, doseq=True)
        status, body = self._exchange("GET", f"{self.url}/api/v2/alerts?{form}", b"")
        if status != 200:
            self._read(status, body if status == 401 else _in_envelope(body))
        found: list[dict[str, Any]] = json.loads(body)
        return found

    def _ask(self, path: str, parameters: Mapping[str, Any], *, by_get: bool = False) -> Reply:
        if by_get:
            return self.call("GET", path, parameters)
        form = urllib.parse.urlencode(parameters, doseq=True).encode()
        return self._read(*self._exchange("POST", f"{self.url}/api/v1/{path}", form, FORM))

    def _exchange(self, method: str, url: str, body: bytes, content_type: str = JSON) -> tuple[int, bytes]:
        headers = self.credentials.headers() | ({"Content-Type": content_type} if body else {})
        request = urllib.request.Request(url, body or None, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S, context=self.tls) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            reason = getattr(reason, "strerror", None) or reason
            raise Unreachable(
                f"the server does not answer ({reason}): {self.url}",
                hint=self.unreachable_hint,
            ) from None

    def _read(self, status: int, body: bytes) -> Reply:
        if status == 401:
            raise Unauthenticated(
                f"the server wants a user and a password: {self.url}", hint="give --user and VEDETTE_PASSWORD"
            )
        try:
            document = json.loads(body)
            if document["status"] == "success":
                return Reply(document["data"], document.get("warnings", []), document.get("infos", []))
            kind, text, hint = str(document["errorType"]), str(document["error"]), str(document.get("hint", ""))
        except (ValueError, LookupError, TypeError):
            raise Unreachable(
                f"the answer is not of this API (HTTP {status}): {self.url}",
                hint="the URL is that of the page, with the route prefix if there is one",
            ) from None
        if status == 403:
            raise Forbidden(text, hint=hint)
        raise _REFUSALS.get(kind, QueryFailed)(text, hint=hint)


def _in_envelope(text: bytes) -> bytes:
    """An error of Alertmanager's API, which is a JSON string, in the shape of the others."""
    return b'{"status":"error","errorType":"bad_data","error":%b}' % text


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:.3f}"


def _narrowed(selectors: Sequence[str], bounds: Bounds) -> dict[str, Any]:
    named = zip(("start", "end"), bounds, strict=True)
    times = {name: _seconds(bound) for name, bound in named if bound is not None}
    return {"match[]": list(selectors), **times}
