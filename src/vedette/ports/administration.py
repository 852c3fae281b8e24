"""What an operator may ask of a store that keeps its data on a disk. Calls block, from seconds to minutes; thread-safe."""

from __future__ import annotations

from typing import Protocol


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
