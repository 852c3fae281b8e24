"""A byte-bounded map whose longest unused entries go first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BoundedCache(Generic[K, V]):
    """Thread-safe. An entry that would take more than a half is not kept. `epoch` counts how often it was cleared."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._lock = threading.Lock()
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._bytes = 0
        self._epoch = 0

    @property
    def bytes(self) -> int:
        return self._bytes

    @property
    def epoch(self) -> int:
        return self._epoch

    def get(self, key: K) -> V | None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            self._entries.move_to_end(key)
            return entry[0]

    def holds(self, key: K) -> bool:
        with self._lock:
            return key in self._entries

    def put(self, key: K, value: V, n_bytes: int, epoch: int | None = None) -> None:
        """With `epoch`: unless the cache was cleared since it had this epoch."""
        with self._lock:
            if epoch not in (None, self._epoch):
                return
            _, freed = self._entries.pop(key, (value, 0))
            self._bytes -= freed
            if n_bytes > self._bytes_max // 2:
                return
            self._entries[key] = value, n_bytes
            self._bytes += n_bytes
            while self._bytes > self._bytes_max:
                _, (_, freed) = self._entries.popitem(last=False)
                self._bytes -= freed

    def clear(self) -> None:
        with self._lock:
            self._epoch += 1
            self._entries.clear()
            self._bytes = 0
