"""What a remote's queue shows at `/metrics`: the reference's names, which the public mixins read.

Source: prometheus storage/remote/queue_manager.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from vedette.intake.config.remote_write import RemoteWriteConfig
from vedette.model.telemetry import counter, gauge, histogram

_LABELS: Final = ("remote_name", "url")
_PREFIX: Final = "prometheus_remote_storage_"
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 60.0, 120.0, 300.0)

_SAMPLES: Final = counter(f"{_PREFIX}samples", "Samples that were sent, or tried to.", _LABELS)
_FAILED: Final = counter(f"{_PREFIX}samples_failed", "Samples that the remote refused for good.", _LABELS)
_RETRIED: Final = counter(f"{_PREFIX}samples_retried", "Samples of requests that were sent again.", _LABELS)
_DROPPED: Final = counter(f"{_PREFIX}samples_dropped", "Samples that were not sent, by reason.", (*_LABELS, "reason"))
_PENDING: Final = gauge(f"{_PREFIX}samples_pending", "Samples of the round that is being sent.", _LABELS)
_METADATA: Final = counter(f"{_PREFIX}metadata", "Metadata entries that were sent, or tried to.", _LABELS)
_METADATA_FAILED: Final = counter(f"{_PREFIX}metadata_failed", "Metadata entries that the remote refused.", _LABELS)
_METADATA_RETRIED: Final = counter(f"{_PREFIX}metadata_retried", "Metadata entries that were sent again.", _LABELS)
_BYTES: Final = counter(f"{_PREFIX}bytes", "Bytes of samples that were sent, compressed.", _LABELS)
_DURATION: Final = histogram(
    f"{_PREFIX}sent_batch_duration_seconds", "Duration of a request.", _LABELS, buckets=_SECONDS
)
_HIGHEST: Final = gauge(f"{_PREFIX}queue_highest_timestamp_seconds", "Newest sample taken for the remote.", _LABELS)
_HIGHEST_SENT: Final = gauge(
    f"{_PREFIX}queue_highest_sent_timestamp_seconds", "Newest sample that the remote acknowledged.", _LABELS
)
_SHARDS: Final = gauge(f"{_PREFIX}shards", "Requests under way at once, at most, in the last round.", _LABELS)
_SHARDS_DESIRED: Final = gauge(f"{_PREFIX}shards_desired", "Requests at once that the round wants.", _LABELS)
_SHARDS_MAX: Final = gauge(f"{_PREFIX}shards_max", "Requests at once, at most.", _LABELS)
_SHARDS_MIN: Final = gauge(f"{_PREFIX}shards_min", "Requests at once, at least.", _LABELS)
_CAPACITY: Final = gauge(f"{_PREFIX}shard_capacity", "Samples that a shard may hold.", _LABELS)
_PER_SEND: Final = gauge(f"{_PREFIX}max_samples_per_send", "Samples of a request, at most.", _LABELS)


@dataclass(frozen=True, slots=True)
class Traffic:
    """Counters of what is sent, refused and sent again: of samples, or of metadata."""

    sent: Counter
    failed: Counter
    retried: Counter


class RemoteMetrics:
    def __init__(self, name: str, config: RemoteWriteConfig) -> None:
        self._labels = name, config.shown_url
        at = self._labels
        self.samples = Traffic(_SAMPLES.labels(*at), _FAILED.labels(*at), _RETRIED.labels(*at))
        self.metadata = Traffic(_METADATA.labels(*at), _METADATA_FAILED.labels(*at), _METADATA_RETRIED.labels(*at))
        self.pending: Gauge = _PENDING.labels(*at)
        self.bytes: Counter = _BYTES.labels(*at)
        self.duration: Histogram = _DURATION.labels(*at)
        self.highest: Gauge = _HIGHEST.labels(*at)
        self.highest_sent: Gauge = _HIGHEST_SENT.labels(*at)
        self.shards: Gauge = _SHARDS.labels(*at)
        self.shards_desired: Gauge = _SHARDS_DESIRED.labels(*at)
        queue = config.queue_config
        for metric, value in (
            (_SHARDS_MAX, queue.max_shards),
            (_SHARDS_MIN, queue.min_shards),
            (_CAPACITY, queue.capacity),
            (_PER_SEND, queue.max_samples_per_send),
        ):
            metric.labels(*at).set(value)

    def drop(self, reason: str, n: int) -> None:
        if n:
            _DROPPED.labels(*self._labels, reason).inc(n)
