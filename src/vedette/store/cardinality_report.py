"""The cardinality explorer's numbers, from the index' code columns: no object per series, 0.1 s for 100,000 of them.

What a label costs is told by leaving it out: the label sets are hashed without it, as a sum over their (name, value) codes,
and equal sums are one series.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vedette.model.blocks import Int64s
from vedette.model.labels import METRIC_NAME
from vedette.ports.cardinality import (
    CardinalityQuestion,
    CardinalityReport,
    Churn,
    LabelDrop,
    LabelSize,
    NameDrop,
    NameShare,
    PairSize,
)
from vedette.store.index import LabelCodes, SeriesIndex

HOUR_MS: Final = 3_600_000
SILENT_MS: Final = 300_000
RATE_WINDOW_MS: Final = 300_000

Spans = tuple[Int64s, Int64s]
"""First and last time, by ref."""


def report_cardinality(
    index: SeriesIndex,
    refs: Int64s,
    question: CardinalityQuestion,
    spans: Spans,
    now_ms: int,
    recent_samples: int,
) -> CardinalityReport:
    """`recent_samples`: of these series within the last RATE_WINDOW_MS."""
    columns = index.codes_of(refs)
    metrics = next((column for column in columns if column.name == METRIC_NAME), None)
    return CardinalityReport(
        series=len(refs),
        samples_per_second=recent_samples * 1000 / RATE_WINDOW_MS,
        names=_names(metrics, len(refs), question.limit),
        labels=_labels(columns, question.limit),
        pairs=_pairs(columns, question.limit),
        churn=_churn(metrics, refs, spans, now_ms, question.limit),
        drop=_drop(columns, metrics, len(refs), question) if question.drop else None,
    )


def _largest(counts: Int64s, limit: int) -> list[int]:
    """Places of the largest counts above 0, largest first; of equal ones the first."""
    order = np.argsort(-counts, kind="stable")[:limit]
    return [place for place in order.tolist() if counts[place] > 0]


def _names(metrics: LabelCodes | None, n_series: int, limit: int) -> list[NameShare]:
    if metrics is None:
        return []
    counts = metrics.counts
    return [
        NameShare(metrics.values[place], int(counts[place]), int(counts[place]) / n_series)
        for place in _largest(counts, limit)
    ]


def _labels(columns: Sequence[LabelCodes], limit: int) -> list[LabelSize]:
    sizes = [LabelSize(one.name, int(np.count_nonzero(one.counts)), len(one.rows)) for one in columns]
    return sorted(sizes, key=lambda size: (-size.values, size.name))[:limit]


def _pairs(columns: Sequence[LabelCodes], limit: int) -> list[PairSize]:
    found = [
        PairSize(one.name, one.values[place], int(one.counts[place]))
        for one in columns
        if one.name != METRIC_NAME
        for place in _largest(one.counts, limit)
    ]
    return sorted(found, key=lambda pair: (-pair.series, pair.name, pair.value))[:limit]


def _churn(metrics: LabelCodes | None, refs: Int64s, spans: Spans, now_ms: int, limit: int) -> list[Churn]:
    if metrics is None:
        return []
    first, last = (column[refs[metrics.rows]] for column in spans)
    hour_ago = now_ms - HOUR_MS
    created = _per_code(metrics, (first > hour_ago) & (first <= now_ms))
    gone = _per_code(metrics, (last > hour_ago) & (last <= now_ms - SILENT_MS))
    return [
        Churn(metrics.values[place], int(created[place]), int(gone[place])) for place in _largest(created + gone, limit)
    ]


def _per_code(metrics: LabelCodes, which: NDArray[np.bool_]) -> Int64s:
    return np.bincount(metrics.codes[which], minlength=len(metrics.values)).astype(np.int64)


def _drop(
    columns: Sequence[LabelCodes], metrics: LabelCodes | None, n_series: int, question: CardinalityQuestion
) -> LabelDrop:
    sums = np.zeros(n_series, np.uint64)
    for number, column in enumerate(columns):
        if column.name != question.drop:
            np.add.at(sums, column.rows, _mixed(column.codes.astype(np.uint64), number))
    _, kept = np.unique(sums, return_index=True)
    names: list[NameDrop] = []
    if metrics is not None and question.drop != METRIC_NAME:
        left = np.zeros(n_series, np.bool_)
        left[kept] = True
        after = _per_code(metrics, left[metrics.rows])
        names = [
            NameDrop(metrics.values[place], int(metrics.counts[place]), int(after[place]))
            for place in _largest(metrics.counts - after, question.limit)
        ]
    return LabelDrop(question.drop, n_series, len(kept), names)


def _mixed(codes: NDArray[np.uint64], column: int) -> NDArray[np.uint64]:
    """64 bits that look random, for each code of a column (the finalizer of splitmix64)."""
    mixed = codes * np.uint64(0x9E3779B97F4A7C15) + np.uint64((column + 1) * 0xD1B54A32D192ED03 & (1 << 64) - 1)
    mixed ^= mixed >> np.uint64(30)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
