"""From series ids, as the tables hold them, to refs: a binary search over the sorted ids of the index.

Not the index' dictionary: that is a Python object per look-up, and compaction asks for every series of a block.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vedette.model.blocks import Int64s
from vedette.model.errors import StoreError
from vedette.store.index import SeriesIndex

Ids = NDArray[np.uint64]

UNKNOWN: Final = -1
_ID_SPACE: Final = 1 << 64


class IdLookup:
    """Thread-safe; sorts again when the index has grown."""

    def __init__(self, index: SeriesIndex) -> None:
        self._index = index
        self._lock = threading.Lock()
        self._sorted: tuple[Ids, Int64s] = (np.empty(0, np.uint64), np.empty(0, np.int64))

    def refs_of(self, ids: Ids) -> Int64s:
        """int64, parallel to `ids`; UNKNOWN where the index has no such series."""
        with self._lock:
            if len(self._sorted[0]) != len(self._index):
                all_ids = self._index.ids.copy()
                order = np.argsort(all_ids)
                self._sorted = (all_ids[order], order)
            ascending, refs = self._sorted
        return places_of(ids, ascending, refs)

    def known_refs_of(self, ids: Ids) -> Int64s:
        """`refs_of` for ids from a table of samples. Raises StoreError for one that the series table lacks."""
        refs = self.refs_of(ids)
        if (refs == UNKNOWN).any():
            n = int((refs == UNKNOWN).sum())
            raise StoreError(f"samples of {n} series have no row in the series table (a detached part?)")
        return refs


def places_of(ids: Ids, ascending: Ids, places: Int64s) -> Int64s:
    """`places[i]` for each id that equals `ascending[i]`, else -1."""
    if not len(ascending):
        return np.full(len(ids), UNKNOWN, np.int64)
    at = np.searchsorted(ascending, ids)
    at[at == len(ascending)] = 0
    return np.where(ascending[at] == ids, places[at], UNKNOWN)


def id_ranges(n_rows: int, rows_max: int) -> Iterator[tuple[int, int]]:
    """Inclusive ranges of the id space that hold about `rows_max` rows each: ids are hashes, so they spread evenly."""
    n = -(-n_rows // rows_max)
    for i in range(n):
        yield i * _ID_SPACE // n, (i + 1) * _ID_SPACE // n - 1
