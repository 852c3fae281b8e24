"""Settings of the interpreter for a server with many long-lived objects and threads that compute.

Measured by `./bench loop_lag` (docs/adr/0003): with the defaults a thread that wants the interpreter waits 5 ms for each that
has it, and a full collection walks every label of every series for a third of a second.
"""

from __future__ import annotations

import gc
import sys
from typing import Final

SWITCH_INTERVAL_S: Final = 0.0005
"""After so long a thread gives way; the event loop is one waiter among the workers."""

COLLECT_AFTER: Final = (50_000, 20, 1_000)
"""Young objects are collected as before, only in larger lots; all objects hardly ever: series are no cycles."""


def settle_interpreter() -> None:
    """Once the store is open: what exists by then stays."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    gc.set_threshold(*COLLECT_AFTER)
    gc.freeze()
