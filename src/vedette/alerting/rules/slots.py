"""When a group is evaluated: at the same places of every interval, spread over it by the group's name. Pure; ms.

Evaluations take the time of their slot, not that of the clock, so that results stand at regular times. A slot that passes
while another evaluation runs is missed and counted. Source: Prometheus rules/group.go (EvalTimestamp, run).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Slots:
    interval_ms: int
    offset_ms: int

    @classmethod
    def of_group(cls, key: str, interval_ms: int) -> Slots:
        digest = hashlib.blake2b(key.encode(errors="surrogateescape"), digest_size=8).digest()
        return cls(interval_ms, int.from_bytes(digest, "little") % interval_ms)

    def before(self, now_ms: int) -> int:
        """The last slot up to and including now."""
        return (now_ms - self.offset_ms) // self.interval_ms * self.interval_ms + self.offset_ms

    def first(self, now_ms: int) -> int:
        """The slot that a group which is started now begins with."""
        return self.before(now_ms) + self.interval_ms

    def next(self, slot_ms: int, now_ms: int) -> tuple[int, int]:
        """(the slot after `slot_ms`, how many were missed). A clock that went back begins at its own next slot."""
        if now_ms < slot_ms - self.interval_ms:
            return self.first(now_ms), 0
        missed = max(0, (now_ms - slot_ms) // self.interval_ms - 1)
        return slot_ms + (missed + 1) * self.interval_ms, missed
