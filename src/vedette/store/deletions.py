"""Deleted ranges: a sample within one, with a lower commit sequence, does not exist.

Readers and compaction ask here, so an answer is right as soon as the deletion is durable; compaction gives the space
back later and then forgets the range. A sample written again afterwards has a higher sequence and is seen.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vedette.model.blocks import Bools, Int64s

Ids = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Deletion:
    sequence: int
    ids: Ids
    """Ascending."""
    min_time_ms: int
    max_time_ms: int


class Deletions:
    """Thread-safe: the tuple is replaced, never changed."""

    def __init__(self) -> None:
        self.numbering = threading.Lock()
        """Held from taking a deletion's sequence number until it is listed here, and while a rewriting takes its own: so
        a rewriting has seen every deletion with a lower number, and no deleted sample gets a number above it."""
        self._lock = threading.Lock()
        self._all: tuple[Deletion, ...] = ()

    def __iter__(self) -> Iterator[Deletion]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def add(self, deletion: Deletion) -> None:
        with self._lock:
            self._all = (*self._all, deletion)

    def forget(self, sequences: frozenset[int]) -> None:
        with self._lock:
            self._all = tuple(deletion for deletion in self._all if deletion.sequence not in sequences)

    def overlapping(self, min_time_ms: int, max_time_ms: int) -> list[Deletion]:
        return [one for one in self._all if one.min_time_ms <= max_time_ms and one.max_time_ms >= min_time_ms]


def surviving(deletions: Iterable[Deletion], ids: Ids, times_ms: Int64s, sequences: Int64s) -> Bools:
    """bool[n]: which samples no deletion covers; the arrays are parallel, one entry per sample."""
    keep = np.ones(len(ids), np.bool_)
    for deletion in deletions:
        inside = (times_ms >= deletion.min_time_ms) & (times_ms <= deletion.max_time_ms)
        places = np.flatnonzero(inside & (sequences < deletion.sequence))
        keep[places[is_member(ids[places], deletion.ids)]] = False
    return keep


def is_member(ids: Ids, ascending: Ids) -> Bools:
    if not len(ascending):
        return np.zeros(len(ids), np.bool_)
    places = np.searchsorted(ascending, ids)
    places[places == len(ascending)] = 0
    return np.asarray(ascending[places] == ids)
