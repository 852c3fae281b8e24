"""The pure core of scraping: a page, a cache and a time go in, columns to append come out. Runs in a worker thread.

Warm path: every series of the page is in the cache, and nothing here makes a Python object per sample. Slow path, once per
series: labels, relabelling, limits, `register`. A page is taken whole or not at all: an error leaves nothing to append but
stale markers for what the previous scrape had. Source: Prometheus scrape.go scrapeLoopAppender.append and report.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from vedette.intake.series_labels import SeriesLabeller
from vedette.model.blocks import Float64s, Int64s, SampleBatch
from vedette.model.errors import BadInput
from vedette.model.labels import Labels
from vedette.model.staleness import STALE_NAN
from vedette.wire.exposition import DROPPED, DUPLICATE, NO_TIME, UNKNOWN, Page, SeriesCache

Register = Callable[[Sequence[Labels]], Int64s]
"""`Store.register` for the job's principal: refs, -1 where refused."""

REPORT_METRICS: Final = (
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
)
EXTRA_REPORT_METRICS: Final = ("scrape_timeout_seconds", "scrape_sample_limit", "scrape_body_size_bytes")
BODY_TOO_LARGE: Final = -1
"""`scrape_body_size_bytes` of a scrape that body_size_limit cut."""


class SampleLimitExceeded(BadInput):
    code = "sample_limit"


@dataclass(frozen=True, slots=True)
class PageRules:
    """What a job says about the samples of its pages. `sample_limit` 0: none."""

    honor_timestamps: bool = True
    track_timestamps_staleness: bool = False
    sample_limit: int = 0


@dataclass(slots=True)
class Counts:
    """`added` are the samples after relabelling, duplicates and those over a limit included, as the reference reports."""

    scraped: int = 0
    added: int = 0
    series_added: int = 0
    duplicates: int = 0
    refused: int = 0
    """Samples of series that the store refused (a series limit, or an id that is taken)."""
    refused_series: Labels | None = None
    """One of them."""


EMPTY_BATCH: Final = SampleBatch(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float64))


def ingest_page(
    page: Page,
    cache: SeriesCache,
    labeller: SeriesLabeller,
    rules: PageRules,
    register: Register,
    now_ms: int,
    counts: Counts,
) -> SampleBatch:
    """The page's samples and the stale markers of series that it no longer has.

    `counts` is filled even when this raises BadInput (a limit, a label set that is no series); then the cache has seen a
    scrape that did not finish, and the caller must `abandon` it.
    """
    counts.scraped = counts.added = page.n
    refs = cache.resolve(page, honor_timestamps=rules.honor_timestamps, track_timed=rules.track_timestamps_staleness)
    special = np.flatnonzero(refs < 0)
    if len(special):
        _settle_special(page, cache, labeller, register, refs, special, counts)
    if rules.sample_limit and counts.added - counts.duplicates > rules.sample_limit:
        raise SampleLimitExceeded("sample limit exceeded")
    times_ms, values = _times(page, rules, now_ms), page.values
    if len(special):
        kept = np.flatnonzero(refs >= 0)
        refs, times_ms, values = refs[kept], times_ms[kept], values[kept]
    return _with_stale(SampleBatch(refs, times_ms, values), cache.finish(), now_ms)


def stale_batch(gone: Int64s, now_ms: int) -> SampleBatch:
    """A stale marker for each ref."""
    return SampleBatch(gone, np.full(len(gone), now_ms, np.int64), np.full(len(gone), STALE_NAN, np.float64))


def join(first: SampleBatch, second: SampleBatch) -> SampleBatch:
    return SampleBatch(
        np.concatenate((first.refs, second.refs)),
        np.concatenate((first.times_ms, second.times_ms)),
        np.concatenate((first.values, second.values)),
    )


def _with_stale(batch: SampleBatch, gone: Int64s, now_ms: int) -> SampleBatch:
    return join(batch, stale_batch(gone, now_ms)) if len(gone) else batch


def _times(page: Page, rules: PageRules, now_ms: int) -> Int64s:
    if not rules.honor_timestamps:
        return np.full(page.n, now_ms, np.int64)
    return np.where(page.times_ms == NO_TIME, now_ms, page.times_ms)


def _settle_special(
    page: Page,
    cache: SeriesCache,
    labeller: SeriesLabeller,
    register: Register,
    refs: Int64s,
    special: Int64s,
    counts: Counts,
) -> None:
    """Gives unknown series their refs, in place, and counts what is not stored."""
    codes = refs[special]
    unknown = special[codes == UNKNOWN]
    if len(unknown):
        refs[unknown] = _learn(page, cache, labeller, register, unknown, counts)
    counts.duplicates += int(np.count_nonzero(codes == DUPLICATE))
    counts.added -= int(np.count_nonzero(refs[special] == DROPPED))


_REFUSED: Final = -4
"""The store would not register the series; not learned, so that the next scrape asks again."""


def _learn(
    page: Page, cache: SeriesCache, labeller: SeriesLabeller, register: Register, unknown: Int64s, counts: Counts
) -> Int64s:
    """The refs of the unknown samples: >= 0, DROPPED by relabelling, or _REFUSED by the store."""
    stored = [labeller.stored(page.labels(i)) for i in unknown.tolist()]
    kept = [labels for labels in stored if labels is not None]
    registered = register(kept) if kept else np.empty(0, np.int64)
    found = np.full(len(unknown), DROPPED, np.int64)
    found[[k for k, labels in enumerate(stored) if labels is not None]] = registered
    refused = found == -1
    cache.learn(page, unknown[~refused], found[~refused])
    found[refused] = _REFUSED
    counts.refused += int(np.count_nonzero(refused))
    if counts.refused:
        counts.refused_series = kept[int(np.argmax(registered == -1))]
    counts.series_added += int(np.count_nonzero(found >= 0))
    return found


@dataclass(frozen=True, slots=True)
class Report:
    """What is stored about a scrape beside its samples."""

    healthy: bool
    duration_s: float
    counts: Counts
    timeout_s: float
    sample_limit: int
    body_bytes: int

    def values(self, extra: bool) -> Float64s:
        """In the order of REPORT_METRICS, then of EXTRA_REPORT_METRICS."""
        counts = self.counts
        values = [self.healthy, self.duration_s, counts.scraped, counts.added, counts.series_added]
        if extra:
            values += [self.timeout_s, self.sample_limit, self.body_bytes]
        return np.array(values, np.float64)
