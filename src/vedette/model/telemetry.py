"""Vedette's own metrics: one registry, served at `/metrics`. Names start with `vedette_`, or are the `prometheus_*` names that public mixins read."""

from __future__ import annotations

from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)

# A `_created` series beside every counter doubles what our own job stores, and nobody asks for it.
disable_created_metrics()  # type: ignore[no-untyped-call]

REGISTRY: Final = CollectorRegistry(auto_describe=True)
ProcessCollector(registry=REGISTRY)


def counter(name: str, text: str, labels: tuple[str, ...] = ()) -> Counter:
    return Counter(name, text, labels, registry=REGISTRY)


def gauge(name: str, text: str, labels: tuple[str, ...] = ()) -> Gauge:
    return Gauge(name, text, labels, registry=REGISTRY)


def histogram(name: str, text: str, labels: tuple[str, ...] = (), *, buckets: tuple[float, ...] = ()) -> Histogram:
    """`buckets` are upper bounds in the metric's unit; the default suits seconds of a request."""
    return Histogram(name, text, labels, registry=REGISTRY, buckets=buckets or Histogram.DEFAULT_BUCKETS)


LIMIT_HITS: Final = counter(
    "vedette_limit_hits", "Times a limit refused or cut something, by the limit's name.", ("limit",)
)
