"""Classic histograms to native ones with custom buckets: the series `x_bucket`, `x_count`, `x_sum` of one scrape become one `x`.

Pure: who reads the series collects their values in a ClassicHistogram, in any order, and converts it once complete.
Source of semantics and texts: Prometheus util/convertnhcb.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from vedette.model.errors import BadInput
from vedette.model.histograms import CUSTOM_BUCKETS, NativeHistogram
from vedette.model.labels import METRIC_NAME, Labels

BUCKET_LABEL: Final = "le"
BUCKET_SUFFIX: Final = "_bucket"
COUNT_SUFFIX: Final = "_count"
SUM_SUFFIX: Final = "_sum"


def native_name(classic: str) -> tuple[str, str]:
    """(name of the native histogram, suffix) of a classic histogram's series; the suffix is empty where it is none."""
    for suffix in (BUCKET_SUFFIX, SUM_SUFFIX, COUNT_SUFFIX):
        if classic.endswith(suffix):
            return classic.removesuffix(suffix), suffix
    return classic, ""


def native_labels(classic: Labels) -> Labels:
    """The labels of the native histogram to which a series of a classic one belongs."""
    return classic.without({BUCKET_LABEL}).replace(METRIC_NAME, native_name(classic.name)[0])


@dataclass(slots=True)
class ClassicHistogram:
    """`buckets`: upper bound to cumulative count; the first count for a bound stays. `count` None: not seen."""

    buckets: dict[float, float] = field(default_factory=dict)
    count: float | None = None
    sum: float = 0.0

    def set_bucket(self, bound: float, count: float) -> None:
        """Raises BadInput."""
        if math.isnan(bound):
            raise BadInput("bucket boundary is not a number")
        if count < 0:
            raise BadInput(f"bucket count must be non-negative: le={bound:g}, count={count:g}")
        self.buckets.setdefault(bound, count)

    def convert(self) -> NativeHistogram:
        """Raises BadInput where counts are negative, fall from one bound to the next, or do not agree."""
        bounds = sorted(self.buckets)
        counts = [self.buckets[bound] for bound in bounds]
        total = self.count if self.count is not None else (counts[-1] if counts else 0.0)
        if total < 0:
            raise BadInput(f"count must be non-negative: count={total:g}")
        if not bounds or bounds[-1] != math.inf:
            bounds.append(math.inf)
            counts.append(total)
        for before, after in pairwise(counts):
            if after < before:
                raise BadInput(f"count is not cumulative: {after:g} < {before:g}")
        if total != counts[-1]:
            raise BadInput(f"count mismatch: count={total:g} != le=+Inf count={counts[-1]:g}")
        own = [after - before for before, after in pairwise([0.0, *counts])]
        return NativeHistogram(
            schema=CUSTOM_BUCKETS,
            count=total,
            sum=self.sum,
            positive={index: count for index, count in enumerate(own) if count},
            bounds=tuple(bounds[:-1]),
        )
