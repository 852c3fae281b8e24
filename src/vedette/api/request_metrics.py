"""Requests by path, status, seconds and bytes, under the names that Prometheus' own mixin reads."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from vedette.model.telemetry import counter, histogram

_REQUESTS: Final = counter("prometheus_http_requests", "HTTP requests, by handler and status.", ("handler", "code"))
_SECONDS: Final = histogram(
    "prometheus_http_request_duration_seconds",
    "Seconds from a request's head to the end of its answer.",
    ("handler",),
    buckets=(0.001, 0.005, 0.02, 0.1, 0.2, 0.4, 1, 3, 8, 20, 60, 120),
)
_BYTES: Final = histogram(
    "prometheus_http_response_size_bytes",
    "Bytes of an answer's body as sent.",
    ("handler",),
    buckets=(100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000),
)


def observe_request(handler: str, status: int, seconds: float, sent_bytes: int) -> None:
    """`handler` is a route's path, never what the caller wrote: the number of series stays bounded."""
    requests, durations, sizes = _children(handler, status)
    requests.inc()
    durations.observe(seconds)
    sizes.observe(sent_bytes)


@cache
def _children(handler: str, status: int) -> tuple[Any, Any, Any]:
    return _REQUESTS.labels(handler, str(status)), _SECONDS.labels(handler), _BYTES.labels(handler)
