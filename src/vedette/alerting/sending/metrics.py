"""Metrics of sending, under the names that the public mixins read."""

from __future__ import annotations

import contextlib
from typing import Final

from vedette.model.telemetry import counter, gauge, histogram

_ALERTMANAGER: Final = ("alertmanager",)

LATENCY: Final = histogram("prometheus_notifications_latency_seconds", "Time to send a batch of alerts.", _ALERTMANAGER)
ERRORS: Final = counter("prometheus_notifications_errors", "Alerts in batches that could not be sent.", _ALERTMANAGER)
SENT: Final = counter("prometheus_notifications_sent", "Alerts sent.", _ALERTMANAGER)
DROPPED: Final = counter(
    "prometheus_notifications_dropped", "Alerts given up: the queue was full, or sending failed.", _ALERTMANAGER
)
QUEUE_LENGTH: Final = gauge("prometheus_notifications_queue_length", "Alerts that wait to be sent.", _ALERTMANAGER)
QUEUE_CAPACITY: Final = gauge("prometheus_notifications_queue_capacity", "Alerts that may wait, for each Alertmanager.")
DISCOVERED: Final = gauge("prometheus_notifications_alertmanagers_discovered", "Alertmanagers that are sent to.")

_BY_ALERTMANAGER: Final = (LATENCY, ERRORS, SENT, DROPPED, QUEUE_LENGTH)


def show_alertmanager(url: str) -> None:
    for metric in _BY_ALERTMANAGER:
        metric.labels(url)


def forget_alertmanager(url: str) -> None:
    for metric in _BY_ALERTMANAGER:
        with contextlib.suppress(KeyError):
            metric.remove(url)
