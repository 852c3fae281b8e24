"""Time spans of series, widened by the samples that come in.

Not `np.minimum.at` and `np.maximum.at`: 36 us for a page of 1,000 samples, and the interpreter is held all the while.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vedette.kernels.borrowing import borrowed
from vedette.kernels.jit import borrowing


@borrowing
def widen_spans(first: Any, last: Any, refs: Any, times: Any) -> None:
    """`first[ref]` and `last[ref]` take in the times of the ref's samples, one entry each in `refs` and `times`."""
    for i in range(len(refs)):
        ref, time = refs[i], times[i]
        if time < first[ref]:
            first[ref] = time
        if time > last[ref]:
            last[ref] = time


def warm() -> None:
    refs = borrowed(np.zeros(1, np.int64), np.int64)
    widen_spans(np.zeros(1, np.int64), np.zeros(1, np.int64), refs, refs)
