"""What became of one appended sample. The head's kernel and the in-memory twin speak these codes (uint8).

The rules, in this order, for a sample of time t, a series whose newest sample is at `last`, and the batch's `horizon`,
which is min(now, newest time in the store before the batch) (Prometheus: the head's maximum; a clock that jumped
ahead must not shut out everybody else, hence the min):

    t > now + future window                          TOO_FAR
    a sample at t is held, with the same bits        IDEMPOTENT      not written again
    a sample at t is held, with other bits           DUPLICATE       the first committed one stays
    t > last, t >= horizon - the larger of 1 h and the window        ACCEPTED
    t <= last, t >= horizon - window                 OUT_OF_ORDER    accepted, late
    otherwise                                        TOO_OLD
"""

from __future__ import annotations

from typing import Final

from vedette.model.time import BLOCK_MS

ACCEPTED: Final = 0
OUT_OF_ORDER: Final = 1
IDEMPOTENT: Final = 2
DUPLICATE: Final = 3
TOO_OLD: Final = 4
TOO_FAR: Final = 5
REFUSED: Final = 6
"""The ref is -1: its series was refused (and counted) by the index."""

N_VERDICTS: Final = 7

IN_ORDER_WINDOW_MS: Final = BLOCK_MS // 2
"""How old a sample may be that is newer than all of its series (Prometheus: half the head's chunk range)."""
