"""A program that serves Prometheus' HTTP API at a URL, asked over HTTP: ours and the reference are asked by the same code."""

from __future__ import annotations

import json
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

_TIMEOUT_S: Final = 120.0


@dataclass(slots=True)
class Service:
    """`url` without a slash at the end. Connections are not kept: a restarted program is asked like a fresh one."""

    url: str = ""
    tls: ssl.SSLContext | None = None
    """For https: whom to trust."""

    def get(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = _TIMEOUT_S,
        *,
        method: str = "GET",
        body: bytes | None = None,
    ) -> tuple[int, bytes]:
        """Status and body, whatever the status is. Raises OSError when nobody answers."""
        request = urllib.request.Request(self.url + path, body, dict(headers or {}), method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout_s, context=self.tls) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def post(
        self, path: str, form: Mapping[str, str] | None = None, timeout_s: float = _TIMEOUT_S
    ) -> tuple[int, bytes]:
        return self.get(path, None, timeout_s, method="POST", body=urllib.parse.urlencode(form or {}).encode())

    def api(self, path: str, **parameters: str | Sequence[str]) -> Any:
        """`data` of an answer of /api/v1. Raises AssertionError with the answer when it is an error."""
        query = urllib.parse.urlencode(parameters, doseq=True)
        status, body = self.get(f"/api/v1/{path}?{query}")
        assert status == 200, f"{path}?{query}: {status} {body[:500]!r}"
        return json.loads(body)["data"]

    def is_ready(self) -> bool:
        try:
            return self.get("/-/ready")[0] == 200
        except OSError:
            return False


def wait_until(holds: Callable[[], bool], timeout_s: float, every_s: float = 0.05) -> bool:
    """Whether it came to hold in time."""
    give_up_at = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > give_up_at:
            return False
        time.sleep(every_s)
    return True
