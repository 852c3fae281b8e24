"""Which ref a series has, by the key of its bytes, for each tenant: what a door has learned from earlier requests.

A key that nobody sent for a while is forgotten when the table is full; a request that names it is then read slowly once.
Thread-safe: requests run in several threads. Refs are never reused, so a remembered one is never wrong.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vedette.kernels import exposition_table as table
from vedette.model.blocks import Int64s
from vedette.ports.clock import Clock

Keys = NDArray[np.uint64]

UNKNOWN: Final = table.UNKNOWN
GENERATION_S: Final = 600.0
_ROWS_MIN: Final = 64
_EMPTY: Final = 0
"""A key that no table can hold: its series is read slowly each time."""


class SeriesRefs:
    def __init__(self, known_max: int, clock: Clock) -> None:
        self._known_max = known_max
        self._clock = clock
        self._tenants: dict[str, _Table] = {}
        self._lock = threading.Lock()

    def find(self, tenant: str, keys: Keys) -> Int64s:
        """int64[n], UNKNOWN where the labels must be read and then be `learn`ed."""
        refs = np.full(len(keys), UNKNOWN, np.int64)
        known = np.flatnonzero(keys != _EMPTY)
        with self._lock:
            rows = self._tenants.setdefault(tenant, _Table(self._known_max))
            refs[known] = rows.find(np.ascontiguousarray(keys[known]), int(self._clock.monotonic_s() // GENERATION_S))
        return refs

    def learn(self, tenant: str, keys: Keys, refs: Int64s) -> None:
        """Keys that `find` was just asked for have these refs from now on."""
        with self._lock:
            self._tenants[tenant].learn(keys[keys != _EMPTY], refs[keys != _EMPTY])


class _Table:
    def __init__(self, known_max: int) -> None:
        self._known_max = known_max
        self._rows = np.zeros((_ROWS_MIN, table.COLUMNS), np.int64)
        self._n = 0

    def find(self, keys: Keys, generation: int) -> Int64s:
        self._reserve(len(keys), generation)
        refs = np.empty(len(keys), np.int64)
        # a time of its own keeps a key that stands twice in a request from counting as a duplicate
        times = np.zeros(len(keys), np.int64)
        added, _, _, _ = table.resolve_keys(self._rows, keys, times, generation + 1, 0, True, False, refs)
        self._n += added
        return refs

    def learn(self, keys: Keys, refs: Int64s) -> None:
        table.learn_refs(self._rows, keys, np.arange(len(keys), dtype=np.int64), refs)

    def _reserve(self, more: int, generation: int) -> None:
        if self._n > self._known_max:
            self._rebuild(len(self._rows), generation)
            if self._n > self._known_max:
                self._rows, self._n = np.zeros((_ROWS_MIN, table.COLUMNS), np.int64), 0
        if len(self._rows) < 2 * (self._n + more):
            self._rebuild(1 << (4 * (self._n + more) - 1).bit_length(), 0)

    def _rebuild(self, size: int, seen_from: int) -> None:
        rows = np.zeros((size, table.COLUMNS), np.int64)
        self._n = table.rebuild(self._rows, seen_from, rows)
        self._rows = rows


def resolve(refs: SeriesRefs, tenant: str, keys: Keys, read_new: Callable[[Sequence[int]], Int64s]) -> Int64s:
    """The refs of all keys; `read_new` registers the series at the given places: their refs, below 0 where refused."""
    found = refs.find(tenant, keys)
    unknown = np.flatnonzero(found == UNKNOWN)
    if len(unknown):
        fresh = read_new(unknown.tolist())
        refs.learn(tenant, keys[unknown[fresh >= 0]], fresh[fresh >= 0])
        found[unknown] = fresh
    return found
