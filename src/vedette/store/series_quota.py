"""How many series a tenant and a job may have: what is beyond the limit is refused when it is first seen.

Active series count: those with a sample in the last hour. They are counted anew with every round of chores, and each new
series adds one until then. A refused series is no error of its batch: the others are stored, and the sender is told why.
"""

from __future__ import annotations

import threading
from typing import Final

import numpy as np

from vedette.model.labels import Labels
from vedette.model.limits import SeriesLimits
from vedette.model.quoting import quote
from vedette.model.telemetry import LIMIT_HITS, counter
from vedette.store.index import SeriesIndex
from vedette.store.series_facts import SeriesFacts

_REFUSED: Final = counter(
    "vedette_series_refused", "New series that were refused because of a limit.", ("limit", "tenant")
)
ACTIVE_MS: Final = 3_600_000
JOB: Final = "job"


class SeriesQuota:
    """Thread-safe."""

    def __init__(self, limits: SeriesLimits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._of_tenant: dict[str, int] = {}
        self._of_job: dict[tuple[str, str], int] = {}

    @property
    def limits(self) -> SeriesLimits:
        return self._limits

    def change(self, limits: SeriesLimits) -> None:
        with self._lock:
            self._limits = limits

    def admit(self, tenant: str, labels: Labels) -> bool:
        """Whether a new series may be; it is counted then, or refused and counted as that."""
        with self._lock:
            exceeded = self._exceeded(tenant, labels)
            if exceeded is None:
                job = labels.get(JOB)
                self._of_tenant[tenant] = self._of_tenant.get(tenant, 0) + 1
                self._of_job[tenant, job] = self._of_job.get((tenant, job), 0) + 1
                return True
        LIMIT_HITS.labels(exceeded[0]).inc()
        _REFUSED.labels(exceeded[0], tenant).inc()
        return False

    def why_refused(self, tenant: str, labels: Labels) -> str:
        """Empty when the series would be admitted."""
        with self._lock:
            exceeded = self._exceeded(tenant, labels)
        if exceeded is None:
            return ""
        name, whose, limit = exceeded
        return f"series limit exceeded: {whose} has {limit} active series already, limit {name}"

    def recount(self, index: SeriesIndex, facts: SeriesFacts, now_ms: int) -> None:
        """Counts what is active now."""
        if self._limits == SeriesLimits():
            return
        active = np.flatnonzero(facts.last_ms >= now_ms - ACTIVE_MS)
        of_tenant: dict[str, int] = {}
        of_job: dict[tuple[str, str], int] = {}
        for tenant in index.tenants:
            refs = np.intersect1d(index.refs_of(tenant), active, assume_unique=True)
            of_tenant[tenant] = len(refs)
            jobs = index.value_counts(JOB, refs)
            of_job.update(((tenant, job), count) for job, count in jobs.items())
        with self._lock:
            self._of_tenant, self._of_job = of_tenant, of_job

    def _exceeded(self, tenant: str, labels: Labels) -> tuple[str, str, int] | None:
        """(limit's name, who, the limit)"""
        limits, job = self._limits, labels.get(JOB)
        limit = limits.tenants.get(tenant, limits.series_per_tenant)
        if limit and self._of_tenant.get(tenant, 0) >= limit:
            return "series_per_tenant", f"tenant {quote(tenant)}", limit
        limit = limits.jobs.get(job, limits.series_per_job)
        if limit and self._of_job.get((tenant, job), 0) >= limit:
            return "series_per_job", f"job {quote(job)} of tenant {quote(tenant)}", limit
        return None
