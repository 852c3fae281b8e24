"""Decoded chunk rows of small reads, kept in RAM: a dashboard asks for the same series again and again.

An entry holds the runs of one set of series over whole blocks, so that a range that moves by seconds finds it again.
Whatever changes `chunks` changes `Partitions.chunks_version`, and with it every key: an entry is never wrong, only
forgotten. Large reads pass by: they would push out everything and are scans anyway. Not a cache of results: the bounds,
the merging and the query are worked out each time.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

import numpy as np

from vedette.model.blocks import Int64s
from vedette.model.telemetry import counter, gauge
from vedette.store.runs import Runs

SHARE_OF_ENTRY: Final = 4
"""An entry takes at most this part of the cache."""
SAMPLE_BYTES: Final = 16

_LOOKUPS = counter("vedette_chunk_cache_lookups", "Small reads of chunk rows, by whether RAM had them.", ("result",))
_BYTES = gauge("vedette_chunk_cache_bytes", "Decoded chunk rows in RAM.")

Key = tuple[str, bytes, int, int, int]
"""(tenant, refs, first block, last block, version of the chunks)"""


class ChunkCache:
    """Thread-safe. The least recently used entries go first."""

    def __init__(self, bytes_max: int) -> None:
        self.samples_max = bytes_max // SHARE_OF_ENTRY // SAMPLE_BYTES
        """Reads that may bring more samples are not kept."""
        self._bytes_max = bytes_max
        self._lock = threading.Lock()
        self._entries: OrderedDict[Key, Runs] = OrderedDict()
        self._bytes = 0

    def get(self, key: Key) -> Runs | None:
        """Run arrays of the caller's own; times and values are shared."""
        with self._lock:
            found = self._entries.get(key)
            if found is not None:
                self._entries.move_to_end(key)
        _LOOKUPS.labels("miss" if found is None else "hit").inc()
        return None if found is None else _own_runs(found)

    def put(self, key: Key, runs: Runs) -> None:
        size = _size_of(runs)
        if size > self._bytes_max // SHARE_OF_ENTRY:
            return
        kept = _own_runs(runs)
        with self._lock:
            old = self._entries.pop(key, None)
            self._bytes += size - (_size_of(old) if old is not None else 0)
            self._entries[key] = kept
            while self._bytes > self._bytes_max:
                _, gone = self._entries.popitem(last=False)
                self._bytes -= _size_of(gone)
            _BYTES.set(self._bytes)


def _own_runs(runs: Runs) -> Runs:
    """Who merges runs narrows `starts` and `ends` in place."""
    return Runs(runs.slots, runs.starts.copy(), runs.ends.copy(), runs.ranks, runs.times_ms, runs.values)


def _size_of(runs: Runs) -> int:
    arrays: tuple[Int64s, ...] = (runs.slots, runs.starts, runs.ends, runs.ranks, runs.times_ms)
    return int(sum(array.nbytes for array in arrays) + np.asarray(runs.values).nbytes)
