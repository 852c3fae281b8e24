"""Strict rules on a histogram as a whole: ordered cumulative buckets, `+Inf`, and count and sum that fit them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from vedette.model.labels import Labels
from vedette.wire.exposition.bounds import parse_float
from vedette.wire.exposition.sample_rules import group_of

if TYPE_CHECKING:
    from vedette.wire.exposition.strict import Sample


def histogram_problems(family_type: str, name: str, samples: Sequence[Sample]) -> Iterator[tuple[int, str]]:
    """(offset, what is wrong) for each metric and timestamp of a histogram family."""
    if family_type not in ("histogram", "gaugehistogram"):
        return

    def point_of(sample: Sample) -> tuple[Labels, int]:
        return group_of(family_type, name, sample), sample.time_ms

    for _, point in groupby(samples, point_of):
        members = list(point)
        for text in _point_problems(members):
            yield members[0].offset, f'{text}: "{name}"'


def _point_problems(samples: list[Sample]) -> Iterator[str]:
    buckets = [
        (bound, sample.value)
        for sample in samples
        if sample.suffix == "_bucket" and (bound := parse_float(sample.labels.get("le"))) is not None
    ]
    if all(sample.suffix == "_created" for sample in samples):
        return
    yield from _bucket_problems(buckets)
    by_suffix = {sample.suffix: sample.value for sample in samples}
    count = by_suffix.get("_count", by_suffix.get("_gcount"))
    total = by_suffix.get("_sum", by_suffix.get("_gsum"))
    if count is not None and buckets and count != buckets[-1][1]:
        yield "count differs from the +Inf bucket"
    if (count is None) != (total is None):
        yield "count and sum must both be there or neither"
    negative = any(bound < 0 for bound, _ in buckets)
    if negative and "_sum" in by_suffix:
        yield "sum beside negative buckets"
    if not negative and by_suffix.get("_gsum", 0.0) < 0:
        yield "negative sum without negative buckets"


def _bucket_problems(buckets: list[tuple[float, float]]) -> Iterator[str]:
    if not buckets or buckets[-1][0] != math.inf:
        yield "+Inf bucket missing"
    for (bound, count), (next_bound, next_count) in pairwise(buckets):
        if next_bound <= bound:
            yield "buckets out of order"
        if next_count < count:
            yield "bucket counts decrease"
