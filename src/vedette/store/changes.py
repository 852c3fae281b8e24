"""When samples of which times last changed: what lets an answer about the past be kept.

Every change has a number, one above the last. Times are noted by slots of ten minutes; a change is noted after readers can
see it, so an answer computed from change n on holds as long as nothing after n touched its slots. Slots are forgotten when
there are too many: then everything counts as changed.
"""

from __future__ import annotations

import threading
from typing import Final

from vedette.model.blocks import Int64s
from vedette.model.time import MAX_TIME_MS, MIN_TIME_MS

SLOT_MS: Final = 10 * 60 * 1000
SLOTS_MAX: Final = 4096
"""Four weeks of scrapes; an import or a late batch over more than a quarter of it counts as a change of everything."""


class Changes:
    """Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._all = 0
        """The last change that touched everything."""
        self._slots: dict[int, int] = {}

    @property
    def count(self) -> int:
        return self._count

    def note_samples(self, times_ms: Int64s) -> None:
        if len(times_ms):
            self.note(int(times_ms.min()), int(times_ms.max()))

    def note(self, min_time_ms: int = MIN_TIME_MS, max_time_ms: int = MAX_TIME_MS) -> None:
        """Samples within the inclusive bounds came or went, and readers see it."""
        slots = range(min_time_ms // SLOT_MS, max_time_ms // SLOT_MS + 1)
        with self._lock:
            self._count += 1
            if len(slots) > SLOTS_MAX // 4 or len(self._slots) + len(slots) > SLOTS_MAX:
                self._all = self._count
                self._slots.clear()
            else:
                self._slots.update(dict.fromkeys(slots, self._count))

    def unchanged_until(self, since: int, min_time_ms: int, max_time_ms: int) -> int:
        """The first time within the inclusive bounds that a change after number `since` may have touched; else one past
        the last."""
        with self._lock:
            if self._all > since:
                return min_time_ms
            first, last = min_time_ms // SLOT_MS, max_time_ms // SLOT_MS
            touched = [slot for slot, change in self._slots.items() if change > since and first <= slot <= last]
        return max(min_time_ms, min(touched) * SLOT_MS) if touched else max_time_ms + 1
