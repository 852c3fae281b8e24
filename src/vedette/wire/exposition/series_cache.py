"""What one target's scrapes have taught: which ref each series line has, and which series are gone.

A scrape is `resolve(page)`, then `learn` for what was unknown, then `finish()`, or `abandon()` where it failed; both give
the refs that need a stale marker. Staleness is judged by ref, not by line, so a series that changes the order of its labels
is not gone. Memory is bounded: once the lines not seen in the last scrape outnumber the others, they are forgotten.
Source of the semantics: Prometheus scrape.scrapeCache. Not thread-safe: one scrape loop owns it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from vedette.kernels import exposition_table as table
from vedette.model.blocks import Int64s
from vedette.wire.exposition.page import Page

UNKNOWN: Final = table.UNKNOWN
"""The line was never seen: find its labels, relabel, register, then `learn` its ref."""
DROPPED: Final = table.DROPPED
"""Relabelling dropped the series; learned like a ref, so that it costs nothing the next time."""
DUPLICATE: Final = table.DUPLICATE
"""A line without timestamp whose series was already on this page: it is counted, not stored."""

_NONE: Final = np.empty(0, np.int64)
_ROWS_MIN: Final = 64
_FORGOTTEN_MIN: Final = 1_000


class SeriesCache:
    __slots__ = ("_expected", "_finished", "_fresh", "_kept", "_lasting", "_n", "_rows", "_scrape", "_tracked")

    def __init__(self) -> None:
        self._rows = np.zeros((_ROWS_MIN, table.COLUMNS), np.int64)
        self._n = 0
        self._lasting = 0  # lines left by the last finished scrape
        self._scrape = 1
        self._finished = 0
        self._expected = 0  # lines tracked by the last finished scrape
        self._fresh = self._tracked = self._kept = 0  # what `resolve` counted in this scrape

    def __len__(self) -> int:
        """Lines remembered."""
        return self._n

    def resolve(self, page: Page, *, honor_timestamps: bool = True, track_timed: bool = False) -> Int64s:
        """refs: int64[n], a ref >= 0 or whatever was learned, UNKNOWN or DUPLICATE. Marks the series as seen.

        `track_timed` (track_timestamps_staleness): samples with a timestamp of their own count for staleness too.
        """
        self._reserve(page.n)
        refs = np.empty(page.n, np.int64)
        added, fresh, tracked, kept = table.resolve_keys(
            self._rows, page.keys, page.times_ms, self._scrape, self._finished, honor_timestamps, track_timed, refs
        )
        self._n += added
        self._fresh += fresh
        self._tracked += tracked
        self._kept += kept
        return refs

    def learn(self, page: Page, indices: Int64s, refs: Int64s) -> None:
        """The samples `indices` of the page that was just resolved have these refs from now on."""
        table.learn_refs(self._rows, page.keys, indices, refs)

    def finish(self) -> Int64s:
        """Refs (sorted, each once) that the previous finished scrape had and this one has not."""
        gone = _NONE
        if self._kept < self._expected:
            gone = np.setdiff1d(self._collect(self._finished, 0), self._collect(self._scrape, 0))
        self._forget(self._scrape, self._fresh)
        self._finished = self._scrape
        self._expected = self._tracked
        self._lasting = self._n
        self._begin()
        return gone

    def abandon(self) -> Int64s:
        """The scrape failed, before or after `resolve`: every ref of the previous finished one is gone."""
        gone = np.unique(self._collect(self._finished, self._scrape))
        self._forget(self._finished or self._scrape, self._lasting)
        self._finished = 0
        self._expected = 0
        self._begin()
        return gone

    def _begin(self) -> None:
        self._scrape += 1
        self._fresh = self._tracked = self._kept = 0

    def live(self) -> Int64s:
        """Refs of the last finished scrape; a ref may stand twice. Changes nothing."""
        return self._collect(self._finished, 0)

    def _collect(self, tracked: int, current: int) -> Int64s:
        if tracked == 0:
            return _NONE
        out = np.empty(self._n, np.int64)
        return out[: table.collect_refs(self._rows, tracked, current, out)]

    def _forget(self, seen_from: int, expected: int) -> None:
        if self._n > 2 * expected + _FORGOTTEN_MIN:
            self._rebuild(len(self._rows), seen_from)
            self._rebuild(_rows_for(self._n), seen_from)

    def _reserve(self, more: int) -> None:
        if len(self._rows) < 2 * (self._n + more):
            self._rebuild(_rows_for(self._n + more), 0)

    def _rebuild(self, size: int, seen_from: int) -> None:
        rows = np.zeros((size, table.COLUMNS), np.int64)
        self._n = table.rebuild(self._rows, seen_from, rows)
        self._rows = rows


def _rows_for(n: int) -> int:
    """A power of two that n lines fill to between a quarter and a half."""
    return max(_ROWS_MIN, 1 << (2 * n - 1).bit_length()) if n else _ROWS_MIN
