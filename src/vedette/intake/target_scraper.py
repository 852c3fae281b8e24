"""One target's scrapes: fetch, inflate, scan, resolve, append, report; and what is known of the target since.

The event loop only waits for bytes; everything from the inflating to the append happens in one call in a worker thread.
Serial per target: the pool's loop never starts a scrape before the last one has ended. Whatever goes wrong, the scrape ends
with a report (`up` 0) and stale markers; nothing raises out of `scrape` but cancellation.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Executor, Future
from concurrent.futures import wait as wait_for_workers
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from yarl import URL

from vedette.intake import metrics
from vedette.intake.bodies import inflate_view
from vedette.intake.config.sections import ScrapeConfig
from vedette.intake.failure_log import log_failure
from vedette.intake.http1 import FetchFailed, Response
from vedette.intake.http_client import USER_AGENT, HttpClient, Prepared
from vedette.intake.scrape import (
    BODY_TOO_LARGE,
    EXTRA_REPORT_METRICS,
    REPORT_METRICS,
    Counts,
    Ingested,
    PageRules,
    Report,
    SampleLimitExceeded,
    TargetMemory,
    ingest_page,
    join,
    stale_batch,
)
from vedette.intake.series_labels import LabelLimitExceeded, SeriesLabeller
from vedette.intake.target import Target
from vedette.model.blocks import HistogramBatch, Int64s, SampleBatch
from vedette.model.errors import BodyTooLarge, QueueFull, StoreError, VedetteError
from vedette.model.labels import Labels
from vedette.model.limits import IngestLimits
from vedette.model.telemetry import LIMIT_HITS
from vedette.ports.clock import Clock
from vedette.ports.principal import Principal
from vedette.ports.store import AppendResult, Store
from vedette.signals.histogram_resolution import BucketLimitExceeded, schema_for
from vedette.wire.exposition import Page, SeriesCache, scan
from vedette.wire.negotiation import accept_header, fallback_format, format_of

_LOG = logging.getLogger(__name__)

METADATA_EVERY_SCRAPES: Final = 100
"""Type, help and unit are read when a page brings new series, and else once in so many scrapes."""


@dataclass(frozen=True, slots=True)
class ScrapeServices:
    """What every scrape needs and none owns."""

    store: Store
    principal: Principal
    clock: Clock
    workers: Executor
    limits: IngestLimits
    start_times: bool = False
    """Whether since when counters have been counting is kept (--enable-feature=st-storage)."""
    type_and_unit: bool = False
    """Whether series get labels for both (--enable-feature=type-and-unit-labels)."""


@dataclass(slots=True)
class TargetHealth:
    health: str = "unknown"
    last_error: str = ""
    last_scrape_ms: int = 0
    last_duration_s: float = 0.0


@dataclass(slots=True)
class _Taken:
    """What a scrape has come to so far; what is filled in stands even when a later step fails."""

    counts: Counts = field(default_factory=Counts)
    rows: Ingested = field(default_factory=Ingested)
    page: Page | None = None
    body_bytes: int = 0


class TargetScraper:
    """`forced_error`, when set, fails every scrape without asking the target (target_limit)."""

    def __init__(
        self,
        target: Target,
        job: ScrapeConfig,
        client: HttpClient,
        services: ScrapeServices,
        cache: SeriesCache | None = None,
    ) -> None:
        self.target = target
        self.job = job
        self.cache = cache or SeriesCache()
        self._memory = TargetMemory(self.cache)
        self.health = TargetHealth()
        self.forced_error = ""
        self._client = client
        self._services = services
        self._labeller = SeriesLabeller.of(job, target.public_labels)
        self._rules = page_rules(job, services)
        self._body_max = min(job.body_size_limit or services.limits.body_bytes_max, services.limits.body_bytes_max)
        self._fallback = fallback_format(job.fallback_scrape_protocol)
        self._request: Prepared | None = None
        self._taking: Future[None] | None = None
        self._timeout_s = target.timeout_ms / 1000
        self._headers = {
            "Accept": accept_header(job.protocols, job.escaping.value),
            "Accept-Encoding": "gzip" if job.enable_compression else "identity",
            "User-Agent": USER_AGENT,
            "X-Prometheus-Scrape-Timeout-Seconds": f"{self._timeout_s:g}",
        }
        self._lock = threading.Lock()
        self._report_refs: Int64s | None = None
        self._scrapes_since_metadata = METADATA_EVERY_SCRAPES

    async def scrape(self, time_ms: int) -> None:
        """One scrape whose samples get `time_ms` where they have no time of their own. Returns when the page is fetched:
        it is `settled` a little later, and the event loop is spared a turn."""
        await self.settled()
        services = self._services
        start_s = services.clock.monotonic_s()
        response: Response | None = None
        error: VedetteError | None = None
        try:
            response = await self._fetch()
        except VedetteError as failure:
            error = failure
        fetch_s = services.clock.monotonic_s() - start_s
        self._taking = services.workers.submit(self._take, response, error, time_ms, fetch_s)

    @property
    def taking(self) -> bool:
        """A page is on its way from the socket into the store."""
        return self._taking is not None and not self._taking.done()

    async def settled(self) -> None:
        """Returns when the last page is taken, even when cancelled. Raises what went wrong there unforeseen, once."""
        taking, self._taking = self._taking, None
        if taking is not None:
            await finished(taking)

    async def _fetch(self) -> Response:
        if self.forced_error:
            raise FetchFailed(self.forced_error)
        response = await self._client.get_prepared(
            self._prepared(), timeout_s=self._timeout_s, bytes_max=self._body_max
        )
        if response.status != 200:
            raise FetchFailed(f"server returned HTTP status {response.status} {response.reason}")
        return response

    def _prepared(self) -> Prepared:
        """At the first scrape, so that an address which makes no URL shows as this target's error."""
        if self._request is None:
            try:
                url = URL(self.target.url, encoded=True)
                if not url.host or not url.port:
                    raise ValueError("no host")
                self._request = self._client.prepare(url, self._headers)
            except ValueError as error:
                raise FetchFailed(f'parse "{self.target.url}": {str(error).lower()}') from None
        return self._request

    def _take(self, response: Response | None, error: VedetteError | None, time_ms: int, fetch_s: float) -> None:
        with self._lock:
            self._take_locked(response, error, time_ms, fetch_s)

    def _take_locked(self, response: Response | None, error: VedetteError | None, time_ms: int, fetch_s: float) -> None:
        """The page's samples, or stale markers, and the report; one append. The wait for this thread is no part of the duration."""
        start_s = self._services.clock.monotonic_s()
        taken = _Taken()
        if response is not None:
            try:
                self._take_page(response, time_ms, taken)
            except VedetteError as failure:
                error = failure
        if error is not None:
            taken.rows = Ingested(stale_batch(self._memory.abandon(), time_ms))
            taken.body_bytes = BODY_TOO_LARGE if isinstance(error, BodyTooLarge) else taken.body_bytes
            _count_limit(error)
        duration_s = fetch_s + self._services.clock.monotonic_s() - start_s
        report = Report(
            error is None, duration_s, taken.counts, self._timeout_s, self.job.sample_limit, taken.body_bytes
        )
        append_error = self._append(join(taken.rows.samples, self._report_batch(report, time_ms)), taken.counts)
        append_error = append_error or self._append_companions(taken.rows)
        self._settle_health(error.message if error else append_error, time_ms, duration_s)
        if taken.counts.refused_series is not None and not self.health.last_error:
            self.health.last_error = self._why_refused(taken.counts, taken.counts.refused_series)
        if error is not None and self.job.scrape_failure_log_file:
            log_failure(self.job.scrape_failure_log_file, time_ms, self.job.job_name, self.target.url, error.message)
        if taken.page is not None and error is None:
            self._keep_metadata(taken.page, taken.counts)

    def _take_page(self, response: Response, time_ms: int, taken: _Taken) -> None:
        """An empty body is a page without series, whatever its Content-Type says."""
        body = inflate_view(response.body, response.headers.get("content-encoding", ""), self._body_max)
        taken.body_bytes = len(body)
        if not body:
            taken.rows = Ingested(stale_batch(self._memory.abandon(), time_ms))
            return
        page_format = format_of(response.headers.get("content-type", ""), self._fallback).format
        taken.page = scan(body, page_format, limits=self._services.limits)
        taken.rows = ingest_page(
            taken.page, self._memory, self._labeller, self._rules, self._register, time_ms, taken.counts
        )

    def _register(self, labels: Sequence[Labels]) -> Int64s:
        return self._services.store.register(self._services.principal, labels)

    def _why_refused(self, counts: Counts, one: Labels) -> str:
        """The target stays up, what it has over the limit is not stored: that must not go unseen."""
        why = self._services.store.why_refused(self._services.principal, one)
        _LOG.warning("%d series of %s refused: %s", counts.refused, self.target.url, why)
        return f"{counts.refused} series refused: {why}"

    def _report_batch(self, report: Report, time_ms: int) -> SampleBatch:
        extra = bool(self.job.extra_scrape_metrics)
        values = report.values(extra)
        return SampleBatch(self._reports(), np.full(len(values), time_ms, np.int64), values)

    def _reports(self) -> Int64s:
        if self._report_refs is None:
            names = REPORT_METRICS + (EXTRA_REPORT_METRICS if self.job.extra_scrape_metrics else ())
            self._report_refs = self._register([self._labeller.reported(name) for name in names])
        return self._report_refs

    def _append(self, batch: SampleBatch | HistogramBatch, counts: Counts) -> str:
        """What the store said against the batch, empty when it took it."""
        store, principal = self._services.store, self._services.principal
        try:
            if isinstance(batch, HistogramBatch):
                result = store.append_histograms(principal, batch)
            else:
                result = store.append(principal, batch)
        except (QueueFull, StoreError) as error:
            metrics.DROPPED_SAMPLES.labels(error.code).inc(len(batch))
            _LOG.warning("samples of %s not stored: %s", self.target.url, error.message)
            return error.message
        _count_append(result, counts)
        return ""

    def _append_companions(self, rows: Ingested) -> str:
        """What a page may have beside its samples; exemplars that are refused are no failure of the scrape."""
        error = ""
        if rows.histograms is not None:
            error = self._append(rows.histograms, Counts())
        if rows.exemplars is not None:
            try:
                self._services.store.append_exemplars(self._services.principal, rows.exemplars)
            except (QueueFull, StoreError) as refusal:
                metrics.DROPPED_SAMPLES.labels(refusal.code).inc(len(rows.exemplars))
        return error

    def end(self, time_ms: int, still_live: Int64s) -> None:
        """In a worker thread: the target is gone; stale markers for its series that no live target has, and its report."""
        with self._lock:
            gone = np.concatenate((self._memory.abandon(), self._reports()))
            self._append(stale_batch(np.setdiff1d(gone, still_live), time_ms), Counts())

    def live_refs(self) -> Int64s:
        """Refs of the series that the target has now. In a worker thread: waits for the page being taken."""
        with self._lock:
            return np.concatenate((self.cache.live(), self._reports()))

    def _settle_health(self, error: str, time_ms: int, duration_s: float) -> None:
        health = self.health
        health.health = "down" if error else "up"
        health.last_error = error
        health.last_scrape_ms = time_ms
        health.last_duration_s = duration_s
        (metrics.SCRAPES_FAILED if error else metrics.SCRAPES_OK).inc()
        metrics.SCRAPE_DURATION.observe(duration_s)

    def _keep_metadata(self, page: Page, counts: Counts) -> None:
        self._scrapes_since_metadata += 1
        if counts.series_added == 0 and self._scrapes_since_metadata < METADATA_EVERY_SCRAPES:
            return
        self._scrapes_since_metadata = 0
        self._services.store.put_metadata(self._services.principal, page.metadata())


