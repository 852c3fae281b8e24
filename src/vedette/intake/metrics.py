"""Metrics of scraping and discovery: the names that the public mixins read, and our own count of what was dropped."""

from __future__ import annotations

import contextlib
from typing import Final

from vedette.model.telemetry import counter, gauge, histogram

_INTERVALS_S: Final = (0.5, 0.9, 0.99, 1.0, 1.01, 1.1, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0)

INTERVAL_LENGTH: Final = histogram(
    "prometheus_target_interval_length_seconds",
    "Time between the starts of two scrapes of a target, by the configured interval.",
    ("interval",),
    buckets=_INTERVALS_S,
)
SCRAPE_DURATION: Final = histogram(
    "prometheus_target_scrape_duration_seconds", "Time from a scrape's start until its samples are handed to the store."
)
POOLS: Final = counter("prometheus_target_scrape_pools", "Scrape pools made.")
POOL_RELOADS: Final = counter("prometheus_target_scrape_pool_reloads", "Scrape pools given another configuration.")
POOL_RELOADS_FAILED: Final = counter(
    "prometheus_target_scrape_pool_reloads_failed", "Scrape pools that could not take another configuration."
)
POOL_SYNCS: Final = counter("prometheus_target_scrape_pool_sync", "Times a pool took new targets.", ("scrape_job",))
POOL_TARGETS: Final = gauge("prometheus_target_scrape_pool_targets", "Targets of a pool.", ("scrape_job",))
POOL_TARGET_LIMIT: Final = gauge("prometheus_target_scrape_pool_target_limit", "Targets allowed.", ("scrape_job",))
POOL_OVER_TARGET_LIMIT: Final = counter(
    "prometheus_target_scrape_pool_exceeded_target_limit", "Times a pool had more targets than its limit."
)
SYNC_LENGTH: Final = histogram("prometheus_target_sync_length_seconds", "Time to take new targets.", ("scrape_job",))
SYNC_FAILED: Final = counter("prometheus_target_sync_failed", "Targets that could not be made.", ("scrape_job",))
OVER_BODY_SIZE: Final = counter(
    "prometheus_target_scrapes_exceeded_body_size_limit", "Scrapes whose body was larger than body_size_limit."
)
OVER_SAMPLES: Final = counter(
    "prometheus_target_scrapes_exceeded_sample_limit", "Scrapes with more samples than sample_limit."
)
OVER_LABELS: Final = counter(
    "prometheus_target_scrape_pool_exceeded_label_limits", "Scrapes with a series over a label limit."
)
OVER_BUCKETS: Final = counter(
    "prometheus_target_scrapes_exceeded_native_histogram_bucket_limit",
    "Scrapes with a native histogram of more buckets than native_histogram_bucket_limit, at any resolution.",
)
DUPLICATES: Final = counter(
    "prometheus_target_scrapes_sample_duplicate_timestamp", "Samples of a time already held, with another value."
)
OUT_OF_ORDER: Final = counter(
    "prometheus_target_scrapes_sample_out_of_order", "Samples older than the out-of-order window."
)
OUT_OF_BOUNDS: Final = counter(
    "prometheus_target_scrapes_sample_out_of_bounds", "Samples too far in the future to be taken."
)
SCRAPES: Final = counter("vedette_scrapes", "Scrapes by outcome.", ("outcome",))
SCRAPES_OK: Final = SCRAPES.labels("ok")
SCRAPES_FAILED: Final = SCRAPES.labels("failed")
SCRAPED_SAMPLES: Final = counter("vedette_scrape_samples", "Samples handed to the store by scraping.")
DROPPED_SAMPLES: Final = counter(
    "vedette_scrape_dropped_samples", "Scraped samples not stored, by reason.", ("reason",)
)

FAILURE_LOG_ERRORS: Final = counter(
    "vedette_scrape_failure_log_errors", "Lines of a scrape_failure_log_file that could not be written."
)

SD_DISCOVERED: Final = gauge("prometheus_sd_discovered_targets", "Targets found.", ("name", "config"))
SD_FAILED: Final = gauge(
    "prometheus_sd_failed_configs", "Discovery configurations of a kind that is not built yet.", ("name",)
)
SD_RECEIVED: Final = counter("prometheus_sd_received_updates", "Updates from providers.", ("name",))
SD_SENT: Final = counter("prometheus_sd_updates", "Updates handed to the pools.", ("name",))
SD_REFRESH_FAILURES: Final = counter(
    "prometheus_sd_refresh_failures", "Refreshes that failed.", ("mechanism", "config")
)
SD_REFRESH_DURATION: Final = histogram(
    "prometheus_sd_refresh_duration_seconds", "Time of a refresh.", ("mechanism", "config")
)
SD_FILE_ERRORS: Final = counter("prometheus_sd_file_read_errors", "Discovery files that could not be read.")
SD_DNS_LOOKUPS: Final = counter("prometheus_sd_dns_lookups", "DNS discovery look-ups.")
SD_DNS_FAILURES: Final = counter("prometheus_sd_dns_lookup_failures", "DNS discovery look-ups that failed.")
SD_HTTP_FAILURES: Final = counter("prometheus_sd_http_failures", "HTTP discovery refreshes that failed.")


def forget_job(name: str) -> None:
    """A job that is gone leaves no series behind."""
    for metric in (POOL_SYNCS, POOL_TARGETS, POOL_TARGET_LIMIT, SYNC_LENGTH, SYNC_FAILED):
        with contextlib.suppress(KeyError):
            metric.remove(name)
