"""Threads that compute let the event loop's thread go first.

The loop's thread runs 5 % of the time, and is late only when it must wait for a core: under the load of `./bench loop_lag`
it waited nine times as long as it ran. A thread may make itself nicer without any privilege, and threads that it starts
(the engine's too) are as nice as it is. Only Linux gives each thread its own value.
"""

from __future__ import annotations

import os
import sys
from typing import Final

NICENESS: Final = 10


def give_way() -> None:
    """Of the calling thread, for the rest of its life; twice is once."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, 0, max(NICENESS, os.getpriority(os.PRIO_PROCESS, 0)))