def page_rules(job: ScrapeConfig, services: ScrapeServices) -> PageRules:
    return PageRules(
        honor_timestamps=job.honor_timestamps,
        track_timestamps_staleness=job.track_timestamps_staleness,
        sample_limit=job.sample_limit,
        natives=bool(job.scrape_native_histograms),
        classic_histograms=bool(job.always_scrape_classic_histograms),
        to_custom_buckets=bool(job.convert_classic_histograms_to_nhcb),
        bucket_limit=job.native_histogram_bucket_limit,
        schema_max=schema_for(job.native_histogram_min_bucket_factor),
        start_times=services.start_times,
        type_and_unit=services.type_and_unit,
    )


async def finished(work: Future[None]) -> None:
    """Waits for the end of a worker thread's work even when cancelled, so that nothing is appended after us."""
    if work.done():
        return work.result()
    try:
        await asyncio.wrap_future(work)
    except asyncio.CancelledError:
        await asyncio.to_thread(wait_for_workers, [work])
        raise


def _count_limit(error: VedetteError) -> None:
    if isinstance(error, BodyTooLarge):
        metrics.OVER_BODY_SIZE.inc()
        LIMIT_HITS.labels("body_size_limit").inc()
    elif isinstance(error, SampleLimitExceeded):
        metrics.OVER_SAMPLES.inc()
        LIMIT_HITS.labels("sample_limit").inc()
    elif isinstance(error, BucketLimitExceeded):
        metrics.OVER_BUCKETS.inc()
        LIMIT_HITS.labels("native_histogram_bucket_limit").inc()
    elif isinstance(error, LabelLimitExceeded):
        metrics.OVER_LABELS.inc()
        LIMIT_HITS.labels("label_limit").inc()


def _count_append(result: AppendResult, counts: Counts) -> None:
    metrics.SCRAPED_SAMPLES.inc(result.accepted)
    for counter, reason, count in (
        (metrics.DUPLICATES, "duplicate", result.duplicates + counts.duplicates),
        (metrics.OUT_OF_ORDER, "too_old", result.too_old),
        (metrics.OUT_OF_BOUNDS, "too_far", result.too_far),
    ):
        if count:
            counter.inc(count)
            metrics.DROPPED_SAMPLES.labels(reason).inc(count)
    if counts.refused:
        metrics.DROPPED_SAMPLES.labels("series_refused").inc(counts.refused)
