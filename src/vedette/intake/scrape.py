"""The pure core of scraping: a page, a cache and a time go in, columns to append come out. Runs in a worker thread.

Warm path: every series of the page is in the cache, and nothing here makes a Python object per sample. Slow path, once per
series: labels, relabelling, limits, `register`. A page is taken whole or not at all: an error leaves nothing to append but
stale markers for what the previous scrape had. Source: Prometheus scrape.go scrapeLoopAppender.append and report.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Final

import numpy as np

from vedette.intake.classic_histograms import ClassicConversion
from vedette.intake.exemplars import ExemplarMemory, exemplar_rows, join_exemplars
from vedette.intake.series_labels import SeriesLabeller
from vedette.model.blocks import METRIC_TYPES, ExemplarBatch, Float64s, HistogramBatch, Int64s, SampleBatch
from vedette.model.errors import BadInput
from vedette.model.histograms import SCHEMA_MAX, join_histograms
from vedette.model.labels import Labels
from vedette.model.staleness import STALE_NAN
from vedette.signals.histogram_resolution import limit_buckets, limit_schema
from vedette.signals.type_and_unit import FamilyUnits, with_type_and_unit
from vedette.wire.exposition import (
    DROPPED,
    DUPLICATE,
    NO_TIME,
    SCHEMA_MAX_RESERVED,
    UNKNOWN,
    InvalidHistogram,
    NativeRows,
    Page,
    SeriesCache,
    of_natives,
    take_natives,
    without_natives,
)

Register = Callable[[Sequence[Labels]], Int64s]
"""`Store.register` for the job's principal: refs, -1 where refused."""

StoredLabels = Callable[[Page, int], Labels | None]
"""Of the series of a page's sample i; None where relabelling drops it."""

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
    """What a job says about the samples of its pages. `sample_limit`, `bucket_limit` 0: none.

    `natives`: native histograms are taken; their classic series then only with `classic_histograms`. `to_custom_buckets`:
    other classic histograms become native ones, too. `start_times`: since when counters have been counting is kept.
    `type_and_unit`: new series get labels for both.
    """

    honor_timestamps: bool = True
    track_timestamps_staleness: bool = False
    sample_limit: int = 0
    natives: bool = False
    classic_histograms: bool = False
    to_custom_buckets: bool = False
    bucket_limit: int = 0
    schema_max: int = SCHEMA_MAX
    start_times: bool = False
    type_and_unit: bool = False


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


@dataclass(slots=True)
class TargetMemory:
    """What a target's scrapes have taught."""

    series: SeriesCache = field(default_factory=SeriesCache)
    exemplars: ExemplarMemory = field(default_factory=ExemplarMemory)
    classic: ClassicConversion = field(default_factory=ClassicConversion)

    def abandon(self) -> Int64s:
        """The scrape failed: every ref of the previous finished one is gone."""
        self.exemplars.forget()
        return self.series.abandon()


@dataclass(frozen=True, slots=True)
class Ingested:
    samples: SampleBatch = EMPTY_BATCH
    histograms: HistogramBatch | None = None
    exemplars: ExemplarBatch | None = None


def ingest_page(
    page: Page,
    memory: TargetMemory,
    labeller: SeriesLabeller,
    rules: PageRules,
    register: Register,
    now_ms: int,
    counts: Counts,
) -> Ingested:
    """The page's samples, and the stale markers of series that it no longer has.

    `counts` is filled even when this raises BadInput (a limit, a label set that is no series); then the memory has seen a
    scrape that did not finish, and the caller must `abandon` it.
    """
    try:
        page, groups = split_histograms(page, rules, memory.classic)
    except InvalidHistogram as error:
        counts.scraped, counts.added = error.before + 1, error.before
        raise
    counts.scraped = counts.added = page.n + sum(group.page.n for group in groups)
    settle = partial(_resolve, memory.series, _labels_reader(labeller, rules, page), rules, register, counts)
    refs = settle(page)
    group_refs = [settle(group.page) for group in groups]
    if rules.sample_limit and counts.added - counts.duplicates > rules.sample_limit:
        raise SampleLimitExceeded("sample limit exceeded")
    times_ms = _times(page, rules, now_ms)
    exemplars = [exemplar_rows(memory.exemplars, page, page.exemplars, refs, times_ms)] if len(page.exemplars) else []
    batches = []
    for group, own_refs in zip(groups, group_refs, strict=True):
        own_times = _times(group.page, rules, now_ms)
        batches.append(_histogram_batch(group, own_refs, own_times, rules))
        exemplars.append(exemplar_rows(memory.exemplars, group.page, group.exemplars, own_refs, own_times))
    memory.exemplars.finish()
    samples = _with_stale(_sample_batch(page, refs, times_ms, rules), memory.series.finish(), now_ms)
    return Ingested(samples, join_histogram_batches(batches), join_exemplars(exemplars))


