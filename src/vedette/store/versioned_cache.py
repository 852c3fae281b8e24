"""A byte-bounded cache of what was read from tables that change: cleared as a whole, never stale.

Whoever changes the tables calls `clear` after the change is in them. A reader asks (`get`), reads on a miss, and offers
what it read with the version it was told: if there was a change in between, the offer is not kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class VersionedCache(Generic[K, V]):
    """Thread-safe. The longest unused entries go first; one that would take more than a half is not kept."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._lock = threading.Lock()
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._bytes = 0
        self._version = 0

    @property
    def bytes(self) -> int:
        return self._bytes

    def get(self, key: K) -> tuple[V | None, int]:
        """(the entry or None, the version to offer a new one with)"""
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                self._entries.move_to_end(key)
            return (None if entry is None else entry[0]), self._version

    def holds(self, key: K) -> bool:
        with self._lock:
            return key in self._entries

    def offer(self, key: K, value: V, n_bytes: int, version: int) -> None:
        with self._lock:
            if version != self._version or n_bytes > self._bytes_max // 2 or key in self._entries:
                return
            self._entries[key] = value, n_bytes
            self._bytes += n_bytes
            while self._bytes > self._bytes_max:
                _, (_, freed) = self._entries.popitem(last=False)
                self._bytes -= freed

    def clear(self) -> None:
        with self._lock:
            self._version += 1
            self._entries.clear()
            self._bytes = 0
