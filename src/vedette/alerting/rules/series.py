"""The series of one rule: their refs in the store, what the last evaluation wrote, and the markers where a series ends.

A steady rule gives the same label sets each time: refs are looked up once, and as long as the answer has the same rows as
the one before, not even that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from vedette.model import verdicts
from vedette.model.blocks import Float64s, HistogramBatch, Int64s, SampleBatch
from vedette.model.histograms import FLOAT, HistogramCells
from vedette.model.label_rows import LabelRows
from vedette.model.labels import Labels
from vedette.model.staleness import STALE_NAN
from vedette.ports.principal import Principal
from vedette.ports.store import AppendResult, Store

NO_REFS: Final = np.empty(0, np.int64)

_REFUSALS: Final = {
    verdicts.DUPLICATE: "duplicate sample for timestamp",
    verdicts.TOO_OLD: "too old sample",
    verdicts.TOO_FAR: "out of bounds",
    verdicts.REFUSED: "the series was refused: a limit of series is reached",
}


@dataclass(frozen=True, slots=True)
class RuleSamples:
    """What one evaluation gave: `refs` int64[n] (-1: refused by the store), `values` float64[n], histograms as in a Vector."""

    refs: Int64s
    values: Float64s
    histograms: HistogramCells | None = None

    def __len__(self) -> int:
        return len(self.refs)


NO_SAMPLES: Final = RuleSamples(NO_REFS, np.empty(0))


@dataclass(slots=True)
class RuleSeries:
    """Not thread-safe: a rule is evaluated by one thread at a time. `written`: refs of the last evaluation."""

    written: Int64s = field(default_factory=lambda: NO_REFS)
    _refs: dict[Labels, int] = field(default_factory=dict)
    _last_rows: Sequence[Labels] = ()
    _last_refs: Int64s = field(default_factory=lambda: NO_REFS)

    def refs_of(
        self, store: Store, principal: Principal, rows: Sequence[Labels], name: Callable[[Labels], Labels]
    ) -> Int64s:
        """int64[n]: the ref of `name(labels)` for each row; -1 where the store refuses the series."""
        if not _same_rows(rows, self._last_rows):
            self._last_refs = self._look_up(store, principal, list(rows), name)
            self._last_rows = rows
        return self._last_refs

    def _look_up(
        self, store: Store, principal: Principal, rows: list[Labels], name: Callable[[Labels], Labels]
    ) -> Int64s:
        known = self._refs
        fresh = [labels for labels in rows if labels not in known]
        if fresh:
            refs = store.register(principal, [name(labels) for labels in fresh]).tolist()
            known.update(zip(fresh, refs, strict=True))
        found = np.array([known[labels] for labels in rows], np.int64)
        if len(known) > 2 * len(rows) or (fresh and min(refs) < 0):
            self._refs = {labels: ref for labels in rows if (ref := known[labels]) >= 0}
        return found

    def write(self, store: Store, principal: Principal, samples: RuleSamples, time_ms: int) -> str:
        """Appends the samples, and markers for series that were there last time; what is wrong, empty if nothing.

        Raises QueueFull, StoreUnavailable.
        """
        if not len(samples) and not len(self.written):
            return ""
        gone = NO_REFS if np.array_equal(self.written, samples.refs) else np.setdiff1d(self.written, samples.refs)
        verdict = self._append_histograms(store, principal, samples, time_ms)
        floats = np.ones(len(samples), np.bool_) if samples.histograms is None else samples.histograms.rows == FLOAT
        refs = samples.refs[floats]
        if len(refs) or len(gone):
            result = _append(store, principal, np.concatenate([refs, gone]), samples.values[floats], time_ms)
            verdict = np.concatenate([verdict, result.verdicts[: len(refs)]])
        kept = _KEPT[verdict]
        histogram_refs = NO_REFS if samples.histograms is None else samples.refs[~floats]
        self.written = np.concatenate([histogram_refs, refs])[kept]
        if kept.all():
            return ""
        self._last_rows = ()  # a refused series is looked up again
        return _REFUSALS.get(int(verdict[~kept][0]), "")

    @staticmethod
    def _append_histograms(store: Store, principal: Principal, samples: RuleSamples, time_ms: int) -> Int64s:
        if samples.histograms is None:
            return NO_REFS
        rows = np.flatnonzero(samples.histograms.rows != FLOAT)
        if not len(rows):
            return NO_REFS
        table = samples.histograms.table.take(samples.histograms.rows[rows])
        times = np.full(len(rows), time_ms, np.int64)
        return store.append_histograms(principal, HistogramBatch(samples.refs[rows], times, table)).verdicts.astype(
            np.int64
        )


_KEPT: Final = np.zeros(verdicts.N_VERDICTS, np.bool_)
"""By verdict."""
_KEPT[[verdicts.ACCEPTED, verdicts.OUT_OF_ORDER, verdicts.IDEMPOTENT]] = True


def end_series(store: Store, principal: Principal, refs: Int64s, time_ms: int) -> None:
    """Marks the series as ended. Raises QueueFull, StoreUnavailable."""
    if len(refs):
        _append(store, principal, refs, np.empty(0), time_ms)


def _append(store: Store, principal: Principal, refs: Int64s, values: Float64s, time_ms: int) -> AppendResult:
    """Refs beyond the values get the stale marker."""
    filled = np.full(len(refs), STALE_NAN)
    filled[: len(values)] = values
    return store.append(principal, SampleBatch(refs, np.full(len(refs), time_ms, np.int64), filled))


def _same_rows(rows: Sequence[Labels], before: Sequence[Labels]) -> bool:
    if len(rows) != len(before):
        return False
    if isinstance(rows, LabelRows) and isinstance(before, LabelRows):
        same_table = rows.source is before.source and rows.hidden == before.hidden
        return same_table and bool(np.array_equal(rows.refs, before.refs))
    return rows == before
