"""Every limit has a name, a default, a metric (`vedette_limit_hits_total{limit="<name>"}`) and an error that names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """Defaults are Prometheus' where it has the limit."""

    samples_max: int = 50_000_000
    """Samples a query may hold at once (--query.max-samples)."""
    series_max: int = 1_000_000
    steps_max: int = 11_000
    """Points per series of a range query; the reference's own constant."""
    timeout_ms: int = 120_000
    concurrency_max: int = 20
    queue_max: int = 1_000
    """Queries that may wait for a place; beyond it they are refused at once."""
    lookback_ms: int = 300_000
    results_bytes_max: int = 32 << 20
    """Answers of range queries kept for those that ask again; 0: none."""
    search_results_max: int = 10_000
    """Names that a search may ask for."""


@dataclass(frozen=True, slots=True)
class IngestLimits:
    body_bytes_max: int = 256 << 20
    """Bytes of one page after decompression, unless the job's body_size_limit says less."""
    line_bytes_max: int = 16 << 20
    labels_per_series_max: int = 1_000
    page_samples_max: int = 5_000_000
    """Samples of one page; its columns weigh about 60 bytes a sample."""
    pending_samples_max: int = 4_000_000
    """Samples that wait for a commit; beyond it appends are refused with QueueFull."""
    pending_exemplars_max: int = 200_000
    """Exemplars that wait for a commit; beyond it appends of exemplars are refused with QueueFull."""
    pending_alert_events_max: int = 200_000
    """Events of alerts that wait for a commit; beyond it they are dropped and counted."""
    head_bytes_max: int = 256 << 20
    out_of_order_window_ms: int = 30 * 60 * 1000
    future_window_ms: int = 10 * 60 * 1000
    """A sample further in the future than this is refused (Prometheus: maxAheadTime)."""


@dataclass(frozen=True, slots=True)
class ReceiveLimits:
    """What one pushed request (remote write, OTLP, line protocol, Pushgateway, import) may bring."""

    body_bytes_max: int = 32 << 20
    """As it comes, compressed or not. An import is a stream: it bounds one of its lines."""
    inflated_bytes_max: int = 64 << 20
    samples_max: int = 2_000_000
    series_max: int = 500_000
    symbols_max: int = 2_000_000
    known_series_max: int = 1_000_000
    """Series that a door knows by their bytes, for each tenant; beyond it the longest unseen are looked up again."""
    requests_max: int = 1_000
    """Requests that may wait for a worker thread; beyond it they are refused."""
    pushed_samples_max: int = 1_000_000
    """Samples of all groups of a tenant that stand in the Pushgateway."""
    commit_within_s: float = 0.1
    """How long a request waits for others to share its commit."""
    errors_shown_max: int = 20
    """Refused samples that an answer lists; the rest is counted."""


@dataclass(frozen=True, slots=True)
class SeriesLimits:
    """Series with a sample in the last hour; 0: no limit. `tenants` and `jobs` say other numbers for some."""

    series_per_tenant: int = 0
    series_per_job: int = 0
    tenants: Mapping[str, int] = field(default_factory=dict)
    jobs: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NotificationLimits:
    request_timeout_s: float = 30.0
    """Of one request to a receiver, unless its section says another."""
    answer_bytes_max: int = 4 << 20
    """Of a receiver's answer."""
    retry_after_max_s: float = 3600.0
    """How long a receiver may ask us to wait."""
    error_chars_max: int = 500
    """Of a receiver's answer that an error repeats."""


@dataclass(frozen=True, slots=True)
class HttpLimits:
    body_bytes_max: int = 64 << 20
    query_bytes_max: int = 1 << 20
    """Bytes of a form body that carries a query."""
    connections_max: int = 4_096
    header_timeout_s: float = 10.0
    """Seconds for the head of a request to arrive."""
    header_bytes_max: int = 1 << 20
    """Names and values of a request's headers (as in Go's net/http)."""
    body_timeout_s: float = 120.0
    lookups_max: int = 8
    """Label, series, metadata and status requests that run at once."""


@dataclass(frozen=True, slots=True)
class BulkReadLimits:
    """Answers that carry raw samples out: remote read, export, federation. Defaults are Prometheus' where it has the limit."""

    samples_max: int = 50_000_000
    """Samples of one remote read that is answered in one piece (--storage.remote.read-sample-limit)."""
    frame_bytes_max: int = 1 << 20
    """Bytes of a frame of a streamed remote read (--storage.remote.read-max-bytes-in-frame); a chunk more at most."""
    answers_max: int = 10
    """Bulk answers under way at once (--storage.remote.read-concurrent-limit); further ones wait."""
    threads: int = 2
    """Threads that read and render them: each holds one slice of samples."""
    request_bytes_max: int = 32 << 20
    timeout_s: float = 3600.0
    """A streamed answer may take so long as a whole."""


@dataclass(frozen=True, slots=True)
class StoreLimits:
    """What the embedded engine may take; its own defaults assume that it owns the machine."""

    engine_memory_bytes_max: int = 2 << 30
    query_memory_bytes_max: int = 1 << 30
    """Memory of one query inside the engine."""
    query_connections: int = 4
    """Reads that run in the engine at once; the others wait for a connection."""
    commit_rows_max: int = 1_000_000
    """Rows of one insert. The engine splits above 1,048,449, and a split insert is not atomic."""
    chunk_cache_bytes_max: int = 64 << 20
    """Encoded chunk rows kept for queries that ask again."""
    column_cache_bytes_max: int = 256 << 20
    """The same, decoded: 16 bytes a sample."""
    compaction_samples_max: int = 4_000_000
    """Samples that compaction and import hold at once."""
    recent_histograms_bytes_max: int = 64 << 20
    """Committed native histograms kept in RAM for queries of the last minutes."""


@dataclass(frozen=True, slots=True)
class AlertLimits:
    """What the notification pipeline of one tenant holds, and what one request may bring."""

    body_bytes_max: int = 128 << 20
    """Of one POST of alerts."""
    alerts_max: int = 500_000
    """Alerts that fire or whose end is still to be told; further ones are refused with QueueFull."""
    alert_bytes_max: int = 1 << 20
    """Labels and annotations of one alert."""
    history_ms: int = 400 * 24 * 3600_000
    """How long events of alerts are kept: a year, and the month before it to compare with."""
    silences_max: int = 10_000
    """Of all states."""
    silence_bytes_max: int = 1 << 20
    pending_alerts_max: int = 1_000_000
    """Alerts that wait for their commit."""
    retention_ms: int = 120 * 3600_000
    """How long ended silences are kept, and entries of the notification log at most."""
