"""Which metrics and labels make a tenant's series many: the four top lists of /api/v1/status/tsdb.

Source of the four counts: Prometheus tsdb/index, statistics of the postings.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass

from vedette.model.labels import METRIC_NAME
from vedette.ports.store import NameCount


@dataclass(frozen=True, slots=True)
class Cardinality:
    n_label_pairs: int
    series_by_metric: list[NameCount]
    values_by_label: list[NameCount]
    bytes_by_label: list[NameCount]
    """Bytes of the values, once per series that carries them."""
    series_by_label_pair: list[NameCount]


def rank_cardinality(pair_counts: dict[str, list[tuple[str, int]]], top: int) -> Cardinality:
    """`pair_counts` is what `SeriesIndex.pair_counts` answers; each list has at most `top` entries, largest first."""
    return Cardinality(
        n_label_pairs=sum(map(len, pair_counts.values())),
        series_by_metric=_largest(pair_counts.get(METRIC_NAME, ()), top),
        values_by_label=_largest(((name, len(pairs)) for name, pairs in pair_counts.items()), top),
        bytes_by_label=_largest(
            (
                (name, sum(len(value.encode()) * series for value, series in pairs))
                for name, pairs in pair_counts.items()
            ),
            top,
        ),
        series_by_label_pair=_largest(
            ((f"{name}={value}", series) for name, pairs in pair_counts.items() for value, series in pairs), top
        ),
    )


def _largest(counts: Iterable[tuple[str, int]], top: int) -> list[NameCount]:
    """Ties by name, so that two calls agree."""
    return [
        NameCount(name, value) for name, value in heapq.nsmallest(top, counts, key=lambda pair: (-pair[1], pair[0]))
    ]
