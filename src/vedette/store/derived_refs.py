"""Arrays of refs made from other arrays of refs, remembered by which array they were made from.

The index gives the same array for the same selector; as long as the same series of it are alive, a query gets the same
array again, by which what is said of their labels is remembered, too (model/remembering.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from vedette.model.blocks import Int64s
from vedette.model.bounded_cache import BoundedCache

BYTES_MAX: Final = 8 << 20
_ENTRY_BYTES: Final = 500


class DerivedRefs:
    def __init__(self) -> None:
        self._made: BoundedCache[tuple[int, bytes], tuple[Int64s, Int64s]] = BoundedCache(BYTES_MAX)
        """The array made, and what it was made from, which must live as long as its address stands for it."""

    def of(self, refs: Int64s, how: bytes, make: Callable[[], Int64s]) -> Int64s:
        """What `make` makes of `refs`, which `how` says completely."""
        known = self._made.get((id(refs), how))
        if known is not None:
            return known[0]
        made = make()
        self._made.put((id(refs), how), (made, refs), _ENTRY_BYTES + len(how) + made.nbytes + refs.nbytes)
        return made
