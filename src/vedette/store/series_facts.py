"""What the store knows of each series beside its labels, as columns by ref: its metric, retention class, time span.

`first_ms`/`last_ms` bound the samples that were ever accepted and not deleted: they choose which series a time range
may concern, never which samples it has. A series without samples has first > last.
One writer at a time (the store's append lock); readers take a column once and use what it held.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.kernels.borrowing import borrowed
from vedette.kernels.spans import widen_spans
from vedette.model.blocks import Bools, Int64s
from vedette.model.labels import Labels
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS

Classify = Callable[[str, Labels], int]
"""(tenant, labels) -> retention class"""

NO_FIRST: Final = MAX_TIME_MS + 1
NO_LAST: Final = MIN_TIME_MS - 1
"""Of a series without samples: outside of every time range."""


class SeriesFacts:
    def __init__(self, classify: Classify) -> None:
        self._classify = classify
        self.complete = False
        """False after a start, until what is not compacted yet has widened the spans: they exclude nothing so far."""
        self._n = 0
        self._first = np.empty(1024, np.int64)
        self._last = np.empty(1024, np.int64)
        self._class = np.empty(1024, np.uint16)
        self._metric = np.empty(1024, np.int32)
        self._metric_codes: dict[tuple[str, str], int] = {}
        self._metric_names: list[tuple[str, str]] = []
        self._series_per_metric: list[int] = []

    def __len__(self) -> int:
        return self._n

    def add(self, tenant: str, labels: Sequence[Labels]) -> None:
        """The next refs, in order."""
        start, end = self._n, self._n + len(labels)
        self._grow(end)
        self._first[start:end] = NO_FIRST
        self._last[start:end] = NO_LAST
        for ref, one in enumerate(labels, start):
            self._class[ref] = self._classify(tenant, one)
            self._metric[ref] = self._metric_code(tenant, one.name)
        self._n = end

    def fill(self, metrics: list[tuple[str, str]], places: NDArray[np.int64], classes: NDArray[np.uint16]) -> None:
        """The first refs: the i-th is of the (tenant, metric) `metrics[places[i]]`, which are distinct."""
        assert self._n == 0
        self._grow(len(places))
        self._n = len(places)
        self._first[: self._n] = NO_FIRST
        self._last[: self._n] = NO_LAST
        self._class[: self._n] = classes
        self._metric[: self._n] = places
        self._metric_names = metrics
        self._metric_codes = {metric: code for code, metric in enumerate(metrics)}
        self._series_per_metric = np.bincount(places, minlength=len(metrics)).tolist()

    @property
    def first_ms(self) -> Int64s:
        return self._first[: self._n]

    @property
    def last_ms(self) -> Int64s:
        return self._last[: self._n]

    def reclassify(self, classify: Classify, classes: NDArray[np.uint16]) -> None:
        """From now on: rows written later get the new classes, `classes` by ref."""
        self._classify = classify
        self._class[: self._n] = classes

    def classes(self, refs: Int64s) -> NDArray[np.uint16]:
        return self._class[refs]

    def widen(self, refs: Int64s, times_ms: Int64s) -> None:
        """One entry per sample."""
        widen_spans(self._first, self._last, borrowed(refs, np.int64), borrowed(times_ms, np.int64))

    def widen_spans(self, refs: Int64s, first_ms: Int64s, last_ms: Int64s) -> None:
        """One entry per series, each once."""
        self.put_spans(refs, np.minimum(self._first[refs], first_ms), np.maximum(self._last[refs], last_ms))

    def put_spans(self, refs: Int64s, first_ms: Int64s, last_ms: Int64s) -> None:
        self._first[refs] = first_ms
        self._last[refs] = last_ms

    def cut(self, refs: Int64s, min_time_ms: int, max_time_ms: int) -> None:
        """The samples within the bounds were deleted."""
        first, last = self._first[refs], self._last[refs]
        tail_gone, head_gone = max_time_ms >= last, min_time_ms <= first
        whole = tail_gone & head_gone
        first = np.where(whole, NO_FIRST, np.where(head_gone & (max_time_ms >= first), max_time_ms + 1, first))
        last = np.where(whole, NO_LAST, np.where(tail_gone & (min_time_ms <= last), min_time_ms - 1, last))
        self.put_spans(refs, first, last)

    def within(self, refs: Int64s, min_time_ms: int, max_time_ms: int) -> Bools:
        """bool[n]: which may have samples within the inclusive bounds."""
        if not self.complete:
            return np.ones(len(refs), np.bool_)
        return (self._first[refs] <= max_time_ms) & (self._last[refs] >= min_time_ms)

    def metrics_of(self, refs: Int64s) -> tuple[list[str], bool]:
        """Their metric names, and whether the refs are all series of these metrics (of the refs' one tenant)."""
        codes, known = self._metric[refs], self._series_per_metric
        if len(codes) and (codes == codes[0]).all():
            return [self._metric_names[codes[0]][1]], known[codes[0]] == len(codes)
        codes, counts = np.unique(codes, return_counts=True)
        complete = all(known[code] == count for code, count in zip(codes.tolist(), counts.tolist(), strict=True))
        return [self._metric_names[code][1] for code in codes.tolist()], complete

    def tenant_column(self, refs: Int64s) -> pa.DictionaryArray:
        """The tenant of each ref."""
        return self._name_column(refs, 0)

    def metric_column(self, refs: Int64s) -> pa.DictionaryArray:
        """The metric name of each ref."""
        return self._name_column(refs, 1)

    def by_metric(self, refs: Int64s, ids: NDArray[np.uint64]) -> Int64s:
        """The refs in the order of the chunk table: by metric, then by id. `ids` are parallel to the refs."""
        codes = self._metric[refs]
        if (codes == codes[:1]).all():  # most selectors name one
            return refs[np.argsort(ids, kind="stable")]
        present = np.unique(codes)
        names = [self._metric_names[code][1].encode() for code in present.tolist()]
        ranks = np.empty(len(self._metric_names), np.int64)
        ranks[present[np.array(sorted(range(len(names)), key=names.__getitem__), np.int64)]] = np.arange(len(names))
        return refs[np.lexsort((ids, ranks[codes]))]

    def _name_column(self, refs: Int64s, place: int) -> pa.DictionaryArray:
        present, codes = np.unique(self._metric[refs], return_inverse=True)
        names = [self._metric_names[code][place] for code in present.tolist()]
        distinct = {name: i for i, name in enumerate(dict.fromkeys(names))}
        renumbered = np.array([distinct[name] for name in names], np.int32)
        return pa.DictionaryArray.from_arrays(pa.array(renumbered[codes]), pa.array(list(distinct), pa.string()))

    def _metric_code(self, tenant: str, metric: str) -> int:
        code = self._metric_codes.get((tenant, metric))
        if code is None:
            code = self._metric_codes[tenant, metric] = len(self._metric_names)
            self._metric_names.append((tenant, metric))
            self._series_per_metric.append(0)
        self._series_per_metric[code] += 1
        return code

    def _grow(self, size: int) -> None:
        if size <= len(self._first):
            return
        room = max(size, 2 * len(self._first))
        for name in ("_first", "_last", "_class", "_metric"):
            column = getattr(self, name)
            wider = np.empty(room, column.dtype)
            wider[: self._n] = column[: self._n]
            setattr(self, name, wider)
