"""What an operator may ask of a store that keeps its data on a disk. Calls block, from seconds to minutes; thread-safe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StoredDay:
    """A day of one retention class, as it lies on disk. `version` changes whenever its rows do."""

    day: int
    class_: int
    version: int
    min_time_ms: int
    max_time_ms: int
    samples: int
    series: int
    chunks: int


class Administration(Protocol):
    def clear_deletions(self) -> int:
        """Gives the space of deleted samples back now, instead of with the next round of chores; the bytes freed.

        Raises StoreError; what was done before stays done.
        """
        ...

    def take_snapshot(self, *, skip_recent: bool = False) -> str:
        """Writes a copy of everything that is acknowledged; its name. `skip_recent`: without samples of the last hours.

        Raises StoreError; then nothing is left behind.
        """
        ...

    def stored_days(self) -> Sequence[StoredDay]:
        """Of finished blocks, all tenants together; oldest first. `series` may be off by a percent. Raises StoreError."""
        ...