def _resolve(
    cache: SeriesCache, stored: StoredLabels, rules: PageRules, register: Register, counts: Counts, page: Page
) -> Int64s:
    """int64[n]: each sample's ref, negative where it is not stored."""
    refs = cache.resolve(page, honor_timestamps=rules.honor_timestamps, track_timed=rules.track_timestamps_staleness)
    special = np.flatnonzero(refs < 0)
    if len(special):
        _settle_special(page, cache, stored, register, refs, special, counts)
    return refs


def _labels_reader(labeller: SeriesLabeller, rules: PageRules, whole: Page) -> StoredLabels:
    if not rules.type_and_unit:
        return lambda page, i: labeller.stored(page.labels(i))
    units = cache(lambda: FamilyUnits(whole.metadata()))

    def read(page: Page, i: int) -> Labels | None:
        labels = page.labels(i)
        return labeller.stored(with_type_and_unit(labels, METRIC_TYPES[int(page.types[i])], units().of(labels.name)))

    return read


def _sample_batch(page: Page, refs: Int64s, times_ms: Int64s, rules: PageRules) -> SampleBatch:
    starts = page.start_times_ms if rules.start_times else None
    if refs.min(initial=0) >= 0:
        return SampleBatch(refs, times_ms, page.values, starts)
    kept = np.flatnonzero(refs >= 0)
    return SampleBatch(refs[kept], times_ms[kept], page.values[kept], None if starts is None else starts[kept])


def _histogram_batch(group: NativeRows, refs: Int64s, times_ms: Int64s, rules: PageRules) -> HistogramBatch:
    """Raises BucketLimitExceeded."""
    kept = np.flatnonzero(refs >= 0)
    histograms = group.histograms if len(kept) == len(refs) else group.histograms.take(kept)
    if rules.bucket_limit:
        histograms = limit_buckets(histograms, rules.bucket_limit)
    histograms = limit_schema(histograms, rules.schema_max)
    starts = group.page.start_times_ms if rules.start_times else None
    return HistogramBatch(refs[kept], times_ms[kept], histograms, None if starts is None else starts[kept])


def stale_batch(gone: Int64s, now_ms: int) -> SampleBatch:
    """A stale marker for each ref."""
    return SampleBatch(gone, np.full(len(gone), now_ms, np.int64), np.full(len(gone), STALE_NAN, np.float64))


def join(first: SampleBatch, second: SampleBatch) -> SampleBatch:
    """`second` has no start times."""
    starts = first.start_times_ms
    return SampleBatch(
        np.concatenate((first.refs, second.refs)),
        np.concatenate((first.times_ms, second.times_ms)),
        np.concatenate((first.values, second.values)),
        None if starts is None else np.concatenate((starts, np.zeros(len(second), np.int64))),
    )


def split_histograms(page: Page, rules: PageRules, classic: ClassicConversion) -> tuple[Page, list[NativeRows]]:
    """(the samples that are floats, the histograms as the rules want them). Raises MalformedPage, BadInput."""
    groups: list[NativeRows] = []
    if page.natives is None and not rules.to_custom_buckets:
        return page, groups
    rest, excluded = page, np.zeros(page.n, np.bool_)
    if page.natives is not None and rules.natives:
        finest = SCHEMA_MAX if rules.schema_max == SCHEMA_MAX else SCHEMA_MAX_RESERVED
        rest, natives = take_natives(page, keep_classic=rules.classic_histograms, schema_max=finest)
        groups.append(natives)
        excluded = of_natives(rest, natives.page)
    elif page.natives is not None:
        rest = without_natives(page)
    if rules.to_custom_buckets:
        rest, converted = classic.convert(rest, excluded, keep_classic=rules.classic_histograms)
        groups += [converted] if converted is not None else []
    return rest, groups


def join_histogram_batches(batches: Sequence[HistogramBatch]) -> HistogramBatch | None:
    if len(batches) < 2:
        return batches[0] if batches else None
    starts = [batch.start_times_ms for batch in batches]
    known = [start for start in starts if start is not None]
    return HistogramBatch(
        np.concatenate([batch.refs for batch in batches]),
        np.concatenate([batch.times_ms for batch in batches]),
        join_histograms([batch.histograms for batch in batches]),
        np.concatenate(known) if len(known) == len(starts) else None,
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
    stored_labels: StoredLabels,
    register: Register,
    refs: Int64s,
    special: Int64s,
    counts: Counts,
) -> None:
    """Gives unknown series their refs, in place, and counts what is not stored."""
    codes = refs[special]
    unknown = special[codes == UNKNOWN]
    if len(unknown):
        refs[unknown] = _learn(page, cache, stored_labels, register, unknown, counts)
    counts.duplicates += int(np.count_nonzero(codes == DUPLICATE))
    counts.added -= int(np.count_nonzero(refs[special] == DROPPED))


_REFUSED: Final = -4
"""The store would not register the series; not learned, so that the next scrape asks again."""


def _learn(
    page: Page, cache: SeriesCache, stored_labels: StoredLabels, register: Register, unknown: Int64s, counts: Counts
) -> Int64s:
    """The refs of the unknown samples: >= 0, DROPPED by relabelling, or _REFUSED by the store."""
    stored = [stored_labels(page, i) for i in unknown.tolist()]
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
