"""What a remote's queue shows at `/metrics`: the reference's names, which the public mixins read.

Source: prometheus storage/remote/queue_manager.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from vedette.intake.config.remote_write import RemoteWriteConfig
from vedette.model.telemetry import counter, gauge, histogram

_LABELS: Final = ("remote_name", "url")
_PREFIX: Final = "prometheus_remote_storage_"
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 60.0, 120.0, 300.0)


@dataclass(frozen=True, slots=True)
class Traffic:
    """Counters of what is sent, refused and sent again, of one kind of entry: of all remotes, or of one."""

    sent: Counter
    failed: Counter
    retried: Counter

    @classmethod
    def named(cls, name: str, words: str) -> Traffic:
        return cls(
            counter(f"{_PREFIX}{name}", f"{words} that were sent, or tried to.", _LABELS),
            counter(f"{_PREFIX}{name}_failed", f"{words} that the remote refused for good.", _LABELS),
            counter(f"{_PREFIX}{name}_retried", f"{words} of requests that were sent again.", _LABELS),
        )

    def of(self, remote: tuple[str, str]) -> Traffic:
        return Traffic(self.sent.labels(*remote), self.failed.labels(*remote), self.retried.labels(*remote))


_KINDS: Final = (("samples", "Samples"), ("histograms", "Native histograms"), ("exemplars", "Exemplars"))
"""In the order of wire.remote_write.entries' kinds."""
_COUNTED: Final = tuple(Traffic.named(*kind) for kind in _KINDS)
_DROPPED: Final = tuple(
    counter(f"{_PREFIX}{name}_dropped", f"{words} that were not sent, by reason.", (*_LABELS, "reason"))
    for name, words in _KINDS
)
_PENDING: Final = tuple(
    gauge(f"{_PREFIX}{name}_pending", f"{words} of the round that is being sent.", _LABELS) for name, words in _KINDS
)
_METADATA: Final = Traffic.named("metadata", "Metadata entries")
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
class Load:
    """How many entries of which kinds a request carries."""

    parts: Sequence[tuple[Traffic, int]]

    def count_sent(self) -> None:
        for traffic, n in self.parts:
            traffic.sent.inc(n)

    def count_failed(self) -> None:
        for traffic, n in self.parts:
            traffic.failed.inc(n)

    def count_retried(self) -> None:
        for traffic, n in self.parts:
            traffic.retried.inc(n)


class RemoteMetrics:
    def __init__(self, name: str, config: RemoteWriteConfig) -> None:
        self._labels = name, config.shown_url
        at = self._labels
        self._traffic = [counted.of(at) for counted in _COUNTED]
        self._pending = [pending.labels(*at) for pending in _PENDING]
        self._metadata = _METADATA.of(at)
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

    def load(self, counts: Sequence[int]) -> Load:
        """Counts by kind."""
        return Load(list(zip(self._traffic, counts, strict=True)))

    def metadata_load(self, n: int) -> Load:
        return Load([(self._metadata, n)])

    def drop(self, kind: int, reason: str, n: int) -> None:
        _DROPPED[kind].labels(*self._labels, reason).inc(n)

    def show_pending(self, counts: Sequence[int]) -> None:
        for pending, n in zip(self._pending, counts, strict=True):
            pending.set(n)

    def settle_pending(self, counts: Sequence[int]) -> None:
        for pending, n in zip(self._pending, counts, strict=True):
            pending.dec(n)
